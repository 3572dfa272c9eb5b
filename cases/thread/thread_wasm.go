package main

import (
	"runtime"
	"time"
)

// The checks of js and wasip1: one thread without TLS. The g of the goroutine that runs is a global
// of the module (cmd/internal/obj/wasm/wasmobj.go REG_g), which every switch writes. Nothing names
// it to the outside, but it never changes for a goroutine, and no two living goroutines share one.

// currentG reads the global.
func currentG() uintptr

// otherG reads it while it holds something else, for controls.
func otherG(other uintptr) uintptr

// gRead is currentG, or what a control makes of it.
func gRead(id string, own uintptr) uintptr {
	if own != 0 && control(id, "g") {
		return otherG(own + 8)
	}
	return currentG()
}

// wasmPatience is as long as threadPatience of the other ports.
const wasmPatience = 60 * time.Second

// take receives count values, with new patience for each, and returns how many came.
func take[T any](from <-chan T, count int, each func(T)) int {
	for came := 0; came < count; came++ {
		timer := time.NewTimer(wasmPatience)
		select {
		case value := <-from:
			timer.Stop()
			each(value)
		case <-timer.C:
			return came
		}
	}
	return count
}

// Goroutines that live at once take turns. One counts when g was its own in each round, and no
// other's.
func check_thread_goroutines() observation {
	const id, count, rounds = "thread.goroutines", 200, 100
	gs, oks := make(chan uintptr, count), make(chan bool, count)
	all := make(chan struct{})
	for i := 0; i < count; i++ {
		go func() {
			own := gRead(id, 0)
			gs <- own
			<-all
			ok := own != 0
			for round := 0; round < rounds; round++ {
				runtime.Gosched()
				ok = ok && gRead(id, own) == own
			}
			oks <- ok
		}()
	}
	different, good := map[uintptr]bool{}, 0
	take(gs, count, func(g uintptr) { different[g] = true })
	close(all)
	ended := take(oks, count, func(ok bool) {
		if ok {
			good++
		}
	})
	return observation{
		observed: "goroutines=" + itoa(ended) + " ok=" + itoa(min(good, len(different))),
		note:     itoa(len(different)) + " different g",
	}
}
