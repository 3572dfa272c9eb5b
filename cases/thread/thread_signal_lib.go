package main

// What the host's checks signal.* (cases/hosts/checks_signal.c) have Go do in their processes.

/*
#include "thread_signal_lib.h"
*/
import "C"

import (
	"io/ioutil"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
	"syscall"
	"time"
)

// signalCame is what SIGNAL_NOTIFY notifies.
var signalCame = make(chan os.Signal, 8)

// signalNowhere stays nil; a variable, so that no compiler knows.
var signalNowhere *int

func signalNil() { *signalNowhere = 1 }

// signalRecover faults where the stack has room for a signal's frame, since a host's handler may run on it.
func signalRecover() (recovered C.int) {
	done := make(chan C.int)
	go func() {
		defer func() { done <- C.int(len(word(recover() != nil, "x", ""))) }()
		signalGrow(64)
		signalNil()
	}()
	return <-done
}

// signalGrow grows the goroutine's stack by so many KiB; it stays so until it is collected.
func signalGrow(size int) byte {
	var room [1024]byte
	if size > 0 {
		room[size%len(room)] = signalGrow(size - 1)
	}
	return room[(size+1)%len(room)]
}

// signalLooping is how many threads are in signalLoop or signalArrives.
var signalLooping int32

func signalLoop() {
	atomic.AddInt32(&signalLooping, 1)
	for {
		tlsm_answer(0)
		time.Sleep(time.Millisecond)
	}
}

// signalBusy returns when the goroutine that never yields has been made to.
func signalBusy() {
	runtime.GOMAXPROCS(1)
	var started int32
	go func() {
		for {
			atomic.StoreInt32(&started, 1)
		}
	}()
	for atomic.LoadInt32(&started) == 0 {
		runtime.Gosched()
	}
}

// signalThreads returns when each goroutine has its thread.
func signalThreads(number int) {
	have := make(chan struct{})
	for i := 0; i < number; i++ {
		go func() {
			runtime.LockOSThread()
			have <- struct{}{}
			select {}
		}()
	}
	for i := 0; i < number; i++ {
		<-have
	}
}

// signalStart gives the program an environment without LD_PRELOAD and LD_LIBRARY_PATH, as forkShellExit does.
func signalStart(output int) error {
	pid, err := syscall.ForkExec(C.SIGNAL_PROGRAM, []string{C.SIGNAL_PROGRAM, C.SIGNAL_STATUS}, &syscall.ProcAttr{
		Env:   []string{"PATH=/usr/bin:/bin"},
		Files: []uintptr{0, uintptr(output), 2},
	})
	if err != nil {
		return err
	}
	status, err := waitFor(pid)
	if err == nil && status != 0 {
		err = syscall.ENOEXEC
	}
	return err
}

func signalErrno(err error) C.int {
	if path, ok := err.(*os.PathError); ok {
		err = path.Err
	}
	if errno, ok := err.(syscall.Errno); ok {
		return C.int(errno)
	}
	return 0
}

func signalArrives() C.int {
	atomic.AddInt32(&signalLooping, 1)
	defer atomic.AddInt32(&signalLooping, -1)
	timer := time.NewTimer(threadPatience)
	defer timer.Stop()
	select {
	case <-signalCame:
		return 1
	case <-timer.C:
		ranOut.set()
		return 0
	}
}

//export tlsm_signal
func tlsm_signal(ask, number C.int) C.int {
	var err error
	switch ask {
	case C.SIGNAL_NIL:
		signalNil()
	case C.SIGNAL_RECOVER:
		return signalRecover()
	case C.SIGNAL_WRITE:
		_, err = syscall.Write(int(number), []byte{0})
	case C.SIGNAL_WRITE_OUT:
		_, err = os.Stdout.Write([]byte{0})
	case C.SIGNAL_C_WRITE:
		return C.signal_c_write(number)
	case C.SIGNAL_NOTIFY:
		signal.Notify(signalCame, syscall.Signal(number))
	case C.SIGNAL_CAME:
		return signalArrives()
	case C.SIGNAL_RESET:
		signal.Reset(syscall.Signal(number))
	case C.SIGNAL_STOP:
		signal.Stop(signalCame)
	case C.SIGNAL_PROFILE:
		if pprof.StartCPUProfile(ioutil.Discard) != nil {
			return 1
		}
	case C.SIGNAL_PROFILE_END:
		pprof.StopCPUProfile()
	case C.SIGNAL_C_FAULT:
		C.signal_c_fault()
	case C.SIGNAL_C_FAULT_GO:
		go C.signal_c_fault()
		time.Sleep(threadPatience)
	case C.SIGNAL_GOEXIT:
		goexitNow()
	case C.SIGNAL_GOEXIT_GO:
		return goexitOnGo()
	case C.SIGNAL_LOOP:
		signalLoop()
	case C.SIGNAL_LOOPING:
		return C.int(atomic.LoadInt32(&signalLooping))
	case C.SIGNAL_BUSY:
		signalBusy()
	case C.SIGNAL_THREADS:
		signalThreads(int(number))
	case C.SIGNAL_START:
		err = signalStart(int(number))
	case C.SIGNAL_START_GO:
		done := make(chan error)
		go func() { done <- signalStart(int(number)) }()
		err = <-done
	}
	return signalErrno(err)
}
