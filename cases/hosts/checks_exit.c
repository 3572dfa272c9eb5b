#include "cases/hosts/question.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/probe/probe.h"

/* The check init.exit-calls: Go is called by what exit(3) calls, when the program is about to end. */

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
	pthread_t thread;
	at_exit();
	errno = pthread_create(&thread, NULL, leave_on_thread, NULL);
	if (errno)
		question_fails("pthread_create");
	pthread_join(thread, NULL);
}

static const struct question questions[] = {
	{ "init.exit-calls", "before", at_exit, leave, NULL, NULL },
	{ "init.exit-calls", "after", NULL, at_exit_and_leave, NULL, NULL },
	{ "init.exit-calls", "fini", NULL, fini_and_leave, NULL, NULL },
	{ "init.exit-calls", "thread", NULL, thread_and_leave, NULL, NULL },
};

static void observe_exit(struct host *host, struct seen *seen)
{
	questions_ask(host, questions, sizeof questions / sizeof *questions, "init.exit-calls", seen);
}

const struct host_check exit_checks[] = {
	{ "init.exit-calls", observe_exit },
	{ NULL, NULL },
};
