// Package most is in a shared library that needs those of more and of base.
package most

import (
	"tlsmatrix.pair/base"
	"tlsmatrix.pair/more"
)

func init() {
	base.Word *= 11
	base.Order += " most"
}

// See tells of base's variables, as more sees them.
func See() (inits int, word *int) { return more.See() }
