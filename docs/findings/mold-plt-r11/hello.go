package main

// join calls runtime.concatstring4: a buffer and four strings are nine words, the last length is in R11.
//
//go:noinline
func join(a, b, c, d string) string { return a + b + c + d }

func main() { println(join("one ", "two ", "three ", "four")) }
