package main

import (
	"io"
	"os"
	"strings"
)

// What package os and strings have, but not in the oldest release that builds the cases (1.5): os.ReadFile (1.16),
// io.ReadAll (1.16) and strings.Cut (1.18). io/ioutil is not in our library of std, and a program that is linked to it
// and has it compiled in is what cmd/go of 1.6 and 1.7 waits for without end.

// readFile reads all of a file, whose size need not be known, as in /proc.
func readFile(path string) (all []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readFrom(file)
}

// readFrom reads to the end: io.ReadAll (1.16).
func readFrom(from io.Reader) (all []byte, err error) {
	var some [4096]byte
	for {
		n, err := from.Read(some[:])
		all = append(all, some[:n]...)
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// cut splits text around the first separator; without one, all of it stands before.
func cut(text, separator string) (before, after string, found bool) {
	if i := strings.Index(text, separator); i >= 0 {
		return text[:i], text[i+len(separator):], true
	}
	return text, "", false
}
