#include "textflag.h"

// Reads g, which a register holds since Go 1.17, and the slot at one moment.

// func gAndWord(offset uintptr) (gp, word uintptr)
// The ABIInternal wrapper that the compiler makes around it leaves g in R14.
TEXT ·gAndWord(SB), NOSPLIT, $0-24
	MOVQ	offset+0(FP), AX
	BYTE	$0x64; BYTE $0x48; BYTE $0x8b; BYTE $0x18	// movq %fs:(%rax), %rbx
	MOVQ	R14, gp+8(FP)
	MOVQ	BX, word+16(FP)
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
