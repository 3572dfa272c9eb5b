package main

/*
#include <stdlib.h>
#include "thread_switch.h"
*/
import "C"

import (
	"runtime/debug"
	"unsafe"
)

// Threads of C that call Go from one stack after the other.

// switchWork has the runtime look at the bounds of the stack of the thread: SetGCPercent goes there, and a stack that
// grows.
func switchWork() {
	debug.SetGCPercent(debug.SetGCPercent(100))
	goWork()
}

func check_thread_foreign_switched() observation { return stressed(threadForeignSwitched) }

func threadForeignSwitched() observation {
	const id = "thread.foreign-switched"
	// C's memory, and left to it where a thread hangs.
	on := (*[C.SWITCH_CALLS]C.int)(C.calloc(C.SWITCH_CALLS, C.size_t(unsafe.Sizeof(C.int(0)))))
	name := C.CString(id)
	var right tally
	number := keepBody(func() {
		if gWord(id) == "g" && growStack(100) == 0 {
			switchWork()
			right.add(gWord(id))
		}
	})
	code := C.int(0)
	if !within(func() { code = C.thread_switched(name, C.int(number), &on[0]) }) {
		return observation{observed: "hangs"}
	}
	defer C.free(unsafe.Pointer(on))
	defer C.free(unsafe.Pointer(name))
	defer dropBody(number)
	if code != 0 {
		return observation{observed: "fails", note: "errno " + itoa(int(code))}
	}
	stacks := [...]string{"own", "first", "second"}
	text := "from="
	for i, which := range on {
		text += word(i == 0, "", ",") + stacks[which]
	}
	return observation{observed: text + " g=" + itoa(right.of("g"))}
}
