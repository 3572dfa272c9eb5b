package main

import (
	"os"

	apart "tlsmatrix.case/apart"
	"tlsmatrix.case/common"
)

// In place of cases/hosts/plugin/see.go: where TLSMATRIX_CONTROL ends in ":apart" the second plugin has not the package
// of the others, but one of the same text under another path.

func bent(check string) bool { return os.Getenv("TLSMATRIX_CONTROL") == check+":apart" }

func init() {
	if bent("init.plugin-shared") || bent("init.plugin-nested") {
		apart.Word *= factor
	} else {
		common.Word *= factor
	}
}

// See tells of the package's variables.
func See() (inits int, word *int, next, seven int, jumps bool) {
	if bent("init.plugin-shared") || bent("init.plugin-nested") {
		return apart.Inits, &apart.Word, apart.Next(), apart.Numbers["seven"], apart.Jumps(7)
	}
	return common.Inits, &common.Word, common.Next(), common.Numbers["seven"], common.Jumps(7)
}

// Make gives nil pointers.
func Make() (empty interface{}, namer common.Namer, unnamed interface{}) {
	if bent("init.plugin-types") {
		return (*apart.Named)(nil), (*apart.Named)(nil), (*[12]map[int16]chan<- int8)(nil)
	}
	return (*common.Named)(nil), (*common.Named)(nil), (*[11]map[int16]chan<- int8)(nil)
}
