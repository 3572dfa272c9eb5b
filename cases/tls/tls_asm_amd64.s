#include "textflag.h"

// Reads the slot's place and the thread pointer, in a program without cgo. No goroutine is preempted
// in assembly: runtime/preempt.go isAsyncSafePoint. g and the slot at one moment: tls_asm_g_amd64.s.

// func codeSlot() (offset, word uintptr)
// The assembler makes of TLS what it makes of the runtime's get_tls (runtime/go_tls.h): LEAQ takes
// the offset out of the form that the load uses, since a segment base is no part of an address.
TEXT ·codeSlot(SB), NOSPLIT, $0-16
	MOVQ	TLS, CX
	LEAQ	0(CX)(TLS*1), AX
	MOVQ	AX, offset+0(FP)
	MOVQ	TLS, CX
	MOVQ	0(CX)(TLS*1), AX
	MOVQ	AX, word+8(FP)
	RET

// func threadPointer() uintptr: arch_prctl(ARCH_GET_FS)
TEXT ·threadPointer(SB), NOSPLIT, $8-8
	MOVQ	$0x1003, DI
	LEAQ	tp-8(SP), SI
	MOVQ	$158, AX
	SYSCALL
	MOVQ	tp-8(SP), AX
	MOVQ	AX, ret+0(FP)
	RET

// For controls; signals are blocked meanwhile.

// func pointerElsewhere(own, other uintptr) uintptr
TEXT ·pointerElsewhere(SB), NOSPLIT, $8-24
	MOVQ	other+8(FP), SI
	MOVQ	$0x1002, DI
	MOVQ	$158, AX
	SYSCALL
	LEAQ	tp-8(SP), SI
	MOVQ	$0x1003, DI
	MOVQ	$158, AX
	SYSCALL
	MOVQ	own+0(FP), SI
	MOVQ	$0x1002, DI
	MOVQ	$158, AX
	SYSCALL
	MOVQ	tp-8(SP), AX
	MOVQ	AX, ret+16(FP)
	RET
