package main

import (
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// An observation is what one check saw, in the words of matrix/oracle.def; note explains it to a
// person and is not compared. A non-empty skip is the class of a skip, and note its reason.
type observation struct {
	observed, note, skip string
}

// A checkEntry joins a check's id with the function that observes it. The table checkTable is
// written by the generator (cases/generate.c), from matrix/checks.def: the function of
// "tls.slot-owned" is check_tls_slot_owned.
type checkEntry struct {
	id      string
	observe func() observation
}

// observe runs the check id on the calling goroutine, which runs on the process's main thread;
// ok is false when this program does not carry the check.
func observe(id string) (seen observation, ok bool) {
	for _, entry := range checkTable {
		if entry.id == id {
			if getenv("TLSMATRIX_PULSE") != "none" {
				defer pulse()()
			}
			ranOut.clear()
			seen = entry.observe()
			if ranOut.isSet() && seen.skip == "" {
				seen.note = outOfPatience + seen.note
			}
			return seen, true
		}
	}
	return observation{}, false
}

// onBeat is called whenever the pulse ticks; what a control lost comes then (cases/control/control_on.go).
var onBeat = func() {}

// getenv is os.Getenv, or a library's own (main_lib.go).
var getenv = os.Getenv

// ranOut is set by whoever has waited in vain for what a right loader always brings. The note then begins with
// outOfPatience (harness/record.h RECORD_STALLED), by which the runner knows a stall from a wrong answer.
var ranOut flag

const outOfPatience = "out of patience; "

// scaled is a limit with the patience that the target asks for.
func scaled(limit time.Duration) time.Duration {
	scale, err := strconv.ParseFloat(os.Getenv("TLSMATRIX_SCALE"), 64)
	if err != nil || scale <= 0 {
		return limit
	}
	return time.Duration(float64(limit) * scale)
}

// A flag is set by any thread and seen by all: atomic.Bool, which Go 1.19 has.
type flag struct{ word int32 }

func (f *flag) set()        { atomic.StoreInt32(&f.word, 1) }
func (f *flag) clear()      { atomic.StoreInt32(&f.word, 0) }
func (f *flag) isSet() bool { return atomic.LoadInt32(&f.word) != 0 }

// pulse sets a timer off every second until the function that it returns is called. With go1.26.8
// a process was seen twice, in some ten thousand, in which nothing ran until the next timer was due
// (30 and 60 s, the patience of the check), and then everything went on rightly. That is for Go's
// scheduler to explain, not for the loader, whose verdict must not depend on it. But a timer also hides
// wake-ups that a loader or a kernel loses: a share of the cells runs with TLSMATRIX_PULSE=none (runner/trial/pulse.h).
func pulse() func() {
	var over flag
	var beat func()
	beat = func() {
		onBeat()
		if !over.isSet() {
			time.AfterFunc(time.Second, beat)
		}
	}
	beat()
	return over.set
}

// itoa spares the cases the import of fmt, which doubles the time to build them.
func itoa(n int) string { return strconv.Itoa(n) }

// hex writes an address for a note.
func hex(n uintptr) string { return "0x" + strconv.FormatUint(uint64(n), 16) }

// word chooses between two words of an observed text.
func word(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}
