/* call.c - records the watched system calls of the first process. */
#include "harness/trace/state.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "matrix/base/buf.h"

enum { ARCH_SET_FS = 0x1002, CLONE_ARGS_TLS = 7 }; /* struct clone_args: flags is word 0, tls word 7 */

/* ---- entry ------------------------------------------------------------------------------- */

static void read_clone(struct thread *thread, struct trace_regs *regs)
{
	struct call *call = &thread->call;
	trace_word args[CLONE_ARGS_TLS + 1] = { 0 };
	if (call->nr == SYS_clone3) {
		if (memory_read(thread->tid, *reg(regs, REG_ARG0), args, sizeof args))
			memset(args, 0, sizeof args);
		call->flags = args[0];
		call->tls = args[CLONE_ARGS_TLS];
	} else {
		call->flags = *reg(regs, REG_ARG0);
		call->tls = *reg(regs, trace_arch.clone_tls);
		call->g = *reg(regs, REG_CLONE_G);
	}
}

/* What the thread's slot holds when it first asks for its signal stack.
 *
 * Why there: in every release a new M does that in minit, on its g0 (runtime/proc.go mstart1;
 * os_linux.go minit), before it runs any other goroutine.  So the slot must hold exactly the g
 * that runtime.clone was given for the thread (a register at that system call), and for the first
 * thread runtime.g0.  Later the slot follows the goroutine, and the g register of the ABI is only
 * there since 1.17 and free for the assembly of a system call.
 *
 * Where the process ends meanwhile there is no memory to read and nothing to hold against it: that it was killed is the
 * one way out of a stop that is not ours, after which ptrace finds nobody (ptrace(2), "Death under ptrace"). */
static void witness_slot(struct thread *thread, const struct trace_regs *regs)
{
	trace_word pointer = regs_thread_pointer(thread->tid, regs), seen = 0;
	struct trace_regs again;
	if (thread->witness != WITNESS_NONE || !thread->tp_sets || !thread->g)
		return;
	int error = memory_read(thread->tid, pointer - sizeof(trace_word), &seen, sizeof seen);
	if (error && regs_read(thread->tid, &again) == -ESRCH)
		return;
	thread->witness = !error && pointer == thread->tp && seen == thread->g ? WITNESS_G : WITNESS_OTHER;
}

void call_enter(struct trace *trace, struct thread *thread)
{
	struct trace_regs regs;
	trace_word g0 = 0;
	if (regs_read(thread->tid, &regs))
		return;
	long nr = (long)*reg(&regs, REG_NR);
	thread->call = (struct call){ .nr = -1 };
	if (trace->spec->census)
		census_call(thread, nr, address_is_go(trace, *reg(&regs, REG_PC), &g0));
	if (nr != SYS_clone && nr != SYS_clone3 && nr != SYS_sigaltstack && nr != SYS_mmap && nr != SYS_mprotect &&
	    (nr != trace_arch.arch_prctl || *reg(&regs, REG_ARG0) != ARCH_SET_FS))
		return;
	thread->call.nr = nr;
	thread->exit_wanted = 1;
	if (nr == SYS_mmap || nr == SYS_mprotect)
		return;
	thread->call.go = address_is_go(trace, *reg(&regs, REG_PC), &g0);
	if (!thread->g && thread->tid == trace->first)
		thread->g = thread->call.go ? g0 : 0;
	if (bend_apply(trace, thread, BEND_CALL, &regs, NULL)) {
		regs_write(thread->tid, &regs);
		regs_read(thread->tid, &regs);
		thread->call.nr = nr = (long)*reg(&regs, REG_NR);
	}
	if (nr == SYS_clone || nr == SYS_clone3)
		read_clone(thread, &regs);
	else if (nr == trace_arch.arch_prctl)
		thread->call.value = *reg(&regs, REG_ARG1);
	else if (nr == SYS_sigaltstack && thread->call.go)
		witness_slot(thread, &regs);
}

/* ---- exit -------------------------------------------------------------------------------- */

