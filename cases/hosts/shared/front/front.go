// Package front is in the library of base, which it imports, and is named before it (golang/go#39777).
package front

import "tlsmatrix.pair/base"

func init() {
	base.Word *= 3
	base.Order += " front"
}

// Make gives nil pointers, which are equal where their types are one: in an empty interface, in one that has an itab,
// and of a type without a name.
func Make() (empty interface{}, namer base.NamerWithALongEnoughNameToBeShortened, unnamed interface{}) {
	return (*base.Named)(nil), (*base.Named)(nil), (*[11]map[int16]chan<- int8)(nil)
}
