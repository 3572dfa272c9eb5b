//go:build go1.9 && !go1.12
// +build go1.9,!go1.12

package base

// NextOf is as in next.go, by a function of ours.
func NextOf() func(*Number) int { return func(n *Number) int { return n.Next() } }
