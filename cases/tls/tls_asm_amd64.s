#include "textflag.h"

// Reads g, the slot and the thread pointer, in a program without cgo. No goroutine is preempted
// in assembly: runtime/preempt.go isAsyncSafePoint.

// func gAndWord(offset uintptr) (gp, word uintptr)
// The ABIInternal wrapper that the compiler makes around it leaves g in R14.
TEXT ·gAndWord(SB), NOSPLIT, $0-24
	MOVQ	offset+0(FP), AX
	BYTE	$0x64; BYTE $0x48; BYTE $0x8b; BYTE $0x18	// movq %fs:(%rax), %rbx
	MOVQ	R14, gp+8(FP)
	MOVQ	BX, word+16(FP)
	RET

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

// The rest is for controls; signals are blocked meanwhile.

// func gAndSpoiledWord(offset, bits uintptr) (gp, word uintptr)
TEXT ·gAndSpoiledWord(SB), NOSPLIT, $0-32
	MOVQ	offset+0(FP), AX
	MOVQ	bits+8(FP), CX
	BYTE	$0x64; BYTE $0x48; BYTE $0x31; BYTE $0x08	// xorq %rcx, %fs:(%rax)
	BYTE	$0x64; BYTE $0x48; BYTE $0x8b; BYTE $0x18	// movq %fs:(%rax), %rbx
	BYTE	$0x64; BYTE $0x48; BYTE $0x31; BYTE $0x08	// xorq %rcx, %fs:(%rax)
	MOVQ	R14, gp+16(FP)
	MOVQ	BX, word+24(FP)
	RET

// func gAndWordElsewhere(offset, own, other uintptr) (gp, word uintptr)
TEXT ·gAndWordElsewhere(SB), NOSPLIT, $0-40
	MOVQ	other+16(FP), SI
	MOVQ	$0x1002, DI	// ARCH_SET_FS
	MOVQ	$158, AX
	SYSCALL
	MOVQ	offset+0(FP), AX
	BYTE	$0x64; BYTE $0x48; BYTE $0x8b; BYTE $0x18	// movq %fs:(%rax), %rbx
	MOVQ	own+8(FP), SI
	MOVQ	$158, AX
	SYSCALL
	MOVQ	R14, gp+24(FP)
	MOVQ	BX, word+32(FP)
	RET

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
