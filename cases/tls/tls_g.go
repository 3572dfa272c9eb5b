package main

import "runtime"

// The checks that need no C: g in the slot, distinct slots, a thread pointer that stays.

// slotOn observes what the slot holds on one kind of thread.
func slotOn(id string, on func(func())) (seen observation) {
	on(func() { seen.observed, seen.note = slotText(id) })
	return seen
}

func check_tls_g_main() observation   { return slotOn("tls.g.main", onMain) }
func check_tls_g_go() observation     { return slotOn("tls.g.go", onGo) }
func check_tls_g_locked() observation { return slotOn("tls.g.locked", onLocked) }

func check_tls_slot_promised() observation {
	const id = "tls.slot-promised"
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	promise := findSlot()
	if !promise.known {
		return observation{observed: "promise=none", note: "TLSMATRIX_SLOT says nothing"}
	}
	if control(id, "promise") {
		promise.offset -= 8 // as a linker that put the slot one word further down
	}
	if slotUnused {
		text, note := slotText(id)
		return observation{observed: text, note: note}
	}
	used, found := usedOffset()
	note := "promised " + itoa(int(promise.offset)) + ", words that follow g: " + found + ", at " + itoa(int(used))
	if found != "one" {
		return observation{observed: "offset=" + found, note: note}
	}
	if !promise.agrees {
		note += "; the promised offset is not that of the variable in its module's block"
	}
	promised := used == promise.offset && promise.agrees
	return observation{observed: "offset=" + word(promised, "promised", "other"), note: note}
}

// A slotReport is what one of the threads of tls.slot-distinct has.
type slotReport struct {
	thread              int
	slot, pointer       uintptr
	holding, unusedHere bool
}

const distinctThreads = 32

func check_tls_slot_distinct() observation {
	offset, known := slotOffset()
	if !known {
		return observation{observed: "promise=none", note: "TLSMATRIX_SLOT says nothing"}
	}
	reports := make(chan slotReport)
	release := make(chan struct{})
	first := uintptr(0)
	threads, slots, holding, unused := map[int]bool{}, map[uintptr]bool{}, 0, 0
	for i := 0; i < distinctThreads; i++ {
		go reportSlot(offset, first, reports, release)
		report := <-reports // the thread stays until the last one has reported
		first = report.pointer
		threads[report.thread] = true
		slots[report.slot] = true
		if report.holding {
			holding++
		}
		if report.unusedHere {
			unused++
		}
	}
	close(release)
	for i := 0; i < distinctThreads; i++ {
		<-reports
	}
	if slotUnused {
		return observation{observed: "threads=" + itoa(len(threads)) +
			" slot=" + word(unused == distinctThreads, "unused", "other")}
	}
	return observation{observed: "threads=" + itoa(len(threads)) + " slots=" + itoa(len(slots)) +
		" holding-g=" + itoa(holding)}
}

// reportSlot keeps a thread, reports its slot, waits for release and reports its end.
func reportSlot(offset, sharedPointer uintptr, reports chan<- slotReport, release <-chan struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	report := slotReport{thread: threadID(), pointer: threadPointer()}
	tp := report.pointer
	var g, held uintptr
	if sharedPointer != 0 && control("tls.slot-distinct", "shared") {
		g, held = witnessElsewhere(offset, tp, sharedPointer)
		tp = sharedPointer
	} else if tp != 0 || !slotUnused {
		g, held = witness(offset)
	}
	report.slot = tp + offset
	report.holding = g != 0 && held == g
	report.unusedHere = tp == 0 || held == 0
	reports <- report
	<-release
	reports <- report
}
