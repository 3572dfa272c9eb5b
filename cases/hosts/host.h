/* host.h - the C program that has the Go library, and the checks that it makes itself.
 *
 *     HOST --load MODE [--lib PATH] ID...
 *     HOST --program PATH ID
 *
 * HOST and LIVE checks share one process: the library is loaded (or came with the program), then
 * each id is observed in turn.  A check that loads the library in its own way (ALONE) must be the
 * only id.  So must a clause of what a Go program is owed by whoever starts it (contract_start.h), which takes the
 * program in place of a library.  Records go to stdout (harness/record.h).
 *
 * Exit status: 0 all ids were observed; 64 usage, or an id that neither host nor library knows;
 * 65 the library cannot be loaded ("host: dlopen PATH: ..." on stderr). */
#ifndef TLSMATRIX_CASES_HOSTS_HOST_H
#define TLSMATRIX_CASES_HOSTS_HOST_H

#include <pthread.h>
#include <setjmp.h>

#include "cases/hosts/library.h"

enum { EXIT_USAGE = 64, EXIT_LOAD = 65 };

struct host {
	const struct load_mode *mode;
	const char *path;                               /* of the library; NULL where it came with the program */
	struct library library;                         /* not loaded yet in an ALONE check */
	struct ctor_signal signals_after[CTOR_SIGNALS]; /* dispositions after the library's first call */
};

/* An observation in oracle.def's words; note is not compared. */
struct seen {
	char text[512], note[1024];
	const char *skip; /* the class (runner/trial/skips.def), where it could not be asked; note says why */
};

/* longjmp there, on the main thread, has main return EXIT_SUCCESS. */
extern jmp_buf host_returns;

struct host_check {
	const char *id;
	void (*observe)(struct host *host, struct seen *seen);
};

/* Ends with a check whose id is NULL. */
extern const struct host_check host_checks[];    /* checks_loaded.c: HOST */
extern const struct host_check alone_checks[];   /* checks_alone.c: ALONE */
extern const struct host_check exit_checks[];    /* checks_exit.c: ALONE */
extern const struct host_check goexit_checks[];  /* checks_goexit.c: ALONE */
extern const struct host_check signal_checks[];  /* checks_signal.c: ALONE */
extern const struct host_check handler_checks[]; /* checks_handler.c: ALONE */
extern const struct host_check inherit_checks[]; /* checks_inherit.c: ALONE */
extern const struct host_check nested_checks[];  /* checks_nested.c: ALONE */

/* Loads the host's library; exits with 65 when it cannot. */
void host_load(struct host *host);

/* Adds to a text of len bytes, cut where it is full. */
void seen_add(char *text, size_t len, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Starts a thread, which is to be joined or detached; aborts, and says why, where there can be none. */
pthread_t host_thread(void *(*body)(void *), void *argument);

/* A limit in ms with the patience that the target asks for: times TLSMATRIX_SCALE of the environment. */
long long host_patience(int ms);

/* How often something is done that is done so often where no more stress was asked for: times TLSMATRIX_STRESS. */
int host_rounds(int rounds);

/* Takes the dispositions of all signals after the library's first call, then gives the signals
 * that nobody needs any more their default back. */
void signals_take(struct host *host);

#endif
