// The Go library of the check init.unexported: it exports nothing, and its initialization is all that it does.
package main

import "syscall"

// silentFile is SILENT_FILE of cases/hosts/checks_alone.c, which this file can include no header of.
const silentFile = 30

func init() { syscall.Write(silentFile, []byte("i")) }

func main() {}
