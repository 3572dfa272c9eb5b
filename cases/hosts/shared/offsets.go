package main

import "tlsmatrix.pair/base"

// sharedOffsets: what the library has written to a variable of its own the program reads, at offsets that the compiler
// adds to the variable's address, small and large ones.
func sharedOffsets() observation {
	base.Fill()
	if control("init.shared-offsets", "written") {
		base.Data[1<<16-1] = -1
	}
	loop, data := true, &base.Data
	for i := range base.Data {
		loop = loop && base.Data[i] == int64(i)
	}
	medium := base.Data[1<<16-1] == 1<<16-1 && &base.Data[1<<16-3] == &data[1<<16-3] && counts(base.Data[1<<16-2:])
	large := base.Data[1<<20+1] == 1<<20+1 && &base.Data[1<<20+2] == &data[1<<20+2] && counts(base.Data[1<<20:])
	return observation{observed: "loop=" + word(loop, "right", "wrong") +
		" medium=" + word(medium, "right", "wrong") + " large=" + word(large, "right", "wrong")}
}

// counts says of a part of the variable that goes to its end whether it holds what was written.
func counts(part []int64) bool {
	for i, number := range part {
		if number != int64(len(base.Data)-len(part)+i) {
			return false
		}
	}
	return true
}
