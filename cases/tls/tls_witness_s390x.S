/* tls_witness_s390x.S - reads g and the slot at one moment, in a program that uses cgo.
 *
 * A package with cgo may not hold Go assembly, so gcc assembles this and Go calls it through a
 * func value (tls_slot_cgo.go), without leaving the goroutine's stack. It keeps Go's internal
 * calling convention (cmd/compile/abi-internal.md): arguments and results in R2, R3..., g in R13
 * (registers since Go 1.26). The thread pointer is in the access registers a0 (upper half) and a1.
 * No goroutine is preempted in here: runtime/preempt.go isAsyncSafePoint knows no function at
 * this address. */
	.text

/* func(offset uintptr) (g, word uintptr) */
	.globl tls_witness
	.hidden tls_witness
	.type tls_witness, @function
tls_witness:
	ear %r4, %a0
	sllg %r4, %r4, 32
	ear %r4, %a1
	lg %r3, 0(%r2, %r4)
	lgr %r2, %r13
	br %r14
	.size tls_witness, .-tls_witness

/* func(tp uintptr) */
	.globl tls_set_tp
	.hidden tls_set_tp
	.type tls_set_tp, @function
tls_set_tp:
	srlg %r3, %r2, 32
	sar %a0, %r3
	sar %a1, %r2
	br %r14
	.size tls_set_tp, .-tls_set_tp

	.section .note.GNU-stack,"",@progbits
