package main

// g and the slot at one moment, where a register holds g: a function that gcc assembles
// (tls_witness_ARCH.S) and Go calls as tls_slot_cgo.go says.

/*
void tls_witness(void);
*/
import "C"

import "unsafe"

var (
	witnessCode = uintptr(C.tls_witness)
	witnessWord = &witnessCode

	// witness reads the g register and the word at thread pointer + offset at one moment.
	witness = *(*func(offset uintptr) (g, word uintptr))(unsafe.Pointer(&witnessWord))
)

// witnessSpoiled is witness while the promised slot holds something else than g.
//
//go:nosplit
func witnessSpoiled(offset, slot uintptr) (g, held uintptr) {
	mask := setSignalMask(allSignals)
	kept := *wordAt(slot)
	*wordAt(slot) = kept ^ 0x100
	g, held = witness(offset)
	*wordAt(slot) = kept
	setSignalMask(mask)
	return g, held
}
