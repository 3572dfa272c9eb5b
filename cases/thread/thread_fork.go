package main

import (
	"os"
	"syscall"
)

// forkShell is what each child runs; it ends with the status it is told.
const forkShell = "/bin/sh"

// Four threads start children at the same time; each child has a status of its own. The children
// get an environment without LD_PRELOAD and LD_LIBRARY_PATH, so that what is under test is this
// process and not the shell.
func check_thread_fork_exec() observation { return stressed(threadForkExec) }

func threadForkExec() observation {
	const id, threads, each = "thread.fork-exec", 4, 5
	if err := syscall.Access(forkShell, 1); err != nil {
		return observation{skip: "missing", note: forkShell + ": " + err.Error()}
	}
	os.FindProcess(os.Getpid()) // the first of package os: since 1.23 it makes what thread.pidfd-probe is about
	wrong := threadSabotage(id, "status")
	var seen, faults tally
	done := make(chan struct{}, threads)
	for i := 0; i < threads; i++ {
		i := i
		goOwnThread(func() {
			defer func() { done <- struct{}{} }()
			for j := 0; j < each; j++ {
				status := 1 + i*each + j
				asked := status
				if wrong && status == 1 {
					asked = 0
				}
				seen.add("children")
				if fault := forkShellExit(asked, status); fault != "" {
					faults.add(fault)
					continue
				}
				seen.add("ok")
			}
		})
	}
	note := ""
	if arrive(done, threads) < threads {
		note = "a child or its parent hangs"
	}
	faults.Lock()
	defer faults.Unlock()
	for fault := range faults.count {
		note += word(note == "", "", ", ") + fault
	}
	return observation{
		observed: "children=" + itoa(seen.of("children")) + " ok=" + itoa(seen.of("ok")),
		note:     note,
	}
}

// forkShellExit starts a child that exits with asked and waits for it; it returns what was wrong.
func forkShellExit(asked, expected int) (fault string) {
	pid, err := syscall.ForkExec(forkShell, []string{"sh", "-c", "exit " + itoa(asked)}, &syscall.ProcAttr{
		Env:   []string{"PATH=/usr/bin:/bin"},
		Files: []uintptr{0, 1, 2},
	})
	if err != nil {
		return "ForkExec: " + err.Error()
	}
	status, err := waitFor(pid)
	if err != nil {
		return "Wait4: " + err.Error()
	}
	if !status.Exited() || status.ExitStatus() != expected {
		return "status " + hex(uintptr(status)) + " of " + itoa(pid) + " instead of " + itoa(expected)
	}
	return ""
}
