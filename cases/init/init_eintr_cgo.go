package main

/*
#include "init_eintr.h"
*/
import "C"

import (
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// The program once more, in which a signal of Go's interrupts system calls, since C has changed its handler: package os
// calls them again.

const (
	eintrCheck = "signal.interrupts-go"
	eintrAsked = "TLSMATRIX_EINTR" // to run it, or to be a child in it

	eintrWaits = 50 * time.Millisecond // for what ends a call that waits
	eintrEach  = 200 * time.Microsecond
)

func init() {
	switch os.Getenv(eintrAsked) {
	case "run":
		instead = eintrRun
	case "child":
		instead = func() { time.Sleep(eintrWaits); os.Exit(3) }
	}
}

func eintrRun() {
	if errno := C.init_eintr_clear(C.int(syscall.SIGURG)); errno != 0 {
		syscall.Write(1, []byte("sigaction: "+syscall.Errno(errno).Error()))
		os.Exit(1)
	}
	runtime.LockOSThread()
	var over flag
	var sent int32
	thread := syscall.Gettid()
	go func() {
		for !over.isSet() {
			threadSend(thread, int(syscall.SIGURG))
			atomic.AddInt32(&sent, 1)
			time.Sleep(eintrEach)
		}
	}()
	said := "read=" + eintrRead() + " open=" + eintrOpen() + " wait=" + eintrWait()
	over.set()
	syscall.Write(1, []byte(said+"\n"+itoa(int(atomic.LoadInt32(&sent)))+" signals"))
	os.Exit(0)
}

// eintrRead reads from a pipe whose descriptors block, into which somebody writes late.
func eintrRead() string {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC); err != nil {
		return err.Error()
	}
	go func() {
		time.Sleep(eintrWaits)
		syscall.Write(ends[1], []byte("x"))
	}()
	var n int
	var err error
	word := make([]byte, 1)
	if control(eintrCheck, "raw") {
		n, err = syscall.Read(ends[0], word)
	} else {
		n, err = os.NewFile(uintptr(ends[0]), "pipe").Read(word)
	}
	return eintrWord(n == 1, err, "whole")
}

// eintrOpen opens a FIFO, which waits for who opens its other end.
func eintrOpen() string {
	path := os.TempDir() + "/tlsmatrix-eintr-" + itoa(os.Getpid())
	if err := syscall.Mkfifo(path, 0600); err != nil {
		return err.Error()
	}
	defer syscall.Unlink(path)
	go func() {
		time.Sleep(eintrWaits)
		if fd, err := syscall.Open(path, syscall.O_WRONLY|syscall.O_CLOEXEC, 0); err == nil {
			syscall.Close(fd)
		}
	}()
	file, err := os.Open(path)
	if err == nil {
		file.Close()
	}
	return eintrWord(err == nil, err, "opens")
}

// eintrWait starts a child and waits for its end.
func eintrWait() string {
	process, err := os.StartProcess("/proc/self/exe", os.Args[:1],
		&os.ProcAttr{Env: with(eintrAsked, "child"), Files: []*os.File{os.Stdin}})
	if err != nil {
		return err.Error()
	}
	state, err := process.Wait()
	return eintrWord(err == nil && state.Sys().(syscall.WaitStatus).ExitStatus() == 3, err, "ends")
}

func eintrWord(right bool, err error, word string) string {
	switch {
	case right:
		return word
	case err != nil:
		return strings.Replace(err.Error(), " ", "-", -1)
	}
	return "otherwise"
}

func check_signal_interrupts_go() observation {
	end := again(nil, with(eintrAsked, "run"), false)
	lines := strings.SplitN(end.said, "\n", 2)
	switch {
	case end.failure != "":
		return observation{observed: "unasked", note: end.failure}
	case end.hangs:
		return observation{observed: "hangs"}
	case len(lines) < 2:
		return observation{observed: "dies", note: "status " + hex(uintptr(end.status)) + " " + end.said}
	}
	return observation{observed: lines[0], note: lines[1]}
}
