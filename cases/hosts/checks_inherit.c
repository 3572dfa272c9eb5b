#define _GNU_SOURCE
#include "cases/hosts/question.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "cases/hosts/dispositions.h"
#include "cases/thread/thread_signal_lib.h"
#include "harness/probe/probe.h"

/* What threads and processes have of those that made them: signal.mask-own, thread.exec-kept,
 * signal.fork-clean, thread.atfork. */

enum { MADE = 16, SPENT_MS = 250 };

/* ---- a thread that blocks SIGUSR1 ---------------------------------------------------------------------------- */

static void change_mask(int how)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	errno = pthread_sigmask(how, &set, NULL);
	if (errno)
		question_fails("pthread_sigmask");
}

static void *blocked_thread(void *argument)
{
	change_mask(SIG_BLOCK);
	(*(void (**)(void))argument)();
	return NULL;
}

static void on_blocked_thread(void (*body)(void))
{
	pthread_t thread;
	errno = pthread_create(&thread, NULL, blocked_thread, &body);
	if (errno)
		question_fails("pthread_create");
	pthread_join(thread, NULL);
}

/* The set of signals that a line of /proc's status gives, signal N as bit N-1; empty without such a line. */
static unsigned long long status_set(FILE *status, const char *format)
{
	char line[256];
	unsigned long long set = 0;
	while (fgets(line, sizeof line, status))
		if (sscanf(line, format, &set) == 1)
			break;
	return set;
}

/* ---- signal.mask-own ----------------------------------------------------------------------------------------- */

/* A thread that has ended blocks nothing. */
static int blocks(pid_t thread)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)thread);
	FILE *status = fopen(path, "r");
	if (!status)
		return 0;
	unsigned long long set = status_set(status, "SigBlk: %llx");
	fclose(status);
	return set >> (SIGUSR1 - 1) & 1;
}

/* Does one besides the caller block the signal, and how many are there?  Libc and Go block all signals for a moment
 * where they make threads, so they have their time. */
static int others_block(int *others)
{
	pid_t own = (pid_t)syscall(SYS_gettid);
	int block = 0, bent = probe_control("signal.mask-own", "main") || probe_control("signal.mask-own", "loader");
	long long end = question_now() + (bent ? 2000 : host_patience(QUESTION_MS) / 2);
	DIR *threads = opendir("/proc/self/task");
	if (!threads)
		question_fails("/proc/self/task");
	for (struct dirent *entry; (entry = readdir(threads));) {
		pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
		if (thread <= 0 || thread == own)
			continue;
		++*others;
		while (!block && blocks(thread)) {
			block = question_now() > end;
			usleep(1000);
		}
	}
	closedir(threads);
	return block;
}

/* The threads that Go made on request are busy with nothing else, and none is the caller or the main thread. */
static void tell_masks(void)
{
	int others = 0, block = others_block(&others);
	sigset_t own;
	sigprocmask(SIG_BLOCK, NULL, &own);
	if (others < MADE + 1)
		question_tell("unmade");
	if (!sigismember(&own, SIGUSR1))
		question_tell("lost");
	question_tell(block ? "blocked" : "clear");
}

static void call_and_tell(void)
{
	if (!library_answers(question_library))
		question_tell("wrong");
	tell_masks();
}

static void make_and_tell(void)
{
	question_go(SIGNAL_THREADS, MADE);
	tell_masks();
}

/* The control's Go starts on a thread that blocks the signal, and then all of its threads do. */
static void loader_blocks(void)
{
	if (probe_control("signal.mask-own", "loader"))
		change_mask(SIG_BLOCK);
}

static void main_blocks(void) { change_mask(probe_control("signal.mask-own", "main") ? SIG_BLOCK : SIG_UNBLOCK); }

static void masks_there(void)
{
	main_blocks();
	question_go(SIGNAL_THREADS, MADE);
	on_blocked_thread(call_and_tell);
}

static void masks_made(void)
{
	main_blocks();
	on_blocked_thread(make_and_tell);
}

/* ---- thread.exec-kept ---------------------------------------------------------------------------------------- */

/* The names of those of the set that the host has set itself (question_handle_all). */
static void tell_set(unsigned long long set)
{
	char list[256] = "", other[32];
	for (int signal = 1; signal < CTOR_SIGNALS; signal++)
		if (set >> (signal - 1) & 1 && (signal < 32 || signal > 34))
			seen_add(list, sizeof list, "%s%s", *list ? "," : "",
			    dispositions_name(signal, other, sizeof other));
	question_tell(*list ? list : "none");
}

