package main

// gcc's emulation of thread-local variables asks libwinpthread for a key; linked statically, since that
// DLL is mingw's and no part of Windows.

// #cgo LDFLAGS: -static
import "C"
