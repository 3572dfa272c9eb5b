package main

/*
#include <stdlib.h>

enum { TOLD_WORDS = 4 };

static int *told_room(int right) { return right ? calloc(TOLD_WORDS, sizeof(int)) : malloc(TOLD_WORDS * sizeof(int)); }

#ifdef __SANITIZE_ADDRESS__
static int told_at(int right) { return right ? 0 : TOLD_WORDS; }
#else
static int told_at(int right) { return 0; }
#endif
*/
import "C"

import (
	"os"
	"strings"
	"unsafe"
)

// The program once more, whose Go reads of C's memory what it should not: behind its end, with -asan, or before
// anybody wrote there.

const (
	toldCheck = "init.sanitizer-told"
	toldAsked = "TLSMATRIX_TOLD"
)

var toldRead int32

func init() {
	if os.Getenv(toldAsked) != "" {
		instead = toldReads
	}
}

func toldReads() {
	right := C.int(0)
	if control(toldCheck, "right") {
		right = 1
	}
	room := (*[C.TOLD_WORDS + 1]int32)(unsafe.Pointer(C.told_room(right)))
	toldRead = room[C.told_at(right)]
	os.Exit(0)
}

func check_init_sanitizer_told() observation {
	end := again(nil, with(toldAsked, "yes"), true)
	told := "nothing"
	if at := strings.Index(end.said, "Sanitizer: "); at >= 0 {
		told = strings.Fields(end.said[at:])[1]
	}
	exit := end.exit()
	if end.status.Exited() && end.status.ExitStatus() != 0 {
		exit = "nonzero" // the sanitizer's option exitcode
	}
	return observation{observed: "told=" + told + " exit=" + exit, note: end.failure}
}
