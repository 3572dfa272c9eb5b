// Package gword reads g and Go's slot at one moment, where no register holds g
// (386, and amd64 before Go 1.17). It is a package of
// its own, since one with cgo may not hold Go assembly, and gcc's cannot reach the slot as Go's code does.
package gword

//go:noescape
func gAndWord(offset uintptr) (gp, word uintptr)

//go:noescape
func gAndSpoiledWord(offset, bits uintptr) (gp, word uintptr)

// Witness gives g as the running code finds it, 0 when it is not the one whose stack is in use, and the
// word at thread pointer + offset.
//
//go:nosplit
func Witness(offset uintptr) (g, word uintptr) { return gAndWord(offset) }

// Spoiled is Witness while the bits of the word are turned over; all signals must be blocked.
//
//go:nosplit
func Spoiled(offset, bits uintptr) (g, word uintptr) { return gAndSpoiledWord(offset, bits) }
