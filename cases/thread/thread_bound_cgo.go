package main

/*
#include <stdlib.h>

#include "thread_foreign.h"
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// What Go keeps of a thread of C that it has been called on, and what it gives back when the thread ends.

const boundID = "thread.foreign-bound"

// Before anything of C called Go, which is when Go asks for its key (runtime/cgo _cgo_wait_runtime_init_done): a
// package's variables come before each init.
var _ = boundKeys()

func boundKeys() (taken int) {
	if control(boundID, "keys") {
		taken = int(C.thread_take_keys())
	}
	return taken
}

// runtimeThreads is the number of threads that the runtime holds an M for, those it keeps for threads of C included.
func runtimeThreads() int {
	count, _ := runtime.ThreadCreateProfile(nil)
	return count
}

// boundWord is the word for the alternate stack of a thread that had none of its own, once it is back from Go.
func boundWord(before, inGo, after C.struct_thread_altstack) string {
	switch {
	case before.flags&stackDisabled == 0:
		return "unknown" // libc gives each thread one
	case after.flags&stackDisabled != 0:
		return "no"
	}
	return word(after == inGo, "yes", "other")
}

// A bound thread keeps the alternate stack that Go gave it: only dropm takes it away (runtime/proc.go, through
// unminit). Of the threads, each ends before the next is there, so that one M serves them all; half of them may be
// others, which the runtime makes for itself meanwhile.
func check_thread_foreign_bound() observation {
	const count = 64
	id := C.CString(boundID) // the last thread may still have it, when it hangs
	var inGo C.struct_thread_altstack
	number := keepBody(func() { inGo = goAltstack() })
	var bound tally
	first, last := 0, 0
	finished := within(func() {
		for i := 0; i < count; i++ {
			var seen [2]C.struct_thread_altstack
			C.thread_bound_run(id, C.int(number), &seen[0])
			bound.add(boundWord(seen[0], inGo, seen[1]))
			last = runtimeThreads()
			if i == 0 {
				first = last
			}
		}
	})
	if !finished {
		return observation{observed: "bound=unseen released=unseen", note: "a thread hangs"}
	}
	C.free(unsafe.Pointer(id))
	if bound.of("unknown") > 0 {
		return observation{skip: "environment", note: "libc gives each thread an alternate stack"}
	}
	text := "some"
	for _, all := range []string{"yes", "no", "other"} {
		if bound.of(all) == count {
			text = all
		}
	}
	return observation{
		observed: "bound=" + text + " released=" + word(last-first < count/2, "yes", "no"),
		note:     itoa(last-first) + " more threads in the runtime after " + itoa(count),
	}
}
