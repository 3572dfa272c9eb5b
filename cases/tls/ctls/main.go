package main

// A program whose C code has a __thread variable. With -ldflags=-linkmode=internal the Go linker
// must refuse it by name (check build.c-tls-internal); linked externally it prints 38.

/*
#include "ctls.h"
*/
import "C"

func main() { println(int(C.ctls_read())) }
