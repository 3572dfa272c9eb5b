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
	deepDown       = 4   // of them that go down, each through every depth
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

// begin is where the stack begins, but for what every goroutine's has above. It is counted, for an address that is only
// converted is a pointer to Go before 1.17, and what is pointed to from elsewhere is no longer kept on the stack.
func (top *deepTop) begin() uintptr {
	return uintptr(unsafe.Pointer(top)) + unsafe.Sizeof(*top)
}

// deepGoroutine never returns: it might do so over a stack that is no longer its own.
func deepGoroutine(turn <-chan bool, where chan<- uintptr) {
	var top deepTop
	top.put()
	deepTurns(&top, turn, where)
}

// deepTurns goes down where it is told so, and tells where its stack begins: 0 when that is no longer whole. It has its
// arguments below what it looks at: those of deepGoroutine are where its stack begins.
//
//go:noinline
func deepTurns(top *deepTop, turn <-chan bool, where chan<- uintptr) {
	where <- top.begin()
	for down := range turn {
		if (!down || deepCalls(0)) && top.isWhole() {
			where <- top.begin()
		} else {
			where <- 0
		}
	}
}

// deepStack is the least distance of two stacks: their size, as they are cut from spans that hold nothing else.
func deepStack(tops []uintptr) uintptr {
	least := ^uintptr(0)
	for _, high := range tops {
		for _, low := range tops {
			if low < high && high-low < least {
				least = high - low
			}
		}
	}
	return least
}

// deepIsAbove reports whether what lies below a stack is one of these: of another, the runtime's or that of the
// goroutine which asks, what is written to there says anything (1.7: "G waiting list is corrupted").
func deepIsAbove(tops []uintptr, top, size uintptr) bool {
	for _, other := range tops {
		if other == top-size {
			return true
		}
	}
	return false
}

// deepAsk has all tell where their stacks begin now, and reports whether all are whole.
func deepAsk(turns []chan bool, where <-chan uintptr, tops []uintptr) bool {
	whole := true
	for i, turn := range turns {
		turn <- false
		tops[i] = <-where
		whole = whole && tops[i] != 0
	}
	return whole
}

// tlsm_deep has some goroutines, one after the other, go down their stacks while the others sleep: 1 when none of them
// was written to by another's system call, -1 when no stack lies above another.
//
//export tlsm_deep
func tlsm_deep() C.int {
	var tops [deepGoroutines]uintptr
	turns := make([]chan bool, deepGoroutines)
	where := make(chan uintptr)
	for i := range turns {
		turns[i] = make(chan bool)
		go deepGoroutine(turns[i], where)
		<-where // from where it was before the channel's code had it grow
	}
	whole, went := deepAsk(turns, where, tops[:]), 0
	size := deepStack(tops[:])
	for i := 0; i < len(turns) && whole && went < deepDown; i++ {
		if deepIsAbove(tops[:], tops[i], size) {
			turns[i] <- true
			whole = <-where != 0
			whole = deepAsk(turns, where, tops[:]) && whole
			went++
		}
	}
	if !whole {
		return 0
	}
	if went == 0 {
		return -1
	}
	return 1
}
