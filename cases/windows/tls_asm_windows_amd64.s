#include "textflag.h"

// Reads g and the slot, in a program without cgo. No goroutine is preempted in assembly:
// runtime/preempt.go isAsyncSafePoint. The TEB lies at the base of GS.

// func gAndWord(offset uintptr) (gp, word uintptr)
// The ABIInternal wrapper that the compiler makes around it leaves g in R14.
TEXT ·gAndWord(SB), NOSPLIT, $0-24
	MOVQ	offset+0(FP), AX
	MOVQ	0(AX)(GS*1), BX
	TESTQ	BX, BX
	JZ	empty
	MOVQ	0(BX), BX
empty:
	MOVQ	R14, gp+8(FP)
	MOVQ	BX, word+16(FP)
	RET

// func codeSlot() (inSlot uintptr)
TEXT ·codeSlot(SB), NOSPLIT, $0-8
	MOVQ	TLS, CX
	MOVQ	CX, inSlot+0(FP)
	RET

// The rest is for controls.

// func gAndSpoiledWord(offset uintptr) (gp, word uintptr)
TEXT ·gAndSpoiledWord(SB), NOSPLIT, $8-24
	MOVQ	offset+0(FP), AX
	MOVQ	0(AX)(GS*1), CX
	MOVQ	$0x100, other-8(SP)
	LEAQ	other-8(SP), DX
	MOVQ	DX, 0(AX)(GS*1)
	MOVQ	0(AX)(GS*1), BX
	MOVQ	0(BX), BX
	MOVQ	CX, 0(AX)(GS*1)
	MOVQ	R14, gp+8(FP)
	MOVQ	BX, word+16(FP)
	RET

// func gAndWordElsewhere(offset, other uintptr) (gp, word uintptr)
TEXT ·gAndWordElsewhere(SB), NOSPLIT, $0-32
	MOVQ	offset+0(FP), AX
	ADDQ	other+8(FP), AX
	MOVQ	0(AX), BX
	TESTQ	BX, BX
	JZ	empty
	MOVQ	0(BX), BX
empty:
	MOVQ	R14, gp+16(FP)
	MOVQ	BX, word+24(FP)
	RET
