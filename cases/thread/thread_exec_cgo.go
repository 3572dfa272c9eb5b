package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// The program once more, which replaces itself by itself while the runtime makes threads for its goroutines. exec, by
// turns called on the main thread and on another, ends all others first, and pthread_create fails in one that is to end
// (golang/go#18146).
const (
	execCheck = "thread.exec-busy"
	execAsked = "TLSMATRIX_EXEC" // how often it is to do so
	execTimes = 20
	execBusy  = 4
)

func init() {
	if left, err := strconv.Atoi(os.Getenv(execAsked)); err == nil {
		instead = func() { execAgain(left) }
	}
}

func execAgain(left int) {
	syscall.Write(1, []byte("."))
	if left == 0 {
		os.Exit(0)
	}
	if left == execTimes/2 && control(execCheck, "limited") {
		execLimit()
	}
	runtime.GOMAXPROCS(1)
	for i := 0; i < execBusy; i++ {
		go func() {
			for n := 0; ; n++ {
				_ = itoa(n) // a call: up to 1.13 a loop without one is never interrupted
			}
		}()
	}
	runtime.GOMAXPROCS(execBusy)
	if left%2 == 0 {
		execNow(left - 1) // main's thread, which it keeps (main_exe.go)
	}
	go execNow(left - 1)
	select {}
}

func execNow(left int) {
	err := syscall.Exec("/proc/self/exe", os.Args[:1], with(execAsked, itoa(left)))
	syscall.Write(2, []byte("exec: "+err.Error()))
	os.Exit(1)
}

// execLimit takes away from the process that it may make threads: whoever is not root may have one (RLIMIT_NPROC).
func execLimit() {
	const limitProcesses, nobody = 6, 65534
	syscall.Setrlimit(limitProcesses, &syscall.Rlimit{Cur: 1, Max: 1})
	syscall.RawSyscall(syscall.SYS_SETUID, nobody, 0, 0)
}

func check_thread_exec_busy() observation { return stressed(threadExecBusy) }

func threadExecBusy() observation {
	end := again(nil, with(execAsked, itoa(execTimes)), true)
	return observation{observed: "execs=" + itoa(strings.Count(end.said, ".")-1) + " exit=" + end.exit(),
		note: strings.Replace(strings.Trim(end.said, "."), "\n", " | ", -1) + end.failure}
}
