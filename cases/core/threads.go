package main

import "runtime"

// Every kind of thread there is: main (the caller of observe), Go-made, locked, and, with cgo,
// made by C (threads_cgo.go). Each runs body to its end before it returns.

// onMain runs body on the calling goroutine: checks are observed on the main thread.
func onMain(body func()) { body() }

// onGo runs body on a thread that Go made: since the caller's thread is kept by its own goroutine
// (locked, or inside a call from C), any other goroutine runs elsewhere.
func onGo(body func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		body()
	}()
	<-done
}

// onLocked runs body on a thread that is locked to its goroutine and goes on afterwards.
func onLocked(body func()) {
	onGo(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		body()
	})
}

// A threadKind is a word of the observed text and the way to run on such a thread.
type threadKind struct {
	name string
	on   func(func())
}

// threadKinds are those that this program can make, in the order of oracle.def's texts; the file
// threads_cgo.go adds c.
var threadKinds = []threadKind{{"main", onMain}, {"go", onGo}, {"locked", onLocked}}

// onEachKind observes something on each kind of thread: "main=X go=X locked=X c=X".
func onEachKind(observe func() string) string {
	text := ""
	for _, kind := range threadKinds {
		seen := ""
		kind.on(func() { seen = observe() })
		if text != "" {
			text += " "
		}
		text += kind.name + "=" + seen
	}
	return text
}
