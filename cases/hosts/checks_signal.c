#define _GNU_SOURCE
#include "cases/hosts/dispositions.h"
#include "cases/hosts/host.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases/thread/thread_signal_lib.h"
#include "harness/probe/probe.h"

/* The checks signal.* (pass ALONE): what becomes of a process with a Go library in it by a signal.  Each question has a
 * child of its own, which sets the host's dispositions, loads the library, has it answer and then does what is asked;
 * told is the word that it says on its standard error before it ends, or else how it ended. */

enum { QUESTION_MS = 40000, SOON_MS = 50, STACK_SIZE = 128 << 10, CALL_ROUNDS = 20, EXIT_UNASKED = 70 };

static int (*go_ask)(int ask, int number);   /* tlsm_signal, in the child */
static const struct library *asked;          /* the child's library */
static volatile sig_atomic_t hits;           /* of the host's handler in the child */
static struct sigaction go_action;           /* what handle_and_chain goes on to */
static struct ctor_signal was[CTOR_SIGNALS]; /* the dispositions before the library came */

/* ---- the child's side -------------------------------------------------------------------------------- */

static void tell(const char *word)
{
	char line[512];
	int len = snprintf(line, sizeof line, "\ntold: %s\n", word);
	_exit(write(STDERR_FILENO, line, (size_t)len) == len ? 0 : EXIT_UNASKED);
}

static void unasked(const char *why)
{
	fprintf(stderr, "host: signal: %s: %s\n", why, strerror(errno));
	_exit(EXIT_UNASKED);
}

static void count_hit(int signal)
{
	(void)signal;
	hits++;
}

static void set(int signal, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };
	sigemptyset(&action.sa_mask);
	if (sigaction(signal, &action, NULL) != 0)
		unasked("sigaction");
}

static long long now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Sends the signal to the process, whose main thread this is, and lets it come. */
static void send_self(int signal)
{
	kill(getpid(), signal);
	for (long long end = now_ms() + SOON_MS; now_ms() < end;)
		usleep(1000);
}

/* Waits for the host's handler; spending time as a profile's timer wants it. */
static int hit_comes(void)
{
	hits = 0;
	for (long long end = now_ms() + QUESTION_MS / 4; !hits && now_ms() < end;)
		;
	return hits != 0;
}

/* An end of a pipe that nobody reads. */
static int broken_pipe(void)
{
	int ends[2];
	if (pipe(ends) != 0)
		unasked("pipe");
	close(ends[0]);
	return ends[1];
}

static void send_segv(void) { send_self(SIGSEGV); }
static void send_term(void) { send_self(SIGTERM); }

static void write_broken(void) { tell(write(broken_pipe(), "x", 1) < 0 && errno == EPIPE ? "EPIPE" : "written"); }

static void caught(int signal)
{
	(void)signal;
	tell("caught");
}

/* The host of the controls: it has handlers. */
static void default_before(void)
{
	if (probe_control("signal.default", "handled"))
		set(SIGSEGV, caught, 0);
	if (probe_control("signal.default", "pipe"))
		set(SIGPIPE, SIG_IGN, 0);
	if (probe_control("signal.default", "abort"))
		set(SIGABRT, caught, 0);
}

static void go_nil(void)
{
	if (probe_control("signal.go-fault", "caught"))
		set(SIGSEGV, caught, SA_ONSTACK);
	go_ask(SIGNAL_NIL, 0);
}

static void go_recover(void)
{
	if (probe_control("signal.go-fault", "default"))
		set(SIGSEGV, SIG_DFL, 0);
	tell(go_ask(SIGNAL_RECOVER, 0) == 1 ? "recovered" : "lost");
}

/* ---- C that faults: while Go calls it, and while the library is loaded ------------------------------- */

static void catch_before(void)
{
	if (!probe_control("signal.c-fault", "default") && !probe_control("signal.ctor", "default"))
		set(SIGSEGV, caught, 0);
}

static void c_fault(void)
{
	if (probe_control("signal.c-fault", "caught"))
		set(SIGSEGV, caught, SA_ONSTACK);
	go_ask(SIGNAL_C_FAULT, 0);
}

