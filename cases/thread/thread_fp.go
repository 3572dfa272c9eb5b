package main

/*
#include <stdlib.h>
#include "thread_fp.h"
*/
import "C"

import "unsafe"

// check_thread_fp_control has C set how the processor rounds and what it traps: on a thread of its own, and on one of
// Go's. Go expects it as the psABI has it (cmd/compile/abi-internal.md, amd64 architecture), but does not see to
// it where C calls.
func check_thread_fp_control() observation {
	const id = "thread.fp-control"
	// C's memory, and left to it where a thread hangs.
	seen := (*[2]C.struct_thread_fp)(C.calloc(2, C.size_t(unsafe.Sizeof(C.struct_thread_fp{}))))
	name := C.CString(id)
	number := C.int(keepBody(func() {
		growStack(100)
		onGo(goWork)
		goWork()
	}))
	var codes [2]C.int
	finished := within(func() {
		codes[0] = C.thread_fp_thread(name, number, &seen[0])
		onLocked(func() { codes[1] = C.thread_fp_here(name, number, &seen[1]) })
	})
	if !finished {
		return observation{observed: "hangs"}
	}
	defer C.free(unsafe.Pointer(seen))
	defer C.free(unsafe.Pointer(name))
	defer dropBody(int(number))
	if codes[0] != 0 || codes[1] != 0 {
		return observation{observed: "fails", note: "errno " + itoa(int(codes[0]|codes[1]))}
	}
	words := func(fp C.struct_thread_fp) string {
		return word(fp.set == 1, "set", "refused") + word(fp.thread == 1, ",inherited", ",other") +
			word(fp.called == 1, ",kept", ",lost")
	}
	return observation{observed: "c=" + words(seen[0]) + " go=" + words(seen[1])}
}
