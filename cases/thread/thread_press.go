package main

/*
#include <stdlib.h>
#include "cthread.h"
#include "thread_press.h"
*/
import "C"

import "unsafe"

// Threads of C that call Go while signals come without end, and more often than any other check has them call.

func check_thread_foreign_signalled() observation { return stressed(threadForeignSignalled) }

// Only the first calls of a thread meet what is not there yet: an M, and a place for what it keeps.
func threadForeignSignalled() observation {
	const id, threads = "thread.foreign-signalled", 3
	watch := watchSignal(id, signalPressed)
	threadSabotage(id, "block") // done by the thread; here only to wait less
	var calls tally
	number := keepBody(func() { calls.add(gWord(id)) })
	// C's memory, and left to it where a thread hangs.
	name, kept := C.CString(id), (*C.int)(C.calloc(1, C.size_t(unsafe.Sizeof(C.int(0)))))
	memory := 0
	for i := 0; i < threads; i++ {
		code := C.int(0)
		if !within(func() { code = C.thread_press(name, signalPressed, C.int(number), kept) }) {
			return observation{observed: "hangs", note: "thread " + itoa(i+1)}
		}
		if code != 0 {
			return observation{observed: "fails", note: "errno " + itoa(int(code))}
		}
		memory += int(*kept)
		watch.wait("to thread " + itoa(i+1))
	}
	dropBody(number)
	C.free(unsafe.Pointer(name))
	C.free(unsafe.Pointer(kept))
	return observation{
		observed: "calls=" + itoa(calls.of("g")) + " memory=" + itoa(memory) + " handled=" + watch.handled(),
		note:     watch.note(),
	}
}

func check_thread_foreign_often() observation { return stressed(threadForeignOften) }

// The thread of the caller is the main one, of whose stack glibc reads /proc/self/maps: 1.21 and 1.22 ask
// in each call of a library's host.  Hence fewer.
func threadForeignOften() observation {
	const id = "thread.foreign-often"
	calls, onMain := 100000, 10000
	if threadSabotage(id, "short") {
		calls--
	}
	if threadSabotage(id, "main") {
		onMain--
	}
	count := 0
	number := keepBody(func() { count++ })
	if !within(func() { C.cthread_run(C.int(number), C.int(calls)) }) {
		return observation{observed: "hangs", note: "call " + itoa(count)}
	}
	thread := count
	count = 0
	C.thread_often(C.int(number), C.int(onMain))
	dropBody(number)
	return observation{observed: "c=" + itoa(thread) + " main=" + itoa(count)}
}
