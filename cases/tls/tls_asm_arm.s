#include "textflag.h"

// Reads g, the slot and the thread pointer, in a program without cgo. No goroutine is preempted
// in assembly: runtime/preempt.go isAsyncSafePoint. For GOARM=5 and 6 the assembler makes of MRC a
// call of runtime.read_tls_fallback, which asks the kernel's helper page.

// func gAndWord(offset uintptr) (gp, word uintptr)
// Without cgo the kernel's thread pointer may be 0, and then there is nothing to read.
TEXT ·gAndWord(SB), NOSPLIT, $0-12
	MOVW	g, gp+4(FP)
	MOVW	$0, R1
	MOVW	R1, word+8(FP)
	MRC	15, 0, R0, C13, C0, 3
	CMP	$0, R0
	BEQ	none
	MOVW	offset+0(FP), R1
	ADD	R0, R1
	MOVW	(R1), R2
	MOVW	R2, word+8(FP)
none:
	RET

// func codeSlot() (offset, word uintptr)
// runtime/tls_arm.s save_g and load_g are not called without cgo: no offset, no word.
TEXT ·codeSlot(SB), NOSPLIT, $0-8
	MOVW	$0, R0
	MOVW	R0, offset+0(FP)
	MOVW	R0, word+4(FP)
	RET

// func threadPointer() uintptr
TEXT ·threadPointer(SB), NOSPLIT, $0-4
	MRC	15, 0, R0, C13, C0, 3
	MOVW	R0, ret+0(FP)
	RET

// The rest is for controls; signals are blocked meanwhile.

// func gAndSpoiledWord(offset, bits uintptr) (gp, word uintptr)
TEXT ·gAndSpoiledWord(SB), NOSPLIT, $0-16
	MOVW	g, gp+8(FP)
	MOVW	$0, R1
	MOVW	R1, word+12(FP)
	MRC	15, 0, R0, C13, C0, 3
	CMP	$0, R0
	BEQ	none
	MOVW	offset+0(FP), R1
	ADD	R0, R1
	MOVW	bits+4(FP), R2
	MOVW	(R1), R3
	EOR	R2, R3, R4
	MOVW	R4, (R1)
	MOVW	(R1), R5
	MOVW	R3, (R1)
	MOVW	R5, word+12(FP)
none:
	RET

// func gAndWordElsewhere(offset, own, other uintptr) (gp, word uintptr)
TEXT ·gAndWordElsewhere(SB), NOSPLIT, $0-20
	MOVW	offset+0(FP), R0
	MOVW	other+8(FP), R1
	ADD	R0, R1
	MOVW	(R1), R2
	MOVW	g, gp+12(FP)
	MOVW	R2, word+16(FP)
	RET

// func pointerElsewhere(own, other uintptr) uintptr
// __ARM_NR_set_tls of asm/unistd.h
TEXT ·pointerElsewhere(SB), NOSPLIT, $0-12
	MOVW	other+4(FP), R0
	MOVW	$0xf0005, R7
	SWI	$0
	MRC	15, 0, R0, C13, C0, 3
	MOVW	R0, R4
	MOVW	own+0(FP), R0
	MOVW	$0xf0005, R7
	SWI	$0
	MOVW	R4, ret+8(FP)
	RET
