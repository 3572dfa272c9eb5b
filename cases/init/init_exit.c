#include "init_exit.h"

#include <stdlib.h>

#include "_cgo_export.h"

/* What atexit(3) calls (Itanium C++ ABI 3.3.6.3), which Go cannot link itself: glibc has it in the static part of
 * libc. */
int __cxa_atexit(void (*function)(void *), void *argument, void *object);

static void init_exit_call(void *argument)
{
	(void)argument;
	tlsm_exit_called();
}

int init_exit_arm(void) { return __cxa_atexit(init_exit_call, NULL, NULL); }

void init_exit(int status) { exit(status); }
