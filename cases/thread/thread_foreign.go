package main

/*
#include "thread_foreign.h"
*/
import "C"

import "strconv"

// Threads that C makes: calling again, calling at once, from deep stacks.

// A thread that calls again is still bound to its M (since Go 1.21: runtime/proc.go cgoBindM); the
// threads that come and go each take one and give it back.
func check_thread_foreign_again() observation { return stressed(threadForeignAgain) }

func threadForeignAgain() observation {
	const id, again, fresh = "thread.foreign-again", 100, 64
	short := 0
	if threadSabotage(id, "short") {
		short = 1
	}
	var seen tally
	body := func() {
		seen.add("calls")
		if gWord(id) == "g" && growStack(100) == 0 && gWord(id) == "g" {
			seen.add("ok")
		}
	}
	finished := within(func() {
		onCThread(again-short, body)
		for i := 0; i < fresh; i++ {
			onCThread(1, body)
		}
	})
	return observation{
		observed: "calls=" + itoa(seen.of("calls")) + " ok=" + itoa(seen.of("ok")),
		note:     word(finished, "", "a thread hangs"),
	}
}

// All 16 wait for each other in Go, so that they are there at once.
func check_thread_foreign_parallel() observation { return stressed(threadForeignParallel) }

func threadForeignParallel() observation {
	const id, count = "thread.foreign-parallel", 16
	together := count
	if threadSabotage(id, "late") {
		together--
	}
	var good, tids, gs tally
	offset, _ := slotOffset()
	arrived, done := make(chan struct{}, count), make(chan struct{}, count)
	all := make(chan struct{})
	body := func() {
		ok := gWord(id) == "g"
		arrived <- struct{}{}
		<-all
		tids.add(strconv.Itoa(threadID()))
		g, _ := witness(offset)
		gs.add(hex(g))
		goWork()
		if ok && gWord(id) == "g" {
			good.add("ok")
		}
	}
	for i := 0; i < together; i++ {
		go func() {
			defer func() { done <- struct{}{} }()
			onC(body)
		}()
	}
	threads := arrive(arrived, count)
	close(all)
	ended := arrive(done, together)
	return observation{
		observed: "threads=" + itoa(threads) + " ok=" + itoa(good.of("ok")) +
			" distinct=" + itoa(gs.different()),
		note: itoa(tids.different()) + " threads, " + itoa(ended) + " came back",
	}
}

// The spirit of TestDeepStack in cmd/cgo/internal/testcarchive: on each stack Go works, calls C
// that calls Go, and lets a panic fall through that C.
func check_thread_deep_stack() observation { return stressed(threadDeepStack) }

func threadDeepStack() observation {
	const id, deep = "thread.deep-stack", 512 << 10
	var where [3]C.uintptr_t
	words := []string{"missing", "missing", "missing"}
	call := 0
	fall := keepBody(func() { panic("on purpose") })
	number := keepBody(func() {
		at := call
		call++
		fell := false
		func() {
			defer func() { fell = recover() != nil }()
			C.thread_bounce(C.int(fall))
		}()
		goWork()
		words[at] = word(fell && gWord(id) == "g", "ok", "wrong")
	})
	finished := within(func() { C.thread_stacks(C.int(number), deep, &where[0]) })
	if !finished {
		return observation{observed: "hangs", note: "in call " + itoa(call)}
	}
	if where[0]-where[1] < deep {
		words[1] = "shallow"
	}
	return observation{
		observed: "shallow=" + words[0] + " deep=" + words[1] + " shallow=" + words[2],
		note:     itoa(int(where[0]-where[1])) + " bytes further down",
	}
}
