package main

/*
#include <stdlib.h>
#include "thread_own.h"
*/
import "C"

import "unsafe"

// check_thread_own_stack is check_thread_deep_stack on memory that libc has not made.
func check_thread_own_stack() observation {
	const id = "thread.own-stack"
	// C's memory, and left to it where the thread hangs.
	seen := (*C.struct_thread_own)(C.calloc(1, C.size_t(unsafe.Sizeof(C.struct_thread_own{}))))
	name := C.CString(id)
	var right tally
	number := keepBody(func() {
		if gWord(id) == "g" && growStack(100) == 0 {
			goWork()
			right.add(word(gWord(id) == "g", "g", "other"))
		}
	})
	code := C.int(0)
	if !within(func() { code = C.thread_own_run(name, C.int(number), seen) }) {
		return observation{observed: "hangs"}
	}
	defer C.free(unsafe.Pointer(seen))
	defer C.free(unsafe.Pointer(name))
	defer dropBody(number)
	if code != 0 {
		return observation{observed: "fails", note: "errno " + itoa(int(code))}
	}
	text := ""
	for i, at := range []string{"shallow=", " deep=", " shallow="} {
		text += at + word(seen.inside[i] == 1, "own", "other")
	}
	return observation{observed: text + " told=" + itoa(int(seen.told)) + " g=" + itoa(right.of("g"))}
}
