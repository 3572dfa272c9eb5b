package main

/*
#include "thread_foreign.h"
*/
import "C"

import "syscall"

// The signals are such that Go may leave blocked, in a program too (runtime/signal_unix.go
// blockableSig: neither synchronous nor deadly nor the preemption signal).  One of them is asked for by Go on the
// thread that blocks it, and sent to the process: another thread's.
func check_thread_sigmask() observation {
	const id, calls = "thread.sigmask", 3
	signals := []C.int{C.int(syscall.SIGUSR2), C.int(syscall.SIGIO), C.int(syscall.SIGWINCH), 50, signalMasked}
	unblock := threadSabotage(id, "unblock")
	directed := threadSabotage(id, "directed")
	var watch *signalWatch
	called := 0
	number := keepBody(func() {
		called++
		if watch == nil {
			watch = watchSignal(id, signalMasked)
		}
		if directed {
			threadSend(syscall.Gettid(), signalMasked)
		} else {
			syscall.Kill(syscall.Getpid(), signalMasked)
		}
		watch.wait("by call " + itoa(called))
		goWork()
		if unblock {
			threadMask(sigUnblock, int(syscall.SIGIO))
		}
	})
	var changed C.int
	finished := within(func() {
		C.thread_mask_run(C.int(number), calls, &signals[0], C.int(len(signals)), &changed)
	})
	if !finished || called != calls {
		return observation{observed: "mask=unseen notified=unseen", note: itoa(called) + " calls"}
	}
	return observation{
		observed: "mask=" + word(changed == 0, "kept", "changed") + " notified=" + watch.handled(),
		note:     itoa(int(changed)) + " of " + itoa(calls) + " calls changed it; " + watch.note(),
	}
}
