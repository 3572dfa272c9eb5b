//go:build go1.21 && !go1.22
// +build go1.21,!go1.22

package base

// Made and Later are as in made.go, by no function.
var (
	Made  = []string{"made"}
	Later = append(Made, "later")[1:]
)
