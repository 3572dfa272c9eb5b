/* cthread.h - threads that C makes and that call Go (threads_cgo.go). */
#ifndef TLSMATRIX_CASES_CTHREAD_H
#define TLSMATRIX_CASES_CTHREAD_H

/* Makes a thread that calls goOnCThread(number) the given number of times; waits for its end.
 * 0, or the errno of pthread_create. */
int cthread_run(int number, int calls);

#endif
