//go:build !go1.21 || go1.22
// +build !go1.21 go1.22

package base

// Made is made by a function that is inlined into the initialization of a variable, of which cmd/link of 1.21 dies
// (golang/go#62277).
var Made = func() []string { return []string{"made"} }()

// Later is the same, made in init.
var Later []string

func init() { Later = func() []string { return []string{"later"} }() }
