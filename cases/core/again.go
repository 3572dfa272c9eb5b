package main

import (
	"os"
	"strings"
	"syscall"
	"time"
)

// The program once more, in a process of its own that does something else than checks: main calls instead
// (main_exe.go), which an init sets where a variable says so.

// An ending is how such a process came to its end.
type ending struct {
	said    string // what it wrote
	status  syscall.WaitStatus
	hangs   bool   // it had to be killed
	failure string // why it could not be started, or waited for; then nothing else is told
}

// exit is the status that it ended with, or a word where it has none.
func (end ending) exit() string {
	switch {
	case end.failure != "":
		return "unasked"
	case end.hangs:
		return "hangs"
	case !end.status.Exited():
		return "dies"
	}
	return itoa(end.status.ExitStatus())
}

// again starts the program with words behind its name and that environment, and waits for its end. It writes to a pipe
// by standard output, and by standard error where both is true.
func again(words, environ []string, both bool) ending {
	return start("/proc/self/exe", append([]string{os.Args[0]}, words...), environ, both)
}

// start is the same of whatever program.
func start(program string, words, environ []string, both bool) (end ending) {
	out, in, err := os.Pipe()
	if err != nil {
		return ending{failure: err.Error()}
	}
	defer out.Close()
	errors := uintptr(2)
	if both {
		errors = in.Fd()
	}
	pid, err := syscall.ForkExec(program, words,
		&syscall.ProcAttr{Env: environ, Files: []uintptr{0, in.Fd(), errors}})
	in.Close()
	if err != nil {
		return ending{failure: err.Error()}
	}
	var over flag
	patience := time.AfterFunc(scaled(240*time.Second), func() {
		over.set()
		ranOut.set()
		syscall.Kill(pid, syscall.SIGKILL)
	})
	said, _ := readFrom(out)
	end.said = string(said)
	end.status, err = waitFor(pid)
	patience.Stop()
	if err != nil {
		return ending{failure: err.Error()}
	}
	end.hangs = over.isSet()
	return end
}

// with is the environment with a variable in the place of what it was, or without it where value is "".
func with(variable, value string) (environ []string) {
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, variable+"=") {
			environ = append(environ, entry)
		}
	}
	if value != "" {
		environ = append(environ, variable+"="+value)
	}
	return environ
}
