package main

/*
#include <stdlib.h>
#include "thread_fp.h"
*/
import "C"

import "unsafe"

// check_thread_fp_control has C set how the processor rounds and what it traps: on a thread of its own, and on one of
// Go's. Go expects it as the psABI has it (cmd/compile/abi-internal.md, Special-purpose registers), but does not see to
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
	text := ""
	for i, on := range []string{"c", "go"} {
		if codes[i] != 0 {
			return observation{observed: "fails", note: "errno " + itoa(int(codes[i]))}
		}
		text += word(i == 0, "", " ") + on + "=" + word(seen[i].set == 1, "set", "refused") +
			"," + word(seen[i].thread == 1, "inherited", "other") + "," + word(seen[i].called == 1, "kept", "lost")
	}
	return observation{observed: text}
}
