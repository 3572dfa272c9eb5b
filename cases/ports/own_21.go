// Since 1.21 cmd/go and cmd/link ask internal/platform for all of it.
package main

import platform "tlsmatrix.ports/platform"

func asanSupported(goos, goarch string) bool {
	return platform.ASanSupported(goos, goarch)
}

func mustLinkExternal(goos, goarch string, cgo bool) bool {
	return platform.MustLinkExternal(goos, goarch, cgo)
}

func internalLinkPIE(goos, goarch string) bool {
	return platform.InternalLinkPIESupported(goos, goarch)
}

func defaultPIE(goos, goarch string, race bool) bool {
	return platform.DefaultPIE(goos, goarch, race)
}
