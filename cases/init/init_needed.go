package main

// A library of C that the program is linked to: cases/hosts/needed.h.

/*
#cgo LDFLAGS: -L${SRCDIR} -lneeded
#include "init_needed.h"
#include "needed.h"
*/
import "C"

import (
	"strings"
	"unsafe"
)

// check_init_needed_variable: whoever writes the variable, all the others read it.
func check_init_needed_variable() observation {
	const id = "init.needed-variable"
	places := []struct {
		name string
		at   *C.int
	}{
		{"go", &C.needed_variable}, {"got", C.init_needed_by_got()}, {"copy", C.init_needed_by_copy()},
		{"library", C.needed_variable_here()},
	}
	if control(id, "two") {
		other := *places[3].at
		places[3].at = &other
	}
	if control(id, "zero") {
		C.needed_variable = 0
	}
	var image, writes []string
	for _, place := range places {
		if *place.at == C.NEEDED_IMAGE {
			image = append(image, place.name)
		}
	}
	for i, writer := range places {
		*writer.at = C.int(i + 1)
		seen := true
		for _, reader := range places {
			seen = seen && *reader.at == C.int(i+1)
		}
		if seen {
			writes = append(writes, writer.name)
		}
	}
	note := ""
	for _, place := range places {
		*place.at = C.NEEDED_IMAGE
		note += place.name + " at " + hex(uintptr(unsafe.Pointer(place.at))) + " "
	}
	return observation{
		observed: "image=" + strings.Join(image, ",") + " writes=" + strings.Join(writes, ","),
		note:     strings.TrimSpace(note),
	}
}

// check_tls_needed: program and library have the same variable on a thread, which is that thread's own.
func check_tls_needed() observation {
	const id = "tls.needed"
	kinds := neighbourKinds()
	onNew := kinds[len(kinds)-1].on
	first := C.needed_own_here()
	list, note := listOnEachKind(func(number int) string {
		program, library := C.init_needed_by_offset(), C.needed_own_here()
		if control(id, "main") {
			program = first
		}
		if control(id, "overwritten") {
			*program = C.int(number)
		}
		var seen []string
		if *program == C.NEEDED_IMAGE {
			seen = append(seen, "image")
		}
		if program == library && program == C.init_needed_by_module() {
			seen = append(seen, "one")
		}
		*program = C.int(number)
		onNew(func() {
			of := C.init_needed_by_module()
			if control(id, "written") {
				of = program
			}
			*of = C.int(number + 100)
		})
		if *program == C.int(number) {
			seen = append(seen, "own")
		}
		*program = C.NEEDED_IMAGE
		return strings.Join(seen, ",")
	})
	return observation{observed: "each=" + list, note: note}
}

//export needed_of_go
func needed_of_go(number C.int) C.int { return 2*number + 1 }

// check_init_needed_callback: the library calls by name what the program defines.
func check_init_needed_callback() observation {
	const number = 20
	ofGo, ofC := C.needed_asks_go(number), C.needed_asks_c(number)
	if control("init.needed-callback", "swapped") {
		ofGo, ofC = ofC, ofGo
	}
	return observation{
		observed: "go=" + word(ofGo == 2*number+1, "answers", itoa(int(ofGo))) +
			" c=" + word(ofC == 3*number+1, "answers", itoa(int(ofC))),
	}
}
