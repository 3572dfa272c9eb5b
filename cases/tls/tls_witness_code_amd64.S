/* tls_witness_code_amd64.S - moves the thread pointer, for controls, in a program that uses cgo, before Go 1.17.
 *
 * A package with cgo may not hold Go assembly, so gcc assembles this and Go calls it through a
 * func value (tls_slot_cgo.go), without leaving the goroutine's stack. It keeps the convention of those
 * releases, now ABI0 (cmd/compile/abi-internal.md): arguments stand on the stack behind the return address, every
 * register but RSP and RBP is free to use. g and the slot: cases/tls/gword. */
	.text

/* func(tp uintptr): arch_prctl(ARCH_SET_FS, tp) */
	.globl tls_set_tp
	.hidden tls_set_tp
	.type tls_set_tp, @function
tls_set_tp:
	movq 8(%rsp), %rsi
	movl $0x1002, %edi
	movl $158, %eax
	syscall
	ret
	.size tls_set_tp, .-tls_set_tp

	.section .note.GNU-stack,"",@progbits
