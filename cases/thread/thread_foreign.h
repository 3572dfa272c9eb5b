/* thread_foreign.h - threads made by C that do more than call Go (thread_foreign.go).
 *
 * Each function makes one thread by pthread_create and waits for its end.  Go's part is
 * goOnCThread(number), which runs the body that Go keeps under the number (core/threads_cgo.go).
 * All return 0 or the errno of what failed before the thread ran. */
#ifndef TLSMATRIX_CASES_THREAD_FOREIGN_H
#define TLSMATRIX_CASES_THREAD_FOREIGN_H

#include <stddef.h>
#include <stdint.h>

/* The thread calls Go from a shallow stack, from one that is deep bytes further down, and from a
 * shallow one again; where[] gets the stack's address at each call. */
int thread_stacks(int number, size_t deep, uintptr_t where[3]);

/* Makes size the stack of threads that do not ask for another (the runtime's own do not); returns what it was,
 * 0 where libc has no way to say it (glibc 2.18 and musl 1.1.20 have). */
size_t thread_default_stack(size_t size);

/* Calls Go from C that was called from Go. */
void thread_bounce(int number);

/* A thread that gets signals outside Go and calls Go in between, where Go sends it others.
 *
 * At each of its stops it writes one byte to up and goes on when it has read one from down:
 * THREAD_SENT when it has sent itself the signal, THREAD_SEND when the signal is to come while it
 * reads.  It ends early when down is closed; up is closed after its end. */
enum { THREAD_SENT = 's', THREAD_SEND = 'r' };
enum { THREAD_STOPS = 3, THREAD_CALLS = 2 };

struct thread_altstack {
	uintptr_t sp;
	size_t size;
	int flags;
};

struct thread_foreign {
	const char *id; /* of the check, for its control */
	int signal, number;
	int up, down;      /* the ends of two pipes that are the thread's */
	size_t stack_size; /* of an alternate signal stack of its own; 0: it sets none */

	char *stack; /* that stack, during the run */
	int tid;
	int stops, calls;                                    /* how far it came */
	int slot_known;                                      /* the file promises a slot */
	uintptr_t before[THREAD_STOPS], after[THREAD_STOPS]; /* the slot around each signal outside Go */
	struct thread_altstack set;                          /* as it was after the thread had set its own */
	struct thread_altstack seen[THREAD_CALLS + 1];       /* as it was after each call, and at the end */
	int stack_used; /* something ran on that stack, of an alternate one a handler */
	int is_away;    /* of thread_away_run */
};

int thread_foreign_run(struct thread_foreign *foreign);

/* The calling thread, which is Go's, gets signals at its stops while C runs on it that has
 *   AWAY_STACK     switched to a stack of its own of stack_size bytes
 *   AWAY_REPLACED  put an alternate signal stack of stack_size bytes in the place of the thread's
 *   AWAY_DISABLED  taken the alternate signal stack away
 * and that puts things right again before it returns.  AWAY_LEFT replaces it, makes no stops and leaves it so;
 * AWAY_BACK ends that.  is_away says whether it was done; up is closed. */
enum thread_away { AWAY_STACK, AWAY_REPLACED, AWAY_DISABLED, AWAY_LEFT, AWAY_BACK };

int thread_away_run(struct thread_foreign *foreign, enum thread_away how);

/* The thread, which has no alternate stack of its own, calls Go once and ends; seen[] gets the stack in force before
 * the call and after it.  id is of the check, for its control. */
int thread_bound_run(const char *id, int number, struct thread_altstack seen[2]);

/* Takes every key of pthread_key_create that is left, for a control; returns how many. */
int thread_take_keys(void);

/* The thread blocks the signals, calls Go calls times and compares its mask after each call.
 * changed gets the number of calls after which it differed. */
int thread_mask_run(int number, int calls, const int *signals, int count, int *changed);

#endif
