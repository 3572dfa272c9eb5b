#include "textflag.h"

// Reads g, the slot and the thread pointer, in a program without cgo. No goroutine is preempted
// in assembly: runtime/preempt.go isAsyncSafePoint.

// func gAndWord(offset uintptr) (gp, word uintptr)
// Without cgo the kernel's thread pointer may be 0, and then there is nothing to read.
TEXT ·gAndWord(SB), NOSPLIT, $0-24
	MOVD	g, gp+8(FP)
	MOVD	ZR, word+16(FP)
	MRS	TPIDR_EL0, R2
	CBZ	R2, none
	MOVD	offset+0(FP), R0
	MOVD	(R2)(R0), R1
	MOVD	R1, word+16(FP)
none:
	RET

// func codeSlot() (offset, word uintptr)
// runtime/tls_arm64.s load_g does not look at the slot without cgo: no offset, no word.
TEXT ·codeSlot(SB), NOSPLIT, $0-16
	MOVD	ZR, offset+0(FP)
	MOVD	ZR, word+8(FP)
	RET

// func threadPointer() uintptr
TEXT ·threadPointer(SB), NOSPLIT, $0-8
	MRS	TPIDR_EL0, R0
	MOVD	R0, ret+0(FP)
	RET

// The rest is for controls; signals are blocked meanwhile.

// func gAndSpoiledWord(offset, bits uintptr) (gp, word uintptr)
TEXT ·gAndSpoiledWord(SB), NOSPLIT, $0-32
	MOVD	g, gp+16(FP)
	MOVD	ZR, word+24(FP)
	MRS	TPIDR_EL0, R2
	CBZ	R2, none
	MOVD	offset+0(FP), R0
	MOVD	bits+8(FP), R1
	ADD	R2, R0
	MOVD	(R0), R3
	EOR	R1, R3, R4
	MOVD	R4, (R0)
	MOVD	(R0), R5
	MOVD	R3, (R0)
	MOVD	R5, word+24(FP)
none:
	RET

// func gAndWordElsewhere(offset, own, other uintptr) (gp, word uintptr)
TEXT ·gAndWordElsewhere(SB), NOSPLIT, $0-40
	MOVD	offset+0(FP), R0
	MOVD	other+16(FP), R1
	MOVD	(R1)(R0), R2
	MOVD	g, gp+24(FP)
	MOVD	R2, word+32(FP)
	RET

// func pointerElsewhere(own, other uintptr) uintptr
TEXT ·pointerElsewhere(SB), NOSPLIT, $0-24
	MOVD	own+0(FP), R0
	MOVD	other+8(FP), R1
	MSR	R1, TPIDR_EL0
	MRS	TPIDR_EL0, R2
	MSR	R0, TPIDR_EL0
	MOVD	R2, ret+16(FP)
	RET
