#include "textflag.h"

// Reads g and the slot. Before Go 1.17 amd64 has no register for g: what the code's own access finds is g
// when the stack that it names is the one in use (runtime/runtime2.go: a g begins with its stack's bounds).

// Makes of CX, a g, 0 when SP is not in its stack; DX is lost.
#define RUNNING_G \
	MOVQ	0(CX), DX; \
	CMPQ	SP, DX; \
	JLS	3(PC); \
	CMPQ	SP, 8(CX); \
	JLS	2(PC); \
	MOVQ	$0, CX

// func gAndWord(offset uintptr) (gp, word uintptr)
TEXT ·gAndWord(SB), NOSPLIT, $0-24
	MOVQ	TLS, CX
	MOVQ	0(CX)(TLS*1), CX
	RUNNING_G
	MOVQ	offset+0(FP), AX
	BYTE	$0x64; BYTE $0x48; BYTE $0x8b; BYTE $0x18	// movq %fs:(%rax), %rbx
	MOVQ	CX, gp+8(FP)
	MOVQ	BX, word+16(FP)
	RET

// For controls; signals are blocked meanwhile.

// func gAndSpoiledWord(offset, bits uintptr) (gp, word uintptr)
TEXT ·gAndSpoiledWord(SB), NOSPLIT, $0-32
	MOVQ	TLS, CX
	MOVQ	0(CX)(TLS*1), CX
	RUNNING_G
	MOVQ	offset+0(FP), AX
	MOVQ	bits+8(FP), DX
	BYTE	$0x64; BYTE $0x48; BYTE $0x31; BYTE $0x10	// xorq %rdx, %fs:(%rax)
	BYTE	$0x64; BYTE $0x48; BYTE $0x8b; BYTE $0x18	// movq %fs:(%rax), %rbx
	BYTE	$0x64; BYTE $0x48; BYTE $0x31; BYTE $0x10	// xorq %rdx, %fs:(%rax)
	MOVQ	CX, gp+16(FP)
	MOVQ	BX, word+24(FP)
	RET
