package main

import "C"

import (
	"syscall"
	"unsafe"
)

// What the host's clauses contract.sys-stack-* (cases/hosts/contract_regs.c) have Go do: system calls at every depth of
// goroutines whose small stacks lie beside each other (runtime/stack.go stackcacherefill).

const (
	deepGoroutines = 32  // 2 KiB each: two of the spans that stacks are cut from
	deepStep       = 512 // more than a frame
	deepRoom       = 128
	deepMark       = 0x6b
)

// deepTop is what each goroutine keeps where its stack begins, and nobody else may write.
type deepTop [768]byte

func (top *deepTop) put() {
	for i := range top {
		top[i] = deepMark
	}
}

func (top *deepTop) isWhole() bool {
	for _, b := range top {
		if b != deepMark {
			return false
		}
	}
	return true
}

// deepCall does not let its stack grow, as functions of package syscall do not that prepare a call.
//
//go:nosplit
func deepCall() uintptr {
	var room [deepRoom]byte
	id, _, _ := syscall.RawSyscall(syscall.SYS_GETPPID, 0, 0, 0)
	return id + uintptr(room[id%deepRoom])
}

// deepCalls makes calls from each frame down to where the stack has grown, and so is another.
func deepCalls(above uintptr) bool {
	var here byte
	at := uintptr(unsafe.Pointer(&here))
	if above != 0 && above-at > deepStep {
		return true
	}
	return deepCall() == deepCall() && deepCalls(at)
}

// deepGoroutine never returns: it might do so over a stack that is no longer its own.
func deepGoroutine(turn <-chan bool, whole chan<- bool) {
	var top deepTop
	top.put()
	deepTurns(&top, turn, whole)
}

// deepTurns has its arguments below what it looks at: those of deepGoroutine are where its stack begins.
//
//go:noinline
func deepTurns(top *deepTop, turn <-chan bool, whole chan<- bool) {
	whole <- true
	for down := range turn {
		whole <- (!down || deepCalls(0)) && top.isWhole()
	}
}

// tlsm_deep has one goroutine after the other go down its stack while the others sleep: 1 when none of them was written
// to by another's system call. What lies below the first ones may be the runtime's own.
//
//export tlsm_deep
func tlsm_deep() C.int {
	var turns [deepGoroutines]chan bool
	whole := make(chan bool)
	for i := range turns {
		turns[i] = make(chan bool)
		go deepGoroutine(turns[i], whole)
		<-whole
	}
	for _, turn := range turns[deepGoroutines/2:] {
		turn <- true
		if !<-whole {
			return 0
		}
		for _, other := range turns {
			other <- false
			if !<-whole {
				return 0
			}
		}
	}
	return 1
}
