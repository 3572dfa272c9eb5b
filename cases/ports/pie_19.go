// 1.19 and 1.20: a PIE of cmd/link and the default buildmode.
package main

// cmd/link/internal/ld/config.go mustLinkExternal, BuildModePIE.  InternalLinkPIESupported is of the same name as in
// 1.21, but cmd/link does not ask it, and it writes windows-amd64 for windows/amd64.
func internalLinkPIE(goos, goarch string) bool {
	switch goos + "/" + goarch {
	case "android/arm64",
		"linux/amd64", "linux/arm64", "linux/ppc64le",
		"windows/386", "windows/amd64", "windows/arm", "windows/arm64",
		"darwin/amd64", "darwin/arm64":
		return true
	}
	return false
}

// cmd/go/internal/work/init.go buildModeInit, "default": ldBuildmode.
func defaultPIE(goos, goarch string, race bool) bool {
	return goos == "android" || goos == "ios" || goos == "windows" && !race
}
