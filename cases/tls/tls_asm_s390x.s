#include "textflag.h"

// Reads g, the slot and the thread pointer, in a program without cgo. No goroutine is preempted
// in assembly: runtime/preempt.go isAsyncSafePoint.

// The thread pointer stands in the access registers AR0 (upper half) and AR1.
#define THREAD_POINTER(to) \
	MOVW	AR0, to \
	SLD	$32, to \
	MOVW	AR1, to

// func gAndWord(offset uintptr) (gp, word uintptr)
// Without cgo the kernel's thread pointer may be 0, and then there is nothing to read.
TEXT ·gAndWord(SB), NOSPLIT, $0-24
	MOVD	g, gp+8(FP)
	MOVD	$0, R4
	THREAD_POINTER(R3)
	CMPBEQ	R3, $0, none
	MOVD	offset+0(FP), R2
	ADD	R3, R2
	MOVD	(R2), R4
none:
	MOVD	R4, word+16(FP)
	RET

// func codeSlot() (offset, word uintptr)
// runtime/tls_s390x.s save_g does not write the slot without cgo: no offset, no word.
TEXT ·codeSlot(SB), NOSPLIT, $0-16
	MOVD	$0, R2
	MOVD	R2, offset+0(FP)
	MOVD	R2, word+8(FP)
	RET

// func threadPointer() uintptr
TEXT ·threadPointer(SB), NOSPLIT, $0-8
	THREAD_POINTER(R2)
	MOVD	R2, ret+0(FP)
	RET

// The rest is for controls; signals are blocked meanwhile.

// func gAndSpoiledWord(offset, bits uintptr) (gp, word uintptr)
TEXT ·gAndSpoiledWord(SB), NOSPLIT, $0-32
	MOVD	g, gp+16(FP)
	MOVD	$0, R5
	THREAD_POINTER(R4)
	CMPBEQ	R4, $0, none
	MOVD	offset+0(FP), R2
	MOVD	bits+8(FP), R3
	ADD	R4, R2
	MOVD	(R2), R4
	XOR	R4, R3
	MOVD	R3, (R2)
	MOVD	(R2), R5
	MOVD	R4, (R2)
none:
	MOVD	R5, word+24(FP)
	RET

// func gAndWordElsewhere(offset, own, other uintptr) (gp, word uintptr)
TEXT ·gAndWordElsewhere(SB), NOSPLIT, $0-40
	MOVD	offset+0(FP), R2
	MOVD	other+16(FP), R3
	ADD	R2, R3
	MOVD	(R3), R4
	MOVD	g, gp+24(FP)
	MOVD	R4, word+32(FP)
	RET

// func pointerElsewhere(own, other uintptr) uintptr
TEXT ·pointerElsewhere(SB), NOSPLIT, $0-24
	MOVD	own+0(FP), R2
	MOVD	other+8(FP), R3
	MOVW	R3, AR1
	SRD	$32, R3
	MOVW	R3, AR0
	THREAD_POINTER(R4)
	MOVW	R2, AR1
	SRD	$32, R2
	MOVW	R2, AR0
	MOVD	R4, ret+16(FP)
	RET
