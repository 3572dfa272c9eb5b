package main

/*
#include "thread_foreign.h"
*/
import "C"

func init() {
	if wordBits == 64 {
		return
	}
	smallStacks = func() (back func()) {
		was := C.thread_default_stack(threadStackSmall)
		stacksAreSmall = was != 0
		return func() {
			if stacksAreSmall {
				C.thread_default_stack(was)
			}
			stacksAreSmall = false
		}
	}
}
