package main

/*
#include <stdlib.h>
#include "tls_around.h"
*/
import "C"

import "unsafe"

// The checks that C measures around a call of Go, on every kind of thread.

//export goTLSWork
func goTLSWork() {
	goWork()
	meanwhile()
}

// meanwhile is what else is done before C's thread is back from Go.
var meanwhile = func() {}

// aroundOnEachKind measures on each kind of thread; c is a thread that has not been in Go before.
func aroundOnEachKind(id string, judge func(around *C.struct_tls_around) string) string {
	text := ""
	for _, kind := range threadKinds {
		around := newAround(id)
		if kind.name == "c" {
			aroundFresh(around)
		} else {
			kind.on(func() { C.tls_around(around) })
		}
		if text != "" {
			text += " "
		}
		text += kind.name + "=" + judge(around)
		freeAround(around)
	}
	return text
}

// newAround is memory of C, since Go's may not move or be collected while C's thread writes to it.
func newAround(id string) *C.struct_tls_around {
	around := (*C.struct_tls_around)(C.calloc(1, C.size_t(unsafe.Sizeof(C.struct_tls_around{}))))
	around.id = C.CString(id)
	return around
}

func freeAround(around *C.struct_tls_around) {
	C.free(unsafe.Pointer(around.id))
	C.free(unsafe.Pointer(around))
}

func aroundFresh(around *C.struct_tls_around) {
	if C.tls_around_fresh(around) != 0 {
		panic("pthread_create failed")
	}
}

func check_tls_g_c() observation { return slotOn("tls.g.c", onC) }

func check_tls_tp_stable() observation {
	return observation{observed: aroundOnEachKind("tls.tp-stable", func(around *C.struct_tls_around) string {
		return word(around.before.tp == around.after.tp, "same", "moved")
	})}
}

func check_tls_tp_self() observation {
	return observation{observed: aroundOnEachKind("tls.tp-self", func(around *C.struct_tls_around) string {
		self := around.before.tp_word == around.before.tp && around.after.tp_word == around.after.tp
		return word(self, "self", "other")
	})}
}

// The canary is one word for the process: glibc's pthread_create copies header.stack_guard.
func check_tls_canary() observation {
	canary, first := C.uintptr_t(0), true
	return observation{observed: aroundOnEachKind("tls.canary", func(around *C.struct_tls_around) string {
		if first {
			canary, first = around.before.canary, false
		}
		if canary == 0 {
			return "none"
		}
		return word(around.before.canary == canary && around.after.canary == canary, "same", "other")
	})}
}

// While the thread is in Go a thread that Go made and one of C's fail in libc, each on its own.
func check_tls_errno() observation {
	const id = "tls.errno"
	around := newAround(id)
	defer freeAround(around)
	others := true
	fail := func() { others = C.tls_fails() == C.ERANGE && others }
	defer func(was func()) { meanwhile = was }(meanwhile)
	meanwhile = func() {
		onGo(fail)
		onGo(func() { onC(fail) })
		if control(id, "one") {
			fail() // on the thread itself, as if all threads had one errno
		}
	}
	aroundFresh(around)
	note := "errno " + itoa(int(around.before.error)) + " before, " + itoa(int(around.after.error)) + " after"
	kept := around.after.error == around.before.error
	text := "errno=" + word(kept, "kept", "changed") + " others=" + word(others, "own", "other")
	return observation{observed: text, note: note}
}

// Several threads, one after the other: a loader that hands out an ended thread's block again has
// to clear it.
func check_tls_slot_zero_first() observation {
	note := ""
	for i := 0; i < 4; i++ {
		around := newAround("tls.slot-zero-first")
		aroundFresh(around)
		known, before, after := around.slot_known != 0, uintptr(around.slot_before), uintptr(around.slot_after)
		freeAround(around)
		if !known {
			return observation{observed: "promise=none", note: "TLSMATRIX_SLOT says nothing"}
		}
		note = "after the first call the slot holds " + hex(after)
		if before != 0 {
			note := "thread " + itoa(i+1) + " of 4 found " + hex(before)
			return observation{observed: "fresh=used", note: note}
		}
	}
	return observation{observed: "fresh=zero", note: note}
}

func check_tls_slot_owned() observation {
	note := ""
	text := onEachKind(func() string {
		promise, tp := lockedSlot()
		if !promise.known {
			return "promise-none"
		}
		slot := tp + promise.offset
		if control("tls.slot-owned", "moved") {
			slot -= 1 << 20 // as a loader that laid out the block elsewhere
		}
		if promise.block == 0 {
			note = "the loader names no TLS block of the module"
			return "no-block"
		}
		in := slot >= promise.block && slot+unsafe.Sizeof(slot) <= promise.block+promise.blockSize
		note = "slot " + hex(slot) + ", block " + hex(promise.block) +
			" of " + itoa(int(promise.blockSize)) + " bytes"
		return word(in, "in", "out")
	})
	return observation{observed: text, note: note}
}
