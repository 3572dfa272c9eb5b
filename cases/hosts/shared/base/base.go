// Package base is in a shared library, with front.
package base

import "tlsmatrix.pair/inner"

// Inits counts how often the package was initialized; each package adds its name to Order.
var (
	Inits int
	Order string
)

// Word is multiplied by 3 in the initialization of front, by 5 in that of more, by 7 in the program's.
var Word = 1

func init() {
	Inits++
	Order += "base"
}

// Inner is what inner is to this library.
func Inner() (inits int, word *int) { return inner.Inits, &inner.Word }

// Namer has an itab for Named wherever one is made into it. The name is long enough for the compiler to shorten its
// symbol (golang/go#44031).
type NamerWithALongEnoughNameToBeShortened interface {
	Name() string
}

// Named is a namer.
type Named struct{}

// Name makes it one.
func (*Named) Name() string { return "named" }

// Call calls what the program has made into the interface (golang/go#47873).
func Call(namer NamerWithALongEnoughNameToBeShortened) string { return namer.Name() }

// Number has a method whose variant for pointers the compiler makes (next.go).
type Number int

// Next is that method.
func (n Number) Next() int { return int(n) + 1 }

// Key has a function that makes a hash of it, which the compiler makes (golang/go#30768).
type Key struct {
	Text   string
	Number int
}

// Cell is as much as one allocation has, without pointers in it.
type Cell [4]int

// Cells has pointers to what is kept by it alone (golang/go#39927).
type Cells [10]*Cell
