package main

// Numbers that all processors but MIPS share: include/uapi/asm-generic/signal.h, signal-defs.h, resource.h.
const (
	signalCount = 64
	sigBlock    = 0
	sigUnblock  = 1
	sigSetmask  = 2
	rlimitNproc = 6 // package syscall has no name for it
)
