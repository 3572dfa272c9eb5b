package main

/*
// Longer than 16 bits reach, and initialized: it stands before the variables that are not, one of which is Go's.
static __thread char block[70000] = {1};

// What the block holds besides its first byte, to which nobody writes.
static int written(void)
{
	int bytes = 0;

	for (unsigned i = 1; i < sizeof block; i++)
		bytes += block[i] != 0;
	return bytes;
}
*/
import "C"

func main() {
	println("bytes of C's variable that somebody wrote to:", C.written())
}
