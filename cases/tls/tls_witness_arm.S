/* tls_witness_arm.S - reads g and the slot at one moment, in a program that uses cgo.
 *
 * A package with cgo may not hold Go assembly, so gcc assembles this and Go calls it through a
 * func value (tls_witness.go), without leaving the goroutine's stack. It keeps Go's ABI0
 * (cmd/compile/abi-internal.md): arguments and results stand on the stack behind the word at the
 * stack pointer, g in R10. No goroutine is preempted in here: runtime/preempt.go isAsyncSafePoint
 * knows no function at this address. */
	.text
	.arm
	.align 2

/* func(offset uintptr) (g, word uintptr) */
	.globl tls_witness
	.hidden tls_witness
	.type tls_witness, %function
tls_witness:
	ldr r1, [sp, #4]
#if __ARM_ARCH >= 7
	mrc p15, 0, r0, c13, c0, 3
#else
	/* __kuser_get_tls of the kernel's helper page: a processor before v6K has no such register */
	mov r2, lr
	mvn r3, #0xf000
	mov lr, pc
	sub pc, r3, #31
	mov lr, r2
#endif
	ldr r1, [r0, r1]
	str r10, [sp, #8]
	str r1, [sp, #12]
	bx lr
	.size tls_witness, .-tls_witness

/* func(tp uintptr): __ARM_NR_set_tls of asm/unistd.h */
	.globl tls_set_tp
	.hidden tls_set_tp
	.type tls_set_tp, %function
tls_set_tp:
	ldr r0, [sp, #4]
	mov r7, #0xf0000
	orr r7, r7, #5
	svc #0
	bx lr
	.size tls_set_tp, .-tls_set_tp

	.section .note.GNU-stack,"",%progbits