/* What a program that Go starts has of its own status. */
static void tell_started(enum signal_ask start, const char *format)
{
	int ends[2];
	if (pipe(ends) != 0)
		question_fails("pipe");
	errno = question_go(start, ends[1]);
	if (errno)
		question_fails(SIGNAL_PROGRAM);
	close(ends[1]);
	FILE *status = fdopen(ends[0], "r");
	if (!status)
		question_fails("fdopen");
	tell_set(status_set(status, format));
}

static void do_nothing(int signal) { (void)signal; }

static void dispositions_before(void)
{
	int handled = probe_control("thread.exec-kept", "handled");
	question_handle(SIGHUP, handled ? do_nothing : SIG_IGN, SA_ONSTACK);
	question_handle(SIGPIPE, SIG_IGN, 0);
	question_handle(SIGUSR1, SIG_IGN, 0);
	question_handle(SIGTERM, do_nothing, SA_ONSTACK);
	question_handle(SIGSEGV, do_nothing, SA_ONSTACK);
}

/* Of what it asked for itself Go has a handler when it starts the program. */
static void ignored_kept(void)
{
	question_go(SIGNAL_NOTIFY, SIGUSR2);
	if (probe_control("thread.exec-kept", "ignored"))
		question_handle(SIGALRM, SIG_IGN, 0);
	tell_started(SIGNAL_START, "SigIgn: %llx");
}

static void tell_blocked(void)
{
	if (probe_control("thread.exec-kept", "unblocked"))
		change_mask(SIG_UNBLOCK);
	tell_started(SIGNAL_START, "SigBlk: %llx");
}

static void tell_blocked_go(void) { tell_started(SIGNAL_START_GO, "SigBlk: %llx"); }
static void mask_kept(void) { on_blocked_thread(tell_blocked); }
static void mask_of_go(void) { on_blocked_thread(tell_blocked_go); }

/* The control's Go starts on a thread that blocks the signal. */
static void starter_blocks(void)
{
	if (probe_control("thread.exec-kept", "loader"))
		change_mask(SIG_BLOCK);
}

/* ---- signal.fork-clean --------------------------------------------------------------------------------------- */

static volatile sig_atomic_t ticks;

static void count_tick(int signal)
{
	(void)signal;
	ticks++;
}

/* What the child tells or how it ends is what the caller tells. */
static void go_on_in_child(void)
{
	if (!question_fork())
		_exit(EXIT_SUCCESS);
}

static unsigned long long pending(void)
{
	sigset_t set;
	unsigned long long bits = 0;
	if (sigpending(&set) != 0)
		question_fails("sigpending");
	for (int signal = 1; signal < CTOR_SIGNALS; signal++)
		if (sigismember(&set, signal) == 1)
			bits |= 1ULL << (signal - 1);
	return bits;
}

static void raise_blocked(void)
{
	if (syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR1) != 0 || kill(getpid(), SIGUSR2) != 0)
		question_fails("tgkill or kill");
}

