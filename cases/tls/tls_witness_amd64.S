/* tls_witness_amd64.S - reads g and the slot at one moment, in a program that uses cgo.
 *
 * A package with cgo may not hold Go assembly, so gcc assembles this and Go calls it through a
 * func value (tls_slot_cgo.go), without leaving the goroutine's stack. It keeps Go's internal
 * calling convention (cmd/compile/abi-internal.md): arguments and results in RAX, RBX, RCX..., g
 * in R14, every other register but RSP, RBP, R14, R15 and X15 free to use. No goroutine is
 * preempted in here: runtime/preempt.go isAsyncSafePoint knows no function at this address. */
	.text

/* func(offset uintptr) (g, word uintptr) */
	.globl tls_witness
	.hidden tls_witness
	.type tls_witness, @function
tls_witness:
	movq %fs:(%rax), %rbx
	movq %r14, %rax
	ret
	.size tls_witness, .-tls_witness

/* func(tp uintptr): arch_prctl(ARCH_SET_FS, tp) */
	.globl tls_set_tp
	.hidden tls_set_tp
	.type tls_set_tp, @function
tls_set_tp:
	movq %rax, %rsi
	movl $0x1002, %edi
	movl $158, %eax
	syscall
	ret
	.size tls_set_tp, .-tls_set_tp

	.section .note.GNU-stack,"",@progbits
