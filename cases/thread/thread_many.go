package main

import (
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
)

// Threads that Go makes: many at once, ending, and goroutines that move between them.

// A locked goroutine that waits keeps its thread and nobody else gets it, so that a thousand of
// them are a thousand threads. Each looks at its slot when it comes and again when all are there.
func check_thread_thousand() observation { return stressed(threadThousand) }

func threadThousand() observation {
	const id, count = "thread.thousand", 1000
	defer smallStacks()()
	if reason := threadLimit(count); reason != "" {
		return observation{skip: "limit", note: reason}
	}
	leaver := -1
	if threadSabotage(id, "leave") {
		leaver = count / 2
	}
	loser := -1
	if threadSabotage(id, "lost") {
		loser = count / 2
	}
	var tids, good tally
	first, second := make(chan struct{}, count), make(chan struct{}, count)
	all := make(chan struct{})
	for i := 0; i < count; i++ {
		i := i
		goOwnThread(func() {
			ok := gWord(id) == "g"
			if i == loser {
				lose(func() { first <- struct{}{} })
			} else {
				first <- struct{}{}
			}
			if i == leaver {
				return
			}
			<-all
			tids.add(strconv.Itoa(threadID()))
			if ok && gWord(id) == "g" {
				good.add("ok")
			}
			second <- struct{}{}
		})
	}
	came := arrive(first, count)
	close(all)
	stayed := arrive(second, count)
	threads := tids.different()
	gone := 0
	if threadsEnd {
		gone = allGone(&tids)
	}
	return observation{
		observed: "threads=" + itoa(threads) + " ok=" + itoa(good.of("ok")),
		note: "came " + itoa(came) + ", still there when all had come " + itoa(stayed) +
			", ended afterwards " + itoa(gone),
	}
}

// allGone waits for the threads to end and returns how many did; patience starts anew with each.
func allGone(tids *tally) (gone int) {
	tids.Lock()
	defer tids.Unlock()
	for end := time.Now().Add(threadPatience); len(tids.count) > 0 && time.Now().Before(end); {
		for name := range tids.count {
			if tid, _ := strconv.Atoi(name); threadGone(tid) {
				delete(tids.count, name)
				gone++
				end = time.Now().Add(threadPatience)
			}
		}
		time.Sleep(time.Millisecond)
	}
	if len(tids.count) > 0 {
		ranOut.set()
	}
	return gone
}

// A goroutine that ends while it is locked takes its thread along (Go 1.10 release notes).
func check_thread_locked_exit() observation { return stressed(threadLockedExit) }

func threadLockedExit() observation {
	const id, count = "thread.locked-exit", 16
	unlock := threadSabotage(id, "unlock")
	var tids tally
	made, end := make(chan struct{}, count), make(chan struct{})
	for i := 0; i < count; i++ {
		i := i
		goOwnThread(func() {
			tids.add(strconv.Itoa(threadID()))
			made <- struct{}{}
			<-end
			if unlock && i == 0 {
				runtime.UnlockOSThread()
			}
		})
	}
	arrive(made, count)
	close(end)
	threads := tids.different()
	return observation{observed: "made=" + itoa(threads) + " gone=" + itoa(allGone(&tids))}
}

// Goroutines that yield go through the scheduler's global queue and are taken up by whichever
// thread is free. One counts when g was right in each round and it has been on two threads or
// more; with one processor they would all stay on one thread. All go on until the last has moved: one
// that is alone finds itself in the queue at once, and its thread is the only one that looks.
func check_thread_goroutines() observation { return stressed(threadGoroutines) }

func threadGoroutines() observation {
	const id, count, rounds = "thread.goroutines", 200, 100
	stay := threadSabotage(id, "stay")
	if had := runtime.GOMAXPROCS(0); had < 4 {
		runtime.GOMAXPROCS(4)
		defer runtime.GOMAXPROCS(had)
	}
	var good, moves tally
	var unmoved int32 = count
	done := make(chan struct{}, count)
	end := time.Now().Add(threadPatience)
	for i := 0; i < count; i++ {
		go func(i int) {
			defer func() { done <- struct{}{} }()
			if stay && i == 0 {
				runtime.LockOSThread()
			}
			ok, moved, tid := true, false, threadID()
			waits := func() bool { return atomic.LoadInt32(&unmoved) > 0 && time.Now().Before(end) }
			for round := 0; round < rounds || waits(); round++ {
				runtime.Gosched()
				ok = ok && gWord(id) == "g"
				if now := threadID(); now != tid {
					if !moved {
						atomic.AddInt32(&unmoved, -1)
					}
					tid, moved = now, true
					moves.add("moves")
				}
			}
			if ok && moved {
				good.add("ok")
			}
		}(i)
	}
	ended := arrive(done, count)
	if atomic.LoadInt32(&unmoved) > 0 && !stay {
		ranOut.set()
	}
	return observation{
		observed: "goroutines=" + itoa(ended) + " ok=" + itoa(good.of("ok")),
		note:     itoa(moves.of("moves")) + " moves seen",
	}
}
