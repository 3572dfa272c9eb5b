#include "cases/hosts/question.h"

#include "cases/thread/thread_signal_lib.h"

/* The check thread.goexit: runtime.Goexit in a function of Go's that C called.  A thread of Go's has a goroutine to
 * end; a thread of C has one that is only lent to it, and its caller waits for a result. */

static void on_c(void) { question_go(SIGNAL_GOEXIT, 0); }

static void on_go(void)
{
	static const char *const ends[] = { "lost", "returned", "undeferred", "ended" };
	question_tell(ends[question_go(SIGNAL_GOEXIT_GO, 0)]);
}

static const struct question questions[] = {
	{ "thread.goexit", "c", NULL, on_c, "runtime.Goexit called in a thread that was not created by the Go runtime",
	    "says" },
	{ "thread.goexit", "go", NULL, on_go, NULL, NULL },
};

QUESTION_OBSERVER(observe_goexit, "thread.goexit")

const struct host_check goexit_checks[] = {
	{ "thread.goexit", observe_goexit },
	{ NULL, NULL },
};
