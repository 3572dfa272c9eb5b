package main

// static inline void fault(void) { *(volatile int *)0 = 1; }
import "C"

//export Fault
func Fault() { C.fault() }

func main() {}
