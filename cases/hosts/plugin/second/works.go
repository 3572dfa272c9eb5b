package main

import (
	"bytes"
	"fmt"
	"io/ioutil"
	"runtime/pprof"
)

// What a plugin that another one has opened does with packages that the program has not.

// Format sends what a goroutine of the plugin's makes of a floating-point number (golang/go#24351).
func Format(number float64, to chan<- string) { go func() { to <- fmt.Sprint(number) }() }

// Start begins a profile of the processor's time; nobody has begun one.
func Start() error { return pprof.StartCPUProfile(ioutil.Discard) }

// Stop ends it, and is a profile of all goroutines, with the names of functions (golang/go#67976).
func Stop() string {
	pprof.StopCPUProfile()
	var text bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&text, 1); err != nil {
		return err.Error()
	}
	return text.String()
}
