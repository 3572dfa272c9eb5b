package main

/*
#include "tls_modules.h"
*/
import "C"

import "runtime"

// check_tls_modules asks on each kind of thread; the note is of the last one.
func check_tls_modules() observation {
	const id = "tls.modules"
	note := ""
	seen := onEachKind(func() string {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		promise := findSlot()
		if !promise.known {
			return "promise-none"
		}
		var number C.uint
		var block C.uintptr_t
		if control(id, "number") {
			number = 1
		}
		if control(id, "block") {
			block = 1
		}
		var modules C.struct_tls_modules
		C.tls_modules_ask(C.uintptr_t(threadPointer()+promise.offset), number, block, &modules)
		note = itoa(int(modules.count)) + " modules with TLS, " + itoa(int(modules.told)) +
			" with a block that is told"
		if modules.numbers != modules.count {
			return "numbers"
		}
		if modules.aligned != modules.told {
			return "alignment"
		}
		return word(modules.slot == 1, "right", "slot-in-"+itoa(int(modules.slot)))
	})
	return observation{observed: seen, note: note}
}
