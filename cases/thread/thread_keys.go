package main

/*
#include <stdlib.h>
#include "thread_keys.h"
*/
import "C"

import "unsafe"

const keysID = "thread.keys"

// keysThread has a thread of a kind do one thing after the other, until end is called.
func keysThread(on func(func())) (do func(func()), end func()) {
	orders, done := make(chan func()), make(chan struct{})
	go on(func() {
		done <- struct{}{}
		for order := range orders {
			order()
			done <- struct{}{}
		}
	})
	<-done
	return func(order func()) { orders <- order; <-done }, func() { close(orders) }
}

// keysNull makes all keys and names the kinds of threads on which all of them are NULL.
func keysNull(keys *C.struct_thread_keys, do []func(func()), point string) (null string, count int, code C.int) {
	at := C.CString(point)
	defer C.free(unsafe.Pointer(at))
	defer C.thread_keys_delete(keys)
	if code = C.thread_keys_make(keys); code != 0 {
		return "", 0, code
	}
	for i, name := range []string{"main", "go", "c"} {
		do[i](func() {
			if C.thread_keys_null(keys, at) == keys.count {
				null += word(null == "", "", ",") + name
			}
		})
	}
	return null, int(keys.count), 0
}

// check_thread_keys makes all keys twice: those of the second time have had values. Go has one of them, each libc
// and sanitizer some.
func check_thread_keys() observation {
	const others = 16
	keys := (*C.struct_thread_keys)(C.calloc(1, C.size_t(unsafe.Sizeof(C.struct_thread_keys{}))))
	defer C.free(unsafe.Pointer(keys))
	keys.id = C.CString(keysID)
	defer C.free(unsafe.Pointer(keys.id))
	do := []func(func()){onMain}
	for _, on := range []func(func()){onLocked, onC} {
		order, end := keysThread(on)
		defer end()
		do = append(do, order)
	}
	fresh, count, code := keysNull(keys, do, "value")
	again, more := "", 0
	if code == 0 {
		again, more, code = keysNull(keys, do, "again")
	}
	end := ""
	if code == 0 {
		end, code = keysEnd(keys.id)
	}
	if code != 0 {
		return observation{observed: "fails", note: "errno " + itoa(int(code))}
	}
	limit := int(C.thread_keys_limit())
	return observation{
		observed: "keys=" + word(count+others >= limit && more+others >= limit, "all", "few") +
			" null=" + fresh + " again=" + again + end,
		note: itoa(count) + " and " + itoa(more) + " of " + itoa(limit) + " keys",
	}
}

// keysEnd has Go called by a thread that ends, from the destructor of a key.
func keysEnd(id *C.char) (text string, code C.int) {
	seen := (*C.struct_thread_keys_end)(C.calloc(1, C.size_t(unsafe.Sizeof(C.struct_thread_keys_end{}))))
	defer C.free(unsafe.Pointer(seen))
	calls := 0
	number := keepBody(func() {
		if gWord(keysID) == "g" && growStack(100) == 0 {
			calls++
		}
	})
	defer dropBody(number)
	code = C.thread_keys_end(id, C.int(number), seen)
	text = " destructor=" + itoa(int(seen.calls)) + " cleared=" + itoa(int(seen.cleared))
	return text + " go=" + itoa(calls), code
}
