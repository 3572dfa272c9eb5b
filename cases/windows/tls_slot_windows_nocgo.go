package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

// The slot without cgo: assembly and the environment (harness/probe/probe.h says what stands there).

const withCgo = false

var (
	getModuleHandle = kernel32.NewProc("GetModuleHandleW")
	queryThread     = syscall.NewLazyDLL("ntdll.dll").NewProc("NtQueryInformationThread")
)

// A threadBasicInformation is THREAD_BASIC_INFORMATION (winternl.h, phnt ntpsapi.h).
type threadBasicInformation struct {
	exitStatus      int32
	teb             uintptr
	process, thread uintptr
	affinity        uintptr
	priority, base  int32
}

// threadPointer is the address of the calling thread's TEB, asked of the kernel: NtCurrentTeb, the word
// at %gs:0x30 or %fs:0x18, is what it is compared with.
func threadPointer() uintptr {
	const currentThread, basicInformation = ^uintptr(1), 0
	var information threadBasicInformation
	queryThread.Call(currentThread, basicInformation, uintptr(unsafe.Pointer(&information)),
		unsafe.Sizeof(information), 0)
	return information.teb
}

// gAndWord reads the g register and what the word at an offset from the TEB leads to.
//
//go:noescape
func gAndWord(offset uintptr) (gp, word uintptr)

// codeSlot is what the assembler makes of TLS: the word that code of this program finds in its slot.
//
//go:noescape
func codeSlot() (inSlot uintptr)

// gAndSpoiledWord is gAndWord while the slot leads to a word that is not g.
//
//go:noescape
func gAndSpoiledWord(offset uintptr) (gp, word uintptr)

// gAndWordElsewhere is gAndWord with the TEB of another thread.
//
//go:noescape
func gAndWordElsewhere(offset, other uintptr) (gp, word uintptr)

//go:nosplit
func witness(offset uintptr) (g, word uintptr) { return gAndWord(offset) }

func witnessSpoiled(offset, slot uintptr) (g, held uintptr) { return gAndSpoiledWord(offset) }

func witnessElsewhere(offset, own, other uintptr) (g, held uintptr) {
	return gAndWordElsewhere(offset, other)
}

// findSlot reads the promise: runtime.tls_g, a variable at a place of the program, holds the offset.
func findSlot() (promise slotPromise) {
	text, isKey := strings.CutPrefix(os.Getenv("TLSMATRIX_SLOT"), "key:")
	place, err := strconv.ParseUint(text, 0, 64)
	if !isKey || err != nil {
		return promise
	}
	base, _, _ := getModuleHandle.Call(0)
	offset := *wordAt(base + uintptr(place))
	block := threadPointer() + slotArray
	return slotPromise{known: true, offset: offset, agrees: true, block: block, blockSize: tlsSlots * wordBytes}
}

// usedOffset is the offset that the runtime uses, found without the promise: the one word of
// TEB.TlsSlots that is what code of this program finds in its slot. The caller is locked to its thread.
func usedOffset() (offset uintptr, found string) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	teb, count := threadPointer(), 0
	for _, place := range slotPlaces() {
		if inSlot := codeSlot(); inSlot != 0 && *wordAt(teb + place) == inSlot {
			offset = place
			count++
		}
	}
	return offset, word(count == 0, "none", word(count == 1, "one", "many"))
}
