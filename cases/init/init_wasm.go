package main

import (
	"os"
	"runtime"
	"strings"
)

// What an embedder (Node, wasmtime) hands on of its own command line and environment. These are in
// /proc/self, since the embedder opens the files of the machine to the program.

func init() {
	embedded = handedOn
	if control("init.os-args", "embedder") {
		os.Args[0] = "another.wasm"
	}
	if control("init.environ", "embedder") {
		os.Setenv("TLSMATRIX_MORE", "1")
	}
}

// handedOn is what the program should have of the embedder's own strings.
func handedOn(name string, all []string) []string {
	switch {
	case name == "cmdline":
		return fromModule(all)
	case runtime.GOOS == "js":
		return jsEnvironment(all)
	}
	return all
}

// fromModule leaves out the embedder's own words: os.Args begins with the module's name
// (lib/wasm/wasm_exec_node.js, lib/wasm/go_wasip1_wasm_exec).
func fromModule(all []string) []string {
	for i, text := range all {
		if strings.HasSuffix(text, ".wasm") {
			return all[i:]
		}
	}
	return nil
}

// jsEnvironment adds TMPDIR as wasm_exec_node.js does, with the value of Node's os.tmpdir.
func jsEnvironment(all []string) []string {
	values := map[string]string{"TMPDIR": "/tmp"}
	for _, key := range []string{"TEMP", "TMP", ""} {
		for _, entry := range all {
			name, value, _ := strings.Cut(entry, "=")
			if key == "" {
				values[name] = value
			} else if name == key {
				values["TMPDIR"] = value
			}
		}
	}
	handed := make([]string, 0, len(values))
	for key, value := range values {
		handed = append(handed, key+"="+value)
	}
	return handed
}
