// Up to 1.20: what cmd/link and cmd/go decide by code of their own, for want of a function in the release's table.
package main

import (
	"runtime"
	"strings"
)

// since is what holds from a minor release of Go 1 on, until another, 0 for none; of goos "" any.
type since struct {
	from, until  int
	goos, goarch string
}

// cgoExternal is what needs an external linker only with cgo: cmd/link/internal/ld/config.go mustLinkExternal, iscgo.
var cgoExternal = []since{
	{5, 13, "", "arm64"},
	{8, 0, "", "mips"}, {8, 0, "", "mipsle"}, {8, 0, "", "mips64"}, {8, 0, "", "mips64le"},
	{10, 0, "", "ppc64"}, {10, 18, "", "ppc64le"},
	{14, 0, "android", ""},
	{16, 0, "", "riscv64"},
	{17, 0, "dragonfly", ""}, {17, 0, "windows", "arm64"},
	{19, 0, "", "loong64"},
}

// pieInternal is of what port cmd/link makes a PIE: the same function, case BuildModePIE.  InternalLinkPIESupported,
// since 1.16, is of the same name as in 1.21, but cmd/link does not ask it, and it writes windows-amd64 for
// windows/amd64.
var pieInternal = []since{
	{8, 0, "linux", "amd64"}, {13, 0, "linux", "arm64"},
	{14, 0, "android", "arm64"}, {14, 0, "windows", "386"}, {14, 0, "windows", "amd64"}, {14, 0, "windows", "arm"},
	{16, 0, "darwin", "amd64"}, {16, 0, "darwin", "arm64"},
	{17, 0, "windows", "arm64"},
	{18, 0, "linux", "ppc64le"},
}

// pieDefault is where the default buildmode is pie: cmd/go/internal/work/init.go buildModeInit, ldBuildmode.
var pieDefault = []since{{6, 0, "android", ""}, {15, 0, "windows", ""}, {16, 0, "ios", ""}}

// minor is that of the release, which compiled this.
func minor() int {
	number, version := 0, strings.TrimPrefix(runtime.Version(), "go1.")
	for i := 0; i < len(version) && '0' <= version[i] && version[i] <= '9'; i++ {
		number = 10*number + int(version[i]-'0')
	}
	return number
}

func holds(rows []since, goos, goarch string) bool {
	release := minor()
	for _, row := range rows {
		if release >= row.from && (row.until == 0 || release < row.until) &&
			(row.goos == "" || row.goos == goos) && (row.goarch == "" || row.goarch == goarch) {
			return true
		}
	}
	return false
}

func internalLinkPIE(goos, goarch string) bool {
	return holds(pieInternal, goos, goarch)
}

// With -race a program of windows is none since 1.19; before, cmd/go does not look at it.
func defaultPIE(goos, goarch string, race bool) bool {
	return holds(pieDefault, goos, goarch) && !(race && goos == "windows" && minor() >= 19)
}
