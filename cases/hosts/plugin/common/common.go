// Package common is in the program, in the plugin and in the second plugin, which share it.
package common

import "runtime"

// Inits counts how often the package was initialized.
var Inits int

// Word is multiplied by 3 in the initialization of the program, by 5 in the plugin's, by 7 in the second's.
var Word = 1

// Next counts its calls in a variable that it has closed over (golang/go#22175).
var Next = counter()

func counter() func() int {
	calls := 0
	return func() int { calls++; return calls }
}

// Numbers is made by initialization, and the program has no use for it (golang/go#44956, #62430).
var Numbers = map[string]int{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}

func init() { Inits++ }

var square int

// Jumps tells whether a switch with enough cases for a jump table ends in the function that it is in: each module has
// a table, and only one function is called (golang/go#53989).
//
//go:noinline
func Jumps(n int) bool {
	var before, after [1]uintptr
	runtime.Callers(1, before[:])
	switch n {
	case 1:
		square = 1
	case 2:
		square = 4
	case 3:
		square = 9
	case 4:
		square = 16
	case 5:
		square = 25
	case 6:
		square = 36
	case 7:
		square = 49
	case 8:
		square = 64
	}
	runtime.Callers(1, after[:])
	return square == n*n && after[0] >= before[0] && after[0]-before[0] < 1<<16
}

// Namer has an itab for Named in each of the three.
type Namer interface {
	Name() string
}

// Named is a Namer.
type Named struct{}

// Name makes it one.
func (*Named) Name() string { return "named" }

// Kept is called by reflection, in the second plugin alone.
func (*Named) Kept() string { return "kept" }
