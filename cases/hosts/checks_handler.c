#define _GNU_SOURCE
#include "cases/hosts/question.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cases/thread/thread_signal_lib.h"
#include "harness/probe/probe.h"
#include "harness/probe/sleeps.h"

/* What a signal leaves of the code that it interrupts, and of a handler that is at work: signal.samask, signal.errno,
 * signal.restart. */

enum { ERRNO_ROUNDS = 1000, RESTART_ROUNDS = 100 };

static void send_to(pid_t thread, int signal)
{
	if (syscall(SYS_tgkill, getpid(), thread, signal) != 0)
		question_fails("tgkill");
}

static void send_here(int signal) { send_to((pid_t)syscall(SYS_gettid), signal); }

/* ---- signal.samask: what comes while a handler runs waits for its end ------------------------------------- */

static volatile sig_atomic_t depth, deepest, entered, masked;

static void enter(void)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
}

static void masked_handler(int signal)
{
	(void)signal;
	enter();
	masked++;
	depth--;
}

static void first_handler(int signal)
{
	sigset_t none;
	enter();
	sigemptyset(&none);
	if (probe_control("signal.samask", "unblocked"))
		sigprocmask(SIG_SETMASK, &none, NULL);
	if (++entered == 1) {
		send_here(signal);
		send_here(SIGUSR2);
	}
	depth--;
}

static void samask_before(int signal)
{
	struct sigaction action = { .sa_handler = first_handler, .sa_flags = SA_ONSTACK };
	sigemptyset(&action.sa_mask);
	if (probe_control("signal.samask", "nodefer"))
		action.sa_flags |= SA_NODEFER;
	if (!probe_control("signal.samask", "mask"))
		sigaddset(&action.sa_mask, SIGUSR2);
	if (sigaction(signal, &action, NULL) != 0)
		question_fails("sigaction");
	question_handle(SIGUSR2, masked_handler, SA_ONSTACK);
}

static void usr1_samask(void) { samask_before(SIGUSR1); }
static void pipe_samask(void) { samask_before(SIGPIPE); }

static void tell_order(int signal)
{
	sigset_t now;
	send_here(signal);
	sigprocmask(SIG_BLOCK, NULL, &now);
	if (entered != 2 || masked != 1)
		question_tell("lost");
	if (sigismember(&now, signal) || sigismember(&now, SIGUSR2))
		question_tell("blocked");
	question_tell(deepest == 1 ? "after" : "within");
}

static void order_left(void) { tell_order(SIGUSR1); }
static void order_pipe(void) { tell_order(SIGPIPE); }

static void order_back(void)
{
	question_go(SIGNAL_NOTIFY, SIGUSR1);
	question_go(SIGNAL_RESET, SIGUSR1);
	tell_order(SIGUSR1);
}

/* ---- signal.errno ------------------------------------------------------------------------------------------ */

static void spoil_errno(int signal)
{
	(void)signal;
	errno = EDOM;
}

static void errno_kept(void)
{
	int kept = 0, rounds = host_rounds(ERRNO_ROUNDS);
	question_go(SIGNAL_NOTIFY, SIGUSR1);
	send_here(SIGUSR1);
	if (!question_go(SIGNAL_CAME, SIGUSR1))
		question_tell("unnotified");
	if (probe_control("signal.errno", "spoiled"))
		question_handle(SIGUSR1, spoil_errno, SA_ONSTACK);
	for (int round = 1; round <= rounds; round++) {
		errno = round;
		send_here(SIGUSR1);
		kept += errno == round;
	}
	question_tell(kept == rounds ? "kept" : "changed");
}

/* ---- signal.restart ---------------------------------------------------------------------------------------- */

static struct waiter {
	int (*wait)(void); /* 0, or an errno */
	int ends[2], result;
	sem_t posted;
	pid_t id;
} waiter;

static int wait_read(void)
{
	char byte;
	return read(waiter.ends[0], &byte, 1) == 1 ? 0 : errno;
}

static int wait_post(void) { return sem_wait(&waiter.posted) == 0 ? 0 : errno; }

static void *waiter_thread(void *argument)
{
	__atomic_store_n(&waiter.id, (pid_t)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	waiter.result = waiter.wait();
	return argument;
}

/* Where it does not sleep in time, as after an interrupted call, the signal is sent all the same. */
static void interrupt(int signal)
{
	for (int tries = 0; !probe_sleeps((int)waiter.id) && tries < 100; tries++)
		usleep(1000);
	syscall(SYS_tgkill, getpid(), waiter.id, signal);
}

static void tell_waited(int (*wait)(void))
{
	pthread_t thread;
	waiter.wait = wait;
	if (pipe(waiter.ends) != 0 || sem_init(&waiter.posted, 0, 0) != 0)
		question_fails("pipe or sem_init");
	question_go(SIGNAL_NOTIFY, SIGUSR1);
	if (probe_control("signal.restart", "interrupts"))
		question_handle(SIGUSR1, spoil_errno, SA_ONSTACK);
	errno = pthread_create(&thread, NULL, waiter_thread, NULL);
	if (errno)
		question_fails("pthread_create");
	while (!__atomic_load_n(&waiter.id, __ATOMIC_SEQ_CST))
		usleep(100);
	int rounds = probe_control("signal.restart", "interrupts") ? 1 : host_rounds(RESTART_ROUNDS);
	for (int round = 0; round < rounds; round++) {
		interrupt(SIGUSR1);
		interrupt(SIGURG);
	}
	if (write(waiter.ends[1], "x", 1) != 1 || sem_post(&waiter.posted) != 0)
		question_fails("write or sem_post");
	pthread_join(thread, NULL);
	question_tell(waiter.result == 0 ? "goes-on" : waiter.result == EINTR ? "EINTR" : "fails");
}

static void read_goes_on(void) { tell_waited(wait_read); }
static void post_goes_on(void) { tell_waited(wait_post); }

static const struct question questions[] = {
	{ "signal.samask", "left", usr1_samask, order_left, NULL, NULL },
	{ "signal.samask", "forwarded", pipe_samask, order_pipe, NULL, NULL },
	{ "signal.samask", "back", usr1_samask, order_back, NULL, NULL },
	{ "signal.errno", "errno", NULL, errno_kept, NULL, NULL },
	{ "signal.restart", "read", NULL, read_goes_on, NULL, NULL },
	{ "signal.restart", "sem_wait", NULL, post_goes_on, NULL, NULL },
};

QUESTION_OBSERVER(observe_samask, "signal.samask")
QUESTION_OBSERVER(observe_errno, "signal.errno")
QUESTION_OBSERVER(observe_restart, "signal.restart")

const struct host_check handler_checks[] = {
	{ "signal.samask", observe_samask },
	{ "signal.errno", observe_errno },
	{ "signal.restart", observe_restart },
	{ NULL, NULL },
};
