package main

// The library of buildmodes c-shared and c-archive: the C host (cases/hosts/host.c) calls
// tlsm_check for each id, on its main thread.

/*
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
*/
import "C"

import "unsafe"

// libraryMainRan is set by main, which nobody calls in a library (check init.main-not-run).
var libraryMainRan int

func main() { libraryMainRan++ }

// What musl's loader calls has no environment (golang/go#13492); libc always has.
func init() {
	getenv = func(name string) string {
		text := C.CString(name)
		defer C.free(unsafe.Pointer(text))
		return C.GoString(C.getenv(text))
	}
}

// tlsm_check observes one check. The texts are cut to their buffers and NUL-terminated.
// Returns 0 observed (text, note), 1 skipped (class, reason), -1 when the library does not carry it.
//
//export tlsm_check
func tlsm_check(id *C.char, text *C.char, textLen C.size_t, note *C.char, noteLen C.size_t) C.int {
	seen, ok := observe(C.GoString(id))
	if !ok {
		return -1
	}
	first := seen.observed
	if seen.skip != "" {
		first = seen.skip
	}
	putText(text, textLen, first)
	putText(note, noteLen, seen.note)
	if seen.skip != "" {
		return 1
	}
	return 0
}

func putText(to *C.char, size C.size_t, text string) {
	if size == 0 {
		return
	}
	out := (*[1 << 30]byte)(unsafe.Pointer(to))[:int(size):int(size)]
	out[copy(out[:size-1], text)] = 0
}
