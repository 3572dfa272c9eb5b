package main

/*
#include "thread_foreign.h"
#include "thread_signal_lib.h"
*/
import "C"

import "runtime"

// What the host's check thread.goexit (cases/hosts/checks_goexit.c) has Go do in its processes.

const goexitID = "thread.goexit"

func goexitNow() {
	if !control(goexitID, "returns") {
		runtime.Goexit()
	}
}

// goexitOnGo ends a goroutine from a function that C called, on a thread of Go's, and has others run afterwards on
// whatever threads are left.
func goexitOnGo() C.int {
	deferred, returned := 0, false
	ended := make(chan struct{})
	number := keepBody(func() {
		defer func() { deferred++ }()
		goexitNow()
	})
	defer dropBody(number)
	go func() {
		defer close(ended)
		defer func() { deferred++ }()
		C.thread_bounce(C.int(number))
		returned = true
	}()
	if !within(func() { <-ended }) {
		return C.GOEXIT_LOST
	}
	again := false
	number = keepBody(func() { again = true })
	defer dropBody(number)
	if !within(func() { C.thread_bounce(C.int(number)); runtime.GC() }) || !again || control(goexitID, "lost") {
		return C.GOEXIT_LOST
	}
	switch {
	case returned:
		return C.GOEXIT_RETURNED
	case deferred != 2 || control(goexitID, "undeferred"):
		return C.GOEXIT_UNDEFERRED
	}
	return C.GOEXIT_ENDED
}
