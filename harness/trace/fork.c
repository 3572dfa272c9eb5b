/* fork.c - what signals can do to a process that Go's text forks, from its first instruction until it execs.
 *
 * It has its parent's handlers, and may share its memory (CLONE_VM): a handler of Go's that runs there finds the
 * parent's g, and writes to the parent's memory.  So Go blocks all signals around the clone, and takes its handlers
 * away before it gives the mask back (runtime/proc.go beforefork, syscall_runtime_AfterForkInChild).  Which signals
 * come does not matter: in each stop the kernel is asked which could run a handler. */
#include "harness/trace/state.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>

/* SIGKILL and SIGSTOP cannot be blocked; the kernel drops them from every mask (signal(7)). */
static const unsigned long long BLOCKABLE = ~(1ull << 8 | 1ull << 18);

/* 32 to 34: handlers of libc's own, for its own threads, of which Go knows nothing (glibc
 * sysdeps/unix/sysv/linux/internal-signals.h; musl src/internal/pthread_impl.h SIGTIMER, SIGCANCEL, SIGSYNCCALL). */
static const unsigned long long OF_LIBC = 7ull << 31;

/* Returns which signals are not blocked; which of them could run a handler is kept. */
static unsigned long long look(struct thread *thread)
{
	unsigned long long blocked, caught;
	if (thread_status(thread->tid, "SigBlk", 16, &blocked) || thread_status(thread->tid, "SigCgt", 16, &caught))
		return BLOCKABLE;
	thread->open |= caught & ~blocked & ~OF_LIBC;
	return BLOCKABLE & ~blocked;
}

void fork_born(struct trace *trace, struct thread *thread)
{
	if (!thread->forked)
		return;
	bend_apply(trace, thread, BEND_FORK, NULL, NULL);
	thread->born_unblocked = look(thread) != 0;
}

void fork_call(struct trace *trace, struct thread *thread, int is_entry)
{
	struct trace_regs regs;
	if (!thread->forked)
		return;
	if (is_entry && !regs_read(thread->tid, &regs) && bend_apply(trace, thread, BEND_FORK_CALL, &regs, NULL))
		regs_write(thread->tid, &regs);
	look(thread);
}

/* Only now is it known that it was to become another program, or (fork_end) was not: Go 1.23 to 1.27 make one to learn
 * whether clone gives process descriptors, with its signals as they are (syscall/exec_linux.go doCheckClonePidfd). */
void fork_exec(struct trace *trace, struct thread *thread)
{
	unsigned long long blocked;
	if (!thread->forked)
		return;
	thread->forked = 0;
	trace->fork.execs++;
	trace->fork.blocked += !thread->born_unblocked;
	trace->fork.open |= thread->open;
	if (!thread_status(thread->tid, "SigBlk", 16, &blocked))
		trace->fork.restored += blocked == trace->fork.mask;
}

void fork_end(struct trace *trace, struct thread *thread)
{
	if (!thread->forked)
		return;
	thread->forked = 0;
	trace->fork.probes++;
	trace->fork.probes_blocked += !thread->born_unblocked;
	trace->fork.probes_open |= thread->open;
}

void fork_begin(struct trace *trace, const struct thread *thread)
{
	trace->fork = (struct forks){ 0 };
	if (thread_status(thread->tid, "SigBlk", 16, &trace->fork.mask))
		trace->fork.mask = 0;
}
