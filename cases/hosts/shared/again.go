package main

import (
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// The checks for which the program starts itself once more, with the libraries in other folders.

// The libraries' names, as cmd/go makes them (internal/load/pkg.go libname).
const (
	baseLibrary = "libtlsmatrix.pair-front,tlsmatrix.pair-base.so"
	moreLibrary = "libtlsmatrix.pair-more.so"
)

// readAll reads to the end. io/ioutil, which the library of std has not, would be compiled into the program, for which
// cmd/go of 1.6 and 1.7 waits for ever.
func readAll(from io.Reader) string {
	var all []byte
	for {
		var part [4096]byte
		n, err := from.Read(part[:])
		all = append(all, part[:n]...)
		if err != nil {
			return string(all)
		}
	}
}

// loaded are the files of the libraries that are mapped, one a line.
func loaded() string {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return err.Error()
	}
	defer maps.Close()
	seen, all := map[string]bool{}, ""
	for _, line := range strings.Split(readAll(maps), "\n") {
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

// patience is for a busy machine.
const patience = 30 * time.Second

// again starts the program with the libraries' folder in the environment, or with none, and is what it said, with its
// exit status; -1: it hangs, or does not start.
func again(folder string) (said string, status int) {
	out, in, err := os.Pipe()
	if err != nil {
		return err.Error(), -1
	}
	defer out.Close()
	environ := []string{}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "LD_LIBRARY_PATH=") {
			environ = append(environ, entry)
		}
	}
	if folder != "" {
		environ = append(environ, "LD_LIBRARY_PATH="+folder)
	}
	pid, err := syscall.ForkExec("/proc/self/exe", []string{os.Args[0], answering},
		&syscall.ProcAttr{Env: environ, Files: []uintptr{0, in.Fd(), in.Fd()}})
	in.Close()
	if err != nil {
		return err.Error(), -1
	}
	hangs := time.AfterFunc(patience, func() {
		ranOut.set()
		syscall.Kill(pid, syscall.SIGKILL)
	})
	said = readAll(out)
	var ended syscall.WaitStatus
	for err = syscall.EINTR; err == syscall.EINTR; {
		_, err = syscall.Wait4(pid, &ended, 0, nil)
	}
	hangs.Stop()
	return said, ended.ExitStatus()
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
	said, status := again(folder)
	mine := gopath("two")
	return observation{observed: "exit=" + itoa(status) +
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
	said, status := again(folder)
	_, right := again("")
	return observation{observed: "exit=" + itoa(status) +
		" told=" + word(strings.Contains(said, "abi mismatch detected between"), "abi", "nothing") +
		" right=" + itoa(right), note: said}
}
