package main

/*
#include <stdlib.h>

#include "thread_foreign.h"
*/
import "C"

import (
	"runtime"
	"strings"
	"unsafe"
)

// Signals that find a thread of Go's while C that Go called has taken a stack away: it runs on one of its own, or the
// alternate signal stack is another, or none.

const awaySize = 256 << 10

// away has the calling thread go through its stops in C.
func (watch *signalWatch) away(how C.enum_thread_away, size int) *C.struct_thread_foreign {
	thread := &C.struct_thread_foreign{stack_size: C.size_t(size)}
	watch.withStops(thread, func() { C.thread_away_run(thread, how) })
	return thread
}

// awaySlot is the word for the slot, which held something of Go's before the first signal.
func (watch *signalWatch) awaySlot(thread *C.struct_thread_foreign) string {
	switch slot := outsideSlot(thread); {
	case len(watch.slots) > 0:
		return "lost"
	case slot == "dirty" && thread.before == thread.after:
		return "g"
	default:
		return slot
	}
}

// The stack of C, which is no stack that Go knows, must not matter to the handler: it runs on the alternate one, and
// finds g by the slot alone.
func check_thread_signal_switched() observation {
	watch := watchSignal("thread.signal.switched", signalSwitched)
	var thread *C.struct_thread_foreign
	if !within(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		thread = watch.away(C.AWAY_STACK, awaySize)
		watch.slot("afterwards")
	}) {
		return observation{observed: "switched=unseen handled=no slot=unseen", note: "the thread hangs"}
	}
	return observation{
		observed: "switched=" + word(thread.is_away != 0, "yes", "no") + " handled=" + watch.handled() +
			" slot=" + watch.awaySlot(thread),
		note: watch.note(),
	}
}

// awayLeft has C leave an alternate stack of its own behind when it returns to Go, which is then in force in Go.
func (watch *signalWatch) awayLeft() *C.struct_thread_foreign {
	thread := &C.struct_thread_foreign{stack_size: awaySize, id: C.CString(watch.id), up: -1, down: -1}
	C.thread_away_run(thread, C.AWAY_LEFT)
	watch.threadStates()
	C.thread_away_run(thread, C.AWAY_BACK)
	C.free(unsafe.Pointer(thread.id))
	return thread
}

func check_thread_sigaltstack_away() observation {
	watch := watchSignal("thread.sigaltstack-away", signalStackAway)
	var wrong []string
	if !within(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		before := goAltstack()
		replaced := watch.away(C.AWAY_REPLACED, awaySize)
		disabled := watch.away(C.AWAY_DISABLED, 0)
		left := watch.awayLeft()
		for _, part := range []struct {
			ok   bool
			what string
		}{
			{replaced.is_away != 0 && replaced.stack_used != 0, "no handler ran on C's stack, in C"},
			{disabled.is_away != 0, "it could not be disabled"},
			{left.stack_used != 0, "no handler ran on C's stack, in Go"},
			{goAltstack() == before, "Go's own is not back"},
		} {
			if !part.ok {
				wrong = append(wrong, part.what)
			}
		}
	}) {
		return observation{observed: "handled=no altstack=unseen", note: "the thread hangs"}
	}
	return observation{
		observed: "handled=" + watch.handled() + " altstack=" + word(len(wrong) == 0, "away", "kept"),
		note:     strings.TrimPrefix(watch.note()+"; "+strings.Join(wrong, ", "), "; "),
	}
}