/* Did the thread really end, though its end is not reported yet? */
static int is_gone(const struct thread *thread)
{
	char name[64], line[256];
	snprintf(name, sizeof name, "/proc/%d/task/%d/stat", (int)thread->process, (int)thread->tid);
	FILE *stat = fopen(name, "re");
	if (!stat)
		return 1;
	const char *state = fgets(line, sizeof line, stat) ? strrchr(line, ')') : NULL;
	fclose(stat);
	return !state || !state[1] || strchr("ZX", state[2]);
}

/* Go set the thread pointer of a thread: in it by arch_prctl, or by the clone that made it. */
static void tp_set(struct trace *trace, struct thread *thread, trace_word value)
{
	thread->tp_sets++;
	thread->tp = value;
	for (size_t i = 0; i < trace->threads; i++) {
		const struct thread *other = trace->thread[i];
		if (other != thread && other->alive && other->tp_sets && other->process == thread->process &&
		    other->tp == value && !is_gone(other))
			trace->tp_shared = 1;
	}
}

static void go_on_after_injection(struct thread *thread)
{
	struct trace_regs regs = thread->before;
	thread->injected = 0;
	regs_again(&regs, thread->before_nr);
	regs_write(thread->tid, &regs);
}

int call_exit(struct trace *trace, struct thread *thread)
{
	struct call *call = &thread->call;
	struct trace_regs regs;
	thread->exit_wanted = 0;
	if (call->nr < 0 || regs_read(thread->tid, &regs))
		return 0;
	thread->called = 1;
	long result = (long)*reg(&regs, REG_RET);
	int error = result < 0 && result >= -4095 ? (int)-result : 0;
	int mapped = call->nr == SYS_mmap || call->nr == SYS_mprotect;
	if (call->nr == SYS_sigaltstack) {
		trace->sigaltstacks++;
		trace->sigaltstack_failed += error != 0;
		trace->sigaltstack_errno = error ? error : trace->sigaltstack_errno;
	} else if (call->nr == SYS_clone || call->nr == SYS_clone3) {
		/* a libc tries clone3 first and falls back: ENOSYS is no failure */
		trace->failed_clones += error && error != ENOSYS;
		trace->last_clone_errno = error && error != ENOSYS ? error : trace->last_clone_errno;
	} else if (call->nr == trace_arch.arch_prctl && !error) {
		if (call->go)
			tp_set(trace, thread, call->value);
		*(call->go ? &trace->go_settls : &trace->libc_settls) += 1;
	}
	call->nr = -1;
	if (thread->injected)
		go_on_after_injection(thread);
	return mapped;
}

/* ---- what a clone made ------------------------------------------------------------------- */

static pid_t process_of(pid_t tid)
{
	unsigned long long process;
	return thread_status(tid, "Tgid", 10, &process) ? tid : (pid_t)process;
}

void call_made(struct trace *trace, struct thread *parent, struct thread *child)
{
	const struct call *call = &parent->call;
	child->process = process_of(child->tid);
	census_made(parent, child);
	if (parent->process != trace->first || call->nr < 0)
		return;
	child->is_thread = (call->flags & CLONE_THREAD) != 0;
	child->flags = call->flags;
	child->go_made = call->go;
	child->phantom = parent->injected;
	struct clones *clones = call->go ? &trace->go_clones : &trace->libc_clones;
	/* A child of fork or of vfork is no thread and may have the flags it likes; whatever else
	 * shares memory is meant to be one. */
	if (!child->is_thread && (!(call->flags & CLONE_VM) || (call->flags & CLONE_VFORK))) {
		trace->forks++;
		child->forked = call->go;
		return;
	}
	if (!clones->count++)
		clones->flags = call->flags;
	clones->others += call->flags != clones->flags;
	clones->with_settls += (call->flags & CLONE_SETTLS) != 0;
	if (call->go) {
		child->g = call->g;
		if (call->flags & CLONE_SETTLS)
			tp_set(trace, child, call->tls);
	}
}
