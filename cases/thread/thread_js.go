package main

import "syscall/js"

// hostCallsGo has JavaScript call body, as an event handler is called (lib/wasm/wasm_exec.js
// _makeFuncWrapper, runtime/lock_js.go handleEvent).
func hostCallsGo(body func()) {
	handler := js.FuncOf(func(js.Value, []js.Value) any {
		body()
		return nil
	})
	defer handler.Release()
	handler.Invoke()
}
