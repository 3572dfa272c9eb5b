/* census_host.h - the program whose system calls are counted: it loads a library, calls it, and ends. */
#ifndef TLSMATRIX_HARNESS_TRACE_CENSUS_HOST_H
#define TLSMATRIX_HARNESS_TRACE_CENSUS_HOST_H

/* dlopen of the library, a call of its function (of int, to int) on this thread and on one of C, exit; a mark where
 * each begins and ends (harness/trace/census.h).  Returns what the process is to exit with: 0; 1, with a line on
 * stderr, where the library cannot be loaded, has no such function, or there is no thread. */
int census_host(const char *library, const char *function);

#endif
