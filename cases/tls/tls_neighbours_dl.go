package main

// Threads for variables that live in dynamic TLS. When glibc takes the stack of an ended thread
// out of its cache it frees that thread's dynamic TLS blocks with free (nptl/allocatestack.c
// get_cached_stack, seen in 2.36); in a namespace of dlmopen that is another libc's free than the
// loader's malloc, and the heap breaks, without Go too. So no thread that has such a block may
// leave its stack to the cache: Go's are kept for ever, C's bring a stack of their own.

/*
// dlopen stands in libdl up to glibc 2.33.
#cgo LDFLAGS: -ldl
#include "tls_neighbours.h"
*/
import "C"

import (
	"runtime"
	"sync"
)

func init() {
	var once sync.Once
	var kinds []threadKind
	neighbourKinds = func() []threadKind {
		once.Do(func() {
			kinds = []threadKind{{"main", onMain}, {"go", keptThread()}, {"locked", keptThread()},
				{"c", onOwnStack}}
		})
		return kinds
	}
}

// keptThread makes a thread that is never given back, and returns the way to run on it.
func keptThread() func(body func()) {
	bodies, done := make(chan func()), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		for {
			(<-bodies)()
			done <- struct{}{}
		}
	}()
	return func(body func()) {
		bodies <- body
		<-done
	}
}

// onOwnStack runs body on a fresh thread made by pthread_create, whose stack no cache gets.
func onOwnStack(body func()) {
	number := keepBody(body)
	defer dropBody(number)
	if C.tls_own_stack_run(C.int(number)) != 0 {
		panic("pthread_create failed")
	}
}
