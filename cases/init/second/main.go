// The second Go library of the check init.two-libs: a runtime and a slot of its own.
package main

/*
#include <stdint.h>
uintptr_t tlsm_slot(void);
*/
import "C"

func main() {}

// tlsm_answer has the name, but not the answer, of the first library's (cases/init/init_lib.go).
//
//export tlsm_answer
func tlsm_answer(question C.int) C.int {
	answer := make(chan C.int)
	go func() { answer <- 3*question + 2 }()
	return <-answer
}
