package main

import (
	"io/ioutil"
	"os"
	"syscall"
)

// The program once more, in a process of its own that does something else than checks: main calls instead
// (cases/core/main_exe.go), which an init sets where a variable says so.

// again starts it with variable=value and waits for its end. said is what it wrote to standard output, and to standard
// error where both is true; finished is false when it hung and was killed; failure tells why it could not be started.
func again(variable, value string, both bool) (said string, status syscall.WaitStatus, finished bool, failure string) {
	out, in, err := os.Pipe()
	if err != nil {
		return "", 0, false, err.Error()
	}
	defer out.Close()
	errors := uintptr(2)
	if both {
		errors = in.Fd()
	}
	pid, err := syscall.ForkExec("/proc/self/exe", os.Args[:1], &syscall.ProcAttr{
		Env:   append(os.Environ(), variable+"="+value),
		Files: []uintptr{0, in.Fd(), errors},
	})
	in.Close()
	if err != nil {
		return "", 0, false, err.Error()
	}
	text := make(chan string, 1)
	finished = within(func() {
		all, _ := ioutil.ReadAll(out)
		text <- string(all)
	})
	if !finished {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	if status, err = forkWait(pid); err != nil {
		return "", 0, false, err.Error()
	}
	return <-text, status, finished, ""
}
