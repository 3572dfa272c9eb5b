/* tls_witness_windows_amd64.S - reads g and Go's slot at one moment, in a program that uses cgo.
 *
 * A package with cgo may not hold Go assembly, so gcc assembles this and Go calls it through a func value
 * (tls_slot_windows.go), without leaving the goroutine's stack.  It keeps Go's internal calling convention
 * (cmd/compile/abi-internal.md): arguments and results in RAX, RBX, RCX..., g in R14, every other register but
 * RSP, RBP, R14, R15 and X15 free to use.  No goroutine is preempted in here: runtime/preempt.go
 * isAsyncSafePoint knows no function at this address.  The slot's word leads to g (tls_teb_windows.go). */
	.text

/* func(offset uintptr) (g, word uintptr) */
	.globl tls_witness
tls_witness:
	movq %gs:(%rax), %rbx
	testq %rbx, %rbx
	jz 1f
	movq (%rbx), %rbx
1:	movq %r14, %rax
	ret

/* func(offset uintptr) (g, word uintptr), while the slot leads to a word that is not g */
	.globl tls_witness_spoiled
tls_witness_spoiled:
	movq %gs:(%rax), %rcx
	pushq $0x100
	movq %rsp, %gs:(%rax)
	movq %gs:(%rax), %rbx
	movq (%rbx), %rbx
	movq %rcx, %gs:(%rax)
	popq %rcx
	movq %r14, %rax
	ret
