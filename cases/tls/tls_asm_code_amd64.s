#include "textflag.h"

// The same before Go 1.17, where g stands in the slot alone; the rest of it is cases/tls/gword.

// func gAndWordElsewhere(offset, own, other uintptr) (gp, word uintptr)
// For a control; signals are blocked meanwhile. g is the one of this thread, read before.
TEXT ·gAndWordElsewhere(SB), NOSPLIT, $0-40
	MOVQ	TLS, CX
	MOVQ	0(CX)(TLS*1), CX
	MOVQ	CX, gp+24(FP)
	MOVQ	other+16(FP), SI
	MOVQ	$0x1002, DI	// ARCH_SET_FS
	MOVQ	$158, AX
	SYSCALL
	MOVQ	offset+0(FP), AX
	BYTE	$0x64; BYTE $0x48; BYTE $0x8b; BYTE $0x18	// movq %fs:(%rax), %rbx
	MOVQ	own+8(FP), SI
	MOVQ	$158, AX
	SYSCALL
	MOVQ	BX, word+32(FP)
	RET
