/* The C side where C may have thread-local variables beside Go's slot: one of odd size and strict
 * alignment, so that every rounding in the layout of PT_TLS shows in the slot's offset. */
#include "port.h"

static _Thread_local struct { _Alignas(64) char bytes[132]; } port_neighbour;

int port_c(int n)
{
	volatile char *bytes = port_neighbour.bytes;
	bytes[n & 127] = 1;
	return n + bytes[n & 127];
}
