package main

// Any program with cgo, whose code reaches g as a program's may: by an offset that the linker writes into it. With
// -extldflags=-shared the C linker is to make a library of it, and must refuse (check build.shared-by-flag).

import "C"

func main() {}
