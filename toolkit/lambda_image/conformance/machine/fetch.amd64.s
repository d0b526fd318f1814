# Sends each argument to a port of this machine and writes what comes back, for Linux on x86-64.
# ebx the settings: the port's address, then the pause between tries to connect. r12 the next argument.
    .intel_syntax noprefix
    mov ebx, 0x4000b0
    lea r12, [rsp+16]
    mov r14d, 400
    sub rsp, 4096
.Lnext:
    mov r13, [r12]
    test r13, r13
    jz .Ldone
    add r12, 8
.Lconnect:
    mov edi, 2
    mov esi, 1
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
    jz .Lmeasure
    mov edi, ebp
    mov eax, 3
    syscall
    dec r14d
    jz .Lfailed
    lea rdi, [rbx+16]
    xor esi, esi
    mov eax, 35
    syscall
    jmp .Lconnect
.Lmeasure:
    xor edx, edx
.Llength:
    cmp byte ptr [r13+rdx], 0
    je .Lsend
    inc rdx
    jmp .Llength
.Lsend:
    mov edi, ebp
    mov rsi, r13
    mov eax, 1
    syscall
.Lread:
    mov edi, ebp
    mov rsi, rsp
    mov edx, 4096
    xor eax, eax
    syscall
    test rax, rax
    jle .Lclose
    mov rdx, rax
    mov edi, 1
    mov rsi, rsp
    mov eax, 1
    syscall
    jmp .Lread
.Lclose:
    mov edi, ebp
    mov eax, 3
    syscall
    jmp .Lnext
.Ldone:
    xor edi, edi
    jmp .Lexit
.Lfailed:
    mov edi, 1
.Lexit:
    mov eax, 60
    syscall
