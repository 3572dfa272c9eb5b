package main

// g and the slot at one moment in a program without cgo, where a register holds g (tls_asm_ARCH.s).

//go:noescape
func gAndWord(offset uintptr) (gp, word uintptr)

//go:noescape
func gAndSpoiledWord(offset, bits uintptr) (gp, word uintptr)

// witness reads the g register and the word at thread pointer + offset at one moment.
//
//go:nosplit
func witness(offset uintptr) (g, word uintptr) { return gAndWord(offset) }

// witnessSpoiled is witness while the promised slot holds something else than g; like all that is done
// without cgo it lies in assembly whole (tls_slot_nocgo.go).
func witnessSpoiled(offset, slot uintptr) (g, held uintptr) {
	mask := setSignalMask(allSignals)
	g, held = gAndSpoiledWord(offset, 0x100)
	setSignalMask(mask)
	return g, held
}
