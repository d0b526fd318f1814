// Waits at a gate, then becomes the program that its arguments name, for Linux on AArch64.
// x19 the settings: the address to connect to. x20 argc, x21 argv.
    movz x19, #0x40, lsl #16
    movk x19, #0xb0
    ldr x20, [sp]
    add x21, sp, #8
    mov x0, #2
    mov x1, #1
    movk x1, #8, lsl #16
    mov x2, #0
    mov x8, #198
    svc #0
    mov x23, x0
    mov x1, x19
    mov x2, #16
    mov x8, #203
    svc #0
    cbnz w0, .Lfailed
    mov x0, x23
    sub sp, sp, #16
    mov x1, sp
    mov x2, #1
    mov x8, #63
    svc #0
    cmp x0, #1
    b.ne .Lfailed
    add x1, x21, #8
    ldr x0, [x1]
    add x2, x21, x20, lsl #3
    add x2, x2, #8
    mov x8, #221
    svc #0
.Lfailed:
    mov x0, #126
    mov x8, #93
    svc #0
