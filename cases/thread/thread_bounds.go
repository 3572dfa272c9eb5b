package main

/*
#include <stdlib.h>
#include "thread_bounds.h"
*/
import "C"

import (
	"strings"
	"syscall"
	"unsafe"
)

// boundsBelow is where the mapping of the address begins and ends, and where the one below it ends.
func boundsBelow(maps []mapping, at uint64) (below, from, to uint64) {
	for _, is := range maps {
		if at < is.to {
			return below, is.from, is.to
		}
		below = is.to
	}
	return below, at, at
}

// boundsAreMapped reports whether all from low to high can be written to.
func boundsAreMapped(maps []mapping, low, high uint64) bool {
	for _, is := range maps {
		if is.from <= low && low < is.to && strings.HasPrefix(is.permissions, "rw") {
			low = is.to
		}
	}
	return low >= high
}

// A boundsRule says of what libc told whether it is so: a word.
type boundsRule func(maps []mapping, asked *C.struct_thread_bounds) string

// boundsOfThread is the rule for a thread that libc mapped a stack for. glibc up to 2.26 counts the guard as stack, and
// all of them may take it out of what was asked for (page pthread_attr_setguardsize, section BUGS).
func boundsOfThread(maps []mapping, asked *C.struct_thread_bounds) string {
	low, high := uint64(asked.stack), uint64(asked.stack)+uint64(asked.size)
	return word(boundsAreMapped(maps, low+uint64(asked.guard), high), "held", "unmapped")
}

// boundsOfMain is the rule for the stack that the kernel made: it grows down to the limit, and not over what is mapped
// below (page getrlimit, RLIMIT_STACK; glibc nptl/pthread_getattr_np.c; musl names what has been used).
func boundsOfMain(maps []mapping, asked *C.struct_thread_bounds) string {
	low, high := uint64(asked.stack), uint64(asked.stack)+uint64(asked.size)
	below, from, to := boundsBelow(maps, uint64(asked.here))
	grows := low >= below && to-low <= rlimit(syscall.RLIMIT_STACK)
	return word(high <= to && (low >= from || grows), "held", "unmapped")
}

// boundsAsk asks libc on the calling thread, again where another thread mapped something meanwhile.
func boundsAsk(id *C.char, rule boundsRule) (seen string, asked C.struct_thread_bounds) {
	for try := 0; try < 100; try++ {
		before := mappings()
		if code := C.thread_bounds_ask(id, &asked); code != 0 {
			return "errno-" + itoa(int(code)), asked
		}
		after := mappings()
		if uint64(asked.here)-uint64(asked.stack) >= uint64(asked.size) {
			return "outside", asked
		}
		seen = rule(after, &asked)
		was, _, _ := boundsBelow(before, uint64(asked.here))
		is, _, _ := boundsBelow(after, uint64(asked.here))
		if seen == "held" || was == is {
			break
		}
	}
	return seen, asked
}

// boundsUnlimited has body run with no other limit of the main thread's stack than the one that nobody may raise:
// libc asks for it each time, and gives threads what it was when the program began.
func boundsUnlimited(body func()) {
	var was syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_STACK, &was) == nil {
		syscall.Setrlimit(syscall.RLIMIT_STACK, &syscall.Rlimit{Cur: was.Max, Max: was.Max})
		defer syscall.Setrlimit(syscall.RLIMIT_STACK, &was)
	}
	body()
}

// check_thread_stack_bounds compares what Go takes the stack of g0 from with what is mapped. Of the threads one of C's
// own has what a new attribute says: some of Go's may be from when thread.thousand had changed that.
func check_thread_stack_bounds() observation {
	id := C.CString("thread.stack-bounds")
	defer C.free(unsafe.Pointer(id))
	note, fresh := "", ""
	ask := func(name string, rule boundsRule) string {
		seen, asked := boundsAsk(id, rule)
		note += name + " " + hex(uintptr(asked.stack)) + " and " + itoa(int(asked.size)) + " bytes; "
		fresh = word(asked.size+asked.guard >= asked.fresh, "given", "less")
		return name + "=" + seen + " "
	}
	text := ask("main", boundsOfMain)
	boundsUnlimited(func() { text += ask("unlimited", boundsOfMain) })
	onGo(func() { text += ask("go", boundsOfThread) })
	onC(func() { text += ask("c", boundsOfThread) })
	return observation{observed: text + "default=" + fresh, note: note}
}
