package main

import (
	"encoding/binary"
	"os"
	"unsafe"
)

// The reactor of wasip1 (buildmode c-shared): its host (cases/hosts/wasi_host.py) calls
// _initialize, and then tlsm_check for each of its arguments.

// libraryMainRan is set by main, which nobody calls in a library (check init.main-not-run).
var libraryMainRan int

func main() { libraryMainRan++ }

// checkReport is what tlsm_check gave last: three texts, each behind its length of 4 bytes: the
// class of a skip or nothing, what was observed, the note.
var checkReport []byte

// tlsmCheck observes the check that argument number i names; 0 when the library does not carry it.
//
//go:wasmexport tlsm_check
func tlsmCheck(i int32) unsafe.Pointer {
	seen, ok := observe(os.Args[i])
	if !ok {
		return nil
	}
	checkReport = checkReport[:0]
	for _, text := range []string{seen.skip, seen.observed, seen.note} {
		checkReport = binary.LittleEndian.AppendUint32(checkReport, uint32(len(text)))
		checkReport = append(checkReport, text...)
	}
	return unsafe.Pointer(&checkReport[0])
}
