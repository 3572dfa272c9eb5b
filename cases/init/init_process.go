package main

import (
	"os"
	"sort"
	"strconv"
	"strings"
	"unsafe"
)

// What the runtime took from its argument vector, against what the kernel says of the process.
// That these checks can fail is shown by libctor.so, which changes the vectors before Go reads
// them (cases/hosts/ctor.c).

// atPageSize is AT_PAGESZ of the auxiliary vector (gABI, linux/auxvec.h).
const atPageSize = 6

// embedded says, where another program runs this one in its own process (init_wasm.go), what that
// program hands on of a list of its own.
var embedded func(name string, all []string) []string

// procStrings reads a /proc/self file of NUL-terminated strings.
func procStrings(name string) ([]string, error) {
	text, err := readFile("/proc/self/" + name)
	if err != nil || len(text) == 0 {
		return nil, err
	}
	all := strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
	if embedded != nil {
		all = embedded(name, all)
	}
	return all, nil
}

// compareStrings observes whether Go's list is the kernel's; the note says where they part.
func compareStrings(name string, inGo, inKernel []string, err error) observation {
	if err != nil {
		return observation{skip: "target", note: "/proc/self cannot be read: " + err.Error()}
	}
	seen := observation{observed: name + "=same", note: itoa(len(inGo)) + " strings"}
	if len(inGo) != len(inKernel) {
		seen.observed = name + "=differ"
		seen.note = "Go has " + itoa(len(inGo)) + ", the kernel " + itoa(len(inKernel))
	}
	for i := range inGo {
		if i < len(inKernel) && inGo[i] != inKernel[i] {
			seen.observed = name + "=differ"
			seen.note = "number " + itoa(i) + ": Go has " + inGo[i] + ", the kernel " + inKernel[i]
			break
		}
	}
	return seen
}

// check_init_os_args: a loader that is started by hand has words of its own in front, which the
// kernel knows and the program must not see; TLSMATRIX_FRONT says how many.
func check_init_os_args() observation {
	inKernel, err := procStrings("cmdline")
	if front, _ := strconv.Atoi(os.Getenv("TLSMATRIX_FRONT")); front < len(inKernel) {
		inKernel = inKernel[front:]
	}
	return compareStrings("args", os.Args, inKernel, err)
}

// check_init_environ: os.Environ leaves out empty strings and repeated keys (syscall/env_unix.go
// copyenv), so that they are left out of the kernel's list too. Their order is nobody's promise, and
// qemu-user hands them on in another (linux-user/main.c, envlist_to_environ).
func check_init_environ() observation {
	all, err := procStrings("environ")
	var inKernel []string
	keys := map[string]bool{}
	for _, entry := range all {
		key, _, found := cut(entry, "=")
		if entry == "" || found && keys[key] {
			continue
		}
		keys[key] = found
		inKernel = append(inKernel, entry)
	}
	inGo := os.Environ()
	sort.Strings(inGo)
	sort.Strings(inKernel)
	return compareStrings("environ", inGo, inKernel, err)
}

func check_init_auxv() observation {
	raw, err := readFile("/proc/self/auxv")
	if err != nil {
		return observation{skip: "target", note: "/proc/self cannot be read: " + err.Error()}
	}
	vector := make([]uintptr, len(raw)/int(unsafe.Sizeof(uintptr(0))))
	for i := range vector {
		vector[i] = *(*uintptr)(unsafe.Pointer(&raw[i*int(unsafe.Sizeof(uintptr(0)))]))
	}
	for i := 0; i+1 < len(vector) && vector[i] != 0; i += 2 {
		if vector[i] == atPageSize {
			same := uintptr(os.Getpagesize()) == vector[i+1]
			return observation{
				observed: "pagesize=" + word(same, "kernel", "other"),
				note:     "Go has " + itoa(os.Getpagesize()) + ", the kernel " + itoa(int(vector[i+1])),
			}
		}
	}
	return observation{observed: "pagesize=unknown", note: "no AT_PAGESZ in /proc/self/auxv"}
}
