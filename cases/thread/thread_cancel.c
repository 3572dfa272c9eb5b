#define _GNU_SOURCE

#include "thread_cancel.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "_cgo_export.h"
#include "probe.h"
#include "sleeps.h"

enum { SLEEPS_MS = 2000 }; /* for the thread to come to its read, which is a point also where it has not yet */

struct cancel {
	const char *id;
	int number;
	enum thread_cancel_where where;
	int ends[2]; /* of a pipe */
	pthread_key_t key;
	int tid, cancelled; /* atomic */
	struct thread_cancel *seen;
};

static void cancel_note(struct cancel *cancel, const char *what)
{
	char *trace = cancel->seen->trace;
	size_t used = strlen(trace);
	snprintf(trace + used, sizeof cancel->seen->trace - used, "%s%s", used ? "," : "", what);
}

static void cancel_inner(void *argument)
{
	struct cancel *cancel = argument;
	cancel_note(cancel, "inner");
	goOnCThread(cancel->number);
}

static void cancel_outer(void *argument) { cancel_note(argument, "outer"); }
static void cancel_destroy(void *value) { cancel_note(value, "key"); }

static void cancel_wait(struct cancel *cancel)
{
	while (!__atomic_load_n(&cancel->cancelled, __ATOMIC_SEQ_CST))
		;
}

static void cancel_read(struct cancel *cancel)
{
	char byte;
	while (read(cancel->ends[0], &byte, 1) < 0 && errno == EINTR)
		;
}

/* A signal that came with the cancellation has been here once the read is back, and finds no frame of Go. */
static void cancel_disabled(struct cancel *cancel)
{
	cancel_wait(cancel);
	pthread_testcancel();
	cancel_read(cancel);
	cancel_note(cancel, "on");
	goOnCThread(cancel->number);
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	cancel_note(cancel, "enabled");
	pthread_testcancel();
}

/* Without an end by cancellation no handler is called. */
static void cancel_point(struct cancel *cancel)
{
	__atomic_store_n(&cancel->tid, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	if (cancel->where == CANCEL_DISABLED) {
		cancel_disabled(cancel);
		return;
	}
	if (cancel->where == CANCEL_RUNS) {
		cancel_wait(cancel);
		cancel_note(cancel, "on");
	}
	cancel_read(cancel);
}

static void *cancel_body(void *argument)
{
	struct cancel *cancel = argument;
	int swapped = probe_control(cancel->id, "order");
	if (!probe_control(cancel->id, "key"))
		pthread_setspecific(cancel->key, cancel);
	if (cancel->where == CANCEL_RUNS && probe_control(cancel->id, "at-once"))
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	if (cancel->where == CANCEL_DISABLED && !probe_control(cancel->id, "enabled"))
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	goOnCThread(cancel->number);
	pthread_cleanup_push(swapped ? cancel_inner : cancel_outer, cancel);
	pthread_cleanup_push(swapped ? cancel_outer : cancel_inner, cancel);
	cancel_point(cancel);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return NULL;
}

/* The control's nobody cancels: the read ends by a byte. */
static int cancel_now(struct cancel *cancel, pthread_t thread)
{
	int tid, error = 0;
	while ((tid = __atomic_load_n(&cancel->tid, __ATOMIC_SEQ_CST)) == 0)
		usleep(1000);
	for (int ms = 0; cancel->where == CANCEL_WAITS && ms < SLEEPS_MS && !probe_sleeps(tid); ms++)
		usleep(1000);
	int never = probe_control(cancel->id, "never");
	if (!never)
		error = pthread_cancel(thread);
	if (probe_control(cancel->id, "at-once"))
		usleep(100000);
	if (!error && (never || cancel->where == CANCEL_DISABLED) && write(cancel->ends[1], "x", 1) != 1)
		error = errno;
	__atomic_store_n(&cancel->cancelled, 1, __ATOMIC_SEQ_CST);
	return error;
}

static int cancel_thread(struct cancel *cancel)
{
	pthread_t thread;
	void *result;
	int error = pthread_create(&thread, NULL, cancel_body, cancel);
	if (error)
		return error;
	error = cancel_now(cancel, thread);
	if (error)
		return error;
	error = pthread_join(thread, &result);
	cancel_note(cancel, result == PTHREAD_CANCELED ? "canceled" : "returned");
	return error;
}

int thread_cancel_run(const char *id, int number, enum thread_cancel_where where, struct thread_cancel *seen)
{
	struct cancel cancel = { .id = id, .number = number, .where = where, .seen = seen };
	if (pipe(cancel.ends) != 0)
		return errno;
	int error = pthread_key_create(&cancel.key, cancel_destroy);
	if (!error) {
		error = cancel_thread(&cancel);
		pthread_key_delete(cancel.key);
	}
	close(cancel.ends[0]);
	close(cancel.ends[1]);
	return error;
}
