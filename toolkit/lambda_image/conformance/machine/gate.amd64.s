# Waits at a gate, then becomes the program that its arguments name, for Linux on x86-64.
# ebx the settings: the address to connect to. r12 argc, r13 argv.
    .intel_syntax noprefix
    mov ebx, 0x4000b0
    mov r12, [rsp]
    lea r13, [rsp+8]
    mov edi, 2
    mov esi, 0x80001
    xor edx, edx
    mov eax, 41
    syscall
    mov ebp, eax
    mov edi, ebp
    mov rsi, rbx
    mov edx, 16
    mov eax, 42
    syscall
    test eax, eax
    jnz .Lfailed
    mov edi, ebp
    lea rsi, [rsp-64]
    mov edx, 1
    xor eax, eax
    syscall
    cmp rax, 1
    jne .Lfailed
    lea rsi, [r13+8]
    mov rdi, [rsi]
    lea rdx, [r13+r12*8+8]
    mov eax, 59
    syscall
.Lfailed:
    mov edi, 126
    mov eax, 60
    syscall
