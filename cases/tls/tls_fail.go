package main

import "syscall"

// failCalls makes system calls that fail, on the way through the scheduler and past it.
func failCalls() {
	if fd, err := syscall.Open("/nonexistent/tlsmatrix", syscall.O_RDONLY, 0); err == nil {
		syscall.Close(fd)
	}
	syscall.RawSyscall(syscall.SYS_CLOSE, ^uintptr(0), 0, 0)
}
