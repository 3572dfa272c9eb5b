#define _GNU_SOURCE
#include "cases/hosts/dispositions.h"
#include "cases/hosts/question.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "cases/thread/thread_signal_lib.h"
#include "harness/probe/probe.h"
#include "harness/probe/sleeps.h"

/* The checks signal.*: what becomes of a process with a Go library in it by a signal. */

enum { SOON_MS = 50, DEATH_MS = 10000, STACK_SIZE = 128 << 10, CALL_ROUNDS = 20 };

static volatile sig_atomic_t hits;           /* of the host's handler in the child */
static struct sigaction go_action;           /* what handle_and_chain goes on to */
static struct ctor_signal was[CTOR_SIGNALS]; /* the dispositions before the library came */

static void count_hit(int signal)
{
	(void)signal;
	hits++;
}

/* Sends the signal to the process, whose main thread this is, and lets it come. */
static void send_self(int signal)
{
	kill(getpid(), signal);
	for (long long end = question_now() + SOON_MS; question_now() < end;)
		usleep(1000);
}

/* Waits for the host's handler; spending time as a profile's timer wants it. */
static int hit_comes(void)
{
	hits = 0;
	for (long long end = question_now() + QUESTION_MS / 4; !hits && question_now() < end;)
		;
	return hits != 0;
}

/* An end of a pipe that nobody reads. */
static int broken_pipe(void)
{
	int ends[2];
	if (pipe(ends) != 0)
		question_fails("pipe");
	close(ends[0]);
	return ends[1];
}

static void send_segv(void) { send_self(SIGSEGV); }
static void send_term(void) { send_self(SIGTERM); }

static void write_broken(void)
{
	question_tell(write(broken_pipe(), "x", 1) < 0 && errno == EPIPE ? "EPIPE" : "written");
}

static void caught(int signal)
{
	(void)signal;
	question_tell("caught");
}

/* Sends what the first thread gets, which the system prefers, once it waits in Go, and then what ends its wait if it
 * goes on: once the first one is taken, since another thread that is woken would take it, and its taker has had time to
 * end the process.  Blocks all itself, so that it sees what is pending, and Go's SIGQUIT is for Go's threads. */
static void *send_to_waiting(void *argument)
{
	sigset_t all, pending;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	while (!question_go(SIGNAL_LOOPING, 0) || !probe_sleeps(getpid()))
		usleep(1000);
	kill(getpid(), SIGSEGV);
	while (sigpending(&pending) == 0 && sigismember(&pending, SIGSEGV))
		usleep(1000);
	for (int ms = 0; ms < host_patience(DEATH_MS); ms++)
		usleep(1000);
	kill(getpid(), SIGUSR2);
	return argument;
}

/* The thread is in Go, and comes out of it only where Go's handler came back. */
static void segv_in_go(void)
{
	question_go(SIGNAL_NOTIFY, SIGUSR2);
	if (probe_control("signal.default", "late"))
		question_handle(SIGSEGV, caught, SA_ONSTACK);
	pthread_detach(host_thread(send_to_waiting, NULL));
	if (!question_go(SIGNAL_CAME, SIGUSR2))
		question_tell("unnotified");
}

/* The host of the controls: it has handlers. */
static void default_before(void)
{
	if (probe_control("signal.default", "handled"))
		question_handle(SIGSEGV, caught, 0);
	if (probe_control("signal.default", "pipe"))
		question_handle(SIGPIPE, SIG_IGN, 0);
	if (probe_control("signal.default", "abort"))
		question_handle(SIGABRT, caught, 0);
}

static void go_nil(void)
{
	if (probe_control("signal.go-fault", "caught"))
		question_handle(SIGSEGV, caught, SA_ONSTACK);
	question_go(SIGNAL_NIL, 0);
}

static void go_recover(void)
{
	if (probe_control("signal.go-fault", "default"))
		question_handle(SIGSEGV, SIG_DFL, 0);
	question_tell(question_go(SIGNAL_RECOVER, 0) == 1 ? "recovered" : "lost");
}

/* The host's handlers, from before Go started: of what is Go's own, and of the signal by which Go ends the process. */
static void fault_caught_before(void) { question_handle(SIGSEGV, caught, 0); }

static void abort_caught_before(void)
{
	if (!probe_control("signal.go-fault", "unset"))
		question_handle(SIGABRT, caught, 0);
}

static void go_nil_caught_late(void)
{
	abort_caught_before();
	question_go(SIGNAL_NIL, 0);
}

