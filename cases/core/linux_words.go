package main

import (
	"syscall"
	"unsafe"
)

// What Linux's ABI says in words of the machine; linux_generic.go and linux_mipsx.go have its numbers.

const wordBits = 8 * unsafe.Sizeof(uintptr(0))

// A signalSet is the kernel's sigset_t: in all words together bit n-1 is signal n.
type signalSet [signalCount / wordBits]uintptr

// allSignals has every signal in it.
var allSignals = func() (set signalSet) {
	for i := range set {
		set[i] = ^uintptr(0)
	}
	return set
}()

// oneSignal has one in it.
func oneSignal(number int) (set signalSet) {
	bit := uintptr(number - 1)
	set[bit/wordBits] = 1 << (bit % wordBits)
	return set
}

// changeSignalMask is rt_sigprocmask; how is sigBlock, sigUnblock or sigSetmask.
//
//go:nosplit
func changeSignalMask(how uintptr, set signalSet) (old signalSet) {
	syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, how, uintptr(unsafe.Pointer(&set)),
		uintptr(unsafe.Pointer(&old)), unsafe.Sizeof(set), 0, 0)
	return old
}

//go:nosplit
func setSignalMask(set signalSet) (old signalSet) { return changeSignalMask(sigSetmask, set) }
