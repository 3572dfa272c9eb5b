package main

// The library without cgo, which Go refuses to link: the refusal must come from the linker, not
// from a missing main.

// libraryMainRan stays 0; the checks refer to it.
var libraryMainRan int

func main() {}
