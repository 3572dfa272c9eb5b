package main

/*
#include "tls_small.h"
*/
import "C"

import "runtime"

// The small C __thread variables of the case's own module, which touch Go's slot.

func init() {
	touchModule = func() { C.tls_small_kept(0) }
	smallImageOK = func() bool { return C.tls_small_kept(0) != 0 }
}

// sideWord says whether the variables on one side of the slot kept their values.
func sideWord(side *C.struct_tls_side) string {
	if side.there == 0 {
		return "none"
	}
	return word(side.kept != 0, "kept", "changed")
}

func check_tls_slot_neighbours() observation {
	const id = "tls.slot-neighbours"
	text, note := "before=kept after=kept", ""
	number, elsewhere := 0, false
	onEachKind(func() string {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		number++
		seed := C.uint(number)
		promise := findSlot()
		if !promise.known {
			text = "promise=none"
			return ""
		}
		if promise.block != 0 && uintptr(C.tls_small_address())-promise.block >= promise.blockSize {
			elsewhere = true
			return ""
		}
		slot := C.uintptr_t(threadPointer() + promise.offset)
		C.tls_small_fill(seed)
		defer C.tls_small_fill(0)
		goWork()
		var before, after C.struct_tls_side
		C.tls_small_sides(slot, seed, &before, &after)
		if control(id, "before") && before.there != 0 {
			*before.nearest ^= 1
		}
		if control(id, "after") && after.there != 0 {
			*after.nearest ^= 1
		}
		C.tls_small_sides(slot, seed, &before, &after)
		seen := "before=" + sideWord(&before) + " after=" + sideWord(&after)
		if seen != "before=kept after=kept" {
			text = seen
		}
		note = "nearest " + itoa(int(before.distance)) + " bytes before, " +
			itoa(int(after.distance)) + " bytes after the slot"
		return ""
	})
	if elsewhere {
		return observation{
			skip: "other-module",
			note: "Go's slot lies in a module that has no C variables of the case",
		}
	}
	return observation{observed: text, note: note}
}
