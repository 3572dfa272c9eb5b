// 1.5 to 1.13: cmd/go and cmd/link have no table, or one of which they ask little; this is what their code says.
package main

// modeRows is where cmd/go takes a buildmode: cmd/go/build.go buildModeInit, since 1.9 internal/work/build.go, since
// 1.10 internal/work/init.go.
var modeRows = map[string][]since{
	"exe": {{5, 0, "", ""}},
	"pie": {
		{6, 0, "linux", "386"}, {6, 0, "linux", "amd64"}, {6, 0, "linux", "arm"}, {6, 0, "linux", "arm64"},
		{6, 0, "linux", "ppc64le"}, {7, 0, "linux", "s390x"},
		{6, 0, "android", ""}, {10, 0, "darwin", "amd64"}, {11, 0, "freebsd", "amd64"}, {13, 0, "aix", "ppc64"},
	},
	"c-shared": {
		{5, 0, "linux", "amd64"}, {5, 0, "linux", "arm"}, {6, 0, "linux", "arm64"}, {6, 0, "linux", "386"},
		{10, 0, "linux", "ppc64le"}, {10, 0, "linux", "s390x"},
		{5, 0, "android", "arm"}, {6, 0, "android", ""},
		{5, 0, "darwin", "amd64"}, {6, 0, "darwin", "386"},
		{10, 0, "windows", "amd64"}, {10, 0, "windows", "386"}, {11, 0, "freebsd", "amd64"},
	},
	"shared": {
		{5, 0, "linux", "amd64"}, {6, 0, "linux", "386"}, {6, 0, "linux", "arm"}, {6, 0, "linux", "arm64"},
		{6, 0, "linux", "ppc64le"}, {7, 0, "linux", "s390x"},
	},
	"plugin": {
		{8, 0, "linux", "amd64"}, {8, 0, "linux", "arm"}, {8, 0, "linux", "arm64"}, {8, 0, "linux", "386"},
		{9, 0, "linux", "s390x"}, {10, 0, "linux", "ppc64le"},
		{8, 0, "android", ""}, {10, 0, "darwin", "amd64"},
	},
}

// raceRows and msanRows: raceInit, since 1.6 instrumentInit, in the same files.  1.6 and 1.7 ask -msan what they ask
// -race.
var (
	raceRows = []since{
		{5, 0, "linux", "amd64"}, {5, 0, "freebsd", "amd64"}, {5, 0, "darwin", "amd64"},
		{5, 0, "windows", "amd64"},
		{11, 0, "linux", "ppc64le"}, {11, 0, "netbsd", "amd64"}, {12, 0, "linux", "arm64"},
	}
	msanRows = []since{
		{6, 0, "linux", "amd64"}, {11, 0, "linux", "arm64"},
		{6, 8, "freebsd", "amd64"}, {6, 8, "darwin", "amd64"}, {6, 8, "windows", "amd64"},
	}
)

// external is what needs an external linker, cgo or not: cmd/link/internal/ld/config.go mustLinkExternal, before 1.8
// arm64/obj.go archinit.
var external = []since{{8, 0, "android", ""}, {8, 0, "darwin", "arm"}, {5, 0, "darwin", "arm64"}}

// portRows is the ports of 1.5 and 1.6: those with a runtime/rt0_GOOS_GOARCH.s, with cgo by cmd/dist/build.go
// cgoEnabled.
var portRows = []struct {
	from int
	port string
}{
	{6, "android/386/1"}, {6, "android/amd64/1"}, {5, "android/arm/1"}, {6, "android/arm64/0"},
	{5, "darwin/386/1"}, {5, "darwin/amd64/1"}, {5, "darwin/arm/1"}, {5, "darwin/arm64/1"},
	{5, "dragonfly/amd64/1"}, {5, "freebsd/386/1"}, {5, "freebsd/amd64/1"}, {5, "freebsd/arm/0"},
	{5, "linux/386/1"}, {5, "linux/amd64/1"}, {5, "linux/arm/1"}, {5, "linux/arm64/1"},
	{6, "linux/mips64/0"}, {6, "linux/mips64le/0"}, {5, "linux/ppc64/0"}, {5, "linux/ppc64le/1"},
	{5, "nacl/386/0"}, {5, "nacl/amd64p32/0"}, {5, "nacl/arm/0"},
	{5, "netbsd/386/1"}, {5, "netbsd/amd64/1"}, {5, "netbsd/arm/1"},
	{5, "openbsd/386/1"}, {5, "openbsd/amd64/1"}, {5, "openbsd/arm/0"},
	{5, "plan9/386/0"}, {5, "plan9/amd64/0"}, {5, "solaris/amd64/1"}, {5, "windows/386/1"}, {5, "windows/amd64/1"},
}

func init() {
	for _, row := range portRows {
		if minor() >= row.from {
			listed = append(listed, row.port)
		}
	}
}

// c-archive is taken everywhere, since 1.11 but for linux/ppc64.
func modeSupported(mode, goos, goarch string) bool {
	if mode == "c-archive" {
		return minor() < 11 || goos != "linux" || goarch != "ppc64"
	}
	return holds(modeRows[mode], goos, goarch)
}

func raceSupported(goos, goarch string) bool {
	return holds(raceRows, goos, goarch)
}

func msanSupported(goos, goarch string) bool {
	return holds(msanRows, goos, goarch)
}

func mustLinkExternal(goos, goarch string, cgo bool) bool {
	return holds(external, goos, goarch) || cgo && holds(cgoExternal, goos, goarch)
}
