package main

/*
#include "init_mapped.h"
*/
import "C"

import (
	"os"
	"runtime"
	"strconv"
)

// mappedAs is the permissions of the page as PF_* of program headers, and whether it is there.
func mappedAs(maps []mapping, page uint64) (flags C.uint, is bool) {
	for _, area := range maps {
		if area.from > page || page >= area.to {
			continue
		}
		for i, flag := range []C.uint{C.INIT_MAPPED_READ, C.INIT_MAPPED_WRITE, C.INIT_MAPPED_EXEC} {
			if area.permissions[i] != '-' {
				flags |= flag
			}
		}
		return flags, true
	}
	return 0, false
}

// mappedPages holds the pages of the segments against their flags: what is asked for is given, and to write to what
// was not asked for, or to what PT_GNU_RELRO covers as a whole, is not. note has the first page that is not so.
func mappedPages(maps []mapping, asked *C.struct_init_mapped) (seen, note string) {
	size := uint64(os.Getpagesize())
	relro, constant := 0, 0
	for _, load := range asked.load[:asked.count] {
		for page := uint64(load.from) / size * size; page < uint64(load.to); page += size {
			flags, is := mappedAs(maps, page)
			want := load.flags
			if page >= uint64(asked.relro_from)/size*size && page+size <= uint64(asked.relro_to) {
				want &^= C.INIT_MAPPED_WRITE
				relro++
			}
			constant += int(1 - want&C.INIT_MAPPED_WRITE>>1)
			if !is || flags&want != want || flags&^want&C.INIT_MAPPED_WRITE != 0 {
				return "other", "0x" + strconv.FormatUint(page, 16) + " has " + itoa(int(flags)) +
					", asked for is " + itoa(int(want)) + " (PF_*)"
			}
		}
	}
	return "as-asked", itoa(constant) + " pages are not to be written to, " + itoa(relro) +
		" of them by PT_GNU_RELRO"
}

func mappedStacks(maps []mapping, stacks []C.uint64_t, executable bool) string {
	for _, stack := range stacks {
		flags, is := mappedAs(maps, uint64(stack))
		if !is {
			return "not-mapped"
		}
		if flags&C.INIT_MAPPED_EXEC != 0 && !executable {
			return "executable"
		}
	}
	return "as-asked"
}

// mappedOther has an address on the stack of a thread that is not the caller's, which it is locked to: one of the two
// has its stack from libc, and not from the kernel.  The thread stays until done is closed.
func mappedOther(done chan bool) C.uint64_t {
	stack := make(chan C.uint64_t)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		stack <- C.init_mapped_stack()
		<-done
	}()
	return <-stack
}

// mappedBend is a loader that leaves permissions behind which nobody asked for.
func mappedBend(id string, asked *C.struct_init_mapped, stacks []C.uint64_t) {
	if control(id, "segment") {
		for _, load := range asked.load[:asked.count] {
			if load.flags&C.INIT_MAPPED_WRITE == 0 {
				C.init_mapped_protect(load.from, C.INIT_MAPPED_RWX)
			}
		}
	}
	if control(id, "relro") {
		C.init_mapped_protect(asked.relro_from, C.INIT_MAPPED_RW)
	}
	for i, which := range []string{"stack", "other-stack"} {
		if control(id, which) {
			C.init_mapped_protect(stacks[i], C.INIT_MAPPED_RWX)
		}
	}
}

func check_init_mapped() observation {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var asked C.struct_init_mapped
	if C.init_mapped_ask(&asked) != 0 {
		return observation{observed: "module=not-told"}
	}
	done := make(chan bool)
	defer close(done)
	stacks := []C.uint64_t{C.init_mapped_stack(), mappedOther(done)}
	mappedBend("init.mapped", &asked, stacks)
	maps := mappings()
	pages, note := mappedPages(maps, &asked)
	return observation{
		observed: "pages=" + pages + " stack=" + mappedStacks(maps, stacks, asked.stack_executable != 0),
		note:     note,
	}
}
