package main

/*
#include "init_dies.h"
*/
import "C"

import (
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// The program once more, which dies: of what, and with which words.

const diesCheck = "signal.program"

// diesSoon is for a signal that has been sent; who lives longer says so.
const diesSoon = 2 * time.Second

var diesHow = map[string]func(){
	"abort":         func() { C.init_dies_abort() },
	"go":            diesInGo,
	"c":             diesInC,
	"never":         func() { C.init_dies_thread() },
	"panic":         func() { panic(diesError{}) },
	C.DIES_PROFILED: diesProfiled,
}

func init() {
	if how := diesHow[os.Getenv(C.DIES_ASKED)]; how != nil {
		instead = func() { diesBy(how) }
	}
}

func diesBy(how func()) {
	if control(diesCheck, "notified") {
		signal.Notify(make(chan os.Signal, 10), syscall.SIGSEGV)
	}
	if control(diesCheck, "silent") {
		syscall.Close(2)
	}
	if control(diesCheck, "left") {
		os.Exit(0)
	}
	how()
	time.Sleep(diesSoon)
	os.Exit(0)
}

// diesInGo has SIGSEGV sent to a thread that is busy in Go.
func diesInGo() {
	var thread, turn int32
	go func() {
		runtime.LockOSThread()
		atomic.StoreInt32(&thread, int32(syscall.Gettid()))
		for {
			atomic.AddInt32(&turn, 1)
		}
	}()
	diesSend(&thread)
}

// diesInC is that of a thread that is busy in C.
func diesInC() {
	var thread int32
	go func() { C.init_dies_spin((*C.int)(unsafe.Pointer(&thread))) }()
	diesSend(&thread)
}

func diesSend(thread *int32) {
	for atomic.LoadInt32(thread) == 0 {
		time.Sleep(time.Millisecond)
	}
	threadSend(int(atomic.LoadInt32(thread)), int(syscall.SIGSEGV))
}

// diesError is a value of panic that says by C what it is.
type diesError struct{}

func (diesError) Error() string { return C.GoString(C.init_dies_text()) }

// diesProfiled calls nothing of C, so that its thread is the first that meets a signal.
func diesProfiled() {
	word := (*int32)(unsafe.Pointer(&C.init_dies_profiled))
	atomic.StoreInt32(word, 1)
	for begun := time.Now(); atomic.LoadInt32(word) == 1 && time.Since(begun) < diesSoon; {
		runtime.Gosched()
	}
	if atomic.LoadInt32(word) == 2 {
		syscall.Write(1, []byte("lives"))
	}
	os.Exit(0)
}

func check_signal_program() observation {
	var words, notes []string
	for _, asked := range []struct{ how, must, word string }{
		{"abort", "SIGABRT: abort", "SIGABRT"},
		{"go", "SIGSEGV: segmentation violation", "SIGSEGV"},
		{"c", "SIGSEGV: segmentation violation", "SIGSEGV"},
		{"never", "", "dies"},
		{"panic", C.GoString(C.init_dies_text()), "told"},
		{C.DIES_PROFILED, "lives", "lives"},
	} {
		end := again(nil, with(C.DIES_ASKED, asked.how), true)
		seen := asked.word
		switch {
		case end.failure != "":
			seen = "unasked"
		case end.hangs:
			seen = "hangs"
		case !diesRight(asked.how, end.status) || !strings.Contains(end.said, asked.must):
			seen = "otherwise"
		case strings.Contains(end.said, "fatal error: ") || strings.Contains(end.said, "runtime: "):
			seen += ",broken"
		}
		words = append(words, asked.how+"="+seen)
		if seen != asked.word {
			notes = append(notes, asked.how+": "+diesStatus(end.status)+" "+end.failure+diesSaid(end.said))
		}
	}
	return observation{observed: strings.Join(words, " "), note: strings.Join(notes, "; ")}
}

// diesRight is whether the process ended in the way that it was asked for: Go's own end for what is fatal is status 2.
func diesRight(how string, status syscall.WaitStatus) bool {
	switch how {
	case "never":
		return status.Signaled() && status.Signal() == syscall.SIGSEGV
	case C.DIES_PROFILED:
		return status.Exited() && status.ExitStatus() == 0
	}
	return status.Exited() && status.ExitStatus() == 2
}

// diesSaid is the beginning of what a process said, on one line.
func diesSaid(said string) string {
	if len(said) > 160 {
		said = said[:160] + "..."
	}
	return strings.Replace(said, "\n", " | ", -1)
}

func diesStatus(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "signal " + itoa(int(status.Signal()))
	}
	return "exit " + itoa(status.ExitStatus())
}
