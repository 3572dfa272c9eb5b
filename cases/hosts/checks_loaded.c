#define _GNU_SOURCE
#include "cases/hosts/host.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/probe/probe.h"

/* The checks of the C host in the process where the library is loaded (pass HOST). */

#define TEXT(seen, ...) seen_add((seen)->text, sizeof(seen)->text, __VA_ARGS__)
#define NOTE(seen, ...) seen_add((seen)->note, sizeof(seen)->note, __VA_ARGS__)

static void ctor_order(struct host *host, struct seen *seen)
{
	char order[256];
	(void)host;
	library_constructors(order, sizeof order);
	TEXT(seen, "order=%s", order);
}

/* ---- signals ---- */

/* What Go does to a signal for which the host has a handler, where it does not just keep the
 * handler and add SA_ONSTACK. */
static const struct exception {
	int signal;
	enum { REPLACED, UNTOUCHED } what;
	const char *name;
} exceptions[] = {
	/* The os/signal doc: synchronous signals and SIGPIPE. */
	{ SIGBUS, REPLACED, "SIGBUS" },
	{ SIGFPE, REPLACED, "SIGFPE" },
	{ SIGSEGV, REPLACED, "SIGSEGV" },
	{ SIGPIPE, REPLACED, "SIGPIPE" },
	/* runtime/signal_unix.go sigInstallGoHandler, sigPreempt; the os/signal doc does not name it. */
	{ SIGURG, REPLACED, "SIGURG" },
	/* runtime/signal_unix.go initsig leaves out _SigDefault; the os/signal doc has SA_ONSTACK here too. */
	{ SIGCONT, UNTOUCHED, "SIGCONT" },
	{ SIGTSTP, UNTOUCHED, "SIGTSTP" },
	{ SIGTTIN, UNTOUCHED, "SIGTTIN" },
	{ SIGTTOU, UNTOUCHED, "SIGTTOU" },
};

static const struct exception *exception_of(int signal)
{
	for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
		if (exceptions[i].signal == signal)
			return &exceptions[i];
	return NULL;
}

/* The hosts of the control: one whose handler, flag or mask is not what it was. */
static void disturb(void)
{
	struct sigaction action;
	if (probe_control("init.host-signals", "handler")) {
		sigaction(SIGUSR2, NULL, &action);
		action.sa_flags &= ~SA_SIGINFO;
		action.sa_handler = SIG_IGN;
		sigaction(SIGUSR2, &action, NULL);
	}
	if (probe_control("init.host-signals", "flag")) {
		sigaction(SIGALRM, NULL, &action);
		action.sa_flags &= ~(SA_ONSTACK | SA_RESTART);
		sigaction(SIGALRM, &action, NULL);
	}
	if (probe_control("init.host-signals", "mask")) {
		sigaction(SIGTERM, NULL, &action);
		sigaddset(&action.sa_mask, SIGHUP);
		sigaction(SIGTERM, &action, NULL);
	}
}

void signals_take(struct host *host)
{
	if (!host->library.signals())
		return;
	disturb();
	for (int signal = 1; signal < CTOR_SIGNALS; signal++)
		sigaction(signal, NULL, &host->signals_after[signal].action);
	host->library.release();
}

static int same_mask(const sigset_t *a, const sigset_t *b)
{
	for (int signal = 1; signal < CTOR_SIGNALS; signal++)
		if (sigismember(a, signal) != sigismember(b, signal))
			return 0;
	return 1;
}

struct tally {
	int compared, replaced, flags_other, masks_other;
	char of_go[128], untouched[128]; /* names of the exceptions that were met */
};

static void compare_signal(
    int signal, const struct sigaction *was, const struct sigaction *is, struct tally *tally, struct seen *seen)
{
	const struct exception *exception = exception_of(signal);
	int added = SA_ONSTACK;
	tally->compared++;
	if (was->sa_handler != is->sa_handler) {
		if (exception && exception->what == REPLACED) {
			seen_add(tally->of_go, sizeof tally->of_go, " %s", exception->name);
			return;
		}
		tally->replaced++;
		NOTE(seen, "signal %d: handler replaced; ", signal);
	}
	if (exception && exception->what == UNTOUCHED && is->sa_flags == was->sa_flags) {
		seen_add(tally->untouched, sizeof tally->untouched, " %s", exception->name);
		added = 0;
	}
	if (is->sa_flags != (was->sa_flags | added)) {
		tally->flags_other++;
		NOTE(seen, "signal %d: flags 0x%x became 0x%x; ", signal, (unsigned)was->sa_flags,
		    (unsigned)is->sa_flags);
	}
	if (!same_mask(&was->sa_mask, &is->sa_mask)) {
		tally->masks_other++;
		NOTE(seen, "signal %d: mask changed; ", signal);
	}
}

