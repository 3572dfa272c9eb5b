/* thread_keys.h - all keys that a process may have, and their destructors (thread_keys.go). */
#ifndef TLSMATRIX_CASES_THREAD_KEYS_H
#define TLSMATRIX_CASES_THREAD_KEYS_H

#include <pthread.h>

enum { THREAD_KEYS = 4096 }; /* more than any libc has; not all are asked of one that has no limit */

struct thread_keys {
	const char *id; /* of the check, for its control */
	int count;
	pthread_key_t key[THREAD_KEYS];
};

/* Makes keys until there are no more.  0, or the errno that was not EAGAIN. */
int thread_keys_make(struct thread_keys *keys);
void thread_keys_delete(struct thread_keys *keys);

/* How many a process has, as libc and POSIX say it. */
int thread_keys_limit(void);

/* How many keys are NULL on the calling thread, which afterwards has a value for each; point is that of a control, at
 * which it has one before. */
int thread_keys_null(const struct thread_keys *keys, const char *point);

struct thread_keys_end {
	int calls;   /* of the destructor */
	int cleared; /* in which the thread had the key as NULL */
};

/* A thread ends that has a value for a key, and whose destructor, which calls goOnCThread(number), sets it once more.
 * 0, or the errno of what failed. */
int thread_keys_end(const char *id, int number, struct thread_keys_end *seen);

#endif
