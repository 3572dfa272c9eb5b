package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// How many threads this process may still make. Go throws when the kernel refuses one, so that a
// limit has to be seen beforehand; a file that is not there limits nothing.

// threadLimit names what does not allow count more threads, or is empty.
func threadLimit(count int) string {
	const slack = 200 // for what other processes start meanwhile
	need := uint64(count + slack)
	alive := threadsAlive()
	for _, limit := range []struct {
		name string
		room uint64
	}{
		// The kernel counts the threads of the user; all that there are is an upper bound.
		{"RLIMIT_NPROC", less(rlimit(rlimitNproc), alive)},
		{"kernel.threads-max", less(fileNumber("/proc/sys/kernel/threads-max"), alive)},
		{"kernel.pid_max", less(fileNumber("/proc/sys/kernel/pid_max"), alive)},
		{"pids.max of the control group", cgroupRoom()},
		{"RLIMIT_AS", less(rlimit(syscall.RLIMIT_AS), addressSpace()) / threadStack()},
		{"the address space", addressRoom() / threadStack()},
		{"the commit limit", commitRoom() / threadStack()},
	} {
		if limit.room < need {
			return limit.name + " leaves room for " + strconv.FormatUint(limit.room, 10) + " threads, " +
				strconv.FormatUint(need, 10) + " are wanted"
		}
	}
	return ""
}

const unlimited = ^uint64(0)

// less subtracts, with unlimited as infinity and 0 as the floor.
func less(limit, used uint64) uint64 {
	switch {
	case limit == unlimited:
		return unlimited
	case limit < used:
		return 0
	}
	return limit - used
}

func rlimit(resource int) uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(resource, &limit) != nil {
		return unlimited
	}
	return uint64(limit.Cur)
}

// number reads a decimal; "max" and what is no number are unlimited.
func number(text string) uint64 {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return unlimited
	}
	return n
}

func fileNumber(path string) uint64 {
	text, err := readFile(path)
	if err != nil {
		return unlimited
	}
	return number(string(text))
}

// threadsAlive is the second half of the fourth field of /proc/loadavg, "running/all"; 0 if unknown.
func threadsAlive() uint64 {
	text, _ := readFile("/proc/loadavg")
	if fields := strings.Fields(string(text)); len(fields) > 3 {
		if _, all, ok := cut(fields[3], "/"); ok && number(all) != unlimited {
			return number(all)
		}
	}
	return 0
}

// addressSpace is what the process has mapped, in bytes; 0 if unknown.
func addressSpace() uint64 {
	text, _ := readFile("/proc/self/statm")
	if fields := strings.Fields(string(text)); len(fields) > 0 && number(fields[0]) != unlimited {
		return number(fields[0]) * uint64(os.Getpagesize())
	}
	return 0
}

// addressRoom is what a program of 32 bits may still map: of the 2 GiB that MIPS has, and others more,
// half a GiB is kept for Go's heap (runtime/malloc.go mallocinit reserves as much) and the program. What
// is mapped already cannot be asked for: an emulator's own mappings would be counted.
func addressRoom() uint64 {
	if wordBits == 64 {
		return unlimited
	}
	return 3 << 29
}

// smallStacks makes C's new threads have stacks of threadStackSmall where there is no address space for
// a thousand of the usual size, and returns the way back; thread_small_cgo.go can do that.
var smallStacks = func() (back func()) { return func() {} }

// A stack has the static TLS in it, which the case's variables make 100 KiB (harness/probe/neighbours.c).
const threadStackSmall = 512 << 10

// stacksAreSmall says whether smallStacks is in force.
var stacksAreSmall bool

// threadStack is what libc maps for the stack of a thread: RLIMIT_STACK, or 2 MiB where that is
// unlimited (pthread_create(3)); with the guard and Go's own stacks beside it.
func threadStack() uint64 {
	size := rlimit(syscall.RLIMIT_STACK)
	if size == unlimited {
		size = 2 << 20
	}
	if stacksAreSmall || !withCgo {
		size = threadStackSmall
	}
	return size + 256<<10
}

// commitRoom is how much private memory the kernel still promises; it counts only where
// vm.overcommit_memory is 2 (Documentation/mm/overcommit-accounting.rst).
func commitRoom() uint64 {
	if fileNumber("/proc/sys/vm/overcommit_memory") != 2 {
		return unlimited
	}
	limit, used := unlimited, uint64(0)
	text, _ := readFile("/proc/meminfo")
	for _, line := range strings.Split(string(text), "\n") {
		switch fields := strings.Fields(line); {
		case len(fields) < 2:
		case fields[0] == "CommitLimit:":
			limit = number(fields[1]) << 10
		case fields[0] == "Committed_AS:":
			used = number(fields[1]) << 10
		}
	}
	return less(limit, used)
}

// cgroupRoom is the smallest room that the control group of the process and those above it leave
// (cgroups(7): "0::PATH" is version 2, "N:pids:PATH" version 1).
func cgroupRoom() uint64 {
	room := unlimited
	text, _ := readFile("/proc/self/cgroup")
	for _, line := range strings.Split(string(text), "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) < 3 || parts[1] != "" && parts[1] != "pids" {
			continue
		}
		root := "/sys/fs/cgroup"
		if parts[1] == "pids" {
			root += "/pids"
		}
		for path := strings.TrimSuffix(parts[2], "/"); ; path = path[:strings.LastIndex(path, "/")] {
			used := fileNumber(root + path + "/pids.current")
			if used != unlimited {
				if left := less(fileNumber(root+path+"/pids.max"), used); left < room {
					room = left
				}
			}
			if !strings.Contains(path, "/") {
				break
			}
		}
	}
	return room
}
