#include "textflag.h"

// Reads the slot's place and the thread pointer, in a program without cgo. g and the slot at one
// moment: cases/tls/gword.

// func codeSlot() (offset, word uintptr)
// The assembler makes of TLS what it makes of the runtime's get_tls (runtime/go_tls.h): the word at
// %gs:0, which points to itself, and the slot beside it.
TEXT ·codeSlot(SB), NOSPLIT, $0-8
	MOVL	TLS, CX
	LEAL	0(CX)(TLS*1), AX
	SUBL	CX, AX
	MOVL	AX, offset+0(FP)
	MOVL	TLS, CX
	MOVL	0(CX)(TLS*1), AX
	MOVL	AX, word+4(FP)
	RET

// A struct user_desc (asm/ldt.h) at 0(SP), of the segment that GS names: its base stands at 4(SP).
// 244 is get_thread_area.
#define SEGMENT \
	MOVL	$0, AX; \
	MOVW	GS, AX; \
	SHRL	$3, AX; \
	MOVL	AX, 0(SP); \
	MOVL	$244, AX; \
	MOVL	SP, BX; \
	INT	$0x80

// Gives the segment at 0(SP) the base in DI and loads it. 243 is set_thread_area.
#define MOVE \
	MOVL	DI, 4(SP); \
	MOVL	$243, AX; \
	MOVL	SP, BX; \
	INT	$0x80; \
	MOVW	GS, AX; \
	MOVW	AX, GS

// func threadPointer() uintptr
TEXT ·threadPointer(SB), NOSPLIT, $16-4
	SEGMENT
	MOVL	4(SP), AX
	MOVL	AX, ret+0(FP)
	RET

// The rest is for controls; signals are blocked meanwhile.

// func gAndWordElsewhere(offset, own, other uintptr) (gp, word uintptr)
// g is the one of this thread, read before.
TEXT ·gAndWordElsewhere(SB), NOSPLIT, $16-20
	MOVL	TLS, CX
	MOVL	0(CX)(TLS*1), CX
	MOVL	CX, gp+12(FP)
	SEGMENT
	MOVL	other+8(FP), DI
	MOVE
	MOVL	offset+0(FP), AX
	BYTE	$0x65; BYTE $0x8b; BYTE $0x30	// movl %gs:(%eax), %esi
	MOVL	own+4(FP), DI
	MOVE
	MOVL	SI, word+16(FP)
	RET

// func pointerElsewhere(own, other uintptr) uintptr
TEXT ·pointerElsewhere(SB), NOSPLIT, $16-12
	SEGMENT
	MOVL	other+4(FP), DI
	MOVE
	SEGMENT
	MOVL	4(SP), SI
	MOVL	own+0(FP), DI
	MOVE
	MOVL	SI, ret+8(FP)
	RET
