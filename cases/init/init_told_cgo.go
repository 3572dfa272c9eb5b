package main

/*
#include <stdlib.h>

enum { TOLD_WORDS = 4 };

static int *told_room(int right) { return right ? calloc(TOLD_WORDS, sizeof(int)) : malloc(TOLD_WORDS * sizeof(int)); }

// So many that no register or word of a stack that was used before has them all.
static void told_leak(void)
{
	for (int i = 0; i < 1000; i++) {
		char *volatile lost = malloc(64);
		lost[0] = 1;
	}
}

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
// anybody wrote there; or which leaves memory of C's to nobody.

const (
	toldCheck = "init.sanitizer-told"
	toldAsked = "TLSMATRIX_TOLD"
)

var toldRead int32

func init() {
	switch os.Getenv(toldAsked) {
	case "read":
		instead = toldReads
	case "leak":
		instead = toldLeaks
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

func toldLeaks() {
	if !control(toldCheck, "kept") {
		C.told_leak()
	}
	os.Exit(0)
}

// toldOf is the report's name for what the program did, "nothing" without one, and whether its status is 0.
func toldOf(what string) (told, note string) {
	end := again(nil, with(toldAsked, what), true)
	told = "nothing"
	if at := strings.Index(end.said, "Sanitizer: "); at >= 0 {
		told = strings.Fields(end.said[at:])[1]
	}
	exit := end.exit()
	if end.status.Exited() && end.status.ExitStatus() != 0 {
		exit = "other" // the sanitizer's option exitcode
	}
	return told + ",exit=" + exit, end.failure
}

func check_init_sanitizer_told() observation {
	read, note := toldOf("read")
	leak, more := toldOf("leak")
	return observation{observed: "read=" + read + " leak=" + leak, note: note + more}
}
