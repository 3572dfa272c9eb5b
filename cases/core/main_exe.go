package main

import (
	"os"
	"runtime"
)

// The program of buildmodes exe, pie and shared: PROGRAM ID... observes the checks on the main
// thread, which the main goroutine keeps.

func init() { runtime.LockOSThread() }

// instead is what the program does when one of its checks has started it: it does not come back.
var instead = func() {}

func main() {
	instead()
	os.Exit(runChecks(os.Args[1:], observe))
}
