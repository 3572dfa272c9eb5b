/* thread_bounds.h - what libc says of the calling thread's stack (thread_bounds.go). */
#ifndef TLSMATRIX_CASES_THREAD_BOUNDS_H
#define TLSMATRIX_CASES_THREAD_BOUNDS_H

#include <stddef.h>
#include <stdint.h>

struct thread_bounds {
	uintptr_t here;      /* on that stack */
	uintptr_t stack;     /* its lowest address, by pthread_getattr_np */
	size_t size;         /* and its size */
	size_t fresh, guard; /* of a thread of a new attribute, by that */
};

/* id is of the check, for its control.  0, or the errno of what failed. */
int thread_bounds_ask(const char *id, struct thread_bounds *bounds);

#endif
