package main

// tlsmatrix_port is what a host of the reactor calls.
//
//go:wasmexport tlsmatrix_port
func tlsmatrix_port(n int32) int32 { return n + int32(portWork()) }
