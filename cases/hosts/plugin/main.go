// The host of buildmode plugin: PLUGINHOST PLUGIN.so ID... opens the plugin and observes the
// checks that it carries, on the main thread, and those of pair.go. Exit status as in cases/hosts/host.h.
package main

import (
	"os"
	"plugin"
	"runtime"
)

const exitLoad = 65

func init() { runtime.LockOSThread() }

func fail(what string) {
	os.Stderr.WriteString("host: " + what + "\n")
	os.Exit(exitLoad)
}

// first is the plugin of PLUGIN.so.
var first *plugin.Plugin

func main() {
	if len(os.Args) < 3 {
		os.Stderr.WriteString("host: usage: PLUGINHOST PLUGIN.so ID...\n")
		os.Exit(64)
	}
	opened, err := plugin.Open(os.Args[1])
	if err != nil {
		fail("dlopen " + os.Args[1] + ": " + err.Error())
	}
	symbol, err := opened.Lookup("Check")
	if err != nil {
		fail("dlopen " + os.Args[1] + ": " + err.Error())
	}
	check, ok := symbol.(func(string) (string, string, string, bool))
	if !ok {
		fail("dlopen " + os.Args[1] + ": Check has another type")
	}
	first = opened
	os.Exit(runChecks(os.Args[2:], func(id string) (seen observation, carried bool) {
		if seen, carried = observe(id); carried {
			return seen, carried
		}
		seen.observed, seen.note, seen.skip, carried = check(id)
		return seen, carried
	}))
}
