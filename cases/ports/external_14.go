// 1.14 to 1.20: cmd/link asks the table, and then has conditions of its own with cgo (rules.go). From 1.20.4 on
// the table has these too, under a name of 1.21, "back-ported as part of a test".
package main

import platform "tlsmatrix.ports/platform"

func mustLinkExternal(goos, goarch string, cgo bool) bool {
	return platform.MustLinkExternal(goos, goarch) || cgo && holds(cgoExternal, goos, goarch)
}
