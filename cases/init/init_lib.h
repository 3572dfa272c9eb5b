/* init_lib.h - the C side of a Go library (init_lib.c), as the library's Go code sees it. */
#ifndef TLSMATRIX_CASES_INIT_LIB_H
#define TLSMATRIX_CASES_INIT_LIB_H

#include <stdint.h>

/* Go's package initialization is over: adds "go" to the list of constructors. */
void init_lib_go_ran(void);

/* For the host, plain C so that asking does not enter Go: the address of the library's slot in
 * the calling thread, as its file promises it (harness/probe/probe.h), and the word there. */
uintptr_t tlsm_slot(void);
uintptr_t tlsm_slot_value(void);

/* What tlsm_answer (init_lib.go) is asked by who asks once, and what it then says; the second library
 * (cases/init/second) says INIT_LIB_SECOND. */
enum { INIT_LIB_QUESTION = 20, INIT_LIB_ANSWER = 41, INIT_LIB_SECOND = 62 };

/* For check init.scope: what the library's a64l returns, which libc's does not, and what the l64a returns, for 1, that
 * the library is bound to: "/" is libc's. */
enum { INIT_LIB_SCOPE = -2 };
const char *tlsm_scope(void);

#endif
