package main

/*
#include <signal.h>
#include <stdlib.h>
#include "thread_foreign.h"
*/
import "C"

import (
	"runtime"
	"strings"
	"syscall"
	"unsafe"
)

// Signals that find a thread made by C: before it ever called Go, inside Go, and outside again.

// Linux's SS_DISABLE, include/uapi/linux/signal.h.
const stackDisabled = 2

// sigaltstack sets and reads the alternate stack of the calling thread. C's structure is the kernel's.
//
//go:nosplit
func sigaltstack(set, old *C.stack_t) {
	syscall.RawSyscall(syscall.SYS_SIGALTSTACK, uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(old)), 0)
}

// goAltstack is the alternate stack of the calling thread while it is in Go.
func goAltstack() C.struct_thread_altstack {
	var stack C.stack_t
	sigaltstack(nil, &stack)
	return C.struct_thread_altstack{
		sp: C.uintptr_t(uintptr(stack.ss_sp)), size: stack.ss_size, flags: stack.ss_flags,
	}
}

// altstackUnset is goAltstack while the thread has none, for a control. A signal must not come then.
func altstackUnset() C.struct_thread_altstack {
	var was C.stack_t
	mask := setSignalMask(allSignals)
	sigaltstack(nil, &was)
	sigaltstack(&C.stack_t{ss_flags: stackDisabled}, nil)
	seen := goAltstack()
	sigaltstack(&was, nil)
	setSignalMask(mask)
	return seen
}

// foreign runs a thread of C through its stops (thread_foreign.h); inGo runs on it in each call,
// after the signal. The result is nil when the thread hangs.
func (watch *signalWatch) foreign(stackSize int, inGo func()) *C.struct_thread_foreign {
	thread := &C.struct_thread_foreign{stack_size: C.size_t(stackSize)}
	thread.number = C.int(keepBody(func() {
		threadSend(syscall.Gettid(), watch.number)
		watch.slot("in Go")
		watch.wait("in Go")
		inGo()
		runtime.GC()
	}))
	if !within(func() { watch.withStops(thread, func() { C.thread_foreign_run(thread) }) }) {
		return nil
	}
	return thread
}

// withStops has run take the thread through its stops, and sends it on from each.
func (watch *signalWatch) withStops(thread *C.struct_thread_foreign, run func()) {
	threadSabotage(watch.id, "block") // done by the thread; here only to wait less
	var up, down [2]int
	if syscall.Pipe2(up[:], syscall.O_CLOEXEC) != nil || syscall.Pipe2(down[:], syscall.O_CLOEXEC) != nil {
		watch.late = append(watch.late, "for want of a pipe")
		return
	}
	thread.id, thread.signal = C.CString(watch.id), C.int(watch.number)
	thread.up, thread.down = C.int(up[1]), C.int(down[0])
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		watch.stops(thread, up[0], down[1])
	}()
	run()
	<-stopped
	syscall.Close(up[0])
	syscall.Close(down[0])
	C.free(unsafe.Pointer(thread.id))
}

// stops sends the thread on from each stop when its signal has come, and lets it end otherwise.
func (watch *signalWatch) stops(thread *C.struct_thread_foreign, up, down int) {
	defer syscall.Close(down)
	for {
		what, ok := readByte(up)
		if !ok {
			return
		}
		if what == C.THREAD_SEND {
			sleeping(int(thread.tid))
			threadSend(int(thread.tid), watch.number)
		}
		if !watch.wait("outside Go") || len(watch.late) > 0 {
			return
		}
		syscall.Write(down, []byte{0})
	}
}

// outsideSlot is the word for what happened to the slot outside Go.
func outsideSlot(thread *C.struct_thread_foreign) string {
	switch {
	case thread.slot_known == 0:
		return "unknown"
	case thread.before[0] != 0:
		return "dirty" // it never called Go
	}
	for i := 0; i < int(thread.stops); i++ {
		if thread.before[i] != thread.after[i] {
			return "changed"
		}
	}
	return "kept"
}

func check_thread_signal_c() observation {
	watch := watchSignal("thread.signal.c", signalC)
	thread := watch.foreign(0, func() {})
	if thread == nil {
		return observation{observed: "handled=no slot=unseen", note: "the thread hangs"}
	}
	slot := outsideSlot(thread)
	if len(watch.slots) > 0 {
		slot = "lost"
	}
	return observation{observed: "handled=" + watch.handled() + " slot=" + slot, note: watch.note()}
}

// The thread's stack must be the one in force in Go and after Go, and the handlers must have run on
// it: Go adopts it and does not put its own in its place.
func check_thread_sigaltstack_own() observation {
	const size = 64 << 10
	watch := watchSignal("thread.sigaltstack-own", signalStackOwn)
	var inGo []C.struct_thread_altstack
	thread := watch.foreign(size, func() { inGo = append(inGo, goAltstack()) })
	if thread == nil {
		return observation{observed: "handled=no altstack=unseen", note: "the thread hangs"}
	}
	var wrong []string
	if thread.set.flags&stackDisabled != 0 || thread.set.size != size {
		wrong = append(wrong, "it could not be set")
	}
	for _, seen := range inGo {
		if seen != thread.set {
			wrong = append(wrong, "replaced in Go")
		}
	}
	for i := 0; i < int(thread.calls); i++ {
		if thread.seen[i] != thread.set {
			wrong = append(wrong, "not given back after call "+itoa(i+1))
		}
	}
	if thread.seen[C.THREAD_CALLS] != thread.set {
		wrong = append(wrong, "another one at the end")
	}
	if thread.stack_used == 0 {
		wrong = append(wrong, "no handler ran on it")
	}
	return observation{
		observed: "handled=" + watch.handled() + " altstack=" + word(len(wrong) == 0, "kept", "changed"),
		note:     strings.TrimPrefix(watch.note()+"; "+strings.Join(wrong, ", "), "; "),
	}
}

// In Go the thread must have an alternate stack, Go's; that it does not crash is seen by the
// record that follows.
func check_thread_sigaltstack_none() observation {
	const id = "thread.sigaltstack-none"
	watch := watchSignal(id, signalStackNone)
	unset := 0
	thread := watch.foreign(0, func() {
		seen := goAltstack
		if control(id, "unset") {
			seen = altstackUnset
		}
		if seen().flags&stackDisabled != 0 {
			unset++
		}
	})
	if thread == nil {
		return observation{observed: "handled=no altstack=set", note: "the thread hangs"}
	}
	handled := watch.handled() // and gives the signal back
	if thread.set.flags&stackDisabled == 0 {
		return observation{skip: "environment", note: "libc gives each thread an alternate stack"}
	}
	return observation{
		observed: "handled=" + handled + word(unset == 0, " altstack=set", " altstack=unset"),
		note:     watch.note(),
	}
}
