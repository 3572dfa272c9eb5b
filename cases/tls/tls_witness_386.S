/* tls_witness_386.S - moves the thread pointer, for controls, in a program that uses cgo.
 *
 * A package with cgo may not hold Go assembly, so gcc assembles this and Go calls it through a
 * func value (tls_slot_cgo.go), without leaving the goroutine's stack. It keeps Go's ABI0
 * (cmd/compile/abi-internal.md): arguments stand on the stack behind the return address, every
 * register but ESP is free to use. g and the slot: cases/tls/gword. */
	.text

/* func(tp uintptr): set_thread_area of the segment that GS names, with another base */
	.globl tls_set_tp
	.hidden tls_set_tp
	.type tls_set_tp, @function
tls_set_tp:
	subl $16, %esp		/* struct user_desc: entry, base, limit, flags */
	xorl %eax, %eax
	movw %gs, %ax
	shrl $3, %eax
	movl %eax, (%esp)
	movl %esp, %ebx
	movl $244, %eax		/* get_thread_area */
	int $0x80
	movl 20(%esp), %eax
	movl %eax, 4(%esp)
	movl $243, %eax		/* set_thread_area */
	int $0x80
	movw %gs, %ax
	movw %ax, %gs
	addl $16, %esp
	ret
	.size tls_set_tp, .-tls_set_tp

	.section .note.GNU-stack,"",@progbits