/* ---- C that faults: while Go calls it, and while the library is loaded ------------------------------- */

static void catch_before(void)
{
	if (!probe_control("signal.c-fault", "default") && !probe_control("signal.ctor", "default"))
		question_handle(SIGSEGV, caught, 0);
}

static void c_fault(void)
{
	if (probe_control("signal.c-fault", "caught"))
		question_handle(SIGSEGV, caught, SA_ONSTACK);
	question_go(SIGNAL_C_FAULT, 0);
}

static void c_fault_go(void) { question_go(SIGNAL_C_FAULT_GO, 0); }

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
		question_handle(SIGPIPE, caught, 0);
	in_constructor("late-13");
}

static void late_pipe_ignored(void)
{
	question_handle(SIGPIPE, SIG_IGN, 0);
	in_constructor("late-13");
}

static void nothing(void) {}

static void go_write(void)
{
	if (probe_control("signal.go-pipe", "default"))
		question_handle(SIGPIPE, SIG_DFL, 0);
	question_tell(question_go(SIGNAL_WRITE, broken_pipe()) == EPIPE ? "EPIPE" : "written");
}

static void pipe_caught_before(void) { question_handle(SIGPIPE, caught, 0); }

/* C that Go calls writes, and the signal is the host's. */
static void c_write(void)
{
	if (probe_control("signal.go-pipe", "default"))
		question_handle(SIGPIPE, SIG_DFL, 0);
	question_tell(question_go(SIGNAL_C_WRITE, broken_pipe()) == EPIPE ? "EPIPE" : "written");
}

static void go_write_out(void)
{
	if (probe_control("signal.go-pipe", "notified"))
		question_go(SIGNAL_NOTIFY, SIGPIPE);
	dup2(broken_pipe(), STDOUT_FILENO);
	question_tell(question_go(SIGNAL_WRITE_OUT, 0) == EPIPE ? "EPIPE" : "written");
}

/* ---- all signals, default and ignored --------------------------------------------------------------- */

static void all_as(void (*handler)(int))
{
	question_handle_all(handler);
	dispositions_take(was);
}

static void all_default(void) { all_as(SIG_DFL); }
static void all_ignored(void) { all_as(SIG_IGN); }

static void tell_replaced(void)
{
	struct ctor_signal now[CTOR_SIGNALS];
	struct dispositions changes;
	if (probe_control("signal.dispositions", "handled"))
		question_handle(SIGHUP, count_hit, 0);
	if (probe_control("signal.dispositions", "flag"))
		question_handle(SIGTERM, was[SIGTERM].action.sa_handler, SA_ONSTACK);
	if (probe_control("signal.dispositions", "default"))
		question_handle(SIGFPE, was[SIGFPE].action.sa_handler, 0);
	dispositions_take(now);
	dispositions_compare(was, now, &changes);
	if (changes.onstack || strcmp(changes.flags, "none") != 0 || strcmp(changes.masks, "none") != 0)
		question_tell("flags");
	question_tell(changes.replaced);
}

/* ---- what the host set before Go started, and after -------------------------------------------------- */

static void ignore_before(void)
{
	question_handle(SIGHUP, SIG_IGN, 0);
	question_handle(SIGINT, SIG_IGN, 0);
	question_handle(SIGPIPE, SIG_IGN, 0);
	if (probe_control("signal.ignored", "default")) {
		question_handle(SIGHUP, SIG_DFL, 0);
		question_handle(SIGPIPE, SIG_DFL, 0);
	}
}

static void tell_ignored(int signal)
{
	struct sigaction action;
	send_self(signal);
	sigaction(signal, NULL, &action);
	question_tell(action.sa_handler == SIG_IGN ? "ignored" : "lives");
}

static void hup_ignored(void)
{
	if (probe_control("signal.ignored", "handled"))
		question_handle(SIGHUP, count_hit, 0);
	tell_ignored(SIGHUP);
}

static void int_ignored(void) { tell_ignored(SIGINT); }

static void hup_reset(void)
{
	question_go(SIGNAL_NOTIFY, SIGHUP);
	kill(getpid(), SIGHUP);
	if (!question_go(SIGNAL_CAME, SIGHUP))
		question_tell("unnotified");
	if (!probe_control("signal.ignored", "notified"))
		question_go(SIGNAL_RESET, SIGHUP);
	tell_ignored(SIGHUP);
}

static void usr1_before(void) { question_handle(SIGUSR1, count_hit, 0); }

