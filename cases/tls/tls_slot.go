package main

import (
	"runtime"
	"sync"
	"unsafe"
)

// What the file promised about Go's slot, and what the calling thread has there.

// A slotPromise is struct probe_slot of harness/probe/probe.h; the block is 0 where nobody tells.
type slotPromise struct {
	known     bool
	offset    uintptr // from the thread pointer
	agrees    bool
	block     uintptr
	blockSize uintptr
}

var slotOnce sync.Once
var slotCached slotPromise

// slotOffset is the promised offset. It is the same on every thread, since Go's slot is static TLS.
func slotOffset() (offset uintptr, known bool) {
	slotOnce.Do(func() { slotCached = findSlot() })
	return slotCached.offset, slotCached.known
}

// lockedSlot is the promise and the thread pointer of one and the same thread.
func lockedSlot() (promise slotPromise, tp uintptr) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return findSlot(), threadPointer()
}

// slotUnused says where nobody writes the slot: without cgo everywhere but on amd64 and 386, whose
// code keeps g there; the others have a register for it (runtime/tls_*.s save_g asks for iscgo).
const slotUnused = runtime.GOARCH != "amd64" && runtime.GOARCH != "386" && !withCgo

// slotHoldsG says whether, on the calling thread, the promised slot holds the running g; known is
// false when the file promises nothing. Where the slot is unused, it says whether there is a g.
func slotHoldsG() (holds, known bool) {
	offset, known := slotOffset()
	if !known {
		return false, false
	}
	g, held := witness(offset)
	return g != 0 && (held == g || slotUnused), true
}

// slotText is the observed text of tls.g.*: what the slot of the calling thread holds.
func slotText(id string) (text, note string) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	offset, known := slotOffset()
	if !known {
		return "promise=none", "TLSMATRIX_SLOT says nothing"
	}
	tp := threadPointer()
	if tp == 0 {
		return "slot=unused", "the thread pointer is 0"
	}
	var g, held uintptr
	if control(id, "slot") {
		g, held = witnessSpoiled(offset, tp+offset)
	} else {
		g, held = witness(offset)
	}
	note = "g " + hex(g) + ", slot at " + hex(tp+offset) + " (" + itoa(int(offset)) +
		" from " + hex(tp) + ") holds " + hex(held)
	return "slot=" + slotWord(g, held), note
}

// slotWord names what a slot holds.
func slotWord(g, held uintptr) string {
	if held != 0 && held == g {
		return "g"
	}
	return word(held == 0, "unused", "other")
}

// wordAt is the word at an address that is no Go pointer: TLS blocks are the loader's.
func wordAt(address uintptr) *uintptr { return *(**uintptr)(unsafe.Pointer(&address)) }

// ---- sabotage ----
//
// The runtime may not be entered while the slot or the thread pointer is wrong: its signal handler
// and its stack check read g from there. So all signals are blocked meanwhile, and what runs is
// nosplit. tls_slot_cgo.go and tls_slot_nocgo.go have
//
//	witnessSpoiled(offset, slot)            witness while the slot holds something else than g
//	witnessElsewhere(offset, own, other)    witness while the thread has another thread's pointer
