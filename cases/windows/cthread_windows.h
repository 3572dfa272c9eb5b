/* cthread_windows.h - threads that C makes on Windows, by CreateThread: what cgo's own are made by too. */
#ifndef TLSMATRIX_CASES_WINDOWS_CTHREAD_H
#define TLSMATRIX_CASES_WINDOWS_CTHREAD_H

#include <stddef.h>

/* Runs body on a fresh thread with a stack of that many bytes (0: the program's default) and waits for its
 * end.  0, or the error of CreateThread. */
int cthread_body(void (*body)(void *), void *argument, size_t stack);

#endif
