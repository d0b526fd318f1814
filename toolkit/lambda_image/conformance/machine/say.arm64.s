// Writes a text and exits, for Linux on AArch64: address, length and exit status are its settings.
    movz x19, #0x40, lsl #16
    movk x19, #0xb0
    mov x0, #1
    ldr x1, [x19]
    ldr x2, [x19, #8]
    mov x8, #64
    svc #0
    ldr w0, [x19, #16]
    mov x8, #93
    svc #0
