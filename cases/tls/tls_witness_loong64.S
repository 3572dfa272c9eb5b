/* tls_witness_loong64.S - reads g and the slot at one moment, in a program that uses cgo.
 *
 * A package with cgo may not hold Go assembly, so gcc assembles this and Go calls it through a
 * func value (tls_slot_cgo.go), without leaving the goroutine's stack. It keeps Go's internal
 * calling convention (cmd/compile/abi-internal.md): arguments and results in R4 (a0), R5 (a1)...,
 * g in R22.
 * No goroutine is preempted in here: runtime/preempt.go isAsyncSafePoint knows no function at
 * this address. */
	.text

/* func(offset uintptr) (g, word uintptr) */
	.globl tls_witness
	.hidden tls_witness
	.type tls_witness, @function
tls_witness:
	ldx.d $a1, $tp, $a0
	move $a0, $r22
	ret
	.size tls_witness, .-tls_witness

/* func(tp uintptr) */
	.globl tls_set_tp
	.hidden tls_set_tp
	.type tls_set_tp, @function
tls_set_tp:
	move $tp, $a0
	ret
	.size tls_set_tp, .-tls_set_tp

	.section .note.GNU-stack,"",@progbits
