// The program of buildmode shared that is linked to three libraries besides that of std (runner/build/recipe_shared.c):
// PROGRAM ID... observes the checks init.shared-*, each in a process of its own.
package main

import (
	"os"
	"runtime"
	"strings"
	"unsafe"

	"tlsmatrix.pair/base"
	"tlsmatrix.pair/front"
	"tlsmatrix.pair/inner"
	"tlsmatrix.pair/more"
	"tlsmatrix.pair/most"
)

// answering is the word with which the program starts itself to be told that it got here.
const answering = "answer"

func init() {
	base.Word *= 7
	base.Order += " main"
	checkTable = append(checkTable,
		checkEntry{"init.shared-once", sharedOnce},
		checkEntry{"init.shared-types", sharedTypes},
		checkEntry{"init.shared-kept", sharedKept},
		checkEntry{"init.shared-path", sharedPath},
		checkEntry{"init.shared-changed", sharedChanged},
		checkEntry{"init.shared-unexported", sharedUnexported},
		checkEntry{"init.shared-trivial", sharedTrivial},
		checkEntry{"init.shared-offsets", sharedOffsets})
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == answering {
		os.Stdout.WriteString(loaded())
		return
	}
	os.Exit(runChecks(os.Args[1:], observe))
}

func one(condition bool) string { return word(condition, "one", "several") }

// sharedOnce: packages of three libraries and the program's own, initialized once, in the order of what they import.
func sharedOnce() observation {
	const all = 3 * 5 * 7 * 11
	if control("init.shared-once", "again") {
		inner.Inits++
	}
	inits, mine := seen()
	moreInits, theirs := more.See()
	if moreInits != 1 {
		inits = moreInits
	}
	_, last := most.See()
	innerInits, innerWord := base.Inner()
	observed := "init=" + itoa(inits) + " implicit-init=" + itoa(innerInits) +
		" variable=" + one(mine == theirs && mine == last && *mine == all) +
		" implicit=" + one(innerWord == &inner.Word) +
		" order=" + strings.Replace(base.Order, " ", ",", -1) +
		" data=" + word(len(base.Made) == 1 && len(base.Later) == 1, "made", "empty")
	return observation{observed: observed, note: "word=" + itoa(*mine) + " of " + itoa(all)}
}

type own int

func (own) hidden() {}

// sharedTypes: types, itabs and what the compiler makes for a type, of two libraries and the program.
func sharedTypes() observation {
	empty, namer, unnamed := made()
	frontEmpty, frontNamer, frontUnnamed := front.Make()
	moreEmpty, moreNamer, moreUnnamed := more.Make()
	_, asserted := moreEmpty.(*base.Named)
	number := base.Number(6)
	var mine interface{} = own(0)
	_, hidden := mine.(interface{ hidden() })
	found := more.Find(map[interface{}]int{key(): 7})
	methods := base.NextOf()(&number) == 7 && base.Call(new(base.Named)) == "named" && hidden
	return observation{observed: "type=" + one(empty == frontEmpty && empty == moreEmpty && asserted) +
		" itab=" + one(namer == frontNamer && namer == moreNamer) +
		" unnamed=" + one(unnamed == frontUnnamed && unnamed == moreUnnamed) +
		" hash=" + word(found == 7, "one", "several") + " methods=" + word(methods, "made", "lost")}
}

// kept is a variable of the program's, of a type of a library's.
var kept base.Cells

// hidden holds what the collector does not see.
var hidden [len(kept)]uintptr

func fill(cells *base.Cells) {
	for i := range cells {
		cells[i] = &base.Cell{i, i + 1, i + 2, i + 3}
	}
}

func whole(cells *base.Cells) bool {
	for i, cell := range cells {
		if *cell != (base.Cell{i, i + 1, i + 2, i + 3}) {
			return false
		}
	}
	return true
}

var other []*base.Cell

// sharedKept: what variables point to is there after three collections and as much made new as would take its place.
func sharedKept() observation {
	fill(&kept)
	fill(&more.Kept)
	if control("init.shared-kept", "hidden") {
		for i := range kept {
			hidden[i] = ^uintptr(unsafe.Pointer(kept[i]))
			kept[i] = nil
		}
	}
	for i := 0; i < 3; i++ {
		runtime.GC()
	}
	for i := 0; i < 1<<16; i++ {
		other = append(other, &base.Cell{-1, -1, -1, -1})
	}
	for i := range kept {
		if hidden[i] != 0 {
			there := ^hidden[i]
			kept[i] = *(**base.Cell)(unsafe.Pointer(&there))
		}
	}
	return observation{observed: "program=" + word(whole(&kept), "kept", "lost") +
		" library=" + word(whole(&more.Kept), "kept", "lost")}
}
