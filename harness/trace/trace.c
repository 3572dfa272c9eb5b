/* trace.c - the loop: starts the program, waits for its threads' stops and hands them on. */
#include "harness/trace/state.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "matrix/base/buf.h"
#include "matrix/base/clock.h"
#include "matrix/base/diag.h"

enum {
	OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
	    PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL,
	SYSCALL_STOP = SIGTRAP | 0x80,
	ARCH_SET_FS = 0x1002
};

/* ---- start ------------------------------------------------------------------------------- */

#define LOAD_FIELD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_ARG(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]))
#define JUMP_EQ(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)

/* Little-endian: the low half of an argument comes first. */
static int install_filter(void)
{
	struct sock_filter code[] = {
		LOAD_FIELD(arch),
		JUMP_EQ(trace_arch.audit, 0, 11),
		LOAD_FIELD(nr),
		JUMP_EQ(SYS_clone, 10, 0),
		JUMP_EQ(SYS_clone3, 9, 0),
		JUMP_EQ(SYS_sigaltstack, 8, 0),
		JUMP_EQ(SYS_mmap, 4, 0),
		JUMP_EQ(SYS_mprotect, 3, 0),
		JUMP_EQ((unsigned)trace_arch.arch_prctl, 0, 4),
		LOAD_ARG(0),
		JUMP_EQ(ARCH_SET_FS, 3, 2),
		LOAD_ARG(2),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
	};
	struct sock_fprog program = { sizeof code / sizeof code[0], code };
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* The child: waits for go, tells whether there is a filter, becomes the program or tells why not. */
static void become_program(const struct trace_spec *spec, int go, int tell)
{
	char byte;
	int null = open("/dev/null", O_RDONLY);
	int out = open(spec->output ? spec->output : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (null < 0 || out < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	if (read(go, &byte, 1) != 1)
		_exit(126);
	byte = spec->census || install_filter() ? 'n' : 'f';
	if (write(tell, &byte, 1) != 1)
		_exit(126);
	if (spec->preload)
		setenv("LD_PRELOAD", spec->preload, 1);
	execv(spec->argv[0], spec->argv);
	int error = errno;
	_exit(write(tell, &error, sizeof error) == sizeof error ? 127 : 126);
}

static int start(struct trace *trace, int *tell, struct diag *diag)
{
	int go[2], told[2];
	char byte = 'g';
	if (pipe2(go, O_CLOEXEC) || pipe2(told, O_CLOEXEC))
		return diag_set(diag, errno, "pipe: %s", strerror(errno));
	pid_t pid = fork();
	if (pid < 0)
		return diag_set(diag, errno, "fork: %s", strerror(errno));
	if (!pid) {
		close(go[1]);
		become_program(trace->spec, go[0], told[1]);
	}
	close(go[0]);
	close(told[1]);
	*tell = told[0];
	trace->first = pid;
	struct thread *thread = thread_add(trace, pid);
	thread->process = pid;
	thread->arrived = thread->claimed = 1;
	int error = 0;
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(intptr_t)OPTIONS) < 0)
		error = diag_set(diag, EPERM, "ptrace: %s: the kernel lets no process be traced here", strerror(errno));
	else if (write(go[1], &byte, 1) != 1 || read(told[0], &byte, 1) != 1)
		error = diag_set(diag, EIO, "%s: the child did not start", trace->spec->argv[0]);
	close(go[1]);
	trace->seccomp = byte == 'f';
	if (error) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, __WALL);
	}
	return error;
}

/* ---- the loop ---------------------------------------------------------------------------- */

/* Only interrupts waitpid, so that the time limit is looked at. */
static void tick(int signal) { (void)signal; }

/* Lets a new thread or process go, once both its first stop and its parent's report have come. */
static void release(struct trace *trace, struct thread *thread)
{
	struct trace_regs regs;
	if (thread->phantom && !regs_read(thread->tid, &regs)) {
		*reg(&regs, REG_ARG0) = 0;
		regs_again(&regs, SYS_exit);
		regs_write(thread->tid, &regs);
	}
	init_clean(trace, thread);
	fork_born(trace, thread);
	thread_resume(trace, thread, 0);
}

/* A new thread or process: its parent's report and its own first stop come in either order. */
static void on_made(struct trace *trace, struct thread *parent)
{
	unsigned long tid = 0;
	if (ptrace(PTRACE_GETEVENTMSG, parent->tid, NULL, &tid) < 0)
		return;
	struct thread *child = thread_find(trace, (pid_t)tid);
	if (!child)
		child = thread_add(trace, (pid_t)tid);
	child->claimed = 1;
	call_made(trace, parent, child);
	if (child->arrived)
		release(trace, child);
}

/* Its first stop: held until the parent's report says what it is. */
static void on_arrived(struct trace *trace, struct thread *thread)
{
	thread->arrived = thread->stopped = 1;
	if (thread->claimed)
		release(trace, thread);
}

/* The process has become another program; its other threads are gone, some without a word. */
static void on_exec(struct trace *trace, struct thread *thread)
{
	for (size_t i = 0; i < trace->threads; i++)
		if (trace->thread[i]->process == thread->process && trace->thread[i] != thread)
			trace->thread[i]->alive = 0;
	thread->call.nr = -1;
	thread->exit_wanted = thread->injected = 0;
	fork_exec(trace, thread);
	if (thread->process == trace->first)
		init_exec(trace, thread);
	thread_resume(trace, thread, 0);
}