static void c_fault_go(void) { go_ask(SIGNAL_C_FAULT_GO, 0); }

/* The signal will happen in a constructor of the library (ctor.h ctor_moment). */
static void in_constructor(const char *moment)
{
	if (probe_control("signal.ctor", "quiet") || prctl(PR_SET_NAME, moment) != 0)
		prctl(PR_SET_NAME, "quiet");
}

static void early_default(void) { in_constructor("early-11"); }
static void late_default(void) { in_constructor("late-11"); }
static void late_pipe(void) { in_constructor("late-13"); }

static void early_caught(void)
{
	catch_before();
	in_constructor("early-11");
}

static void late_caught(void)
{
	catch_before();
	in_constructor("late-11");
}

static void late_pipe_caught(void)
{
	if (!probe_control("signal.ctor", "default"))
		set(SIGPIPE, caught, 0);
	in_constructor("late-13");
}

static void late_pipe_ignored(void)
{
	set(SIGPIPE, SIG_IGN, 0);
	in_constructor("late-13");
}

static void nothing(void) {}

static void go_write(void)
{
	if (probe_control("signal.go-pipe", "default"))
		set(SIGPIPE, SIG_DFL, 0);
	tell(go_ask(SIGNAL_WRITE, broken_pipe()) == EPIPE ? "EPIPE" : "written");
}

static void go_write_out(void)
{
	if (probe_control("signal.go-pipe", "notified"))
		go_ask(SIGNAL_NOTIFY, SIGPIPE);
	dup2(broken_pipe(), STDOUT_FILENO);
	tell(go_ask(SIGNAL_WRITE_OUT, 0) == EPIPE ? "EPIPE" : "written");
}

/* ---- all signals, default and ignored --------------------------------------------------------------- */

static void set_all(void (*handler)(int))
{
	for (int signal = 1; signal < CTOR_SIGNALS; signal++)
		if (signal != SIGKILL && signal != SIGSTOP && (signal < 32 || signal > 34))
			set(signal, handler, 0);
	dispositions_take(was);
}

static void all_default(void) { set_all(SIG_DFL); }
static void all_ignored(void) { set_all(SIG_IGN); }

static void tell_replaced(void)
{
	struct ctor_signal now[CTOR_SIGNALS];
	struct dispositions changes;
	if (probe_control("signal.dispositions", "handled"))
		set(SIGHUP, count_hit, 0);
	if (probe_control("signal.dispositions", "flag"))
		set(SIGTERM, was[SIGTERM].action.sa_handler, SA_ONSTACK);
	if (probe_control("signal.dispositions", "default"))
		set(SIGFPE, was[SIGFPE].action.sa_handler, 0);
	dispositions_take(now);
	dispositions_compare(was, now, &changes);
	if (changes.onstack || strcmp(changes.flags, "none") != 0 || strcmp(changes.masks, "none") != 0)
		tell("flags");
	tell(changes.replaced);
}

/* ---- what the host set before Go started, and after -------------------------------------------------- */

static void ignore_before(void)
{
	set(SIGHUP, SIG_IGN, 0);
	set(SIGINT, SIG_IGN, 0);
	set(SIGPIPE, SIG_IGN, 0);
	if (probe_control("signal.ignored", "default")) {
		set(SIGHUP, SIG_DFL, 0);
		set(SIGPIPE, SIG_DFL, 0);
	}
}

static void tell_ignored(int signal)
{
	struct sigaction action;
	send_self(signal);
	sigaction(signal, NULL, &action);
	tell(action.sa_handler == SIG_IGN ? "ignored" : "lives");
}

static void hup_ignored(void)
{
	if (probe_control("signal.ignored", "handled"))
		set(SIGHUP, count_hit, 0);
	tell_ignored(SIGHUP);
}

static void int_ignored(void) { tell_ignored(SIGINT); }

static void hup_reset(void)
{
	go_ask(SIGNAL_NOTIFY, SIGHUP);
	kill(getpid(), SIGHUP);
	if (!go_ask(SIGNAL_CAME, SIGHUP))
		tell("unnotified");
	if (!probe_control("signal.ignored", "notified"))
		go_ask(SIGNAL_RESET, SIGHUP);
	tell_ignored(SIGHUP);
}

