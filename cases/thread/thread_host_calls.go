package main

// Calls from the host into Go while Go calls the host, on the one thread that there is.

// callDepth is how often the host and Go call each other in check_thread_host_calls_go.
const callDepth = 4

// A callLog is what happened on the way down and up.
type callLog struct {
	calls, back int
	switched    int
}

// down calls the host, which calls Go again, until the depth is used up; after each call g has to
// be what it was before. Deep inside, the scheduler runs another goroutine to its end.
func (log *callLog) down(depth int) {
	const id = "thread.host-calls-go"
	if depth == 0 {
		other := make(chan int)
		go func() { other <- 1 }()
		log.switched += <-other
		return
	}
	before := currentG()
	hostCallsGo(func() {
		log.calls++
		log.down(depth - 1)
	})
	if gRead(id, before) == before {
		log.back++
	}
}

func check_thread_host_calls_go() observation {
	var log callLog
	log.down(callDepth)
	return observation{
		observed: "calls=" + itoa(log.calls) + " g-back=" + itoa(log.back) +
			" switched=" + word(log.switched == 1, "yes", "no"),
	}
}
