/* threads.c - the traced threads: found, resumed, held still, stepped. */
#include "harness/trace/state.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "matrix/base/buf.h"

struct thread *thread_find(struct trace *trace, pid_t tid)
{
	for (size_t i = trace->threads; i-- > 0;) /* a number may come again: the youngest is meant */
		if (trace->thread[i]->tid == tid && trace->thread[i]->alive)
			return trace->thread[i];
	return NULL;
}

struct thread *thread_add(struct trace *trace, pid_t tid)
{
	struct thread *thread = xcalloc(1, sizeof *thread);
	thread->tid = tid;
	thread->alive = 1;
	thread->call.nr = -1;
	trace->thread = xrealloc(trace->thread, (trace->threads + 1) * sizeof thread);
	return trace->thread[trace->threads++] = thread;
}

void thread_resume(struct trace *trace, struct thread *thread, int signal)
{
	int request = trace->seccomp && !thread->exit_wanted && !thread->forked ? PTRACE_CONT : PTRACE_SYSCALL;
	thread->stopped = 0;
	ptrace(request, thread->tid, NULL, (void *)(intptr_t)signal); /* ESRCH: killed; its end is reported */
}

int thread_wait(pid_t tid, int *status)
{
	for (int tries = 0; tries < 200; tries++) {
		pid_t got = waitpid(tid, status, __WALL | WNOHANG);
		if (got == tid)
			return 1;
		if (got < 0 && errno != EINTR)
			return 0;
		struct timespec pause = { 0, tries < 20 ? 20000 : 1000000 };
		nanosleep(&pause, NULL);
	}
	return 0;
}

int thread_status(pid_t tid, const char *field, int base, unsigned long long *value)
{
	char name[64], line[256];
	size_t len = strlen(field);
	int error = -ENOENT;
	snprintf(name, sizeof name, "/proc/%d/status", (int)tid);
	FILE *status = fopen(name, "re");
	while (error && status && fgets(line, sizeof line, status))
		if (strncmp(line, field, len) == 0 && line[len] == ':') {
			*value = strtoull(line + len + 1, NULL, base);
			error = 0;
		}
	if (status)
		fclose(status);
	return error;
}

static int is_interrupt(int status)
{
	return WIFSTOPPED(status) && status >> 16 == PTRACE_EVENT_STOP && WSTOPSIG(status) == SIGTRAP;
}

void threads_hold(struct trace *trace, const struct thread *self)
{
	for (size_t i = 0; i < trace->threads; i++) {
		struct thread *other = trace->thread[i];
		int status;
		if (other == self || !other->alive || !other->arrived || other->process != self->process ||
		    other->stopped || other->pending)
			continue;
		if (ptrace(PTRACE_INTERRUPT, other->tid, NULL, NULL) < 0 || !thread_wait(other->tid, &status))
			continue;
		other->stopped = 1;
		if (is_interrupt(status)) {
			other->held = 1;
		} else {
			other->pending = 1;
			other->pending_status = status;
		}
	}
}

void threads_let_go(struct trace *trace)
{
	for (size_t i = 0; i < trace->threads; i++) {
		if (trace->thread[i]->held)
			thread_resume(trace, trace->thread[i], 0);
		trace->thread[i]->held = 0;
	}
}

int thread_step(struct thread *thread)
{
	int result = 0, status;
	struct trace_regs before, after;
	int error = regs_read(thread->tid, &before);
	for (int tries = 0; !error && tries < 16; tries++) {
		if (ptrace(PTRACE_SINGLESTEP, thread->tid, NULL, NULL) < 0 || !thread_wait(thread->tid, &status))
			return -ESRCH;
		if (!WIFSTOPPED(status)) {
			thread->pending = 1;
			thread->pending_status = status;
			return 0;
		}
		if (WSTOPSIG(status) != SIGTRAP)
			result = WSTOPSIG(status); /* a signal came first: delivered when it goes on */
		error = regs_read(thread->tid, &after);
		if (!error && *reg(&after, REG_PC) != *reg(&before, REG_PC))
			break;
	}
	return error ? error : result;
}
