/* tls_witness_ppc64x.S - reads g and the slot at one moment, in a program that uses cgo.
 *
 * A package with cgo may not hold Go assembly, so gcc assembles this and Go calls it through a
 * func value (tls_slot_cgo.go), without leaving the goroutine's stack. It keeps Go's internal
 * calling convention (cmd/compile/abi-internal.md): arguments and results in R3, R4..., g in R30.
 * R13 is the thread pointer; the TOC is not used, so there is one entry point for all callers.
 * No goroutine is preempted in here: runtime/preempt.go isAsyncSafePoint knows no function at
 * this address. */
	.abiversion 2
	.text

/* func(offset uintptr) (g, word uintptr) */
	.globl tls_witness
	.hidden tls_witness
	.type tls_witness, @function
tls_witness:
	ldx 4, 13, 3
	mr 3, 30
	blr
	.size tls_witness, .-tls_witness

/* func(tp uintptr) */
	.globl tls_set_tp
	.hidden tls_set_tp
	.type tls_set_tp, @function
tls_set_tp:
	mr 13, 3
	blr
	.size tls_set_tp, .-tls_set_tp

	.section .note.GNU-stack,"",@progbits
