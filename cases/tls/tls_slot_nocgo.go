package main

import (
	"os"
	"strconv"
	"strings"
)

// The slot without cgo: assembly and the environment (harness/probe/probe.h says what stands there).

const withCgo = false

//go:noescape
func codeSlot() (offset, word uintptr)

func threadPointer() uintptr

// findSlot reads the promise. Only a program can be built without cgo, so it fixes the offset (le).
func findSlot() (promise slotPromise) {
	text := os.Getenv("TLSMATRIX_SLOT")
	if !strings.HasPrefix(text, "le:") {
		return promise
	}
	offset, err := strconv.ParseInt(text[len("le:"):], 10, 64)
	if err != nil {
		return promise
	}
	return slotPromise{known: true, offset: uintptr(offset), agrees: true}
}

// usedOffset is the offset that code of this program uses for the slot; found is "one", and
// "other" when that word does not hold g.
func usedOffset() (offset uintptr, found string) {
	offset, held := codeSlot()
	g, _ := witness(offset)
	return offset, word(held == g, "one", "other")
}

// Without cgo the sabotage lies in assembly whole: after each call of assembly the compiler loads
// g from the slot again (cmd/compile/internal/amd64/ssa.go OpAMD64CALLstatic), and would have it
// from the wrong place.

//go:noescape
func gAndWordElsewhere(offset, own, other uintptr) (gp, word uintptr)

func pointerElsewhere(own, other uintptr) uintptr

func witnessElsewhere(offset, own, other uintptr) (g, held uintptr) {
	mask := setSignalMask(allSignals)
	g, held = gAndWordElsewhere(offset, own, other)
	setSignalMask(mask)
	return g, held
}

// threadPointerMoved is threadPointer while the thread pointer is another.
func threadPointerMoved(own uintptr) (seen uintptr) {
	mask := setSignalMask(allSignals)
	seen = pointerElsewhere(own, own+64)
	setSignalMask(mask)
	return seen
}
