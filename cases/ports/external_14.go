// 1.14 to 1.19: cmd/link asks the table, and then has conditions of its own with cgo (rules.go).
package main

import platform "tlsmatrix.ports/platform"

func mustLinkExternal(goos, goarch string, cgo bool) bool {
	return platform.MustLinkExternal(goos, goarch) || cgo && holds(cgoExternal, goos, goarch)
}