static void host_signals(struct host *host, struct seen *seen)
{
	const struct ctor_signal *before = host->library.signals();
	struct tally tally = { 0 };
	for (int signal = 1; before && signal < CTOR_SIGNALS; signal++)
		if (before[signal].ours)
			compare_signal(
			    signal, &before[signal].action, &host->signals_after[signal].action, &tally, seen);
	NOTE(seen, "%d handlers; Go's own now:%s; without SA_ONSTACK:%s", tally.compared, tally.of_go, tally.untouched);
	TEXT(seen, "handlers=%s added=%s masks=%s", tally.replaced || !tally.compared ? "replaced" : "kept",
	    tally.flags_other || !tally.compared ? "other" : "SA_ONSTACK",
	    tally.masks_other || !tally.compared ? "changed" : "kept");
}

struct chain {
	struct host *host;
	struct seen *seen;
	int calls_go, missed;
};

/* The three ways: a signal that Go handles and forwards because it came by a fault, one that Go
 * handles and forwards though nothing faulted, and one that Go leaves to the host. */
static void *chain_thread(void *argument)
{
	static const int signals[] = { SIGSEGV, SIGPIPE, CTOR_SIGNAL_KEPT };
	struct chain *chain = argument;
	if (chain->calls_go && !library_answers(&chain->host->library))
		chain->missed++;
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		if (!chain->host->library.reached(signals[i])) {
			chain->missed++;
			NOTE(chain->seen, "signal %d missed on a thread that %s; ", signals[i],
			    chain->calls_go ? "called Go" : "never called Go");
		}
	return NULL;
}

static void signal_chained(struct host *host, struct seen *seen)
{
	struct chain chain = { host, seen, 0, 0 };
	if (probe_control("init.signal-chained", "ignored"))
		signal(CTOR_SIGNAL_KEPT, SIG_IGN);
	if (probe_control("init.signal-chained", "pipe"))
		signal(SIGPIPE, SIG_IGN);
	for (chain.calls_go = 0; chain.calls_go < 2; chain.calls_go++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, chain_thread, &chain) != 0)
			abort();
		pthread_join(thread, NULL);
	}
	TEXT(seen, "host=%s", chain.missed ? "missed" : "called");
}

/* ---- handles ---- */

static void handle_once(struct host *host, struct seen *seen)
{
	void *again = probe_control("init.handle-once", "copy") ? library_open_copy(host->mode, host->path) :
								  library_open(host->mode, host->path);
	if (!again)
		NOTE(seen, "%s", dlerror());
	int answered = library_answers(&host->library);
	TEXT(seen, "handle=%s init=%d%s", again == host->library.handle ? "same" : "other", library_inits(),
	    answered ? "" : " no-answer");
	if (again == host->library.handle)
		dlclose(again);
}

/* Is the file still loaded? */
static int still_loaded(const struct load_mode *mode, const char *path)
{
	struct load_mode noload = *mode;
	noload.flags |= RTLD_NOLOAD;
	return library_open(&noload, path) != NULL;
}

static void dlclose_harmless(struct host *host, struct seen *seen)
{
	const char *path = host->path;
	void *handle = host->library.handle;
	if (probe_control("init.dlclose", "excess")) {
		/* Only a dependency now: a handle that is not open. */
		handle = library_open(host->mode, "libctor.so");
		dlclose(handle);
	}
	if (probe_control("init.dlclose", "unloads")) {
		/* A library without -z nodelete. */
		path = getenv("TLSMATRIX_NEIGHBOURS");
		handle = library_open(host->mode, path);
	}
	int error = dlclose(handle);
	if (error)
		NOTE(seen, "%s", dlerror());
	int answers = still_loaded(host->mode, path) && library_answers(&host->library);
	TEXT(seen, "closed=%s answers=%s", error ? "failed" : "ok", answers ? "yes" : "no");
}

const struct host_check host_checks[] = {
	{ "init.ctor-order", ctor_order },
	{ "init.host-signals", host_signals },
	{ "init.signal-chained", signal_chained },
	{ "init.handle-once", handle_once },
	{ "init.dlclose", dlclose_harmless },
	{ NULL, NULL },
};
