package main

import (
	"os"
	"runtime"
	"strings"
)

// The checks for which the program starts itself once more, with the libraries in other folders.

// The libraries' names, as cmd/go makes them (internal/load/pkg.go libname).
const (
	baseLibrary = "libtlsmatrix.pair-front,tlsmatrix.pair-base.so"
	moreLibrary = "libtlsmatrix.pair-more.so"
)

// loaded are the files of the libraries that are mapped, one a line.
func loaded() string {
	maps, err := readFile("/proc/self/maps")
	if err != nil {
		return err.Error()
	}
	seen, all := map[string]bool{}, ""
	for _, line := range strings.Split(string(maps), "\n") {
		at := strings.Index(line, "/")
		if at < 0 || seen[line[at:]] {
			continue
		}
		name := line[at:]
		seen[name] = true
		if strings.HasSuffix(name, baseLibrary) || strings.HasSuffix(name, moreLibrary) {
			all += name + "\n"
		}
	}
	return all
}

// answered is what the program says with the libraries' folder in the environment, or with none, and how it ends.
func answered(folder string) (said, exit string) {
	end := again([]string{answering}, with("LD_LIBRARY_PATH", folder), true)
	return end.said + end.failure, end.exit()
}

// gopath is a folder beside the program, with libraries that cmd/go has installed.
func gopath(name string) string {
	folder := os.Args[0][:strings.LastIndex(os.Args[0], "/")+1]
	return folder + name + "/pkg/" + runtime.GOOS + "_" + runtime.GOARCH + "_dynlink"
}

// sharedPath: the program finds all libraries by the run paths that cmd/link has written, with nothing in the
// environment; and by the environment first.
func sharedPath() observation {
	folder := ""
	if control("init.shared-path", "elsewhere") {
		folder = gopath("changed")
	}
	said, exit := answered(folder)
	mine := gopath("two")
	return observation{observed: "exit=" + exit +
		" base=" + word(strings.Contains(said, mine+"/"+baseLibrary+"\n"), "here", "elsewhere") +
		" more=" + word(strings.Contains(said, mine+"/"+moreLibrary+"\n"), "here", "elsewhere"), note: said}
}

// sharedChanged: a library that was built again with one function more is told apart, before anything of it is
// initialized.
func sharedChanged() observation {
	folder := gopath("changed")
	if control("init.shared-changed", "right") {
		folder = gopath("two")
	}
	said, exit := answered(folder)
	_, right := answered("")
	return observation{observed: "exit=" + exit +
		" told=" + word(strings.Contains(said, "abi mismatch detected between"), "abi", "nothing") +
		" right=" + right, note: said}
}
