/* tls_neighbours.h - where the __thread variables of probe.h come from in this build: compiled in
 * (tls_neighbours_in.c) or from the library TLSMATRIX_NEIGHBOURS (tls_neighbours_dl.c). */
#ifndef TLSMATRIX_CASES_TLS_NEIGHBOURS_H
#define TLSMATRIX_CASES_TLS_NEIGHBOURS_H

/* NULL, or why the variables are not to be had. To be asked before any of them is used. */
const char *tls_neighbours_missing(void);

/* Makes a thread on a stack of its own that calls goOnCThread(number) (cases/core/threads_cgo.go)
 * and waits for its end; in tls_neighbours_dl.c only. 0, or an errno. */
int tls_own_stack_run(int number);

#endif
