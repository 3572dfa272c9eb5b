// Package more is in a shared library that needs that of base.
package more

import "tlsmatrix.pair/base"

func init() {
	base.Word *= 5
	base.Order += " more"
}

// See tells of base's variables.
func See() (inits int, word *int) { return base.Inits, &base.Word }

// Make is as front's.
func Make() (empty interface{}, namer base.NamerWithALongEnoughNameToBeShortened, unnamed interface{}) {
	return (*base.Named)(nil), (*base.Named)(nil), (*[11]map[int16]chan<- int8)(nil)
}

// Find looks up what the program has put there.
func Find(in map[interface{}]int) int { return in[base.Key{Text: "key", Number: 7}] }

// Kept is the library's own variable of a type of the other one.
var Kept base.Cells
