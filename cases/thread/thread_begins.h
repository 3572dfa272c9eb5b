/* thread_begins.h - what a thread of C finds as it begins, before Go knows it (thread_begins.go). */
#ifndef TLSMATRIX_CASES_THREAD_BEGINS_H
#define TLSMATRIX_CASES_THREAD_BEGINS_H

enum { THREAD_BEGINS = 16 }; /* threads that are there at once */

/* Of how many threads each is true. */
struct thread_begins {
	int mask;     /* its signal mask was its creator's */
	int pending;  /* no signal was pending, though one was on the creator */
	int altstack; /* it had no alternate signal stack */
	int stack;    /* its stack was aligned as C has it */
	int bounds; /* pthread_getattr_np named the stack that it runs on, and half as much as was asked for: a libc may
	             * take guard and TLS out of it */
	int key_none; /* a key that its creator has a value for had none */
	int key_own;  /* when all had set that key it still had the thread's own value */
};

/* Makes them; id is of the check, for its control.  0, or the errno of what failed.  Afterwards the calling thread is
 * as it was. */
int thread_begins_run(const char *id, struct thread_begins *seen);

#endif
