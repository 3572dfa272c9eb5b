package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// check_thread_setid gives the process other supplementary groups, round after round, while threads wait, come and go.
// With cgo it is libc's setgroups, which sends a signal of its own to each thread that it knows; without, the runtime
// has each thread make the call (syscall.AllThreadsSyscall). A thread that is not reached keeps what it had; one that
// cannot take its part makes the caller wait for ever. Who may not set groups at all is told so.
func check_thread_setid() observation { return stressed(threadSetid) }

func threadSetid() observation {
	const id, threads, rounds, base = "thread.setid", 16, 50, 50000
	had, err := syscall.Getgroups()
	if err == nil {
		err = syscall.Setgroups(had)
	}
	if err == syscall.EPERM {
		return observation{skip: "limit", note: "setgroups: " + err.Error()}
	}
	alone := threadSabotage(id, "alone")
	last := threadKinds[len(threadKinds)-1].on // with cgo a thread that C made
	made, end, ended := make(chan struct{}, threads), make(chan struct{}), make(chan struct{}, threads)
	for i := 0; i < threads; i++ {
		on := onLocked
		if i%4 == 0 {
			on = last
		}
		go func() {
			on(func() {
				made <- struct{}{}
				<-end
			})
			ended <- struct{}{}
		}()
	}
	came := arrive(made, threads)
	var same tally
	differs := ""
	finished := within(func() {
		for round := 0; round < rounds && err == nil; round++ {
			gone := make(chan struct{})
			go func() {
				last(func() {})
				close(gone)
			}()
			if err = setGroup(base+round, alone); err != nil {
				return
			}
			<-gone
			differs = groupsOfThreads(base + round)
			same.add(differs)
		}
		err = syscall.Setgroups(had)
	})
	close(end)
	arrive(ended, threads)
	note := ""
	if finished && err != nil {
		note = err.Error()
	} else if finished {
		note = differs
	}
	return observation{
		observed: "threads=" + itoa(came) + " returned=" + word(finished, "yes", "no") +
			" same=" + itoa(same.of("")),
		note: note,
	}
}

// setGroup makes group the only supplementary one: of all threads, or, for the control, of the calling one alone.
func setGroup(group int, alone bool) error {
	if !alone {
		return syscall.Setgroups([]int{group})
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	groups := [1]uint32{uint32(group)}
	_, _, errno := syscall.RawSyscall(syscall.SYS_SETGROUPS, 1, uintptr(unsafe.Pointer(&groups[0])), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// groupsOfThreads is "" when each thread of the process has that supplementary group alone, else what one of them
// has. A thread that ends meanwhile has no say.
func groupsOfThreads(group int) string {
	dir, err := os.Open("/proc/self/task")
	if err != nil {
		return err.Error()
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err.Error()
	}
	seen := 0
	for _, name := range names {
		text, err := readFile("/proc/self/task/" + name + "/status")
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(text), "\n") {
			if !strings.HasPrefix(line, "Groups:") {
				continue
			}
			seen++
			if got := strings.TrimSpace(line[len("Groups:"):]); got != strconv.Itoa(group) {
				return "thread " + name + ": " + got
			}
		}
	}
	return word(seen > 1, "", "no thread seen")
}
