/* library.h - what the libraries of the prober saw when they were initialized. */
#ifndef TLSMATRIX_CASES_TARGET_LIBRARY_H
#define TLSMATRIX_CASES_TARGET_LIBRARY_H

#include <stdint.h>
#include <stdio.h>

/* How many copies of the libraries with a TLS block of that size there are: libblock256-0.so, ... */
enum { TARGET_BLOCKS_256 = 16, TARGET_BLOCKS_32 = 8 };

/* Of libtarget.so's initializer: what it was called with, and the address of its frame, which tells
 * how the stack was aligned. */
struct target_init {
	int called;
	int argc;
	uintptr_t argv, envp, frame;
};

/* The fact that comes of it; argv is main's. */
static inline void target_init_tell(const struct target_init *init, char **argv, char *text)
{
	int argc = 0, aligned = 16;
	while (argv[argc])
		argc++;
	while (init->frame % (unsigned)aligned)
		aligned /= 2;
	if (init->called)
		sprintf(text, "argc %s, argv %s, envp %s, stack aligned to %d", init->argc == argc ? "yes" : "no",
		    init->argv == (uintptr_t)argv ? "yes" : "no",
		    init->envp == (uintptr_t)(argv + argc + 1) ? "yes" : "no", aligned);
	else
		sprintf(text, "not called");
}

#endif
