package main

import "strings"

// Names that an external linker takes for others: cmd/link makes them of a type's text and of a string's
// (golang/go#58800, golang/go#62098). A plugin that has them is not linked up to 1.20: ld takes what is behind "@" for
// a version.

type namesTagged struct {
	word int `parser:"|@@)"`
}

//go:noinline
func namesOdd(id string) bool { return strings.ContainsAny(id, "&$@;/:+,?\\{^}%`]\">[~<#|") }

func init() {
	namesTake(namesOf[namesTagged]().word)
	if namesOdd("even") || !namesOdd("#") {
		panic("names: a string is another one")
	}
}