/* Go is told of the first signal and the host is not; of the next one the host is told. */
static void given_back(int end)
{
	question_go(SIGNAL_NOTIFY, SIGUSR1);
	kill(getpid(), SIGUSR1);
	if (!question_go(SIGNAL_CAME, SIGUSR1) || hits)
		question_tell("unnotified");
	if (!probe_control("signal.reset", "left"))
		question_go(end, SIGUSR1);
	send_self(SIGUSR1);
	question_tell(hits == 1 ? "host" : "nobody");
}

static void give_reset(void) { given_back(SIGNAL_RESET); }
static void give_stop(void) { given_back(SIGNAL_STOP); }
static void give_default(void) { given_back(SIGNAL_RESET); }

static void prof_before(void) { question_handle(SIGPROF, count_hit, 0); }

static void start_profile(void)
{
	if (question_go(SIGNAL_PROFILE, 0))
		question_fails("the profile cannot be started");
}

/* The host's own profile, by a timer of the process, after Go has taken one. */
static void profile_host(void)
{
	static const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	start_profile();
	send_self(SIGPROF);
	if (hits)
		question_tell("both");
	if (!probe_control("signal.profile", "left"))
		question_go(SIGNAL_PROFILE_END, 0);
	setitimer(ITIMER_PROF, &often, NULL);
	question_tell(hit_comes() ? "host" : "nobody");
}

static void profile_during(void)
{
	start_profile();
	if (probe_control("signal.profile", "default"))
		question_handle(SIGPROF, SIG_DFL, 0);
	send_self(SIGPROF);
}

static void profile_stray(void)
{
	start_profile();
	question_go(SIGNAL_PROFILE_END, 0);
	if (probe_control("signal.profile", "stray"))
		question_handle(SIGPROF, SIG_DFL, 0);
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
		question_fails("Go has no handler of SIGSEGV");
	question_tell(question_go(SIGNAL_RECOVER, 0) == 1 ? "recovered" : "lost");
}

static void late_onstack(void) { report_faults(probe_control("signal.late-handler", "flag") ? 0 : SA_ONSTACK); }
static void late_without(void) { report_faults(probe_control("signal.late-handler", "onstack") ? SA_ONSTACK : 0); }

/* ---- handlers that the host set before it opened the library ------------------------------------------ */

static sigjmp_buf left;
static const char *volatile ran_on; /* the stack of the handler, when it comes back */

/* More than a goroutine's stack has. */
static int use_stack(int frames)
{
	volatile char room[1024];
	room[frames] = frames > 0 ? (char)use_stack(frames - 1) : 0;
	return room[frames] + 1;
}

static void tell_stack(int signal)
{
	stack_t stack;
	(void)signal;
	int here = syscall(SYS_gettid) == getpid();
	int alternate = sigaltstack(NULL, &stack) == 0 && stack.ss_flags & SS_ONSTACK;
	if (use_stack(4) == 5)
		ran_on = here ? "main" : alternate ? "alternate" : "own";
}

static void io_before(void) { question_handle(SIGIO, tell_stack, 0); }

/* Every other thread is Go's: those that are there anyway, and some that wait for the end of the process. */
static void io_on_go(void)
{
	sigset_t io;
	if (probe_control("signal.early-handler", "late"))
		question_handle(SIGIO, tell_stack, 0);
	question_go(SIGNAL_THREADS, 4);
	sigemptyset(&io);
	sigaddset(&io, SIGIO);
	if (!probe_control("signal.early-handler", "main"))
		sigprocmask(SIG_BLOCK, &io, NULL);
	kill(getpid(), SIGIO);
	for (long long end = question_now() + host_patience(QUESTION_MS) / 4; !ran_on && question_now() < end;)
		usleep(1000);
	question_tell(!ran_on ? "nowhere" : library_answers(question_library) ? ran_on : "no-answer");
}

static void leave(int signal)
{
	(void)signal;
	siglongjmp(left, 1);
}

static void leave_before(void)
{
	if (!probe_control("signal.early-handler", "default"))
		question_handle(SIGSEGV, leave, 0);
}

/* Twice, since the second is lost where the first left the signal blocked; Go still takes its own. */
static void leave_fault(void)
{
	volatile int faults = 0;
	if (sigsetjmp(left, 1) == 0 || ++faults < 2)
		signal_c_fault();
	question_tell(question_go(SIGNAL_RECOVER, 0) == 1 && library_answers(question_library) ? "recovered" : "lost");
}