static void usr1_before(void) { set(SIGUSR1, count_hit, 0); }

/* Go is told of the first signal and the host is not; of the next one the host is told. */
static void given_back(int end)
{
	go_ask(SIGNAL_NOTIFY, SIGUSR1);
	kill(getpid(), SIGUSR1);
	if (!go_ask(SIGNAL_CAME, SIGUSR1) || hits)
		tell("unnotified");
	if (!probe_control("signal.reset", "left"))
		go_ask(end, SIGUSR1);
	send_self(SIGUSR1);
	tell(hits == 1 ? "host" : "nobody");
}

static void give_reset(void) { given_back(SIGNAL_RESET); }
static void give_stop(void) { given_back(SIGNAL_STOP); }
static void give_default(void) { given_back(SIGNAL_RESET); }

static void prof_before(void) { set(SIGPROF, count_hit, 0); }

static void start_profile(void)
{
	if (go_ask(SIGNAL_PROFILE, 0))
		unasked("the profile cannot be started");
}

/* The host's own profile, by a timer of the process, after Go has taken one. */
static void profile_host(void)
{
	static const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	start_profile();
	send_self(SIGPROF);
	if (hits)
		tell("both");
	if (!probe_control("signal.profile", "left"))
		go_ask(SIGNAL_PROFILE_END, 0);
	setitimer(ITIMER_PROF, &often, NULL);
	tell(hit_comes() ? "host" : "nobody");
}

static void profile_during(void)
{
	start_profile();
	if (probe_control("signal.profile", "default"))
		set(SIGPROF, SIG_DFL, 0);
	send_self(SIGPROF);
}

static void profile_stray(void)
{
	start_profile();
	go_ask(SIGNAL_PROFILE_END, 0);
	if (probe_control("signal.profile", "stray"))
		set(SIGPROF, SIG_DFL, 0);
	send_self(SIGPROF);
}

/* A host's crash reporter, which looks at every fault first. */
static void report_and_chain(int signal, siginfo_t *info, void *context)
{
	go_action.sa_sigaction(signal, info, context);
}

static void report_faults(int flags)
{
	struct sigaction action = { .sa_sigaction = report_and_chain, .sa_flags = SA_SIGINFO | flags };
	sigemptyset(&action.sa_mask);
	if (sigaction(SIGSEGV, &action, &go_action) != 0 || !(go_action.sa_flags & SA_SIGINFO))
		unasked("Go has no handler of SIGSEGV");
	tell(go_ask(SIGNAL_RECOVER, 0) == 1 ? "recovered" : "lost");
}

static void late_onstack(void) { report_faults(probe_control("signal.late-handler", "flag") ? 0 : SA_ONSTACK); }
static void late_without(void) { report_faults(probe_control("signal.late-handler", "onstack") ? SA_ONSTACK : 0); }

/* A handler that calls Go, on a thread of C that is not in Go. */
static void call_go(int signal)
{
	if (!probe_control("signal.calls-go", "silent") && library_answers(asked))
		count_hit(signal);
}

static void call_from_handler(int flags)
{
	stack_t stack = { .ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE };
	if (!stack.ss_sp || sigaltstack(&stack, NULL) != 0)
		unasked("sigaltstack");
	set(SIGUSR1, call_go, flags);
	for (int round = 0; round < CALL_ROUNDS; round++) {
		raise(SIGUSR1);
		if (!library_answers(asked))
			tell("no-answer");
	}
	tell(hits == CALL_ROUNDS ? "answers" : "wrong");
}

static void call_on_own(void) { call_from_handler(0); }
static void call_on_alternate(void) { call_from_handler(SA_ONSTACK); }

/* ---- the parent's side ------------------------------------------------------------------------------- */

/* One question; rows of one check make its observation in their order: "word=what the child told or how it ended". */
struct question {
	const char *id, *word;
	void (*before)(
	    void); /* the child's dispositions before the library is loaded, which are all the default; or NULL */
	void (*body)(void);      /* tells, or ends the child; told "lives" when it returns */
	const char *phrase, *is; /* ",IS" where this phrase is in the words of the child; or NULL */
};

