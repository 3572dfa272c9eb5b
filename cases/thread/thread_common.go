package main

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"
)

// What the checks of the thread family share: patience, sabotage, threads of one's own.

// threadPatience is how long a check waits for the next thing that a right loader always brings,
// however busy the machine; then it says what was missing instead of hanging.
var threadPatience = scaled(60 * time.Second)

// stressed observes as often as it is asked for (TLSMATRIX_STRESS). What is the same each time is observed; else both
// texts are, so that no rule finds its own in them.
func stressed(observe func() observation) observation {
	first := observe()
	for round, rounds := 2, stress(); round <= rounds; round++ {
		next := observe()
		if next.observed != first.observed || next.skip != first.skip {
			first.observed += " then " + next.observed
			first.note += "; in round " + itoa(round) + ": " + next.note
			return first
		}
	}
	return first
}

func stress() int {
	if rounds, err := strconv.Atoi(os.Getenv("TLSMATRIX_STRESS")); err == nil {
		return rounds
	}
	return 1
}

// threadSabotage is control, with less patience where the control interferes: what it took away
// never comes.
func threadSabotage(id, point string) bool {
	if !control(id, point) {
		return false
	}
	threadPatience = 2 * time.Second
	return true
}

// A tally counts by name from many threads at once.
type tally struct {
	sync.Mutex
	count map[string]int
}

func (t *tally) add(name string) {
	t.Lock()
	defer t.Unlock()
	if t.count == nil {
		t.count = map[string]int{}
	}
	t.count[name]++
}

func (t *tally) of(name string) int {
	t.Lock()
	defer t.Unlock()
	return t.count[name]
}

// different is how many names there are.
func (t *tally) different() int {
	t.Lock()
	defer t.Unlock()
	return len(t.count)
}

// within runs body on a goroutine of its own and waits for its end, long enough for everything in
// it that is patient by itself; a body that hangs is left behind.
func within(body func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		body()
	}()
	timer := time.NewTimer(4 * threadPatience)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		ranOut.set()
		return false
	}
}

// arrive collects count tokens; it returns how many came. Patience starts anew with each.
func arrive(tokens <-chan struct{}, count int) int {
	for came := 0; came < count; came++ {
		timer := time.NewTimer(threadPatience)
		select {
		case <-tokens:
			timer.Stop()
		case <-timer.C:
			ranOut.set()
			return came
		}
	}
	return count
}

// gWord is the word for the slot of the calling thread in an observed text.
func gWord(id string) string {
	if control(id, "slot") {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		offset, _ := slotOffset()
		g, held := witnessSpoiled(offset, threadPointer()+offset)
		return word(held == g, "g", "other")
	}
	holds, known := slotHoldsG()
	if !known {
		return "unknown"
	}
	return word(holds, "g", "other")
}

// firstThread is the one that package initialization ran on: Go's first, m0.
var firstThread = threadID()

// goOwnThread runs body on a goroutine that is locked to its thread, which ends with it. In a
// library m0 is a thread like any other, and free, but it is parked for good instead of ended
// (runtime/proc.go mexit): a goroutine that gets it keeps it until another has taken its place.
func goOwnThread(body func()) {
	go ownThread(body, make(chan struct{}))
}

func ownThread(body func(), started chan struct{}) {
	runtime.LockOSThread()
	close(started)
	if threadID() != firstThread {
		body()
		return
	}
	replaced := make(chan struct{})
	go ownThread(body, replaced)
	<-replaced
	runtime.UnlockOSThread()
}
