// 1.20 has the function of 1.21 under another name, "back-ported as part of a test"; cmd/link/internal/ld/config.go
// mustLinkExternal still has conditions of its own with cgo, which are the same.
package main

import platform "tlsmatrix.ports/platform"

func mustLinkExternal(goos, goarch string, cgo bool) bool {
	return platform.MustLinkExternalGo121(goos, goarch, cgo)
}
