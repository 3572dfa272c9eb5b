package main

import (
	"os"

	apart "tlsmatrix.pair/apart"
	"tlsmatrix.pair/base"
)

// In place of cases/hosts/shared/own.go: where TLSMATRIX_CONTROL ends in ":apart" the program has not the libraries'
// package, but one of the same text under another path.

func bent(check string) bool { return os.Getenv("TLSMATRIX_CONTROL") == check+":apart" }

func seen() (inits int, word *int) {
	if bent("init.shared-once") {
		return apart.Inits, &apart.Word
	}
	return base.Inits, &base.Word
}

func made() (empty interface{}, namer base.NamerWithALongEnoughNameToBeShortened, unnamed interface{}) {
	if bent("init.shared-types") {
		return (*apart.Named)(nil), (*apart.Named)(nil), (*[12]map[int16]chan<- int8)(nil)
	}
	return (*base.Named)(nil), (*base.Named)(nil), (*[11]map[int16]chan<- int8)(nil)
}

func key() interface{} {
	if bent("init.shared-types") {
		return apart.Key{Text: "key", Number: 7}
	}
	return base.Key{Text: "key", Number: 7}
}
