// A program whose end has C call Go, which waits for another goroutine.
package main

/*
#include <stdlib.h>

extern void atEnd(void);

static int arm(void) { return atexit(atEnd); }
*/
import "C"

import (
	"fmt"
	"os"
	"time"
)

//export atEnd
func atEnd() {
	fmt.Println("called by exit")
	done := make(chan bool)
	go func() {
		time.Sleep(10 * time.Millisecond)
		done <- true
	}()
	<-done
	fmt.Println("waited")
}

func main() {
	if C.arm() != 0 {
		os.Exit(77)
	}
}
