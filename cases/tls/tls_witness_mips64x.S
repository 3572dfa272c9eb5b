/* tls_witness_mips64x.S - reads g and the slot at one moment, in a program that uses cgo.
 *
 * A package with cgo may not hold Go assembly, so gcc assembles this and Go calls it through a
 * func value (tls_witness.go), without leaving the goroutine's stack. It keeps Go's ABI0
 * (cmd/compile/abi-internal.md): arguments and results stand on the stack behind the word at the
 * stack pointer, g in $30. No goroutine is preempted in here: runtime/preempt.go isAsyncSafePoint
 * knows no function at this address. */
	.text

/* func(offset uintptr) (g, word uintptr) */
	.globl tls_witness
	.hidden tls_witness
	.type tls_witness, @function
tls_witness:
	ld $8, 8($sp)
	.word 0x7c03e83b	/* rdhwr $3, $29 */
	daddu $8, $8, $3
	ld $8, 0($8)
	sd $30, 16($sp)
	sd $8, 24($sp)
	jr $31
	.size tls_witness, .-tls_witness

/* func(tp uintptr): set_thread_area of n64 */
	.globl tls_set_tp
	.hidden tls_set_tp
	.type tls_set_tp, @function
tls_set_tp:
	ld $4, 8($sp)
	li $2, 5242
	syscall
	jr $31
	.size tls_set_tp, .-tls_set_tp

	.section .note.GNU-stack,"",@progbits
