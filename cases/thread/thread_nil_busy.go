package main

import (
	"runtime"
	"sync/atomic"
)

// Faults of Go that are recovered without a pause, while threads are made.

func check_thread_nil_busy() observation { return stressed(threadNilBusy) }

func threadNilBusy() observation {
	const id, threads = "thread.nil-busy", 100
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
	var stop flag
	var faults, others int32
	fault := func() {
		var p *nilWords
		if control(id, "mapped") {
			p = new(nilWords)
		}
		if panicWord(func() { nilLoaded(p) }) == "panic" {
			atomic.AddInt32(&faults, 1)
		} else {
			atomic.AddInt32(&others, 1)
		}
	}
	faulted := make(chan struct{})
	go func() {
		defer close(faulted)
		for fault(); !stop.isSet(); fault() {
			runtime.Gosched()
		}
	}()
	have, leave, left := make(chan struct{}, threads), make(chan struct{}), make(chan struct{}, threads)
	made := 0
	for i := 0; i < threads; i++ {
		go func() {
			runtime.LockOSThread()
			have <- struct{}{}
			<-leave
			runtime.UnlockOSThread()
			left <- struct{}{}
		}()
		made += arrive(have, 1)
	}
	stop.set()
	ended := arrive(faulted, 1)
	close(leave)
	arrive(left, made)
	recovered := atomic.LoadInt32(&faults) > 0 && atomic.LoadInt32(&others) == 0
	return observation{
		observed: "threads=" + itoa(made) + " ended=" + word(ended == 1, "yes", "no") +
			" faults=" + word(recovered, "recovered", "other"),
		note: itoa(int(atomic.LoadInt32(&faults))) + " faults",
	}
}
