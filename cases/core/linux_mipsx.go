package main

// What MIPS has instead of linux_generic.go: arch/mips/include/uapi/asm/signal.h, resource.h.
const (
	signalCount = 128
	sigBlock    = 1
	sigUnblock  = 2
	sigSetmask  = 3
	rlimitNproc = 8
)
