# What the ninth integer argument of Go's ABI is when the callee begins.
	.globl ninth
	.type ninth, @function
ninth:
	movq %r11, %rax
	ret
	.section .note.GNU-stack, "", @progbits
