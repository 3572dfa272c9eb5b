package main

/*
#include <stdlib.h>
*/
import "C"

import (
	"os"
	"unsafe"
)

// Go has an environment of its own and tells C of each change.

const (
	setenvCheck = "init.setenv"
	setenvName  = "TLSMATRIX_SETENV"
)

// setenvSeen is what C has of the variable.
func setenvSeen() string {
	name := C.CString(setenvName)
	defer C.free(unsafe.Pointer(name))
	if value := C.getenv(name); value != nil {
		return C.GoString(value)
	}
	return "none"
}

// setenvBehind changes it in C behind Go's back, for a control.
func setenvBehind(point string, set bool) {
	if !control(setenvCheck, point) {
		return
	}
	name, value := C.CString(setenvName), C.CString("behind")
	defer C.free(unsafe.Pointer(name))
	defer C.free(unsafe.Pointer(value))
	if set {
		C.setenv(name, value, 1)
	} else {
		C.unsetenv(name)
	}
}

func check_init_setenv() observation {
	text := "before=" + setenvSeen()
	os.Setenv(setenvName, "one")
	setenvBehind("taken", false)
	text += " set=" + setenvSeen()
	os.Setenv(setenvName, "another")
	text += " again=" + setenvSeen()
	os.Unsetenv(setenvName)
	setenvBehind("left", true)
	return observation{observed: text + " unset=" + setenvSeen()}
}
