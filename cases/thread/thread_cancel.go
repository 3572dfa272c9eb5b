package main

/*
#include <stdlib.h>
#include "thread_cancel.h"
*/
import "C"

import "unsafe"

// check_thread_cancel cancels C threads that have called Go, while they are in C; in the end Go is asked once more, by
// a thread that nobody cancels.
func check_thread_cancel() observation {
	const id = "thread.cancel"
	name := C.CString(id)
	var right tally
	body := func() {
		if gWord(id) == "g" && growStack(100) == 0 {
			right.add("g")
		}
	}
	number := keepBody(body)
	text := ""
	for where, at := range []string{"waits=", " runs=", " disabled="} {
		// C's memory, and left to it where the thread hangs.
		seen := (*C.struct_thread_cancel)(C.calloc(1, C.size_t(unsafe.Sizeof(C.struct_thread_cancel{}))))
		code := C.int(0)
		how := (C.enum_thread_cancel_where)(where)
		if !within(func() { code = C.thread_cancel_run(name, C.int(number), how, seen) }) {
			return observation{observed: text + at + "hangs", note: C.GoString(&seen.trace[0])}
		}
		if code != 0 {
			return observation{observed: text + at + "fails", note: "errno " + itoa(int(code))}
		}
		text += at + C.GoString(&seen.trace[0])
		C.free(unsafe.Pointer(seen))
	}
	dropBody(number)
	C.free(unsafe.Pointer(name))
	onC(body)
	return observation{observed: text + " g=" + itoa(right.of("g"))}
}