/* Before Go starts, so that its threads block it too: what is pending for the process anybody may take who does not. */
static void block_both(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void pending_in_child(void)
{
	const unsigned long long both = 1ULL << (SIGUSR1 - 1) | 1ULL << (SIGUSR2 - 1);
	raise_blocked();
	if ((pending() & both) != both)
		question_tell("lost");
	go_on_in_child();
	if (probe_control("signal.fork-clean", "raised"))
		raise_blocked();
	tell_set(pending());
}

/* A machine that is busy may give the process less of its CPU's time. */
static void spend_time(void)
{
	struct timespec spent;
	long long enough = question_now() + host_patience(QUESTION_MS) / 4;
	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
	while (spent.tv_sec * 1000LL + spent.tv_nsec / 1000000 < SPENT_MS && question_now() < enough);
}

static int timer_set(void)
{
	struct itimerval timer;
	if (getitimer(ITIMER_PROF, &timer) != 0)
		question_fails("getitimer");
	return timer.it_interval.tv_sec || timer.it_interval.tv_usec;
}

static void ticks_in_child(void)
{
	const struct itimerval often = { { 0, 10000 }, { 0, 10000 } };
	if (question_go(SIGNAL_PROFILE, 0) != 0 || !timer_set())
		question_tell("no-profile");
	go_on_in_child();
	question_handle(SIGPROF, count_tick, SA_ONSTACK);
	if (timer_set())
		question_tell("timer");
	if (probe_control("signal.fork-clean", "timer") && setitimer(ITIMER_PROF, &often, NULL) != 0)
		question_fails("setitimer");
	spend_time();
	question_tell(ticks ? "SIGPROF" : "none");
}

/* ---- thread.atfork ------------------------------------------------------------------------------------------- */

static char forked[256]; /* the handlers that ran, in their order */
static pid_t forker;

static void note_handler(const char *name) { seen_add(forked, sizeof forked, "%s%s", *forked ? "," : "", name); }

/* Before and behind a fork its caller is a thread as any other; its child may not call Go. */
static void note_and_call(const char *name)
{
	note_handler(name);
	if (getpid() == forker && !library_answers(question_library))
		question_tell("wrong");
}

static void prepare1(void) { note_and_call("prepare1"); }
static void parent1(void) { note_and_call("parent1"); }
static void child1(void) { note_handler("child1"); }
static void prepare2(void) { note_and_call("prepare2"); }
static void parent2(void) { note_and_call("parent2"); }
static void child2(void) { note_handler("child2"); }

static void register_handlers(int first)
{
	forker = getpid();
	errno = first ? pthread_atfork(prepare1, parent1, child1) : pthread_atfork(prepare2, parent2, child2);
	if (errno)
		question_fails("pthread_atfork");
}

/* The first are there before Go is, the second behind it.  The control has the other order. */
static void before_go(void) { register_handlers(!probe_control("thread.atfork", "order")); }
static void behind_go(void) { register_handlers(probe_control("thread.atfork", "order")); }

static void tell_forked(void) { question_tell(*forked ? forked : "none"); }

static void atfork_parent(void)
{
	behind_go();
	if (probe_control("thread.atfork", "clone")) {
		if (syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) == 0)
			_exit(EXIT_SUCCESS);
	} else if (question_fork()) {
		_exit(EXIT_SUCCESS);
	}
	tell_forked();
}

static void atfork_child(void)
{
	behind_go();
	go_on_in_child();
	tell_forked();
}

static void atfork_go(void)
{
	behind_go();
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (nowhere < 0)
		question_fails("/dev/null");
	if (probe_control("thread.atfork", "go") && question_fork())
		_exit(EXIT_SUCCESS);
	errno = question_go(SIGNAL_START, nowhere);
	if (errno)
		question_fails(SIGNAL_PROGRAM);
	tell_forked();
}

static const struct question questions[] = {
	{ "signal.mask-own", "there", loader_blocks, masks_there, NULL, NULL },
	{ "signal.mask-own", "made", loader_blocks, masks_made, NULL, NULL },
	{ "thread.exec-kept", "ignored", dispositions_before, ignored_kept, NULL, NULL },
	{ "thread.exec-kept", "blocked", NULL, mask_kept, NULL, NULL },
	{ "thread.exec-kept", "goroutine", starter_blocks, mask_of_go, NULL, NULL },
	{ "signal.fork-clean", "pending", block_both, pending_in_child, NULL, NULL },
	{ "signal.fork-clean", "ticks", NULL, ticks_in_child, NULL, NULL },
	{ "thread.atfork", "parent", before_go, atfork_parent, NULL, NULL },
	{ "thread.atfork", "child", before_go, atfork_child, NULL, NULL },
	{ "thread.atfork", "go", before_go, atfork_go, NULL, NULL },
};

QUESTION_OBSERVER(observe_mask, "signal.mask-own")
QUESTION_OBSERVER(ask_exec, "thread.exec-kept")
QUESTION_OBSERVER(observe_fork, "signal.fork-clean")

QUESTION_OBSERVER(ask_atfork, "thread.atfork")

/* Where the program is there that Go is to start. */
static void ask_starts(void (*asks)(struct host *, struct seen *), struct host *host, struct seen *seen)
{
	if (access(SIGNAL_PROGRAM, X_OK) != 0) {
		seen->skip = "missing";
		seen_add(seen->note, sizeof seen->note, "%s: %s", SIGNAL_PROGRAM, strerror(errno));
		return;
	}
	asks(host, seen);
}

static void observe_exec(struct host *host, struct seen *seen) { ask_starts(ask_exec, host, seen); }
static void observe_atfork(struct host *host, struct seen *seen) { ask_starts(ask_atfork, host, seen); }

const struct host_check inherit_checks[] = {
	{ "signal.mask-own", observe_mask },
	{ "thread.exec-kept", observe_exec },
	{ "signal.fork-clean", observe_fork },
	{ "thread.atfork", observe_atfork },
	{ NULL, NULL },
};
