package main

import "time"

// The reactor's side of the init checks: _initialize runs package initialization to its end, timers
// and goroutines included, and returns before anything else may be called.

// initWork is how long package initialization waits for a timer.
const initWork = 20 * time.Millisecond

var initDone flag

// firstCall is what tlsm_first_call found.
var firstCall = "unasked"

func init() {
	initOnGoroutine := func() {
		woken := make(chan struct{})
		time.AfterFunc(initWork, func() { close(woken) })
		<-woken
		initDone.set()
	}
	if control("init.call-waits", "late") {
		go initOnGoroutine()
		return
	}
	initOnGoroutine()
}

// tlsm_first_call is the first function that the host calls.
//
//go:wasmexport tlsm_first_call
func tlsmFirstCall() { firstCall = word(initDone.isSet(), "done", "early") }

func check_init_call_waits() observation {
	return observation{observed: "init=" + firstCall}
}
