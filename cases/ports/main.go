// Prints what a Go release says of its ports: one line for each, as matrix/port.h reads them.
//
// It is compiled by the release itself, since 1.14 together with a copy of the release's own table (internal/platform
// since 1.20, cmd/internal/sys before), so that the answers are those of the code that cmd/go and cmd/link decide by.
// What a table does not say yet is in one of the files beside this one, with the source that it stands for; which file
// goes with which release is in runner/toolchain/release_ports.c.
//
//	ports GOOS/GOARCH/CGO...
//
// The arguments are the ports of `go tool dist list -json`; CGO is its CgoSupported, 0 or 1.  1.5 and 1.6 have no such
// command: without arguments, the ports are those that their code is for (own_5.go).
package main

import "os"

var modes = []string{"exe", "pie", "c-archive", "c-shared", "shared", "plugin"}

// bit is " name=0" or " name=1".
func bit(name string, value bool) string {
	if value {
		return " " + name + "=1"
	}
	return " " + name + "=0"
}

// split cuts "linux/amd64/1" into its three parts.
func split(port string) (parts [3]string) {
	part := 0
	for _, c := range port {
		if c == '/' && part < 2 {
			part++
		} else {
			parts[part] += string(c)
		}
	}
	return parts
}

func line(port string) string {
	p := split(port)
	goos, goarch := p[0], p[1]
	text, comma := goos+" "+goarch+bit("cgo", p[2] == "1")+" modes=", ""
	for _, mode := range modes {
		if modeSupported(mode, goos, goarch) {
			text += comma + mode
			comma = ","
		}
	}
	return text +
		bit("race", raceSupported(goos, goarch)) +
		bit("msan", msanSupported(goos, goarch)) +
		bit("asan", asanSupported(goos, goarch)) +
		bit("external", mustLinkExternal(goos, goarch, false)) +
		bit("external-cgo", mustLinkExternal(goos, goarch, true)) +
		bit("internal-pie", internalLinkPIE(goos, goarch)) +
		bit("default-pie", defaultPIE(goos, goarch, false)) +
		bit("race-pie", defaultPIE(goos, goarch, true)) + "\n"
}

// listed is the ports of a release that cannot list them.
var listed []string

func main() {
	ports := os.Args[1:]
	if len(ports) == 0 {
		ports = listed
	}
	for _, port := range ports {
		os.Stdout.WriteString(line(port))
	}
}
