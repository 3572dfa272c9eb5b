package main

// control says whether a control asks for sabotage at a point of a check; cases/control/control_on.go
// says so in a control build. A normal build has no sabotage in it.
func control(id, point string) bool { return false }

// lose is never called here.
func lose(wake func()) {}
