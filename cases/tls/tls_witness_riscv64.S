/* tls_witness_riscv64.S - reads g and the slot at one moment, in a program that uses cgo.
 *
 * A package with cgo may not hold Go assembly, so gcc assembles this and Go calls it through a
 * func value (tls_slot_cgo.go), without leaving the goroutine's stack. It keeps Go's internal
 * calling convention (cmd/compile/abi-internal.md): arguments and results in X10 (a0), X11 (a1)...,
 * g in X27 (s11).
 * No goroutine is preempted in here: runtime/preempt.go isAsyncSafePoint knows no function at
 * this address. */
	.text

/* func(offset uintptr) (g, word uintptr) */
	.globl tls_witness
	.hidden tls_witness
	.type tls_witness, @function
tls_witness:
	add t1, tp, a0
	ld a1, 0(t1)
	mv a0, s11
	ret
	.size tls_witness, .-tls_witness

/* func(tp uintptr) */
	.globl tls_set_tp
	.hidden tls_set_tp
	.type tls_set_tp, @function
tls_set_tp:
	mv tp, a0
	ret
	.size tls_set_tp, .-tls_set_tp

	.section .note.GNU-stack,"",@progbits
