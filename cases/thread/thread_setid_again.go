package main

import (
	"os"
	"os/signal"
	"syscall"
)

// The program once more, which changes its effective ids: not in the process of the other checks, from which the kernel
// would take what has it end with the runner (thread_setid.go).

const (
	effectiveCheck = "thread.setid-effective"
	effectiveAsked = "TLSMATRIX_SETID"
)

var effectiveCalls = []struct {
	change func() error
	line   string // of each thread's /proc/PID/status afterwards
}{
	{func() error { return syscall.Setegid(1) }, "Gid: 0 1 0 1"},
	{func() error { return syscall.Setegid(0) }, "Gid: 0 0 0 0"},
	{func() error { return syscall.Seteuid(1) }, "Uid: 0 1 0 1"},
	{func() error { return syscall.Setuid(0) }, "Uid: 0 0 0 0"},
	{func() error { return syscall.Setgid(1) }, "Gid: 1 1 1 1"},
	{func() error { return syscall.Setgid(0) }, "Gid: 0 0 0 0"},
}

func init() {
	if os.Getenv(effectiveAsked) != "" {
		instead = effectiveRun
	}
}

func effectiveRun() {
	const threads = 8
	made := make(chan struct{}, threads)
	for i := 0; i < threads; i++ {
		on := threadKinds[len(threadKinds)-1].on // with cgo a thread that C made
		if i%2 == 0 {
			on = onLocked
		}
		go on(func() {
			made <- struct{}{}
			select {}
		})
	}
	said := "threads=" + itoa(arrive(made, threads)) + " before=" + effectiveRound()
	signal.Notify(make(chan os.Signal, 1), syscall.SIGUSR2)
	said += " after=" + effectiveRound()
	syscall.Write(1, []byte(said))
	os.Exit(0)
}

// effectiveRound makes all calls: how many were true of every thread, and what was not, without a space.
func effectiveRound() string {
	if control(effectiveCheck, "alone") {
		const keep = ^uintptr(0)
		syscall.RawSyscall(syscall.SYS_SETRESGID, keep, keep, 1)
	}
	for i, call := range effectiveCalls {
		err := call.change()
		if err != nil {
			return itoa(i) + "," + err.Error()
		}
		if differs := idsOfThreads(call.line, 0); differs != "" {
			return itoa(i) + "," + differs
		}
	}
	return itoa(len(effectiveCalls))
}

// check_thread_setid_effective is what a process of its own says of six calls, before somebody asks for a signal and
// after.
func check_thread_setid_effective() observation {
	if os.Getuid() != 0 || os.Getgid() != 0 {
		return observation{skip: "limit", note: "setegid: for root"}
	}
	end := again(nil, with(effectiveAsked, "yes"), false)
	if exit := end.exit(); exit != "0" {
		return observation{observed: "exit=" + exit, note: end.said + end.failure}
	}
	return observation{observed: end.said}
}
