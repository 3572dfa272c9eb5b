#define _GNU_SOURCE
#include "cases/hosts/question.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases/thread/thread_signal_lib.h"
#include "harness/probe/probe.h"

/* The checks of a host's end: init.exit-calls, where Go is called by what exit(3) calls; init.exit-main, where threads
 * are in Go then; init.exit-main-thread, where the main thread ends and the process goes on; init.fini-order, where
 * what runs at the end says its name. */

enum { EXIT_THREADS = 32, EXIT_BUSY = 2, EXIT_ROUNDS = 4, EXIT_ANSWERS = 100 };

static int in_fini;

static void call_go(void) { question_tell(library_answers(question_library) ? "answers" : "wrong"); }

__attribute__((destructor)) static void fini(void)
{
	if (in_fini)
		call_go();
}

/* The control ends without calling anything. */
static void leave(void)
{
	if (probe_control("init.exit-calls", "quietly"))
		_exit(EXIT_SUCCESS);
	exit(EXIT_SUCCESS);
}

static void at_exit(void)
{
	if (atexit(call_go))
		question_fails("atexit");
}

static void at_exit_and_leave(void)
{
	at_exit();
	leave();
}

static void fini_and_leave(void)
{
	in_fini = 1;
	leave();
}

static void *leave_on_thread(void *argument)
{
	leave();
	return argument;
}

static void thread_and_leave(void)
{
	at_exit();
	pthread_join(host_thread(leave_on_thread, NULL), NULL);
}

/* ---- init.exit-main ---------------------------------------------------------------------------------- */

/* Asks the question in a child for each round, one after the other.  Tells how all of them ended, or the first that
 * ended otherwise than by status 0. */
static void each_round(void)
{
	long long enough =
	    question_now() + host_patience(QUESTION_MS) / 4; /* on a machine that is so busy fewer must do */
	for (int round = 0; round < host_rounds(EXIT_ROUNDS) && question_now() < enough; round++)
		if (question_fork())
			return;
	question_tell("exit-0");
}

static void *loop_in_go(void *argument)
{
	question_go(SIGNAL_LOOP, 0);
	return argument;
}

static int callers; /* threads that have had an answer and ask on */

/* The first are never idle; all of them would leave the machine no time for the one that ends the process. */
static void *loop_of_calls(void *argument)
{
	int number = -1;
	while (library_answers(question_library)) {
		if (number < 0)
			number = __atomic_fetch_add(&callers, 1, __ATOMIC_SEQ_CST);
		if (number >= EXIT_BUSY)
			usleep(1000);
	}
	question_tell("wrong");
	return argument;
}

/* One half of them is in one call that does not return, the other calls again and again. */
static void threads_in_go(void)
{
	for (int i = 0; i < EXIT_THREADS; i++)
		pthread_detach(host_thread(i % 2 ? loop_in_go : loop_of_calls, NULL));
	while (question_go(SIGNAL_LOOPING, 0) + __atomic_load_n(&callers, __ATOMIC_SEQ_CST) < EXIT_THREADS)
		usleep(1000);
	if (probe_control("init.exit-main", "dies") && atexit(abort))
		question_fails("atexit");
}

static int main_status(void) { return probe_control("init.exit-main", "status") ? EXIT_FAILURE : EXIT_SUCCESS; }

static void main_returns(void)
{
	threads_in_go();
	longjmp(host_returns, 1);
}

static void main_exits(void)
{
	threads_in_go();
	exit(main_status());
}

static void *exit_on_thread(void *argument)
{
	exit(main_status());
	return argument;
}

static void thread_exits(void)
{
	threads_in_go();
	pthread_detach(host_thread(exit_on_thread, NULL));
	for (;;)
		pause();
}

/* ---- init.exit-main-thread ---------------------------------------------------------------------------- */

static void (*after_main)(void); /* on the thread that is left */

static void answers_after(void)
{
	for (int i = 0; i < EXIT_ANSWERS; i++)
		if (!library_answers(question_library))
			question_tell("wrong");
}

