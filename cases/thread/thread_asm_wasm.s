#include "textflag.h"

// g is a register to Go's assembler and a global of the module (cmd/internal/obj/wasm/wasmobj.go).

// func currentG() uintptr
TEXT ·currentG(SB), NOSPLIT, $0-8
	MOVD	g, ret+0(FP)
	RET

// func otherG(other uintptr) uintptr
// No call and no stack check happen while g is another.
TEXT ·otherG(SB), NOSPLIT, $0-16
	MOVD	g, R0
	MOVD	other+0(FP), g
	MOVD	g, R1
	MOVD	R0, g
	MOVD	R1, ret+8(FP)
	RET
