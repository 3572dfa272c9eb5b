/* ctor.h - libctor.so: what runs in the process before the Go library's own initializer.
 *
 * The Go library needs libctor.so, so that every loader runs its constructor first, however the
 * library gets into the process.  It adds itself to the list of constructors
 * (cases/init/init_list.h) and, where the argument list names init.host-signals or
 * init.signal-chained, installs the host's signal handlers.  In a control build it also plays the
 * loader that hands a wrong argument vector to initializers.
 *
 * The host asks for these functions by dlsym in the library's namespace; it is not linked with
 * libctor.so, since that would run the constructor too early. */
#ifndef TLSMATRIX_CASES_HOSTS_CTOR_H
#define TLSMATRIX_CASES_HOSTS_CTOR_H

#include <signal.h>

enum { CTOR_SIGNALS = 65 }; /* index is the signal number; 0 is unused */

/* The signal that ctor_release leaves with its handler: one that nobody else uses. */
enum { CTOR_SIGNAL_KEPT = 45 };

/* One signal's disposition.  ours: the constructor installed a handler for it. */
struct ctor_signal {
	struct sigaction action;
	int ours;
};

/* 1; called by the library so that libctor.so stays its dependency. */
int ctor_dependency(void);

/* 1 when the library's Go initializer has been entered since libctor.so's constructor ran: Go's handler of SIGSEGV is
 * there (runtime/signal_unix.go libpreinit, since 1.6), or a thread more (runtime/rt0_linux_amd64.s, 1.5 too). */
int ctor_go_began(void);

/* The name of a thread on which the early constructor takes its time. */
#define CTOR_SLOW "slow"

/* A constructor of the library says that it runs: "early" before Go's, "late" after it.  Where the thread's name is
 * that word and a signal's number ("late-11"), the signal happens there, by a real fault or write as in ctor_reached;
 * a name, since the host can give it in every namespace.  Says "told: out-of-order" and ends the process where Go's
 * initializer came on the wrong side. */
void ctor_moment(const char *moment);

/* libc's function of that name, once more (check init.scope): who is bound to this one gets CTOR_SCOPE. */
#define CTOR_SCOPE "libctor"
char *l64a(long number);

/* From now on each destructor of the library and of libctor.so says its name behind what the process said last, on the
 * standard error (check init.fini-order). */
void ctor_fini_arm(void);

/* A destructor of the library says that it runs, where they are armed: whether they are.  The name begins with a
 * comma. */
int ctor_fini(const char *name);

/* The dispositions as the constructor left them, CTOR_SIGNALS entries; NULL when the argument
 * list did not ask for handlers. */
const struct ctor_signal *ctor_signals(void);

/* Gives every signal its default disposition back that still has the constructor's handler and is
 * not CTOR_SIGNAL_KEPT, so that the other checks of the process meet the usual state. */
void ctor_release(void);

/* Makes the signal happen on the calling thread and returns 1 when the constructor's handler ran,
 * else 0.  SIGSEGV by a real fault, SIGPIPE by a write to a pipe that nobody reads, any other by
 * sending it to the thread. */
int ctor_reached(int signal);

#endif
