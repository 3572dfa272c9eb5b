//go:build !go1.9 || go1.12
// +build !go1.9 go1.12

package base

// NextOf gives the variant, which cmd/link of 1.9 to 1.11 does not find (golang/go#25065).
func NextOf() func(*Number) int { return (*Number).Next }
