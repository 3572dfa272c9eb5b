package main

/*
#include <stdlib.h>
#include "thread_begins.h"
*/
import "C"

import "unsafe"

// The creator is a thread of Go's, which has an alternate signal stack; its threads are C's from beginning to end.
func check_thread_begins() observation {
	const id = "thread.begins"
	// C's memory, and left to it: where a thread hangs it goes on writing there.
	seen := (*C.struct_thread_begins)(C.calloc(1, C.size_t(unsafe.Sizeof(C.struct_thread_begins{}))))
	name := C.CString(id)
	code := C.int(0)
	if !within(func() { code = C.thread_begins_run(name, seen) }) {
		return observation{observed: "hangs"}
	}
	defer C.free(unsafe.Pointer(seen))
	defer C.free(unsafe.Pointer(name))
	if code != 0 {
		return observation{observed: "fails", note: "errno " + itoa(int(code))}
	}
	note := ""
	of := func(count C.int, right, wrong string) string {
		if count != C.THREAD_BEGINS {
			note += wrong + ": " + itoa(C.THREAD_BEGINS-int(count)) + " threads; "
		}
		return word(count == C.THREAD_BEGINS, right, wrong)
	}
	return observation{
		observed: "mask=" + of(seen.mask, "inherited", "other") +
			" pending=" + of(seen.pending, "none", "inherited") +
			" altstack=" + of(seen.altstack, "none", "found") +
			" stack=" + of(seen.stack, "aligned", "off") +
			" bounds=" + of(seen.bounds, "told", "wrong") +
			" key=" + of(seen.key_none, "none", "found") + "," + of(seen.key_own, "own", "shared"),
		note: note,
	}
}
