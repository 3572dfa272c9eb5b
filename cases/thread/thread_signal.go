package main

import (
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Signals sent to one thread, in a state that is known. Signals are sent one at a time, each after
// the last has come, since Go keeps one bit per signal number between its handler and os/signal
// (runtime/sigqueue.go). Each check has a real-time signal of its own, so that one that comes too
// late for a check that has given up is not taken for another's, and a host's handlers of SIGUSR1
// and SIGUSR2 are left alone.
const (
	signalMain = 40 + iota
	signalGo
	signalLocked
	signalC
	signalStackOwn
	signalStackNone
	signalSwitched
	signalStackAway
	signalMasked
	signalPressed
)

// A signalWatch is one check's signal and what has been seen of it.
type signalWatch struct {
	id     string
	number int
	came   chan os.Signal
	late   []string // states in which it was sent and did not come
	slots  []string // what the slots held afterwards, where it was not g
}

func watchSignal(id string, number int) *signalWatch {
	watch := &signalWatch{id: id, number: number, came: make(chan os.Signal, 1)}
	signal.Notify(watch.came, syscall.Signal(number))
	return watch
}

// wait waits for one signal that was sent to a thread in the state.
func (watch *signalWatch) wait(state string) bool {
	timer := time.NewTimer(threadPatience)
	defer timer.Stop()
	select {
	case <-watch.came:
		return true
	case <-timer.C:
		ranOut.set()
		watch.late = append(watch.late, state)
		return false
	}
}

// slot looks at the slot of the calling thread after a signal.
func (watch *signalWatch) slot(state string) {
	if seen := gWord(watch.id); seen != "g" {
		watch.slots = append(watch.slots, state+": "+seen)
	}
}

// handled ends the watch and gives the word. After a signal that did not come Go's handler stays:
// with it, should it come after all, nothing happens.
func (watch *signalWatch) handled() string {
	if len(watch.late) == 0 {
		signal.Stop(watch.came)
	}
	return word(len(watch.late) == 0, "yes", "no")
}

func (watch *signalWatch) note() string {
	note := ""
	if len(watch.late) > 0 {
		note = "no signal " + strings.Join(watch.late, ", ")
	}
	if len(watch.slots) > 0 {
		note += word(note == "", "", "; ") + "slot " + strings.Join(watch.slots, ", ")
	}
	return note
}

func (watch *signalWatch) observation() observation {
	handled := watch.handled()
	slot := "g"
	if len(watch.slots) > 0 {
		_, slot, _ = cut(watch.slots[0], ": ")
	}
	return observation{observed: "handled=" + handled + " slot=" + slot, note: watch.note()}
}

// threadMask changes one bit in the calling thread's signal mask behind the runtime's back.
func threadMask(how uintptr, number int) { changeSignalMask(how, oneSignal(number)) }

// threadStates sends the signal to the calling thread, whose goroutine must be locked to it, in
// each state that a goroutine's thread can be in.
func (watch *signalWatch) threadStates() {
	if threadSabotage(watch.id, "block") {
		threadMask(sigBlock, watch.number)
		defer threadMask(sigUnblock, watch.number)
	}
	tid := syscall.Gettid()
	threadSend(tid, watch.number)
	watch.slot("after its own tgkill")
	if !watch.wait("after its own tgkill") {
		return
	}
	watch.computing(tid)
	watch.blocked(tid)
}

// computing sends the signal from another thread while this one runs Go code.
func (watch *signalWatch) computing(tid int) {
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		threadSend(tid, watch.number)
		watch.wait("while it computes")
	}()
	for running := true; running; {
		select {
		case <-stop:
			running = false
		default:
		}
	}
	watch.slot("after it computed")
}

// blocked sends the signal from another thread while this one waits in a read.
func (watch *signalWatch) blocked(tid int) {
	var pipe [2]int
	if err := syscall.Pipe2(pipe[:], syscall.O_CLOEXEC); err != nil {
		watch.late = append(watch.late, "in a read: pipe2: "+err.Error())
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		sleeping(tid)
		threadSend(tid, watch.number)
		watch.wait("in a read")
		syscall.Write(pipe[1], []byte{0})
	}()
	readByte(pipe[0])
	watch.slot("after a read")
	<-done
	syscall.Close(pipe[0])
	syscall.Close(pipe[1])
}

func readByte(fd int) (what byte, ok bool) {
	var into [1]byte
	for {
		n, err := syscall.Read(fd, into[:])
		if err != syscall.EINTR {
			return into[0], n == 1
		}
	}
}

// sleeping waits until the kernel says that the thread sleeps (third field of its stat file,
// behind the name in parentheses), for a second at most: where there is no such file the signal
// may come before the read, which is as good a state.
func sleeping(tid int) {
	for try := 0; try < 1000; try++ {
		text, err := readFile("/proc/self/task/" + itoa(tid) + "/stat")
		behind := strings.LastIndex(string(text), ") ")
		if err != nil || behind < 0 || text[behind+2] == 'S' {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// The caller of a check runs on the main thread and is locked to it, or inside a call from C.
func check_thread_signal_main() observation {
	watch := watchSignal("thread.signal.main", signalMain)
	watch.threadStates()
	return watch.observation()
}

func check_thread_signal_locked() observation {
	watch := watchSignal("thread.signal.locked", signalLocked)
	if !within(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		watch.threadStates()
	}) {
		return observation{observed: "handled=no slot=unseen", note: "the thread hangs"}
	}
	return watch.observation()
}

// A goroutine that is not locked may move between asking for the thread's number and sending to
// it; a round counts when it was on the same thread before and after. The last signal goes to that
// thread when its goroutine has gone: it idles, or runs another.
func check_thread_signal_go() observation {
	watch := watchSignal("thread.signal.go", signalGo)
	if !within(watch.goStates) {
		return observation{observed: "handled=no slot=unseen", note: "the thread hangs"}
	}
	return watch.observation()
}

func (watch *signalWatch) goStates() {
	const rounds = 3
	block := threadSabotage(watch.id, "block")
	if block {
		runtime.LockOSThread()
		threadMask(sigBlock, watch.number)
		defer runtime.UnlockOSThread()
		defer threadMask(sigUnblock, watch.number)
	}
	tid := 0
	for round := 0; round < rounds; {
		tid = syscall.Gettid()
		threadSend(tid, watch.number)
		if syscall.Gettid() == tid {
			round++
		}
		watch.slot("after its own tgkill")
		if !watch.wait("after its own tgkill") {
			return
		}
	}
	within(func() {
		threadSend(tid, watch.number)
		watch.wait("when it idles")
	})
}
