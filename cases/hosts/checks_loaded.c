#define _GNU_SOURCE
#include "cases/hosts/dispositions.h"
#include "cases/hosts/host.h"
#include "cases/hosts/registers.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases/init/init_lib.h"
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
	dispositions_take(host->signals_after);
	host->library.release();
}

static void host_signals(struct host *host, struct seen *seen)
{
	const struct ctor_signal *before = host->library.signals();
	struct dispositions changes = { 0 };
	if (before)
		dispositions_compare(before, host->signals_after, &changes);
	NOTE(seen, "%d handlers; %d with SA_ONSTACK now; other flags: %s; other masks: %s", changes.compared,
	    changes.onstack, changes.flags, changes.masks);
	TEXT(seen, "replaced=%s untouched=%s added=%s masks=%s", changes.replaced, changes.untouched,
	    strcmp(changes.flags, "none") != 0 ? "other" :
		changes.onstack                ? "SA_ONSTACK" :
						 "none",
	    strcmp(changes.masks, "none") == 0 ? "kept" : "changed");
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
	int answers = library_is_loaded(host->mode, path) && library_answers(&host->library);
	TEXT(seen, "closed=%s answers=%s", error ? "failed" : "ok", answers ? "yes" : "no");
}

/* ---- what is not there ---- */

/* What became of a request, of dlopen or dlsym, that has to fail. */
static const char *refusal(const void *given) { return given ? "given" : dlerror() ? "told" : "silent"; }

static void open_fails(struct host *host, struct seen *seen)
{
	static const char id[] = "init.open-fails";
	const char *absent = probe_control(id, "absent") ? host->path : "/tlsmatrix/no-such-library.so",
		   *empty = probe_control(id, "empty") ? host->path : "/dev/null",
		   *symbol = probe_control(id, "symbol") ? "tlsm_answer" : "tlsm_no_such_function";
	dlerror();
	TEXT(seen, "absent=%s", refusal(library_open(host->mode, absent)));
	TEXT(seen, " empty=%s", refusal(library_open(host->mode, empty)));
	TEXT(seen, " symbol=%s", refusal(dlsym(host->library.handle, symbol)));
	TEXT(seen, " answers=%s", library_answers(&host->library) ? "yes" : "no");
}

/* ---- whose definition a name has ---- */

static const char *whose_l64a(const char *one)
{
	return strcmp(one, "/") == 0 ? "libc" : strcmp(one, CTOR_SCOPE) == 0 ? "dependency" : "nobody";
}

/* The definition of the name in the file that has the other one, for controls. */
static void *beside(const char *other, const char *name)
{
	Dl_info file;
	void *there = dlsym(RTLD_DEFAULT, other),
	     *handle = there && dladdr(there, &file) ? dlopen(file.dli_fname, RTLD_LAZY | RTLD_NOLOAD) : NULL;
	return handle ? dlsym(handle, name) : NULL;
}

/* The controls are the loader that has a library behind all that the program needs, and the one that looks through what
 * a library needs before it looks at the next. */
static void scope(struct host *host, struct seen *seen)
{
	void *a64l_found = probe_control("init.scope", "behind") ? beside("free", "a64l") : dlsym(RTLD_DEFAULT, "a64l"),
	     *l64a_found =
		 probe_control("init.scope", "depth") ? beside("ctor_dependency", "l64a") : dlsym(RTLD_DEFAULT, "l64a"),
	     *bound = dlsym(host->library.handle, "tlsm_scope");
	long (*program_a64l)(const char *);
	char *(*program_l64a)(long);
	const char *(*library_l64a)(void);
	if (!a64l_found || !l64a_found || !bound) {
		TEXT(seen, "missing");
		return;
	}
	memcpy(&program_a64l, &a64l_found, sizeof program_a64l);
	memcpy(&program_l64a, &l64a_found, sizeof program_l64a);
	memcpy(&library_l64a, &bound, sizeof library_l64a);
	TEXT(seen, "program=%s,%s library=%s", program_a64l("/") == INIT_LIB_SCOPE ? "library" : "libc",
	    whose_l64a(program_l64a(1)), whose_l64a(library_l64a()));
}

/* ---- dlsym of a thread-local variable ---- */

struct symbol_seeker {
	void *handle; /* of the library with the variable; set between the two barriers */
	pthread_barrier_t begun, opened;
	void *found, *own;
};

static void symbol_seek(struct symbol_seeker *seeker)
{
	void *(*here)(void);
	*(void **)&here = dlsym(seeker->handle, "probe_symbol_here");
	seeker->found = dlsym(seeker->handle, "probe_symbol");
	seeker->own = here ? here() : NULL;
}

static void *symbol_thread(void *argument)
{
	struct symbol_seeker *seeker = argument;
	pthread_barrier_wait(&seeker->begun);
	pthread_barrier_wait(&seeker->opened);
	symbol_seek(seeker);
	return NULL;
}

static const char *symbol_word(const struct symbol_seeker *seeker)
{
	return !seeker->found ? "none" : seeker->found == seeker->own ? "own" : "other";
}

/* The variable comes when one of the threads is there already; the other begins when it has come. */
static void symbol(struct host *host, struct seen *seen)
{
	static struct symbol_seeker before, after;
	struct symbol_seeker here = { 0 };
	pthread_t threads[2];
	pthread_barrier_init(&before.begun, NULL, 2);
	pthread_barrier_init(&before.opened, NULL, 2);
	pthread_barrier_init(&after.begun, NULL, 2);
	pthread_barrier_init(&after.opened, NULL, 2);
	int error = pthread_create(&threads[0], NULL, symbol_thread, &before);
	if (!error)
		pthread_barrier_wait(&before.begun);
	here.handle = before.handle = after.handle = library_open(host->mode, getenv("TLSMATRIX_NEIGHBOURS"));
	error = error ? error : pthread_create(&threads[1], NULL, symbol_thread, &after);
	if (error || !here.handle) {
		fprintf(stderr, "host: tls.symbol: %s\n", error ? strerror(error) : dlerror());
		abort();
	}
	pthread_barrier_wait(&after.begun);
	symbol_seek(&here);
	pthread_barrier_wait(&before.opened);
	pthread_barrier_wait(&after.opened);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	if (probe_control("tls.symbol", "main"))
		before.found = here.found;
	TEXT(seen, "main=%s before=%s after=%s", symbol_word(&here), symbol_word(&before), symbol_word(&after));
}

/* ---- registers ---- */

static void registers_kept(struct host *host, struct seen *seen)
{
	char lost[256];
	int (*answer)(int) =
	    probe_control("init.registers-kept", "careless") ? registers_careless : host->library.answer;
	int answered = registers_call(answer, 20, lost, sizeof lost);
	TEXT(seen, "answer=%d lost=%s", answered, lost);
}

const struct host_check host_checks[] = {
	{ "init.ctor-order", ctor_order },
	{ "init.host-signals", host_signals },
	{ "init.signal-chained", signal_chained },
	{ "init.handle-once", handle_once },
	{ "init.dlclose", dlclose_harmless },
	{ "init.open-fails", open_fails },
	{ "init.registers-kept", registers_kept },
	{ "init.scope", scope },
	{ "tls.symbol", symbol },
	{ NULL, NULL },
};
