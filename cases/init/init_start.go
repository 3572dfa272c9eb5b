package main

import (
	"math"
	"os"
	"runtime"
	"time"
)

// The program as one that is asked for an answer and nothing else: what a start that breaks a clause
// (cases/hosts/contract_start.c) makes of Go. Either of argument and environment says so, since a
// clause may be about the other.
func init() {
	if len(os.Args) == 2 && os.Args[1] == "start" || os.Getenv("TLSMATRIX_START") != "" {
		os.Exit(startAnswer(10))
	}
}

// What the host takes for a wrong answer (contract.h CONTRACT_WRONG).
const startWrong = 77

// startAnswer has threads, the collector, a timer, a map and rounding work. The tenth of 1 lies
// between two numbers, of which the one above is nearer (IEEE 754).
func startAnswer(ten float64) int {
	const workers, nearestTenth = 4, 0x3fb999999999999a
	sums := make(chan int)
	for i := 0; i < workers; i++ {
		go func(i int) {
			runtime.LockOSThread()
			words := map[string]int{}
			for k := 0; k < 1000; k++ {
				words[itoa(k)] = i
			}
			// A thread that ends with its goroutine can be fatal up to 1.15 (golang/go#30591).
			runtime.UnlockOSThread()
			sums <- len(words)
		}(i)
	}
	sum := 0
	for i := 0; i < workers; i++ {
		sum += <-sums
	}
	runtime.GC()
	begin := time.Now()
	time.Sleep(time.Millisecond)
	if sum != workers*1000 || !time.Now().After(begin) || math.Float64bits(1/ten) != nearestTenth {
		return startWrong
	}
	return 0
}
