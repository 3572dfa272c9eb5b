package main

/*
#include "init_exit.h"
*/
import "C"

import (
	"os"
	"syscall"
	"time"
)

// The program once more, which ends: by C's exit, or as Go ends it.

const (
	exitCheck = "init.exit-program"
	exitAsked = "TLSMATRIX_EXIT" // by C, or by Go
)

func init() {
	if by := os.Getenv(exitAsked); by != "" {
		instead = func() { exitBy(by) }
	}
}

func exitBy(by string) {
	if C.init_exit_arm() != 0 {
		os.Exit(70)
	}
	if by == "C" {
		C.init_exit(0)
	}
	os.Exit(0)
}

// tlsm_exit_called says that it is called, and then that it could wait for another goroutine.
//
//export tlsm_exit_called
func tlsm_exit_called() {
	if control(exitCheck, "quietly") {
		return
	}
	syscall.Write(1, []byte("called"))
	done := make(chan bool)
	go func() {
		time.Sleep(10 * time.Millisecond) // until who waits has given up its thread
		done <- true
	}()
	<-done
	syscall.Write(1, []byte(" waited"))
}

func check_init_exit_program() observation {
	byC, note := exitSeen("C")
	byGo, more := exitSeen("Go")
	return observation{observed: "exit=" + byC + " os.Exit=" + byGo, note: note + more}
}

// exitSeen is how far the program came that ends so: "silent", "called" or "waited"; behind it that it died.
func exitSeen(by string) (seen, note string) {
	end := again(nil, with(exitAsked, by), false)
	if end.failure != "" {
		return "unasked", end.failure
	}
	words := map[string]string{"": "silent", "called": "called", "called waited": "waited"}
	switch {
	case end.hangs:
		return "hangs", ""
	case end.status.Signaled() || end.status.ExitStatus() == 2: // which is Go's own end for what is fatal
		return words[end.said] + ",dies", ""
	}
	return words[end.said], ""
}
