// The host of the check init.go-loads-go: a Go program that loads the Go library through C, or finds it there when it
// starts (LD_PRELOAD).
//
//	GOHOST LIBRARY init.go-loads-go
//
// Exit status as in cases/hosts/host.h.
package main

/*
#cgo !windows LDFLAGS: -ldl
#include <stdlib.h>
#include "gohost.h"
*/
import "C"

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	exitUsage = 64
	exitLoad  = 65
	rounds    = 100
	callers   = 8
)

func init() { runtime.LockOSThread() }

// load opens the library: dlopen NOW|LOCAL, as load mode dlopen does.
func load(path string) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if why := C.gohost_load(name); why != nil {
		os.Stderr.WriteString("host: dlopen " + path + ": " + C.GoString(why) + "\n")
		os.Exit(exitLoad)
	}
}

// outerWorks makes the outer runtime switch goroutines, allocate and collect.
func outerWorks() bool {
	numbers := make(chan []int)
	go func() {
		for i := 0; i < rounds; i++ {
			numbers <- []int{i}
		}
		close(numbers)
	}()
	sum := 0
	for number := range numbers {
		sum += number[0]
	}
	runtime.GC()
	return sum == rounds*(rounds-1)/2
}

// goLoadsGo calls the inner library from the main thread and from goroutines on other threads,
// each call between work of the outer runtime. The control stands in the library's tlsm_answer.
func goLoadsGo(path string) observation {
	if !outerWorks() {
		return observation{observed: "outer=wrong inner=unknown", note: "before the load"}
	}
	load(path)
	var outerWrong, innerWrong int32
	use := func() {
		for i := 0; i < rounds; i++ {
			if C.gohost_answer(C.int(i)) != C.int(2*i+1) {
				atomic.AddInt32(&innerWrong, 1)
			}
		}
		if !outerWorks() {
			atomic.AddInt32(&outerWrong, 1)
		}
	}
	use()
	var all sync.WaitGroup
	for i := 0; i < callers; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			use()
		}()
	}
	all.Wait()
	return observation{
		observed: word(C.gohost_before() != 0, "came=before ", "") +
			"outer=" + word(atomic.LoadInt32(&outerWrong) == 0, "ok", "wrong") +
			" inner=" + word(atomic.LoadInt32(&innerWrong) == 0, "ok", "wrong"),
		note: itoa(callers+1) + " callers, " + itoa(rounds) + " calls each, wrong answers: " +
			itoa(int(atomic.LoadInt32(&innerWrong))),
	}
}

func main() {
	if len(os.Args) < 3 {
		os.Stderr.WriteString("host: usage: GOHOST LIBRARY init.go-loads-go\n")
		os.Exit(exitUsage)
	}
	os.Exit(runChecks(os.Args[2:], func(id string) (observation, bool) {
		if id != "init.go-loads-go" {
			return observation{}, false
		}
		return goLoadsGo(os.Args[1]), true
	}))
}
