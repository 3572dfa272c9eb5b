package main

/*
// Before 2.34 glibc's threads are a library of their own, which who calls them must name.
#cgo linux LDFLAGS: -lpthread
#include "cthread.h"
*/
import "C"

import "sync"

// Threads made by C. A body is handed over by number, since C may not keep a Go pointer.

var cThreadBodies = struct {
	sync.Mutex
	last int
	body map[int]func()
}{body: map[int]func(){}}

// keepBody keeps a body under a number for C to call (goOnCThread).
func keepBody(body func()) (number int) {
	cThreadBodies.Lock()
	defer cThreadBodies.Unlock()
	cThreadBodies.last++
	cThreadBodies.body[cThreadBodies.last] = body
	return cThreadBodies.last
}

// dropBody forgets it.
func dropBody(number int) {
	cThreadBodies.Lock()
	defer cThreadBodies.Unlock()
	delete(cThreadBodies.body, number)
}

// onC runs body on a fresh thread made by pthread_create, which ends afterwards.
func onC(body func()) { onCThread(1, body) }

// onCThread makes a fresh C thread that calls body the given number of times, one call from C to
// Go each, and waits for its end.
func onCThread(calls int, body func()) {
	number := keepBody(body)
	defer dropBody(number)
	if C.cthread_run(C.int(number), C.int(calls)) != 0 {
		panic("pthread_create failed")
	}
}

//export goOnCThread
func goOnCThread(number C.int) {
	cThreadBodies.Lock()
	body := cThreadBodies.body[int(number)]
	cThreadBodies.Unlock()
	body()
}

func init() { threadKinds = append(threadKinds, threadKind{"c", onC}) }
