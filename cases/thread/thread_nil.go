package main

import "runtime"

// A fault in Go code becomes a run-time panic: the signal handler makes the faulting instruction
// look like a call of sigpanic (runtime/signal_amd64.go preparePanic), so that it needs the exact
// address of the instruction and the stack pointer of that moment. Where there are no faults (wasm)
// the compiler tests for nil itself.

type nilWords struct{ words [8]int }

// nilChecked uses no word of p: Go loads one all the same, to fault when p is nil, and drops it.
//
//go:noinline
func nilChecked(p *nilWords, i int) *int { return &p.words[(i+3)&7] }

//go:noinline
func nilLoaded(p *nilWords) int { return p.words[3] }

//go:noinline
func nilStored(p *nilWords) { p.words[3] = 1 }

// panicWord is how body ended.
func panicWord(body func()) (text string) {
	defer func() {
		switch reason := recover().(type) {
		case nil:
			text = "none"
		case runtime.Error:
			const nilPanic = "runtime error: invalid memory address or nil pointer dereference"
			text = word(reason.Error() == nilPanic, "panic", "other")
		default:
			text = "other"
		}
	}()
	body()
	return "none"
}

func check_thread_nil_panic() observation {
	var p *nilWords
	if control("thread.nil-panic", "mapped") {
		p = new(nilWords)
	}
	return observation{observed: "check=" + panicWord(func() { nilChecked(p, 1) }) +
		" load=" + panicWord(func() { nilLoaded(p) }) + " store=" + panicWord(func() { nilStored(p) })}
}
