package main

import "tlsmatrix.case/gword"

// g and the slot at one moment where g stands in the slot alone: on 386, and on amd64 before Go 1.17.

// witness reads g as the running code finds it and the word at thread pointer + offset at one moment.
//
//go:nosplit
func witness(offset uintptr) (g, word uintptr) { return gword.Witness(offset) }

// witnessSpoiled is witness while the promised slot holds something else than g.
//
//go:nosplit
func witnessSpoiled(offset, slot uintptr) (g, held uintptr) {
	mask := setSignalMask(allSignals)
	g, held = gword.Spoiled(offset, 0x100)
	setSignalMask(mask)
	return g, held
}
