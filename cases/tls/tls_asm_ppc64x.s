#include "textflag.h"

// Reads g, the slot and the thread pointer, in a program without cgo. No goroutine is preempted
// in assembly: runtime/preempt.go isAsyncSafePoint.

// func gAndWord(offset uintptr) (gp, word uintptr)
// R13 is what the system left there: 0 on ppc64 without cgo, m0's tls plus 0x7000 on ppc64le
// (runtime/rt0_linux_ppc64le.s), the loader's in a PIE.
TEXT ·gAndWord(SB), NOSPLIT, $0-24
	MOVD	g, gp+8(FP)
	MOVD	$0, R4
	CMP	R13, $0
	BEQ	none
	MOVD	offset+0(FP), R3
	ADD	R13, R3
	MOVD	(R3), R4
none:
	MOVD	R4, word+16(FP)
	RET

// func codeSlot() (offset, word uintptr)
// runtime/tls_ppc64x.s save_g does not write the slot without cgo: no offset, no word.
TEXT ·codeSlot(SB), NOSPLIT, $0-16
	MOVD	$0, R3
	MOVD	R3, offset+0(FP)
	MOVD	R3, word+8(FP)
	RET

// func threadPointer() uintptr
TEXT ·threadPointer(SB), NOSPLIT, $0-8
	MOVD	R13, ret+0(FP)
	RET

// The rest is for controls; signals are blocked meanwhile.

// func gAndSpoiledWord(offset, bits uintptr) (gp, word uintptr)
TEXT ·gAndSpoiledWord(SB), NOSPLIT, $0-32
	MOVD	g, gp+16(FP)
	MOVD	$0, R6
	CMP	R13, $0
	BEQ	none
	MOVD	offset+0(FP), R3
	MOVD	bits+8(FP), R4
	ADD	R13, R3
	MOVD	(R3), R5
	XOR	R4, R5, R6
	MOVD	R6, (R3)
	MOVD	(R3), R6
	MOVD	R5, (R3)
none:
	MOVD	R6, word+24(FP)
	RET

// func gAndWordElsewhere(offset, own, other uintptr) (gp, word uintptr)
TEXT ·gAndWordElsewhere(SB), NOSPLIT, $0-40
	MOVD	offset+0(FP), R3
	MOVD	other+16(FP), R4
	ADD	R3, R4
	MOVD	(R4), R5
	MOVD	g, gp+24(FP)
	MOVD	R5, word+32(FP)
	RET

// func pointerElsewhere(own, other uintptr) uintptr
TEXT ·pointerElsewhere(SB), NOSPLIT, $0-24
	MOVD	own+0(FP), R3
	MOVD	other+8(FP), R4
	MOVD	R4, R13
	MOVD	R13, R5
	MOVD	R3, R13
	MOVD	R5, ret+16(FP)
	RET
