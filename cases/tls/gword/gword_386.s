#include "textflag.h"

// Reads g and the slot. 386 has no register for g: what the code's own access finds is g when the
// stack that it names is the one in use (runtime/runtime2.go: a g begins with its stack's bounds). No
// goroutine is preempted in assembly: runtime/preempt.go isAsyncSafePoint.

// Makes of CX, a g, 0 when SP is not in its stack; DX is lost.
#define RUNNING_G \
	MOVL	0(CX), DX; \
	CMPL	SP, DX; \
	JLS	3(PC); \
	CMPL	SP, 4(CX); \
	JLS	2(PC); \
	MOVL	$0, CX

// func gAndWord(offset uintptr) (gp, word uintptr)
TEXT ·gAndWord(SB), NOSPLIT, $0-12
	MOVL	TLS, CX
	MOVL	0(CX)(TLS*1), CX
	RUNNING_G
	MOVL	offset+0(FP), AX
	BYTE	$0x65; BYTE $0x8b; BYTE $0x18	// movl %gs:(%eax), %ebx
	MOVL	CX, gp+4(FP)
	MOVL	BX, word+8(FP)
	RET

// For controls; signals are blocked meanwhile.

// func gAndSpoiledWord(offset, bits uintptr) (gp, word uintptr)
TEXT ·gAndSpoiledWord(SB), NOSPLIT, $0-16
	MOVL	TLS, CX
	MOVL	0(CX)(TLS*1), CX
	RUNNING_G
	MOVL	offset+0(FP), AX
	MOVL	bits+4(FP), DX
	BYTE	$0x65; BYTE $0x31; BYTE $0x10	// xorl %edx, %gs:(%eax)
	BYTE	$0x65; BYTE $0x8b; BYTE $0x18	// movl %gs:(%eax), %ebx
	BYTE	$0x65; BYTE $0x31; BYTE $0x10	// xorl %edx, %gs:(%eax)
	MOVL	CX, gp+8(FP)
	MOVL	BX, word+12(FP)
	RET
