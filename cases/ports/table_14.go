// Since 1.14 cmd/go asks a table for these.
package main

import platform "tlsmatrix.ports/platform"

func modeSupported(mode, goos, goarch string) bool {
	return platform.BuildModeSupported("gc", mode, goos, goarch)
}

func raceSupported(goos, goarch string) bool {
	return platform.RaceDetectorSupported(goos, goarch)
}

func msanSupported(goos, goarch string) bool {
	return platform.MSanSupported(goos, goarch)
}
