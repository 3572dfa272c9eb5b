#include "textflag.h"

// Reads g, the slot and the thread pointer, in a program without cgo. No goroutine is preempted
// in assembly: runtime/preempt.go isAsyncSafePoint.

#define RDHWR_R29_R3 WORD $0x7c03e83b	// the thread pointer, in R3

// func gAndWord(offset uintptr) (gp, word uintptr)
// Without cgo the kernel's thread pointer may be 0, and then there is nothing to read.
TEXT ·gAndWord(SB), NOSPLIT, $0-24
	MOVV	g, gp+8(FP)
	MOVV	R0, word+16(FP)
	RDHWR_R29_R3
	BEQ	R3, none
	MOVV	offset+0(FP), R1
	ADDVU	R3, R1
	MOVV	(R1), R2
	MOVV	R2, word+16(FP)
none:
	RET

// func codeSlot() (offset, word uintptr)
// runtime/tls_mips64x.s save_g does nothing without cgo: no offset, no word.
TEXT ·codeSlot(SB), NOSPLIT, $0-16
	MOVV	R0, offset+0(FP)
	MOVV	R0, word+8(FP)
	RET

// func threadPointer() uintptr
TEXT ·threadPointer(SB), NOSPLIT, $0-8
	RDHWR_R29_R3
	MOVV	R3, ret+0(FP)
	RET

// The rest is for controls; signals are blocked meanwhile.

// func gAndSpoiledWord(offset, bits uintptr) (gp, word uintptr)
TEXT ·gAndSpoiledWord(SB), NOSPLIT, $0-32
	MOVV	g, gp+16(FP)
	MOVV	R0, word+24(FP)
	RDHWR_R29_R3
	BEQ	R3, none
	MOVV	offset+0(FP), R1
	ADDVU	R3, R1
	MOVV	bits+8(FP), R2
	MOVV	(R1), R4
	XOR	R2, R4, R5
	MOVV	R5, (R1)
	MOVV	(R1), R6
	MOVV	R4, (R1)
	MOVV	R6, word+24(FP)
none:
	RET

// func gAndWordElsewhere(offset, own, other uintptr) (gp, word uintptr)
TEXT ·gAndWordElsewhere(SB), NOSPLIT, $0-40
	MOVV	offset+0(FP), R1
	MOVV	other+16(FP), R2
	ADDVU	R2, R1
	MOVV	(R1), R3
	MOVV	g, gp+24(FP)
	MOVV	R3, word+32(FP)
	RET

// func pointerElsewhere(own, other uintptr) uintptr
// 5242 is set_thread_area (asm/unistd.h). R2 gets the result of a system call, R3 the thread pointer.
TEXT ·pointerElsewhere(SB), NOSPLIT, $0-24
	MOVV	other+8(FP), R4
	MOVV	$5242, R2
	SYSCALL
	RDHWR_R29_R3
	MOVV	R3, ret+16(FP)
	MOVV	own+0(FP), R4
	MOVV	$5242, R2
	SYSCALL
	RET
