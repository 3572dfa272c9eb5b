/* thread_fp.h - floating-point control around Go and in a new thread (thread_fp.go). */
#ifndef TLSMATRIX_CASES_THREAD_FP_H
#define TLSMATRIX_CASES_THREAD_FP_H

/* What of it was as the thread had set it: 1 or 0. */
struct thread_fp {
	int set;    /* when it had set it */
	int thread; /* in a thread that it made */
	int called; /* when Go came back */
};

/* Sets it on the calling thread, makes a thread, calls goOnCThread(number), and puts back what was.  id is of the
 * check, for its control.  0, or the errno of pthread_create. */
int thread_fp_here(const char *id, int number, struct thread_fp *seen);

/* The same on a thread of its own. */
int thread_fp_thread(const char *id, int number, struct thread_fp *seen);

#endif
