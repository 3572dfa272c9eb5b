package main

// #include "port.h"
import "C"

// tlsmatrix_port is entered from C threads in a library, and calls C from Go.
//
//export tlsmatrix_port
func tlsmatrix_port(n C.int) C.int { return C.port_c(n) + C.int(portWork()) }
