package main

import "syscall"

// What the cases ask of Windows: which thread this is, whether one is gone.

var (
	kernel32 = syscall.NewLazyDLL("kernel32.dll")
	shell32  = syscall.NewLazyDLL("shell32.dll")

	getCurrentThreadID = kernel32.NewProc("GetCurrentThreadId")
	openThread         = kernel32.NewProc("OpenThread")
)

// threadID names the calling thread.
func threadID() int {
	id, _, _ := getCurrentThreadID.Call()
	return int(id)
}

// threadGone says whether a thread has ended. A thread object outlives its thread while somebody has
// it open, and is signalled then.
func threadGone(tid int) bool {
	const synchronize = 0x00100000
	handle, _, _ := openThread.Call(synchronize, 0, uintptr(tid))
	if handle == 0 {
		return true
	}
	defer syscall.CloseHandle(syscall.Handle(handle))
	event, err := syscall.WaitForSingleObject(syscall.Handle(handle), 0)
	return err == nil && event == syscall.WAIT_OBJECT_0
}

// threadLimit names what does not allow count more threads; on Windows nobody does but memory.
func threadLimit(int) string { return "" }

// smallStacks has nothing to do here: a stack is reserved, and no more of it committed than is used.
var smallStacks = func() (back func()) { return func() {} }

// failCalls makes system calls that fail; they set the thread's last error, which is TLS of C's too.
func failCalls() {
	if handle, err := syscall.Open("C:\\nonexistent\\tlsmatrix", syscall.O_RDONLY, 0); err == nil {
		syscall.Close(handle)
	}
	syscall.CloseHandle(syscall.InvalidHandle)
}