static void on_syscall(struct trace *trace, struct thread *thread)
{
	struct __ptrace_syscall_info info = { 0 };
	ptrace(PTRACE_GET_SYSCALL_INFO, thread->tid, (void *)sizeof info, &info);
	fork_call(trace, thread, info.op == PTRACE_SYSCALL_INFO_ENTRY);
	if (thread->process == trace->first) {
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY && !trace->seccomp)
			call_enter(trace, thread);
		else if (info.op == PTRACE_SYSCALL_INFO_EXIT && call_exit(trace, thread))
			init_find(trace, thread);
	}
	thread_resume(trace, thread, 0);
}

static void on_event(struct trace *trace, struct thread *thread, int event, int signal)
{
	switch (event) {
	case PTRACE_EVENT_CLONE:
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
		on_made(trace, thread);
		break;
	case PTRACE_EVENT_SECCOMP:
		if (thread->process == trace->first)
			call_enter(trace, thread);
		break;
	case PTRACE_EVENT_EXEC:
		on_exec(trace, thread);
		return;
	case PTRACE_EVENT_STOP:
		if (signal != SIGTRAP) { /* a job control stop of the whole process */
			thread->stopped = 0;
			ptrace(PTRACE_LISTEN, thread->tid, NULL, NULL);
			return;
		}
		break;
	default:
		break;
	}
	thread_resume(trace, thread, 0);
}

static void on_end(struct trace *trace, struct thread *thread, int status)
{
	thread->alive = thread->stopped = 0;
	fork_end(trace, thread);
	if (thread->tid == trace->first) {
		trace->over = 1;
		trace->status = status;
	}
}

static void dispatch(struct trace *trace, pid_t tid, int status)
{
	struct thread *thread = thread_find(trace, tid);
	if (!thread)
		thread = thread_add(trace, tid);
	if (!WIFSTOPPED(status)) {
		on_end(trace, thread, status);
		return;
	}
	int signal = WSTOPSIG(status), event = status >> 16;
	thread->stopped = 1;
	if (!thread->arrived)
		on_arrived(trace, thread);
	else if (signal == SYSCALL_STOP)
		on_syscall(trace, thread);
	else if (event)
		on_event(trace, thread, event, signal);
	else if (signal != SIGTRAP || !init_trap(trace, thread))
		thread_resume(trace, thread, signal);
}

/* One report: kept ones first.  0, or -ECHILD when nobody is left. */
static int next_report(struct trace *trace, pid_t *tid, int *status)
{
	for (size_t i = 0; i < trace->threads; i++) {
		struct thread *thread = trace->thread[i];
		if (thread->alive && thread->pending) {
			thread->pending = 0;
			*tid = thread->tid;
			*status = thread->pending_status;
			return 0;
		}
	}
	*tid = waitpid(-1, status, __WALL);
	return *tid < 0 ? -errno : 0;
}

static void loop(struct trace *trace)
{
	double end = trace->spec->timeout_s ? clock_now() + trace->spec->timeout_s : 0;
	while (!trace->over) {
		pid_t tid = 0;
		int status = 0, error = next_report(trace, &tid, &status);
		if (!error)
			dispatch(trace, tid, status);
		else if (error != -EINTR)
			break;
		if (end > 0 && clock_now() > end && !trace->timed_out) {
			trace->timed_out = 1;
			kill(trace->first, SIGKILL);
		}
	}
}

/* What the program left behind ends with it. */
static void reap(struct trace *trace)
{
	int status;
	for (size_t i = 0; i < trace->threads; i++)
		if (trace->thread[i]->alive)
			kill(trace->thread[i]->tid, SIGKILL);
	for (size_t i = 0; i < trace->threads; i++)
		if (trace->thread[i]->alive)
			thread_wait(trace->thread[i]->tid, &status);
}

int trace_run(const struct trace_spec *spec, struct trace **trace, struct diag *diag)
{
	struct sigaction action = { .sa_handler = tick };
	struct itimerval every = { { 0, 200000 }, { 0, 200000 } }, never = { { 0, 0 }, { 0, 0 } };
	struct trace *now_trace = xcalloc(1, sizeof *now_trace);
	int tell = -1, failed = 0;
	now_trace->spec = spec;
	now_trace->bend = spec->bend ? bend_find(spec->bend) : -1;
	now_trace->module = realpath(spec->module ? spec->module : spec->argv[0], NULL);
	int error = now_trace->module ?
	    start(now_trace, &tell, diag) :
	    diag_set(diag, errno, "%s: %s", spec->module ? spec->module : spec->argv[0], strerror(errno));
	if (!error) {
		sigaction(SIGALRM, &action, NULL);
		setitimer(ITIMER_REAL, &every, NULL);
		loop(now_trace);
		setitimer(ITIMER_REAL, &never, NULL);
		reap(now_trace);
		if (read(tell, &failed, sizeof failed) == sizeof failed)
			error = diag_set(diag, failed, "%s: %s", spec->argv[0], strerror(failed));
	}
	if (tell >= 0)
		close(tell);
	if (error)
		trace_free(now_trace);
	else
		*trace = now_trace;
	return error;
}

void trace_free(struct trace *trace)
{
	for (size_t i = 0; i < trace->threads; i++)
		free(trace->thread[i]);
	for (size_t i = 0; i < trace->images; i++)
		image_free(&trace->image[i]);
	init_forget_arguments(trace);
	free(trace->thread);
	free(trace->image);
	free(trace->region);
	free(trace->module);
	free(trace);
}
