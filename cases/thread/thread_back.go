package main

/*
#include "thread_back.h"
*/
import "C"

import (
	"runtime"
	"unsafe"
)

// Go calls C that calls Go, from every depth of a goroutine's stack, over one that moves, with a panic, with a lock.

const (
	backID     = "thread.callbacks"
	backDown   = 32 << 10 // of stack, in frames of a few words: some times what a goroutine begins with
	backMoved  = 1 << 10  // no frame is as large: what is further away is another stack
	backPanics = 100000   // what each left behind on the thread's stack would be its end (8 MiB)
)

//export goBack
func goBack(what, number C.int) C.int {
	switch what {
	case C.BACK_GROW:
		growStack(100)
	case C.BACK_PANIC:
		if !control(backID, "swallow") {
			panic("on purpose")
		}
	case C.BACK_LOCK:
		runtime.LockOSThread()
		runtime.Gosched()
		runtime.UnlockOSThread()
		runtime.Gosched()
	}
	return number + 1
}

func back(what C.enum_thread_back, number int) bool {
	return int(C.thread_back(what, C.int(number))) == number+1
}

// backInit is what a package's initialization had, which has its thread for itself already.
var backInit bool

func init() { backInit = back(C.BACK_LOCK, 1) }

// A backWalk goes down a goroutine's stack.
type backWalk struct {
	wrong, moved int
}

// down calls from each frame until so much of the stack is used up.
//
//go:noinline
func (walk *backWalk) down(above uintptr, left int) {
	var here byte
	at := uintptr(unsafe.Pointer(&here))
	switch {
	case above > at && above-at < backMoved:
		left -= int(above - at)
	case above != 0:
		walk.moved++
	}
	if !back(C.BACK_ANSWER, left) {
		walk.wrong++
	}
	if left > 0 && !control(backID, "shallow") {
		walk.down(at, left)
	}
}

// Each begins a few words further down, so that the frames of the walk are not where they were.
var backTops = []func(*backWalk){
	func(walk *backWalk) { var room [1]uintptr; backTop(walk, room[:]) },
	func(walk *backWalk) { var room [3]uintptr; backTop(walk, room[:]) },
	func(walk *backWalk) { var room [5]uintptr; backTop(walk, room[:]) },
	func(walk *backWalk) { var room [7]uintptr; backTop(walk, room[:]) },
	func(walk *backWalk) { var room [9]uintptr; backTop(walk, room[:]) },
	func(walk *backWalk) { var room [11]uintptr; backTop(walk, room[:]) },
	func(walk *backWalk) { var room [13]uintptr; backTop(walk, room[:]) },
	func(walk *backWalk) { var room [15]uintptr; backTop(walk, room[:]) },
}

//go:noinline
func backTop(walk *backWalk, room []uintptr) {
	walk.down(0, backDown)
	room[0]++
}

func backDepths() string {
	for _, top := range backTops {
		walk := &backWalk{}
		onGo(func() { top(walk) })
		if walk.wrong > 0 || walk.moved == 0 {
			return word(walk.moved > 0, "wrong", "shallow")
		}
	}
	return "answered"
}

// backFalls reports whether the panic comes through C to who called it.
func backFalls() (fell bool) {
	defer func() { fell = recover() != nil }()
	back(C.BACK_PANIC, 0)
	return false
}

func backAll() string {
	grown, locked, fell := false, false, 0
	depths := backDepths()
	onGo(func() { grown = back(C.BACK_GROW, 1) })
	onGo(func() {
		for fell < backPanics && backFalls() {
			fell++
		}
		locked = back(C.BACK_LOCK, 1)
	})
	return "depths=" + depths + " grown=" + word(grown, "answered", "wrong") + " panics=" + itoa(fell) +
		" locked=" + word(locked, "same", "other") + " init=" + word(backInit, "same", "other")
}

func check_thread_callbacks() observation {
	seen := make(chan string, 1)
	if !within(func() { seen <- backAll() }) {
		return observation{observed: "hangs"}
	}
	return observation{observed: <-seen}
}
