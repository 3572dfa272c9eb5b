#include "textflag.h"

// Reads g, the slot and the thread pointer, in a program without cgo. No goroutine is preempted
// in assembly: runtime/preempt.go isAsyncSafePoint.

#define RDHWR_R29_R3 WORD $0x7c03e83b	// the thread pointer, in R3

// func gAndWord(offset uintptr) (gp, word uintptr)
// Without cgo the kernel's thread pointer may be 0, and then there is nothing to read.
TEXT ·gAndWord(SB), NOSPLIT, $0-12
	MOVW	g, gp+4(FP)
	MOVW	R0, word+8(FP)
	RDHWR_R29_R3
	BEQ	R3, none
	MOVW	offset+0(FP), R1
	ADDU	R3, R1
	MOVW	(R1), R2
	MOVW	R2, word+8(FP)
none:
	RET

// func codeSlot() (offset, word uintptr)
// runtime/tls_mipsx.s save_g does nothing without cgo: no offset, no word.
TEXT ·codeSlot(SB), NOSPLIT, $0-8
	MOVW	R0, offset+0(FP)
	MOVW	R0, word+4(FP)
	RET

// func threadPointer() uintptr
TEXT ·threadPointer(SB), NOSPLIT, $0-4
	RDHWR_R29_R3
	MOVW	R3, ret+0(FP)
	RET

// The rest is for controls; signals are blocked meanwhile.

// func gAndSpoiledWord(offset, bits uintptr) (gp, word uintptr)
TEXT ·gAndSpoiledWord(SB), NOSPLIT, $0-16
	MOVW	g, gp+8(FP)
	MOVW	R0, word+12(FP)
	RDHWR_R29_R3
	BEQ	R3, none
	MOVW	offset+0(FP), R1
	ADDU	R3, R1
	MOVW	bits+4(FP), R2
	MOVW	(R1), R4
	XOR	R2, R4, R5
	MOVW	R5, (R1)
	MOVW	(R1), R6
	MOVW	R4, (R1)
	MOVW	R6, word+12(FP)
none:
	RET

// func gAndWordElsewhere(offset, own, other uintptr) (gp, word uintptr)
TEXT ·gAndWordElsewhere(SB), NOSPLIT, $0-20
	MOVW	offset+0(FP), R1
	MOVW	other+8(FP), R2
	ADDU	R2, R1
	MOVW	(R1), R3
	MOVW	g, gp+12(FP)
	MOVW	R3, word+16(FP)
	RET

// func pointerElsewhere(own, other uintptr) uintptr
// 4283 is set_thread_area (asm/unistd.h). R2 gets the result of a system call, R3 the thread pointer.
TEXT ·pointerElsewhere(SB), NOSPLIT, $0-12
	MOVW	other+4(FP), R4
	MOVW	$4283, R2
	SYSCALL
	RDHWR_R29_R3
	MOVW	R3, ret+8(FP)
	MOVW	own+0(FP), R4
	MOVW	$4283, R2
	SYSCALL
	RET
