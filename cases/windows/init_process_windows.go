package main

import (
	"os"
	"syscall"
	"unsafe"
)

// What Go made of the process's command line and environment, against what Windows makes of them.

var commandLineToArgv = shell32.NewProc("CommandLineToArgvW")

// behind is the word so many words behind another: unsafe.Add, which Go 1.17 has.
func behind(at *uint16, words int) *uint16 {
	return (*uint16)(unsafe.Pointer(uintptr(unsafe.Pointer(at)) + 2*uintptr(words)))
}

// wideText is a NUL-terminated text of UTF-16 that Windows owns.
func wideText(at *uint16) string {
	var all []uint16
	for *behind(at, len(all)) != 0 {
		all = append(all, *behind(at, len(all)))
	}
	return syscall.UTF16ToString(all)
}

// compareStrings observes whether Go's list is the system's; the note says where they part.
func compareStrings(name string, inGo, inSystem []string) observation {
	seen := observation{observed: name + "=same", note: itoa(len(inGo)) + " strings"}
	if len(inGo) != len(inSystem) {
		seen.observed = name + "=differ"
		seen.note = "Go has " + itoa(len(inGo)) + ", the system " + itoa(len(inSystem))
	}
	for i := range inGo {
		if i < len(inSystem) && inGo[i] != inSystem[i] {
			seen.observed = name + "=differ"
			seen.note = "number " + itoa(i) + ": Go has " + inGo[i] + ", the system " + inSystem[i]
			break
		}
	}
	return seen
}

// check_init_os_args: Go splits the command line itself (os/exec_windows.go commandLineToArgv).
func check_init_os_args() observation {
	count := int32(0)
	list, _, err := commandLineToArgv.Call(uintptr(unsafe.Pointer(syscall.GetCommandLine())),
		uintptr(unsafe.Pointer(&count)))
	if list == 0 {
		return observation{skip: "target", note: "CommandLineToArgvW: " + err.Error()}
	}
	defer syscall.LocalFree(syscall.Handle(list))
	var inSystem []string
	for i := uintptr(0); i < uintptr(count); i++ {
		inSystem = append(inSystem, wideText(*(**uint16)(unsafe.Pointer(wordAt(list + i*wordBytes)))))
	}
	inGo := os.Args
	if control("init.os-args", "vector") {
		inGo = append([]string{"other"}, inGo[1:]...)
	}
	return compareStrings("args", inGo, inSystem)
}

// check_init_environ: Windows keeps the current folder of each drive in variables whose names begin
// with '=', and os.Environ gives them as they are (syscall/env_windows.go Environ).
func check_init_environ() observation {
	block, err := syscall.GetEnvironmentStrings()
	if err != nil {
		return observation{skip: "target", note: "GetEnvironmentStringsW: " + err.Error()}
	}
	defer syscall.FreeEnvironmentStrings(block)
	var inSystem []string
	for at := block; *at != 0; {
		text := wideText(at)
		inSystem = append(inSystem, text)
		at = behind(at, len(syscall.StringToUTF16(text)))
	}
	inGo := os.Environ()
	if control("init.environ", "vector") {
		inGo = append([]string{"TLSMATRIX_OTHER=1"}, inGo[1:]...)
	}
	return compareStrings("environ", inGo, inSystem)
}
