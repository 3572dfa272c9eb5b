package main

import "C"

import "syscall"

// What the host's clauses contract.sys-stack-* (cases/hosts/contract_regs.c) have Go do: system calls at every depth of
// goroutines whose small stacks lie beside each other (runtime/stack.go stackcacherefill).

const (
	deepGoroutines = 32 // 2 KiB each: two of the spans that stacks are cut from
	deepFrames     = 64 // past the end of 2 KiB, and of 4
	deepRoom       = 128
	deepMark       = 0x6b
)

// deepTop is kept by each goroutine where its stack begins, above which nobody else may write.
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

// deepCalls makes one call from each frame, so that one of them is made where the stack is about to grow.
func deepCalls(frames int) bool {
	id := deepCall()
	return (frames == 0 || deepCalls(frames-1)) && id == deepCall()
}

// deepGoroutine never returns: it might do so over a stack that is no longer its own.
func deepGoroutine(turn <-chan bool, said chan<- bool) {
	var top deepTop
	top.put()
	said <- true
	<-turn
	said <- top.isWhole() && deepCalls(deepFrames)
	<-turn
	said <- top.isWhole()
	<-turn
}

// tlsm_deep has one goroutine after the other go down its stack while the others sleep: 1 when no stack was written to
// by another's system call.
//
//export tlsm_deep
func tlsm_deep() C.int {
	var turns [deepGoroutines]chan bool
	said := make(chan bool)
	for i := range turns {
		turns[i] = make(chan bool)
		go deepGoroutine(turns[i], said)
		<-said
	}
	whole := C.int(1)
	for round := 0; round < 2; round++ {
		for _, turn := range turns {
			turn <- true
			if !<-said {
				whole = 0
			}
		}
	}
	return whole
}
