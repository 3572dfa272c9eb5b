package main

/*
// Before 2.34 glibc's threads are a library of their own, which who calls them must name.
#cgo linux LDFLAGS: -lpthread
#include "cthread.h"
*/
import "C"

import "sync"

// Threads made by C. A body is handed over by number, since C may not keep a Go pointer.

var cThreadBodies sync.Map // int -> func()
var cThreadNumber struct {
	sync.Mutex
	next int
}

// onC runs body on a fresh thread made by pthread_create, which ends afterwards.
func onC(body func()) { onCThread(1, body) }

// onCThread makes a fresh C thread that calls body the given number of times, one call from C to
// Go each, and waits for its end.
func onCThread(calls int, body func()) {
	cThreadNumber.Lock()
	cThreadNumber.next++
	number := cThreadNumber.next
	cThreadNumber.Unlock()
	cThreadBodies.Store(number, body)
	defer cThreadBodies.Delete(number)
	if C.cthread_run(C.int(number), C.int(calls)) != 0 {
		panic("pthread_create failed")
	}
}

//export goOnCThread
func goOnCThread(number C.int) {
	body, _ := cThreadBodies.Load(int(number))
	body.(func())()
}

func init() { threadKinds = append(threadKinds, threadKind{"c", onC}) }
