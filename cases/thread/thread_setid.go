package main

import (
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// The calls that give the process other ids than it has, all but the last with root's effective ones kept: the kernel
// takes PR_SET_PDEATHSIG away with these, by which whoever started the process has it end.
var idCalls = []struct {
	change, back func(id int) error
	line         string // of /proc/PID/status, N for the id
}{
	{func(id int) error { return syscall.Setregid(id, 0) }, func(int) error { return syscall.Setregid(0, 0) },
		"Gid: N 0 0 0"},
	{func(id int) error { return syscall.Setresgid(id, 0, id) },
		func(int) error { return syscall.Setresgid(0, 0, 0) }, "Gid: N 0 N 0"},
	{func(id int) error { return syscall.Setreuid(id, 0) }, func(int) error { return syscall.Setreuid(0, 0) },
		"Uid: N 0 0 0"},
	{func(id int) error { return syscall.Setresuid(id, 0, id) },
		func(int) error { return syscall.Setresuid(0, 0, 0) }, "Uid: N 0 N 0"},
	{func(id int) error { return syscall.Setgroups([]int{id}) }, nil, "Groups: N"},
}

// check_thread_setid gives the process other ids, round after round, while threads wait, come and go, and has threads
// do it all at once. With cgo it is libc's function, which sends a signal of its own to each thread that it knows;
// without, the runtime has each thread make the call (syscall.AllThreadsSyscall). A thread that is not reached keeps
// what it had; one that cannot take its part makes the caller wait for ever. Who may not do it is told so.
func check_thread_setid() observation { return stressed(threadSetid) }

func threadSetid() observation {
	const threads, rounds, base = 16, 50, 50000
	had, err := syscall.Getgroups()
	if err == nil {
		err = syscall.Setgroups(had)
	}
	if err == syscall.EPERM {
		return observation{skip: "limit", note: "setgroups: " + err.Error()}
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGUSR2) // so that a thread waits for signals, too
	defer signal.Reset(syscall.SIGUSR2)
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
			if differs, err = changeIDs(round, base+round, gone); err == nil {
				same.add(differs)
			}
		}
		if err == nil {
			err = syscall.Setgroups(had)
		}
	})
	atOnce := setAtOnce(threads, had)
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
			" same=" + itoa(same.of("")) + " at-once=" + itoa(atOnce),
		note: note,
	}
}

// changeIDs makes a call of idCalls and, once gone is closed, looks at all threads (idsOfThreads).
func changeIDs(round, id int, gone chan struct{}) (differs string, err error) {
	calls := idCalls
	if os.Getuid() != 0 || os.Getgid() != 0 {
		calls = idCalls[len(idCalls)-1:] // who has CAP_SETGID and is not root
	}
	call := calls[round%len(calls)]
	if threadSabotage("thread.setid", "alone") {
		err = setGroupAlone(id)
	} else {
		err = call.change(id)
	}
	if err != nil {
		return "", err
	}
	<-gone
	differs = idsOfThreads(call.line, id)
	if call.back != nil {
		err = call.back(0)
	}
	return differs, err
}

// setAtOnce has as many threads make the call at once, and end then: how many came back.
func setAtOnce(threads int, groups []int) int {
	fails := threadSabotage("thread.setid", "once")
	returned := make(chan struct{}, threads)
	for i := 0; i < threads; i++ {
		i := i
		goOwnThread(func() {
			if (!fails || i > 0) && syscall.Setgroups(groups) == nil {
				returned <- struct{}{}
			}
		})
	}
	return arrive(returned, threads)
}

// setGroupAlone makes group the only supplementary one of the calling thread: the control.
func setGroupAlone(group int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	groups := [1]uint32{uint32(group)}
	_, _, errno := syscall.RawSyscall(syscall.SYS_SETGROUPS, 1, uintptr(unsafe.Pointer(&groups[0])), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// idsOfThreads is "" when each thread of the process has that line in its status, else what one of them has. A thread
// that ends meanwhile has no say.
func idsOfThreads(line string, id int) string {
	want := strings.Fields(strings.Replace(line, "N", strconv.Itoa(id), -1))
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
			got := strings.Fields(line)
			if len(got) == 0 || got[0] != want[0] {
				continue
			}
			seen++
			if strings.Join(got, " ") != strings.Join(want, " ") {
				return "thread " + name + ": " + strings.Join(got, " ")
			}
		}
	}
	return word(seen > 1, "", "no thread seen")
}
