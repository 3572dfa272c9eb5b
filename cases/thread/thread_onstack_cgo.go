package main

// #include <unistd.h>
import "C"

import (
	"syscall"
	"unsafe"
)

const (
	threadOnstack  = 0x08000000 // SA_ONSTACK
	threadLibcs    = 32         // the signals that libcs keep for themselves: of glibc 32 and 33, of musl 32 to 34
	threadLibcsEnd = 35
	threadMaskLen  = 8 // bytes of a mask of the kernel's
)

// kernelAction is what rt_sigaction takes: sigaction(2), "C library/kernel differences".
type kernelAction struct{ handler, flags, restorer, mask uintptr }

func kernelSigaction(signal int, to, was *kernelAction) syscall.Errno {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(signal), uintptr(unsafe.Pointer(to)),
		uintptr(unsafe.Pointer(was)), threadMaskLen, 0, 0)
	return errno
}

// check_thread_setid_onstack asks the kernel for the handlers of libc's own signals: libc shows them to nobody. setgid
// to what it is has each thread told, of goroutines too. musl ignores its signal afterwards, and leaves the flags.
func check_thread_setid_onstack() observation {
	const id = "thread.setid-onstack"
	if code := C.setgid(C.getgid()); code != 0 {
		return observation{observed: "setgid=fails"}
	}
	note, onstack, seen := "", true, false
	for signal := threadLibcs; signal < threadLibcsEnd; signal++ {
		var is kernelAction
		if errno := kernelSigaction(signal, nil, &is); errno != 0 {
			return observation{observed: "rt_sigaction=fails", note: errno.Error()}
		}
		// SIG_DFL: nobody has it, or has it any more. SIG_IGN without flags comes from who started the program:
		// glibc's posix_spawn leaves it (sysdeps/unix/sysv/linux/spawni.c), as make uses it.
		if is.handler == 0 || is.handler == 1 && is.flags == 0 {
			continue
		}
		if threadSabotage(id, "plain") {
			plain := is
			plain.flags &^= threadOnstack
			kernelSigaction(signal, &plain, nil)
			kernelSigaction(signal, nil, &is)
		}
		seen = true
		onstack = onstack && is.flags&threadOnstack != 0
		note += word(note == "", "", ", ") + "signal " + itoa(signal) + " flags " + hex(is.flags)
	}
	return observation{observed: "handler=" + word(!seen, "none", word(onstack, "onstack", "thread")), note: note}
}