static const struct question questions[] = {
	{ "signal.default", "fault", default_before, signal_c_fault, NULL, NULL },
	{ "signal.default", "sent", default_before, send_segv, NULL, NULL },
	{ "signal.default", "pipe", default_before, write_broken, NULL, NULL },
	{ "signal.default", "abort", default_before, abort, NULL, NULL },
	{ "signal.default", "term", default_before, send_term, NULL, NULL },
	{ "signal.go-fault", "nil", NULL, go_nil,
	    "panic: runtime error: invalid memory address or nil pointer dereference", "panics" },
	{ "signal.go-fault", "recover", NULL, go_recover, NULL, NULL },
	{ "signal.c-fault", "handled", catch_before, c_fault, NULL, NULL },
	{ "signal.c-fault", "goroutine", catch_before, c_fault_go, NULL, NULL },
	{ "signal.c-fault", "none", NULL, c_fault, "signal arrived during cgo execution", "says" },
	{ "signal.ctor", "early", early_default, nothing, NULL, NULL },
	{ "signal.ctor", "late", late_default, nothing, NULL, NULL },
	{ "signal.ctor", "early-handled", early_caught, nothing, NULL, NULL },
	{ "signal.ctor", "late-handled", late_caught, nothing, NULL, NULL },
	{ "signal.ctor", "pipe", late_pipe, nothing, NULL, NULL },
	{ "signal.ctor", "pipe-handled", late_pipe_caught, nothing, NULL, NULL },
	{ "signal.ctor", "pipe-ignored", late_pipe_ignored, nothing, NULL, NULL },
	{ "signal.go-pipe", "file", NULL, go_write, NULL, NULL },
	{ "signal.go-pipe", "stdout", NULL, go_write_out, NULL, NULL },
	{ "signal.dispositions", "default", all_default, tell_replaced, NULL, NULL },
	{ "signal.dispositions", "ignored", all_ignored, tell_replaced, NULL, NULL },
	{ "signal.ignored", "hup", ignore_before, hup_ignored, NULL, NULL },
	{ "signal.ignored", "int", ignore_before, int_ignored, NULL, NULL },
	{ "signal.ignored", "pipe", ignore_before, write_broken, NULL, NULL },
	{ "signal.ignored", "reset", ignore_before, hup_reset, NULL, NULL },
	{ "signal.reset", "reset", usr1_before, give_reset, NULL, NULL },
	{ "signal.reset", "stop", usr1_before, give_stop, NULL, NULL },
	{ "signal.reset", "default", NULL, give_default, NULL, NULL },
	{ "signal.profile", "after", prof_before, profile_host, NULL, NULL },
	{ "signal.profile", "during", NULL, profile_during, NULL, NULL },
	{ "signal.profile", "stray", NULL, profile_stray, NULL, NULL },
	{ "signal.late-handler", "onstack", NULL, late_onstack, NULL, NULL },
	{ "signal.late-handler", "without", NULL, late_without,
	    "non-Go code set up signal handler without SA_ONSTACK flag", "says" },
	{ "signal.calls-go", "own", NULL, call_on_own, NULL, NULL },
	{ "signal.calls-go", "alternate", NULL, call_on_alternate, NULL, NULL },
};

/* All dispositions the default and nothing blocked, whatever the host inherited. */
static void usual_dispositions(void)
{
	sigset_t none;
	struct rlimit no_core = { 0, 0 };
	sigemptyset(&none);
	all_default();
	sigprocmask(SIG_SETMASK, &none, NULL);
	setrlimit(RLIMIT_CORE, &no_core);
}

static void child(struct host *host, const struct question *question, int to)
{
	dup2(to, STDOUT_FILENO);
	dup2(to, STDERR_FILENO);
	usual_dispositions();
	if (question->before)
		question->before();
	host_load(host);
	asked = &host->library;
	void *symbol = dlsym(host->library.handle, "tlsm_signal");
	if (!symbol)
		unasked("the library has no tlsm_signal");
	memcpy(&go_ask, &symbol, sizeof go_ask);
	if (!library_answers(&host->library))
		unasked("the library does not answer");
	question->body();
	tell("lives");
}

