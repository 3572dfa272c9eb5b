package main

import "tlsmatrix.pair/base"

// seen is what the program has of package base; cases/control/own_apart.go says otherwise.
func seen() (inits int, word *int) { return base.Inits, &base.Word }

func made() (empty interface{}, namer base.NamerWithALongEnoughNameToBeShortened, unnamed interface{}) {
	return (*base.Named)(nil), (*base.Named)(nil), (*[11]map[int16]chan<- int8)(nil)
}

func key() interface{} { return base.Key{Text: "key", Number: 7} }
