package main

// The slot with cgo: the probe in C (harness/probe/slot.c), and functions that gcc assembles and Go
// calls in its own convention (tls_witness_ARCH.S).

/*
// The probe asks dlsym weakly, which before glibc 2.34 is in a library of its own; a weak reference alone takes none.
#cgo linux LDFLAGS: -Wl,--no-as-needed -ldl -Wl,--as-needed
#include "probe.h"

// Only its address is taken; it is not for C to call.
void tls_set_tp(void);

static uintptr_t tls_word(uintptr_t address) { return *(volatile uintptr_t *)address; }
*/
import "C"

import (
	"runtime"
	"unsafe"
)

const withCgo = true

// A func value is a pointer to a word that holds the code's address (cmd/compile/abi-internal.md,
// closures). The word is a variable, so that the collector and the linker let it be.
var (
	setTPCode = uintptr(C.tls_set_tp)
	setTPWord = &setTPCode

	setThreadPointer = *(*func(tp uintptr))(unsafe.Pointer(&setTPWord))
)

func threadPointer() uintptr { return uintptr(C.probe_tp()) }

// touchModule makes the loader set up the calling thread's TLS block of the module that holds Go,
// if C code of it has variables (tls_small.go); glibc reports a block only after its first use.
var touchModule = func() {}

// findSlot reads the promise as the probe sees it on the calling thread.
func findSlot() (promise slotPromise) {
	touchModule()
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

// usedOffset is the offset that the runtime uses for the slot, found without the promise: the one
// word of the module's TLS block that holds g in Go code and, since runtime.asmcgocall stored its
// g0 there, something else in C. found is "one", "none" or "many". The caller is locked to its thread.
func usedOffset() (offset uintptr, found string) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	promise := findSlot()
	g, _ := witness(promise.offset)
	count := 0
	const size = unsafe.Sizeof(g)
	end := promise.block + promise.blockSize
	for at := (promise.block + size - 1) &^ (size - 1); at+size <= end; at += size {
		if *wordAt(at) != g {
			continue
		}
		inC := uintptr(C.tls_word(C.uintptr_t(at)))
		if inC != 0 && inC != g && *wordAt(at) == g {
			offset = at - threadPointer()
			count++
		}
	}
	return offset, word(count == 0, "none", word(count == 1, "one", "many"))
}

// witnessElsewhere is witness while the thread has another thread's thread pointer.
//
//go:nosplit
func witnessElsewhere(offset, own, other uintptr) (g, held uintptr) {
	mask := setSignalMask(allSignals)
	setThreadPointer(other)
	g, held = witness(offset)
	setThreadPointer(own)
	setSignalMask(mask)
	return g, held
}
