// Prints what a Go release says of its ports: one line for each, as matrix/port.h reads them.
//
// It is compiled by the release itself together with a copy of the release's internal/platform, so that
// the answers are those of the code that cmd/go and cmd/link decide by.
//
//	ports GOOS/GOARCH/CGO...
//
// The arguments are the ports of `go tool dist list -json`; CGO is its CgoSupported, 0 or 1.
package main

import (
	"os"
	"tlsmatrix.ports/platform"
)

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
		if platform.BuildModeSupported("gc", mode, goos, goarch) {
			text += comma + mode
			comma = ","
		}
	}
	return text +
		bit("race", platform.RaceDetectorSupported(goos, goarch)) +
		bit("msan", platform.MSanSupported(goos, goarch)) +
		bit("asan", platform.ASanSupported(goos, goarch)) +
		bit("external", platform.MustLinkExternal(goos, goarch, false)) +
		bit("external-cgo", platform.MustLinkExternal(goos, goarch, true)) +
		bit("internal-pie", platform.InternalLinkPIESupported(goos, goarch)) +
		bit("default-pie", platform.DefaultPIE(goos, goarch, false)) +
		bit("race-pie", platform.DefaultPIE(goos, goarch, true)) + "\n"
}

func main() {
	for _, port := range os.Args[1:] {
		os.Stdout.WriteString(line(port))
	}
}
