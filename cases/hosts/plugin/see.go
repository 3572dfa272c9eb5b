package main

import "tlsmatrix.case/common"

// What the plugin and the second one tell of the package that they share with their program and with each other
// (cases/hosts/plugin/pair.go). Both have this text, and a factor of their own.

func init() { common.Word *= factor }

// See tells of the package's variables. Plain types: that the package's are one is another check's matter.
func See() (inits int, word *int, next, seven int, jumps bool) {
	return common.Inits, &common.Word, common.Next(), common.Numbers["seven"], common.Jumps(7)
}

// Make gives nil pointers, which are equal where their types are one: in an empty interface, in one that has an itab,
// and of a type that has no name and that the program does not have.
func Make() (empty interface{}, namer common.Namer, unnamed interface{}) {
	return (*common.Named)(nil), (*common.Named)(nil), (*[11]map[int16]chan<- int8)(nil)
}
