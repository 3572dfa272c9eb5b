package main

import (
	"runtime"
	"time"
)

// goWork is what "after Go ran" means in the tls checks: failing system calls, a stack that grows
// and moves, a collection, goroutines on other threads, a timer.
func goWork() {
	for i := 0; i < 20; i++ {
		failCalls()
	}
	growStack(200)
	const workers = 50
	done := make(chan int, workers)
	for i := 0; i < workers; i++ {
		go func(number int) {
			failCalls()
			runtime.Gosched()
			done <- growStack(number)
		}(i)
	}
	for i := 0; i < workers; i++ {
		<-done
	}
	runtime.GC()
	<-time.After(time.Millisecond)
}

// growStack recurses with frames of half a KiB, so that the stack is copied several times.
func growStack(depth int) int {
	var frame [64]int
	if depth == 0 {
		return 0
	}
	frame[depth%len(frame)] = depth
	return growStack(depth-1) + frame[depth%len(frame)] - depth
}
