# The launcher, for Linux on x86-64. Where its settings lie and what they mean: see __init__.py.
# ebx the settings, r12 argc, r13 argv, r14 the environment.
    .intel_syntax noprefix
    mov ebx, 0x4000b0
    mov r12, [rsp]
    lea r13, [rsp+8]
    lea r14, [r13+r12*8+8]
    mov esi, [rbx]
    test esi, esi
    jz .Larguments
    mov edi, 2
    mov eax, 33
    syscall
.Larguments:
    cmp qword ptr [rbx+32], 0
    je .Lextra
    lea r15, [r13+8]
.Lnext:
    mov edi, 1
    mov rsi, [rbx+24]
    mov rbp, [r15]
    test rbp, rbp
    jz .Lnewline
    mov rdx, [rbx+32]
    mov eax, 1
    syscall
    xor edx, edx
.Llength:
    cmp byte ptr [rbp+rdx], 0
    je .Lwrite
    inc rdx
    jmp .Llength
.Lwrite:
    mov rsi, rbp
    mov edi, 1
    mov eax, 1
    syscall
    add r15, 8
    jmp .Lnext
.Lnewline:
    mov edx, 1
    mov eax, 1
    syscall
.Lextra:
    lea rsi, [r13+8]
    mov rdi, [rsi]
    mov rax, [rbx+8]
    test rax, rax
    jz .Lenvironment
    mov [rsi], rax
    mov [r13], rdi
    mov rsi, r13
.Lenvironment:
    mov rdx, r14
    mov rax, [rbx+16]
    test rax, rax
    jz .Lbecome
    mov rcx, r14
.Lend:
    cmp qword ptr [rcx], 0
    je .Lcopy
    add rcx, 8
    jmp .Lend
.Lcopy:
    push qword ptr [rcx]
    cmp rcx, r14
    je .Ladd
    sub rcx, 8
    jmp .Lcopy
.Ladd:
    push rax
    mov rdx, rsp
.Lbecome:
    mov eax, 59
    syscall
    mov edi, 126
    mov eax, 60
    syscall
