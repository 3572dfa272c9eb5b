#include "textflag.h"

// Reads g, the slot and the thread pointer, in a program without cgo. No goroutine is preempted
// in assembly: runtime/preempt.go isAsyncSafePoint.

// func gAndWord(offset uintptr) (gp, word uintptr)
// Without cgo the kernel's thread pointer may be 0, and then there is nothing to read.
TEXT ·gAndWord(SB), NOSPLIT, $0-24
	MOV	g, gp+8(FP)
	MOV	ZERO, T2
	BEQZ	TP, none
	MOV	offset+0(FP), T0
	ADD	TP, T0
	MOV	(T0), T2
none:
	MOV	T2, word+16(FP)
	RET

// func codeSlot() (offset, word uintptr)
// runtime/tls_riscv64.s save_g does not write the slot without cgo: no offset, no word.
TEXT ·codeSlot(SB), NOSPLIT, $0-16
	MOV	ZERO, offset+0(FP)
	MOV	ZERO, word+8(FP)
	RET

// func threadPointer() uintptr
TEXT ·threadPointer(SB), NOSPLIT, $0-8
	MOV	TP, ret+0(FP)
	RET

// The rest is for controls; signals are blocked meanwhile.

// func gAndSpoiledWord(offset, bits uintptr) (gp, word uintptr)
TEXT ·gAndSpoiledWord(SB), NOSPLIT, $0-32
	MOV	g, gp+16(FP)
	MOV	ZERO, A3
	BEQZ	TP, none
	MOV	offset+0(FP), A0
	MOV	bits+8(FP), A1
	ADD	TP, A0
	MOV	(A0), A2
	XOR	A1, A2, A3
	MOV	A3, (A0)
	MOV	(A0), A3
	MOV	A2, (A0)
none:
	MOV	A3, word+24(FP)
	RET

// func gAndWordElsewhere(offset, own, other uintptr) (gp, word uintptr)
TEXT ·gAndWordElsewhere(SB), NOSPLIT, $0-40
	MOV	offset+0(FP), A0
	MOV	other+16(FP), A1
	ADD	A0, A1
	MOV	(A1), A2
	MOV	g, gp+24(FP)
	MOV	A2, word+32(FP)
	RET

// func pointerElsewhere(own, other uintptr) uintptr
TEXT ·pointerElsewhere(SB), NOSPLIT, $0-24
	MOV	own+0(FP), A0
	MOV	other+8(FP), A1
	MOV	A1, TP
	MOV	TP, A2
	MOV	A0, TP
	MOV	A2, ret+16(FP)
	RET
