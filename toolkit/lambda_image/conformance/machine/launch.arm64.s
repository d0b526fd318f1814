// The launcher, for Linux on AArch64. Where its settings lie and what they mean: see __init__.py.
// x19 the settings, x20 argc, x21 argv, x22 the environment.
    movz x19, #0x40, lsl #16
    movk x19, #0xb0
    ldr x20, [sp]
    add x21, sp, #8
    add x22, x21, x20, lsl #3
    add x22, x22, #8
    ldr w1, [x19]
    cbz w1, .Larguments
    mov x0, #2
    mov x2, #0
    mov x8, #24
    svc #0
.Larguments:
    ldr x23, [x19, #32]
    cbz x23, .Lextra
    add x24, x21, #8
.Lnext:
    mov x0, #1
    ldr x1, [x19, #24]
    ldr x25, [x24], #8
    mov x8, #64
    cbz x25, .Lnewline
    mov x2, x23
    svc #0
    mov x2, #0
.Llength:
    ldrb w9, [x25, x2]
    cbz w9, .Lwrite
    add x2, x2, #1
    b .Llength
.Lwrite:
    mov x1, x25
    mov x0, #1
    svc #0
    b .Lnext
.Lnewline:
    mov x2, #1
    svc #0
.Lextra:
    add x1, x21, #8
    ldr x0, [x1]
    ldr x9, [x19, #8]
    cbz x9, .Lenvironment
    str x9, [x1]
    str x0, [x21]
    mov x1, x21
.Lenvironment:
    mov x2, x22
    ldr x9, [x19, #16]
    cbz x9, .Lbecome
    mov x10, x22
.Lend:
    ldr x11, [x10]
    cbz x11, .Lroom
    add x10, x10, #8
    b .Lend
.Lroom:
    sub x12, x10, x22
    add x12, x12, #31
    and x12, x12, #0xfffffffffffffff0
    sub sp, sp, x12
    mov x2, sp
    str x9, [x2]
    add x13, x2, #8
.Lcopy:
    ldr x11, [x22], #8
    str x11, [x13], #8
    cbnz x11, .Lcopy
.Lbecome:
    mov x8, #221
    svc #0
    mov x0, #126
    mov x8, #93
    svc #0
