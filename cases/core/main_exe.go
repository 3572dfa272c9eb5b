package main

import (
	"os"
	"runtime"
)

// The program of buildmodes exe, pie and shared: PROGRAM ID... observes the checks on the main
// thread, which the main goroutine keeps.

func init() { runtime.LockOSThread() }

func main() { os.Exit(runChecks(os.Args[1:], observe)) }
