// The program of a port that is built and inspected only: goroutines on threads of their own, which is
// all that it takes to have the runtime reach its TLS slot in every way. It imports runtime alone, so
// that a port costs its runtime and no more.
package main

import "runtime"

const portThreads = 4

// portWork starts goroutines that keep their threads and adds up what they send.
func portWork() int {
	sent := make(chan int)
	for i := 0; i < portThreads; i++ {
		go func(i int) {
			runtime.LockOSThread()
			sent <- i
		}(i)
	}
	sum := 0
	for i := 0; i < portThreads; i++ {
		sum += <-sent
	}
	return sum
}

func main() { println("tlsmatrix port", portWork()) }
