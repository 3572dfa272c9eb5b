package main

// hostCallsGo has the embedder (cases/hosts/wasi_host.py) call body: an imported function that
// calls an exported one.
func hostCallsGo(body func()) {
	bodies = append(bodies, body)
	hostCall()
	bodies = bodies[:len(bodies)-1]
}

// bodies are those that the embedder has been asked to call and not returned from.
var bodies []func()

//go:wasmimport tlsmatrix call
func hostCall()

//go:wasmexport tlsm_called
func tlsmCalled() { bodies[len(bodies)-1]() }
