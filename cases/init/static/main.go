package main

// A program that has C by std alone, whose packages with cgo are compiled by the cell's C compiler and linked by Go
// itself. With -static in CC nobody tells Go's linker in which library C's functions are, and it must say so, not link
// a program that calls nothing (check build.static-by-cc).

import "os/user"

func main() {
	root, err := user.LookupId("0")
	if err != nil {
		panic(err)
	}
	println(root.Username)
}
