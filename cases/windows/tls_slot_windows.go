package main

// The slot with cgo: the probe in C (harness/probe/probe_windows.c), and functions that gcc assembles
// and Go calls in its own convention (tls_witness_windows_ARCH.S).

/*
#include "probe.h"
#include "tls_teb.h"

// Only their addresses are taken; they are not for C to call.
void tls_witness(void);
void tls_witness_spoiled(void);
*/
import "C"

import (
	"runtime"
	"unsafe"
)

const withCgo = true

// A func value is a pointer to a word that holds the code's address (cmd/compile/abi-internal.md,
// closures). The words are variables, so that the collector and the linker let them be.
var (
	witnessCode = uintptr(C.tls_witness)
	spoiledCode = uintptr(C.tls_witness_spoiled)
	witnessWord = &witnessCode
	spoiledWord = &spoiledCode

	// witness reads the g register and what the word at an offset from the TEB leads to.
	witness = *(*func(offset uintptr) (g, word uintptr))(unsafe.Pointer(&witnessWord))

	spoiledWitness = *(*func(offset uintptr) (g, word uintptr))(unsafe.Pointer(&spoiledWord))
)

func threadPointer() uintptr { return uintptr(C.probe_tp()) }

func witnessSpoiled(offset, slot uintptr) (g, held uintptr) { return spoiledWitness(offset) }

// witnessElsewhere is witness with the TEB of another thread.
func witnessElsewhere(offset, own, other uintptr) (g, held uintptr) {
	g, _ = witness(offset)
	return g, throughSlot(*wordAt(other + offset))
}

// findSlot reads the promise as the probe sees it on the calling thread.
func findSlot() (promise slotPromise) {
	var slot C.struct_probe_slot
	C.probe_slot_find(&slot)
	return slotPromise{
		known:     slot.known != 0,
		offset:    uintptr(slot.offset),
		agrees:    slot.agrees != 0,
		block:     uintptr(slot.block),
		blockSize: uintptr(slot.block_size),
	}
}

// usedOffset is the offset that the runtime uses for the slot, found without the promise: the one word
// of TEB.TlsSlots that leads to g in Go code and, since runtime.asmcgocall stored its g0 there, to
// something else in C. found is "one", "none" or "many". The caller is locked to its thread.
func usedOffset() (offset uintptr, found string) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	promise := findSlot()
	teb, count := threadPointer(), 0
	g, _ := witness(promise.offset)
	for _, place := range slotPlaces() {
		var inC C.uintptr_t
		if C.tls_teb_read(C.uintptr_t(*wordAt(teb + place)), &inC) == 0 || uintptr(inC) == g {
			continue
		}
		if *wordAt(*wordAt(teb + place)) == g {
			offset = place
			count++
		}
	}
	return offset, word(count == 0, "none", word(count == 1, "one", "many"))
}
