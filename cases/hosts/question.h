/* question.h - questions about a process with a Go library in it that may not outlive them (pass ALONE): each has a
 * child of its own, which sets the host's dispositions, loads the library, has it answer and then does what is asked.
 * Told is the word that it says on its standard error before it ends, or else how it ended: the signal's name, or
 * "exit-N"; "hangs" when QUESTION_MS were not enough.
 *
 * checks_signal.c, checks_handler.c, checks_inherit.c, checks_goexit.c, checks_exit.c and checks_nested.c have the
 * tables. */
#ifndef TLSMATRIX_CASES_HOSTS_QUESTION_H
#define TLSMATRIX_CASES_HOSTS_QUESTION_H

#include "cases/hosts/host.h"

enum { QUESTION_MS = 40000 }; /* times host_patience() */

/* One question; rows of one check make its observation in their order: "word=what the child told or how it ended". */
struct question {
	const char *id, *word;
	void (*before)(
	    void); /* the child's dispositions before the library is loaded, which are all the default; or NULL */
	void (*body)(void);      /* tells, or ends the child; told "lives" when it returns */
	const char *phrase, *is; /* ",IS" where this phrase is in the words of the child; or NULL */
};

/* Asks those of the table that are of the check; adds to seen what was told, and to its note what was said besides.
 * Ends the host as every other check does when the library cannot be loaded. */
void questions_ask(struct host *host, const struct question *table, size_t count, const char *id, struct seen *seen);

/* The host_check.observe of a check: asks those of the file's table, which is named questions. */
#define QUESTION_OBSERVER(name, id) \
	static void name(struct host *host, struct seen *seen) \
	{ \
		questions_ask(host, questions, sizeof questions / sizeof *questions, id, seen); \
	}

/* ---- for before and body, in the child ---- */

extern int (*question_go)(int ask, int number);      /* tlsm_signal (cases/thread/thread_signal_lib.h); in body */
extern const struct library *question_library;       /* the one that was loaded; in body */
extern struct host *question_host;                   /* the child's, not loaded yet in before */
void question_tell(const char *word);                /* ends the child */
void question_fails(const char *why);                /* ends it with errno's words: it could not be asked */
long long question_now(void);                        /* milliseconds */
void question_handle(int, void (*)(int), int flags); /* sets the signal's handler, with an empty mask */
void question_handle_all(void (*handler)(int));      /* of all signals that can have one and are not libc's own */

/* Forks: 1 in the child's child, which goes on and is killed when its parent ends; 0 in the parent once it has ended
 * with status 0.  Where it ended otherwise the parent ends too: it tells the signal, or has the same status. */
int question_fork(void);

#endif
