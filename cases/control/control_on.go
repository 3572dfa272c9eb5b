package main

import (
	"os"
	"sync"
)

// control says whether a control asks for sabotage at a point of a check: where TLSMATRIX_CONTROL
// is "ID" or "ID:POINT". In place of cases/core/control_off.go.
func control(id, point string) bool {
	asked := os.Getenv("TLSMATRIX_CONTROL")
	return asked == id || asked == id+":"+point
}

var lost struct {
	sync.Mutex
	wakes []func()
}

// lose loses a wake-up as a scheduler does whose sleepers look again when the next timer is due: until then nobody is
// told.
func lose(wake func()) {
	lost.Lock()
	lost.wakes = append(lost.wakes, wake)
	lost.Unlock()
}

func init() { onBeat = deliver }

// deliver is called whenever the timer of a check ticks (cases/core/check.go pulse).
func deliver() {
	lost.Lock()
	wakes := lost.wakes
	lost.wakes = nil
	lost.Unlock()
	for _, wake := range wakes {
		wake()
	}
}
