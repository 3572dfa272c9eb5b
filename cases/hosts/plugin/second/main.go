// The second plugin of the checks init.plugin-*. Its path has a dot in its last part, which stands escaped in its
// symbols (golang/go#22295; cmd/internal/objabi PathToPrefix).
package main

import (
	"reflect"

	"tlsmatrix.case/common"
)

const factor = 7

func main() {}

// Made is Make's third value, of a type that reflection makes, or finds in a module.
func Made() interface{} {
	channel := reflect.ChanOf(reflect.SendDir, reflect.TypeOf(int8(0)))
	table := reflect.MapOf(reflect.TypeOf(int16(0)), channel)
	return reflect.Zero(reflect.PtrTo(reflect.ArrayOf(11, table))).Interface()
}

// Call calls a method of the shared package by a name that the linker does not know (golang/go#42579).
func Call(name string) string {
	method := reflect.ValueOf(&common.Named{}).MethodByName(name)
	if !method.IsValid() {
		return "no " + name
	}
	return method.Call(nil)[0].String()
}

type told int

// Tell is called by the program, which gets Told alone.
func (told) Tell() string { return "told" }

// Told is what the program looks up.
var Told told
