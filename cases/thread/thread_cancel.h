/* thread_cancel.h - a thread that has called Go and is cancelled in C (thread_cancel.go). */
#ifndef TLSMATRIX_CASES_THREAD_CANCEL_H
#define TLSMATRIX_CASES_THREAD_CANCEL_H

/* Where the thread is when pthread_cancel is called: in a read that does not return, in a loop that is no cancellation
 * point, or there with cancellation disabled. */
enum thread_cancel_where { CANCEL_WAITS, CANCEL_RUNS, CANCEL_DISABLED };

struct thread_cancel {
	/* What the thread did since, in its order and with commas: "on" behind a point that was none for it, "enabled",
	 * "inner" and "outer" in clean-up handlers, "key" in a key's destructor; and pthread_join's "canceled" or
	 * "returned". */
	char trace[96];
};

/* The thread calls goOnCThread(number) before it is cancelled, in the inner handler, and while cancellation is
 * disabled.  It is never in Go when a cancellation may act: a frame of Go has no words for an unwinder, and what a
 * cancelled thread leaves undone in the runtime nobody takes up.  id is of the check, for its control.  0, or the errno
 * of what failed. */
int thread_cancel_run(const char *id, int number, enum thread_cancel_where where, struct thread_cancel *seen);

#endif
