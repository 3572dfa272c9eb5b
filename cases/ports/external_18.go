// 1.18 and 1.19: what needs an external linker only with cgo stands in cmd/link/internal/ld/config.go mustLinkExternal.
package main

import platform "tlsmatrix.ports/platform"

func mustLinkExternal(goos, goarch string, cgo bool) bool {
	if platform.MustLinkExternal(goos, goarch) {
		return true
	}
	switch goarch {
	case "loong64", "mips", "mipsle", "mips64", "mips64le", "riscv64":
		return cgo // ctxt.Arch.InFamily: loong64 since 1.19, which is the first to have it
	case "ppc64":
		return cgo // ctxt.Arch == sys.ArchPPC64
	}
	return cgo && (goos == "android" || goos == "dragonfly" || goos == "windows" && goarch == "arm64")
}
