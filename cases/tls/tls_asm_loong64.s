#include "textflag.h"

// Reads g, the slot and the thread pointer, in a program without cgo. No goroutine is preempted
// in assembly: runtime/preempt.go isAsyncSafePoint.

// R2 is the thread pointer of the LoongArch ELF psABI.

// func gAndWord(offset uintptr) (gp, word uintptr)
// Without cgo the kernel's thread pointer may be 0, and then there is nothing to read.
TEXT ·gAndWord(SB), NOSPLIT, $0-24
	MOVV	g, gp+8(FP)
	MOVV	R0, R5
	BEQ	R2, none
	MOVV	offset+0(FP), R4
	ADDV	R2, R4
	MOVV	(R4), R5
none:
	MOVV	R5, word+16(FP)
	RET

// func codeSlot() (offset, word uintptr)
// runtime/tls_loong64.s save_g does not write the slot without cgo: no offset, no word.
TEXT ·codeSlot(SB), NOSPLIT, $0-16
	MOVV	R0, offset+0(FP)
	MOVV	R0, word+8(FP)
	RET

// func threadPointer() uintptr
TEXT ·threadPointer(SB), NOSPLIT, $0-8
	MOVV	R2, ret+0(FP)
	RET

// The rest is for controls; signals are blocked meanwhile.

// func gAndSpoiledWord(offset, bits uintptr) (gp, word uintptr)
TEXT ·gAndSpoiledWord(SB), NOSPLIT, $0-32
	MOVV	g, gp+16(FP)
	MOVV	R0, R7
	BEQ	R2, none
	MOVV	offset+0(FP), R4
	MOVV	bits+8(FP), R5
	ADDV	R2, R4
	MOVV	(R4), R6
	XOR	R5, R6, R7
	MOVV	R7, (R4)
	MOVV	(R4), R7
	MOVV	R6, (R4)
none:
	MOVV	R7, word+24(FP)
	RET

// func gAndWordElsewhere(offset, own, other uintptr) (gp, word uintptr)
TEXT ·gAndWordElsewhere(SB), NOSPLIT, $0-40
	MOVV	offset+0(FP), R4
	MOVV	other+16(FP), R5
	ADDV	R4, R5
	MOVV	(R5), R6
	MOVV	g, gp+24(FP)
	MOVV	R6, word+32(FP)
	RET

// func pointerElsewhere(own, other uintptr) uintptr
TEXT ·pointerElsewhere(SB), NOSPLIT, $0-24
	MOVV	own+0(FP), R4
	MOVV	other+8(FP), R5
	MOVV	R5, R2
	MOVV	R2, R6
	MOVV	R4, R2
	MOVV	R6, ret+16(FP)
	RET
