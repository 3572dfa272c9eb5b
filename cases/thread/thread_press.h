/* thread_press.h - threads of C that call Go under signals, and often (thread_press.go). */
#ifndef TLSMATRIX_CASES_THREAD_PRESS_H
#define TLSMATRIX_CASES_THREAD_PRESS_H

/* Ten threads send a new one a signal a hundred times each.  That one calls goOnCThread(number) ten times, spread over
 * the signals, the first time after the first signal, and mallocs in between.  kept is whether its memory held what it
 * wrote.  id is of the check, for its control.  Returns 0 or the errno of what failed. */
enum { PRESS_CALLS = 10 };

int thread_press(const char *id, int signal, int number, int *kept);

/* Calls goOnCThread(number) so often. */
void thread_often(int number, int calls);

#endif
