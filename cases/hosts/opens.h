/* opens.h - libopens.so, a C library whose constructor opens the Go library that the host was started with (opens.c).
 *
 * It does so where the thread that opens libopens.so has one of these names, a name since the host can give it in every
 * namespace: on that thread, or on one that it starts and does not wait for.  Elsewhere it does nothing. */
#ifndef TLSMATRIX_CASES_HOSTS_OPENS_H
#define TLSMATRIX_CASES_HOSTS_OPENS_H

#define OPENS_ITSELF "opens"
#define OPENS_THREAD "opens-thread"

/* What the library answered to INIT_LIB_QUESTION (cases/init/init_lib.h) as soon as it was open, 0 where it was not
 * opened; waits for the thread. */
__attribute__((visibility("default"))) int opens_answer(void);

#endif