/* What the child says until it has ended, of which the beginning is kept: 0, or -1 when its time is over. */
static int listen(int from, char *said, size_t size)
{
	struct pollfd readable = { .fd = from, .events = POLLIN };
	char more[512];
	size_t used = 0;
	for (long long end = now_ms() + QUESTION_MS;;) {
		long long left = end - now_ms();
		if (left <= 0)
			return -1;
		if (poll(&readable, 1, (int)left) <= 0)
			continue;
		ssize_t len = read(from, more, sizeof more);
		if (len == 0)
			return 0;
		if (len < 0)
			continue;
		size_t kept = (size_t)len < size - 1 - used ? (size_t)len : size - 1 - used;
		memcpy(said + used, more, kept);
		used += kept;
		said[used] = 0;
	}
}

static void add_end(const struct question *question, int status, const char *said, struct seen *seen)
{
	char other[32];
	const char *told = strstr(said, "\ntold: ");
	if (WIFSIGNALED(status))
		seen_add(seen->text, sizeof seen->text, "%s", dispositions_name(WTERMSIG(status), other, sizeof other));
	else if (WEXITSTATUS(status) || !told)
		seen_add(seen->text, sizeof seen->text, "exit-%d", WEXITSTATUS(status));
	else
		seen_add(seen->text, sizeof seen->text, "%.*s", (int)strcspn(told + 7, "\n"), told + 7);
	if (question->phrase && strstr(said, question->phrase))
		seen_add(seen->text, sizeof seen->text, ",%s", question->is);
	if (*said && !told)
		seen_add(seen->note, sizeof seen->note, "%s: %.*s; ", question->word, (int)strcspn(said, "\n"), said);
}

static void ask(struct host *host, const struct question *question, struct seen *seen)
{
	char said[8192] = "";
	int ends[2], status;
	if (pipe(ends) != 0)
		abort();
	pid_t pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		close(ends[0]);
		child(host, question, ends[1]);
	}
	close(ends[1]);
	int late = listen(ends[0], said, sizeof said);
	if (late)
		kill(pid, SIGKILL);
	close(ends[0]);
	waitpid(pid, &status, 0);
	/* Told as in every other check: nothing can be asked of a library that is not there. */
	if (!late && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_LOAD) {
		fputs(said, stderr);
		exit(EXIT_LOAD);
	}
	seen_add(seen->text, sizeof seen->text, "%s%s=", *seen->text ? " " : "", question->word);
	if (late)
		seen_add(seen->text, sizeof seen->text, "hangs");
	else
		add_end(question, status, said, seen);
}

static void ask_all(struct host *host, const char *id, struct seen *seen)
{
	for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
		if (strcmp(questions[i].id, id) == 0)
			ask(host, &questions[i], seen);
}

#define OBSERVER(name, id) \
	static void name(struct host *host, struct seen *seen) { ask_all(host, id, seen); }
OBSERVER(observe_default, "signal.default")
OBSERVER(observe_go_fault, "signal.go-fault")
OBSERVER(observe_c_fault, "signal.c-fault")
OBSERVER(observe_ctor, "signal.ctor")
OBSERVER(observe_go_pipe, "signal.go-pipe")
OBSERVER(observe_dispositions, "signal.dispositions")
OBSERVER(observe_ignored, "signal.ignored")
OBSERVER(observe_reset, "signal.reset")
OBSERVER(observe_profile, "signal.profile")
OBSERVER(observe_late_handler, "signal.late-handler")
OBSERVER(observe_calls_go, "signal.calls-go")

const struct host_check signal_checks[] = {
	{ "signal.default", observe_default },
	{ "signal.go-fault", observe_go_fault },
	{ "signal.c-fault", observe_c_fault },
	{ "signal.ctor", observe_ctor },
	{ "signal.go-pipe", observe_go_pipe },
	{ "signal.dispositions", observe_dispositions },
	{ "signal.ignored", observe_ignored },
	{ "signal.reset", observe_reset },
	{ "signal.profile", observe_profile },
	{ "signal.late-handler", observe_late_handler },
	{ "signal.calls-go", observe_calls_go },
	{ NULL, NULL },
};