/* To the process, whose number is that of the thread that is gone. */
static void signal_after(void)
{
	question_go(SIGNAL_NOTIFY, SIGUSR1);
	kill(getpid(), SIGUSR1);
	if (!question_go(SIGNAL_CAME, SIGUSR1))
		question_tell("lost");
}

static void *run_after(void *argument)
{
	static const char told[] = "\ntold: kept\n";
	pthread_join(*(pthread_t *)argument, NULL);
	after_main();
	if (write(STDERR_FILENO, told, sizeof told - 1) < 0)
		question_fails("write");
	exit(EXIT_SUCCESS);
}

/* The control's main ends the process, as it does where it returns. */
static void main_ends(void (*after)(void))
{
	static pthread_t main_thread;
	main_thread = pthread_self();
	after_main = after;
	pthread_detach(host_thread(run_after, &main_thread));
	if (probe_control("init.exit-main-thread", "process"))
		exit(EXIT_FAILURE);
	pthread_exit(NULL);
}

static void main_ends_answers(void) { main_ends(answers_after); }
static void main_ends_signal(void) { main_ends(signal_after); }

/* ---- init.fini-order ------------------------------------------------------------------------------------- */

static void say(const char *name)
{
	if (write(STDERR_FILENO, name, strlen(name)) < 0)
		question_fails("write");
}

static void say_atexit(void) { say(",atexit"); }

/* What is told is all that is said from here to the end. */
static void ends(void)
{
	void (*arm)(void) = NULL;
	void *symbol = dlsym(question_library->handle, "ctor_fini_arm");
	if (!symbol)
		question_fails("libctor.so has no ctor_fini_arm");
	memcpy(&arm, &symbol, sizeof arm);
	if (!probe_control("init.fini-order", "program") && atexit(say_atexit))
		question_fails("atexit");
	say("\ntold: ends");
	arm();
}

static void ends_by_exit(void)
{
	ends();
	exit(EXIT_SUCCESS);
}

static void ends_by_return(void)
{
	ends();
	longjmp(host_returns, 1);
}

/* The control's ends as the others. */
static void ends_at_once(void)
{
	ends();
	if (probe_control("init.fini-order", "exits"))
		exit(EXIT_SUCCESS);
	_exit(EXIT_SUCCESS);
}

static const struct question questions[] = {
	{ "init.exit-calls", "before", at_exit, leave, NULL, NULL },
	{ "init.exit-calls", "after", NULL, at_exit_and_leave, NULL, NULL },
	{ "init.exit-calls", "fini", NULL, fini_and_leave, NULL, NULL },
	{ "init.exit-calls", "thread", NULL, thread_and_leave, NULL, NULL },
	{ "init.exit-main", "return", each_round, main_returns, NULL, NULL },
	{ "init.exit-main", "exit", each_round, main_exits, NULL, NULL },
	{ "init.exit-main", "thread", each_round, thread_exits, NULL, NULL },
	{ "init.fini-order", "exit", NULL, ends_by_exit, NULL, NULL },
	{ "init.fini-order", "return", NULL, ends_by_return, NULL, NULL },
	{ "init.fini-order", "_exit", NULL, ends_at_once, NULL, NULL },
	{ "init.exit-main-thread", "answers", NULL, main_ends_answers, NULL, NULL },
	{ "init.exit-main-thread", "signal", NULL, main_ends_signal, NULL, NULL },
};

QUESTION_OBSERVER(observe_exit, "init.exit-calls")
QUESTION_OBSERVER(observe_exit_main, "init.exit-main")
QUESTION_OBSERVER(observe_exit_main_thread, "init.exit-main-thread")
QUESTION_OBSERVER(observe_fini, "init.fini-order")

const struct host_check exit_checks[] = {
	{ "init.exit-calls", observe_exit },
	{ "init.exit-main", observe_exit_main },
	{ "init.exit-main-thread", observe_exit_main_thread },
	{ "init.fini-order", observe_fini },
	{ NULL, NULL },
};
