package main

/*
#include "neighbours.h"
#include "probe.h"
#include "tls_neighbours.h"
*/
import "C"

import (
	"runtime"
	"strings"
)

// The C __thread variables beside Go's slot: images, sizes, alignments.

// neighbourKinds are the kinds of thread for these variables; tls_neighbours_dl.go has its own.
var neighbourKinds = func() []threadKind { return threadKinds }

// onNeighbourKinds is onEachKind for them.
func onNeighbourKinds(observe func() string) string {
	var words []string
	for _, kind := range neighbourKinds() {
		kind.on(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			words = append(words, kind.name+"="+observe())
		})
	}
	return strings.Join(words, " ")
}

// smallImageOK, with tls_small.go, adds the module's own small variables.
var smallImageOK = func() bool { return true }

// neighboursMissing is an observation for a build whose variables cannot be had.
func neighboursMissing() (missing observation, is bool) {
	why := C.tls_neighbours_missing()
	if why == nil {
		return missing, false
	}
	return observation{observed: "neighbours=missing", note: C.GoString(why)}, true
}

func check_tls_init_image() observation {
	if missing, is := neighboursMissing(); is {
		return missing
	}
	return observation{observed: onNeighbourKinds(func() string {
		if control("tls.init-image", "overwritten") {
			C.probe_sizes_fill(9)
			defer C.probe_sizes_fill(0)
		}
		return word(C.probe_image_ok() != 0 && smallImageOK(), "image", "other")
	})}
}

// listOnEachKind observes a list "1,2,4" on each kind of thread and keeps what all have.
func listOnEachKind(observe func(number int) string) (list, note string) {
	number := 0
	var common []string
	perKind := onNeighbourKinds(func() string {
		number++
		seen := observe(number)
		items := strings.Split(seen, ",")
		if number == 1 {
			common = items
			return seen
		}
		var both []string
		for _, item := range common {
			for _, other := range items {
				if item == other {
					both = append(both, item)
				}
			}
		}
		common = both
		return seen
	})
	return strings.Join(common, ","), perKind
}

const listSize = 128

// Before the values are read back, another thread, which is new, writes its own.
func check_tls_sizes() observation {
	if missing, is := neighboursMissing(); is {
		return missing
	}
	kinds := neighbourKinds()
	onNew := kinds[len(kinds)-1].on
	list, note := listOnEachKind(func(number int) string {
		seed := C.uint(number)
		C.probe_sizes_fill(seed)
		goWork()
		if control("tls.sizes", "overwritten") {
			C.probe_sizes_fill(seed + 1)
		}
		onNew(func() {
			C.probe_sizes_fill(seed + 100)
			C.probe_sizes_fill(0)
		})
		defer C.probe_sizes_fill(0)
		var text [listSize]C.char
		C.probe_sizes_kept(seed, &text[0], listSize)
		return C.GoString(&text[0])
	})
	return observation{observed: "kept=" + list, note: note}
}

func check_tls_aligns() observation {
	if missing, is := neighboursMissing(); is {
		return missing
	}
	list, note := listOnEachKind(func(int) string {
		if control("tls.aligns", "shifted") {
			C.probe_aligns_shift(32)
			defer C.probe_aligns_shift(0)
		}
		var text [listSize]C.char
		C.probe_aligns_ok(&text[0], listSize)
		return C.GoString(&text[0])
	})
	return observation{observed: "aligned=" + list, note: note}
}
