package main

/*
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>

#include "thread_back.h"

static uintptr_t profiled_traces;

// What runtime.SetCgoTraceback says of the argument.
struct profiled_asked {
	uintptr_t context, signal_context, *buffer, most;
};

// Each trace is another, so that the table of them (1 << 10 entries) has to make room. Go has its address.
void profiled_trace(void *argument)
{
	struct profiled_asked *asked = argument;
	uintptr_t number = __sync_add_and_fetch(&profiled_traces, 1);
	if (asked->most > 0)
		asked->buffer[0] = number << 10;
	if (asked->most > 1)
		asked->buffer[1] = 0;
}

static void *profiled_signals(void *unused)
{
	for (int i = 0; i < 100; i++) {
		pthread_kill(pthread_self(), SIGPROF);
		sched_yield();
	}
	return unused;
}

// A thread that Go never sees has a hundred signals: how many traces were asked for, or -1 without a thread.
static int profiled_thread(void)
{
	pthread_t thread;
	if (pthread_create(&thread, NULL, profiled_signals, NULL))
		return -1;
	pthread_join(thread, NULL);
	return (int)profiled_traces;
}
*/
import "C"

import (
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// The program once more, of which a profile is taken: a traceback function of C's stays for good.

const (
	profiledCheck   = "thread.profiled"
	profiledAsked   = "TLSMATRIX_PROFILED"
	profiledThreads = 2
	profiledCalls   = 2000 // of each
)

func init() {
	if os.Getenv(profiledAsked) != "" {
		instead = profiledRun
	}
}

func profiledRun() {
	if !control(profiledCheck, "mute") {
		runtime.SetCgoTraceback(0, unsafe.Pointer(C.profiled_trace), nil, nil)
	}
	if !control(profiledCheck, "off") {
		runtime.SetCPUProfileRate(100)
	}
	traced := int(C.profiled_thread())
	said := "timer=" + word(profiledTimer(), "set", "none") +
		" foreign=" + word(traced > 0, "traced", "untraced") +
		" calls=" + itoa(profiledBusy())
	runtime.SetCPUProfileRate(0)
	syscall.Write(1, []byte(said))
	os.Exit(0)
}

// profiledTimer is whether the process has the timer by which Go takes a profile.
func profiledTimer() bool {
	const profTimer = 2 // ITIMER_PROF
	var timer struct{ interval, value syscall.Timeval }
	syscall.RawSyscall(syscall.SYS_GETITIMER, profTimer, uintptr(unsafe.Pointer(&timer)), 0)
	return timer.interval != syscall.Timeval{}
}

// profiledBusy has threads call C that calls Go, each of which gets SIGPROF all the time: how many calls were right.
func profiledBusy() int {
	var right, over int32
	var threads [profiledThreads]int32
	done := make(chan struct{}, profiledThreads)
	for i := range threads {
		thread := &threads[i]
		goOwnThread(func() {
			atomic.StoreInt32(thread, int32(syscall.Gettid()))
			for n := 0; n < profiledCalls; n++ {
				if back(C.BACK_ANSWER, n) {
					atomic.AddInt32(&right, 1)
				}
			}
			atomic.StoreInt32(thread, 0)
			done <- struct{}{}
		})
	}
	go func() {
		for atomic.LoadInt32(&over) == 0 {
			for i := range threads {
				if thread := atomic.LoadInt32(&threads[i]); thread != 0 {
					threadSend(int(thread), int(syscall.SIGPROF))
				}
			}
			runtime.Gosched()
		}
	}()
	arrive(done, profiledThreads)
	atomic.StoreInt32(&over, 1)
	return int(right)
}

func check_thread_profiled() observation { return stressed(threadProfiled) }

func threadProfiled() observation {
	end := again(nil, with(profiledAsked, "yes"), true)
	if exit := end.exit(); exit != "0" {
		return observation{observed: "exit=" + exit, note: end.said + end.failure}
	}
	return observation{observed: end.said}
}
