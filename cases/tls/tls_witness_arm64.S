/* tls_witness_arm64.S - reads g and the slot at one moment, in a program that uses cgo.
 *
 * A package with cgo may not hold Go assembly, so gcc assembles this and Go calls it through a
 * func value (tls_slot_cgo.go), without leaving the goroutine's stack. It keeps Go's internal
 * calling convention (cmd/compile/abi-internal.md): arguments and results in R0, R1..., g in R28.
 * No goroutine is preempted in here: runtime/preempt.go isAsyncSafePoint knows no function at
 * this address. */
	.text

/* func(offset uintptr) (g, word uintptr) */
	.globl tls_witness
	.hidden tls_witness
	.type tls_witness, %function
tls_witness:
	mrs x2, tpidr_el0
	ldr x1, [x2, x0]
	mov x0, x28
	ret
	.size tls_witness, .-tls_witness

/* func(tp uintptr) */
	.globl tls_set_tp
	.hidden tls_set_tp
	.type tls_set_tp, %function
tls_set_tp:
	msr tpidr_el0, x0
	ret
	.size tls_set_tp, .-tls_set_tp

	.section .note.GNU-stack,"",%progbits
