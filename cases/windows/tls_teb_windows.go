package main

import "unsafe"

// Go's slot on Windows: the word of the TEB that runtime.wintls got from TlsAlloc. It holds the
// address of m.tls, whose first word is g (runtime/sys_windows_amd64.s settls, asm_amd64.s rt0_go),
// so that what the slot "holds" is read through it; 0 while it is empty.

// The TEB's words that may be Go's slot (winternl.h TEB; runtime/sys_windows_*.s).
const (
	tlsSlots  = 64
	wordBytes = unsafe.Sizeof(uintptr(0))
)

// slotArray is where TEB.TlsSlots begins, from the TEB.
const slotArray = 0x1480*(wordBytes/8) + 0xe10*(1-wordBytes/8)

// throughSlot is the word that the slot's word leads to.
func throughSlot(inSlot uintptr) uintptr {
	if inSlot == 0 {
		return 0
	}
	return *wordAt(inSlot)
}

// slotPlaces are the offsets of all words of TEB.TlsSlots.
func slotPlaces() (places []uintptr) {
	for i := uintptr(0); i < tlsSlots; i++ {
		places = append(places, slotArray+i*wordBytes)
	}
	return places
}

// threadPointerMoved is the thread pointer as a system would show it that moved the TEB, for a control.
func threadPointerMoved(own uintptr) uintptr { return own + 64 }
