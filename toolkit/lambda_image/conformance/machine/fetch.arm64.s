// Sends each argument to a port of this machine and writes what comes back, for Linux on AArch64.
// x19 the settings: the port's address, then the pause between tries to connect. x20 the next argument.
    movz x19, #0x40, lsl #16
    movk x19, #0xb0
    add x20, sp, #16
    mov w22, #400
    sub sp, sp, #4096
.Lnext:
    ldr x21, [x20], #8
    cbz x21, .Ldone
.Lconnect:
    mov x0, #2
    mov x1, #1
    mov x2, #0
    mov x8, #198
    svc #0
    mov x23, x0
    mov x1, x19
    mov x2, #16
    mov x8, #203
    svc #0
    cbz w0, .Lmeasure
    mov x0, x23
    mov x8, #57
    svc #0
    subs w22, w22, #1
    b.eq .Lfailed
    add x0, x19, #16
    mov x1, #0
    mov x8, #101
    svc #0
    b .Lconnect
.Lmeasure:
    mov x2, #0
.Llength:
    ldrb w9, [x21, x2]
    cbz w9, .Lsend
    add x2, x2, #1
    b .Llength
.Lsend:
    mov x0, x23
    mov x1, x21
    mov x8, #64
    svc #0
.Lread:
    mov x0, x23
    mov x1, sp
    mov x2, #4096
    mov x8, #63
    svc #0
    cmp x0, #0
    b.le .Lclose
    mov x2, x0
    mov x0, #1
    mov x1, sp
    mov x8, #64
    svc #0
    b .Lread
.Lclose:
    mov x0, x23
    mov x8, #57
    svc #0
    b .Lnext
.Ldone:
    mov x0, #0
    b .Lexit
.Lfailed:
    mov x0, #1
.Lexit:
    mov x8, #93
    svc #0
