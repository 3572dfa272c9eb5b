package main

import "syscall"

// threadID names the calling thread.
func threadID() int { return syscall.Gettid() }

// threadSend sends a signal to one thread of this process; number 0 asks whether the thread is
// there. A raw system call: a thread that sends to itself has taken the signal when it returns,
// and its goroutine has not moved in between.
func threadSend(tid, number int) syscall.Errno {
	_, _, errno := syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(syscall.Getpid()), uintptr(tid), uintptr(number))
	return errno
}

func threadGone(tid int) bool { return threadSend(tid, 0) == syscall.ESRCH }
