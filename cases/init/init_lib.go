package main

// The library's side of the checks that its C host makes (cases/hosts/): c-shared and c-archive.

/*
#cgo !windows LDFLAGS: -L${SRCDIR} -lctor
#include "init_lib.h"
*/
import "C"

import "time"

// initWork is how long package initialization takes: long beside the microseconds between the
// loader's return and the host's first call, so that a call which does not wait is seen.
const initWork = 20 * time.Millisecond

var initDone flag

// firstCall is what tlsm_first_call found.
var firstCall = "unasked"

func init() {
	initOnGoroutine := func() {
		timer := time.NewTimer(initWork)
		woken := make(chan struct{})
		go func() {
			<-timer.C
			close(woken)
		}()
		<-woken
		C.init_lib_go_ran()
		initDone.set()
	}
	if control("init.call-waits", "late") {
		go initOnGoroutine()
		return
	}
	initOnGoroutine()
}

// tlsm_first_call is the first function that the host calls, at once after loading.
//
//export tlsm_first_call
func tlsm_first_call() {
	firstCall = word(initDone.isSet(), "done", "early")
}

func check_init_call_waits() observation {
	return observation{observed: "init=" + firstCall}
}

// tlsm_answer shows that this library's runtime works: a goroutine and a channel, 2*question+1.
// The second library (cases/init/second) gives another answer to the same question.
//
//export tlsm_answer
func tlsm_answer(question C.int) C.int {
	answer := make(chan C.int)
	if control("init.go-loads-go", "answer") {
		question++
	}
	go func() { answer <- 2*question + 1 }()
	return <-answer
}
