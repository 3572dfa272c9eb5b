/* init_symbol.h - the check init.program-symbol. */
#ifndef TLSMATRIX_CASES_INIT_SYMBOL_H
#define TLSMATRIX_CASES_INIT_SYMBOL_H

/* What dlsym has under a name: nothing, an address that is not goOnCThread's (core/threads_cgo.go), or that. */
enum init_symbol { INIT_SYMBOL_NONE, INIT_SYMBOL_OTHER, INIT_SYMBOL_OWN };

/* Looks the name up in the handle of dlopen(NULL), and calls what it finds, as goOnCThread(number).  why has room
 * for size bytes: dlerror's words when there is nothing, else empty. */
enum init_symbol init_symbol_call(const char *name, int number, char *why, int size);

#endif
