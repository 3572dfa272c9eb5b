package main

import "runtime"

// The checks of a program without cgo whose counterparts with cgo measure in C (tls_around.go).

func check_tls_tp_stable() observation {
	return observation{observed: onEachKind(func() string {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		before := threadPointer()
		goWork()
		after := threadPointer()
		if control("tls.tp-stable", "moved") {
			after = threadPointerMoved(after)
		}
		return word(before == after, "same", "moved")
	})}
}
