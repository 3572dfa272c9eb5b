package main

// Generic functions, which came with 1.18, in all that is linked (golang/go#52937).

//go:noinline
func namesOf[T any]() (none T) { return none }

//go:noinline
func namesTake[T any](T) {}

func init() { namesTake(namesOf[int]()) }
