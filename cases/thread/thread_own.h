/* thread_own.h - a thread on memory of the case's own (thread_own.go). */
#ifndef TLSMATRIX_CASES_THREAD_OWN_H
#define TLSMATRIX_CASES_THREAD_OWN_H

enum { THREAD_OWN_CALLS = 3 };

struct thread_own {
	int calls;                    /* of Go: from a shallow stack, a deep one and a shallow one */
	int inside[THREAD_OWN_CALLS]; /* 1 where it was called from that memory, and as deep there as it should */
	int told;                     /* in how many of them pthread_getattr_np named nothing but that memory */
};

/* Each call is goOnCThread(number).  id is of the check, for its control.  0, or the errno of what failed. */
int thread_own_run(const char *id, int number, struct thread_own *seen);

#endif