/* A handler that calls Go, on a thread of C that is not in Go. */
static void call_go(int signal)
{
	if (!probe_control("signal.calls-go", "silent") && library_answers(question_library))
		count_hit(signal);
}

static void call_from_handler(int flags)
{
	int rounds = host_rounds(CALL_ROUNDS);
	stack_t stack = { .ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE };
	if (!stack.ss_sp || sigaltstack(&stack, NULL) != 0)
		question_fails("sigaltstack");
	question_handle(SIGUSR1, call_go, flags);
	for (int round = 0; round < rounds; round++) {
		raise(SIGUSR1);
		if (!library_answers(question_library))
			question_tell("no-answer");
	}
	question_tell(hits == rounds ? "answers" : "wrong");
}

static void call_on_own(void) { call_from_handler(0); }
static void call_on_alternate(void) { call_from_handler(SA_ONSTACK); }

/* C asks for the only processor, which a goroutine has that only a signal gets out of it. */
static void call_busy(void)
{
	if (probe_control("signal.preempt", "default")) {
		question_handle(SIGURG, SIG_DFL, 0);
		alarm(2);
	}
	question_go(SIGNAL_BUSY, 0);
	for (int round = 0; round < host_rounds(CALL_ROUNDS); round++)
		if (!library_answers(question_library))
			question_tell("no-answer");
	question_tell("answers");
}

/* ---- the questions ----------------------------------------------------------------------------------- */

static const struct question questions[] = {
	{ "signal.default", "fault", default_before, signal_c_fault, NULL, NULL },
	{ "signal.default", "sent", default_before, send_segv, NULL, NULL },
	{ "signal.default", "sent-go", default_before, segv_in_go, "SIGSEGV: segmentation violation", "says" },
	{ "signal.default", "pipe", default_before, write_broken, NULL, NULL },
	{ "signal.default", "abort", default_before, abort, NULL, NULL },
	{ "signal.default", "term", default_before, send_term, NULL, NULL },
	{ "signal.go-fault", "nil", NULL, go_nil,
	    "panic: runtime error: invalid memory address or nil pointer dereference", "panics" },
	{ "signal.go-fault", "recover", NULL, go_recover, NULL, NULL },
	{ "signal.go-fault", "handled", fault_caught_before, go_nil,
	    "panic: runtime error: invalid memory address or nil pointer dereference", "panics" },
	{ "signal.go-fault", "handled-recover", fault_caught_before, go_recover, NULL, NULL },
	{ "signal.go-fault", "abort", abort_caught_before, go_nil, NULL, NULL },
	{ "signal.go-fault", "abort-late", NULL, go_nil_caught_late, NULL, NULL },
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
	{ "signal.go-pipe", "handled", pipe_caught_before, go_write, NULL, NULL },
	{ "signal.go-pipe", "c-handled", pipe_caught_before, c_write, NULL, NULL },
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
	{ "signal.early-handler", "go", io_before, io_on_go, NULL, NULL },
	{ "signal.early-handler", "left", leave_before, leave_fault, NULL, NULL },
	{ "signal.preempt", "call", NULL, call_busy, NULL, NULL },
	{ "signal.calls-go", "own", NULL, call_on_own, NULL, NULL },
	{ "signal.calls-go", "alternate", NULL, call_on_alternate, NULL, NULL },
};

QUESTION_OBSERVER(observe_default, "signal.default")
QUESTION_OBSERVER(observe_go_fault, "signal.go-fault")
QUESTION_OBSERVER(observe_c_fault, "signal.c-fault")
QUESTION_OBSERVER(observe_ctor, "signal.ctor")
QUESTION_OBSERVER(observe_go_pipe, "signal.go-pipe")
QUESTION_OBSERVER(observe_dispositions, "signal.dispositions")
QUESTION_OBSERVER(observe_ignored, "signal.ignored")
QUESTION_OBSERVER(observe_reset, "signal.reset")
QUESTION_OBSERVER(observe_profile, "signal.profile")
QUESTION_OBSERVER(observe_late_handler, "signal.late-handler")
QUESTION_OBSERVER(observe_early_handler, "signal.early-handler")
QUESTION_OBSERVER(observe_preempt, "signal.preempt")
QUESTION_OBSERVER(observe_calls_go, "signal.calls-go")

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
	{ "signal.early-handler", observe_early_handler },
	{ "signal.preempt", observe_preempt },
	{ "signal.calls-go", observe_calls_go },
	{ NULL, NULL },
};
