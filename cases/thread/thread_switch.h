/* thread_switch.h - C that runs on a stack of its own, and threads of C that call Go from such (thread_switch.go). */
#ifndef TLSMATRIX_CASES_THREAD_SWITCH_H
#define TLSMATRIX_CASES_THREAD_SWITCH_H

#include <stddef.h>

/* Runs body on the stack, whose both ends are aligned, and comes back on the caller's own. */
void thread_on_stack(char *stack, size_t size, void (*body)(void));

/* A thread calls goOnCThread(number) from its own stack, from a first and from a second one; a new thread from one
 * that ends within what Go takes for the bounds of the second.  on[] says which stack each call was made from: 0 for
 * none of these, else its number.  id is of the check, for its control.  Returns 0 or the errno of what failed. */
enum { SWITCH_CALLS = 4 };

int thread_switched(const char *id, int number, int on[SWITCH_CALLS]);

#endif
