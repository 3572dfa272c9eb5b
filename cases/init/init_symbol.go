package main

/*
// dlopen stands in libdl up to glibc 2.33.
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "init_symbol.h"
*/
import "C"

import "unsafe"

// check_init_program_symbol: the program calls a function of its own by the name that Go exports it under.
func check_init_program_symbol() observation {
	const id = "init.program-symbol"
	name := "goOnCThread"
	if control(id, "other") {
		name += "2"
	}
	called := 0
	number := keepBody(func() { called++ })
	defer dropBody(number)
	symbol := C.CString(name)
	defer C.free(unsafe.Pointer(symbol))
	var why [160]C.char
	found := C.init_symbol_call(symbol, C.int(number), &why[0], C.int(len(why)))
	if control(id, "twice") {
		goOnCThread(C.int(number))
	}
	return observation{
		observed: "symbol=" + map[C.enum_init_symbol]string{
			C.INIT_SYMBOL_NONE: "none", C.INIT_SYMBOL_OTHER: "other", C.INIT_SYMBOL_OWN: "own",
		}[found] + " called=" + itoa(called),
		note: C.GoString(&why[0]),
	}
}
