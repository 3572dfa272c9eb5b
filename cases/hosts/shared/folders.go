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
	mostLibrary = "libtlsmatrix.pair-most.so"
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
		if strings.HasSuffix(name, baseLibrary) || strings.HasSuffix(name, moreLibrary) ||
			strings.HasSuffix(name, mostLibrary) {
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

// beside is a file or folder that lies where the program does.
func beside(name string) string { return os.Args[0][:strings.LastIndex(os.Args[0], "/")+1] + name }

// gopath is a folder beside the program, with libraries that cmd/go has installed.
func gopath(name string) string {
	return beside(name) + "/pkg/" + runtime.GOOS + "_" + runtime.GOARCH + "_dynlink"
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
		" more=" + word(strings.Contains(said, mine+"/"+moreLibrary+"\n"), "here", "elsewhere") +
		" most=" + word(strings.Contains(said, mine+"/"+mostLibrary+"\n"), "here", "elsewhere"), note: said}
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

// sharedUnexported: a library that was built again with one function more that is its own is the one that all others
// were linked to.
func sharedUnexported() observation {
	folder := gopath("unexported")
	if control("init.shared-unexported", "changed") {
		folder = gopath("changed")
	}
	said, exit := answered(folder)
	return observation{observed: "exit=" + exit +
		" base=" + word(strings.Contains(said, folder+"/"+baseLibrary+"\n"), "new", "other"), note: said}
}

// smallest is how large a program may be that has all of std from a library (cmd/cgo/internal/testshared).
const smallest = 256000

// trivial is how a program ends that finds std by its run path alone, and whether it is small.
func trivial(program string) string {
	status, err := os.Stat(program)
	if err != nil {
		return err.Error()
	}
	end := start(program, []string{program}, with("LD_LIBRARY_PATH", ""), true)
	return end.exit() + "," + word(status.Size() <= smallest, "small", "large")
}

// sharedTrivial: a program that does nothing, linked to the library of std, as it comes and as a PIE.
func sharedTrivial() observation {
	plain, pie := beside("trivial"), beside("trivial-pie")
	if control("init.shared-trivial", "whole") {
		plain = beside("trivial-whole")
	}
	return observation{observed: "program=" + trivial(plain) + " pie=" + trivial(pie)}
}
