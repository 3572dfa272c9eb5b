/* bend.c - makes the traced world wrong for the controls.
 *
 * A bend of a call changes its registers before the kernel sees them, or slips in another call at
 * the same system call instruction and lets the real one follow; a bend of the initializer changes
 * registers where it is entered or where it returns. */
#include "harness/trace/state.h"

#include <sched.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

enum { ARCH_SET_FS = 0x1002 };

/* Must the clone of the call make a thread?  For clone3 the flags are in memory. */
static trace_word thread_flags(const struct thread *thread, struct trace_regs *regs)
{
	trace_word flags = *reg(regs, REG_ARG0);
	if (thread->call.nr == SYS_clone3 && memory_read(thread->tid, flags, &flags, sizeof flags))
		return 0;
	if (thread->call.nr != SYS_clone && thread->call.nr != SYS_clone3)
		return 0;
	return flags & CLONE_THREAD ? flags : 0;
}

static void set_flags(const struct thread *thread, struct trace_regs *regs, trace_word flags)
{
	if (thread->call.nr == SYS_clone3)
		memory_write(thread->tid, *reg(regs, REG_ARG0), &flags, sizeof flags);
	else
		*reg(regs, REG_ARG0) = flags;
}

/* Slips in the call nr(a, b); the one that is stopped follows. */
static int inject(struct thread *thread, struct trace_regs *regs, long nr, trace_word a, trace_word b)
{
	thread->injected = 1;
	thread->before = *regs;
	thread->before_nr = thread->call.nr;
	regs_set_call(regs, nr);
	*reg(regs, REG_ARG0) = a;
	*reg(regs, REG_ARG1) = b;
	return 1;
}

static int is_go_signal_stack(const struct thread *thread)
{
	return thread->call.go && thread->call.nr == SYS_sigaltstack;
}

static int clone_flags(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	trace_word flags = thread_flags(thread, regs);
	(void)trace, (void)entry;
	if (!thread->call.go || !flags)
		return 0;
	set_flags(thread, regs, flags & ~(trace_word)CLONE_SYSVSEM);
	return 1;
}

static int clone_odd(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	return trace->go_clones.count == 1 ? clone_flags(trace, thread, regs, entry) : 0;
}

static int settls_extra(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	(void)entry;
	if (trace->bend_done || !is_go_signal_stack(thread) || trace_arch.arch_prctl < 0)
		return 0;
	return inject(thread, regs, trace_arch.arch_prctl, ARCH_SET_FS, regs_thread_pointer(thread->tid, regs));
}

/* A thread's own setting is left out: it runs with its maker's thread pointer, until it dies of it. */
static int settls_skip(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	trace_word flags = thread_flags(thread, regs);
	(void)entry;
	if (trace->bend_done || !thread->call.go)
		return 0;
	if (flags & CLONE_SETTLS) {
		set_flags(thread, regs, flags & ~(trace_word)CLONE_SETTLS);
		return 1;
	}
	if (thread->call.nr != trace_arch.arch_prctl || thread->tid == trace->first)
		return 0;
	regs_set_call(regs, SYS_getpid);
	return 1;
}

/* The second thread gets the first one's thread pointer. */
static int settls_same(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	const struct thread *first = thread_find(trace, trace->first);
	(void)entry;
	if (trace->bend_done || !thread->call.go || !first || !first->tp_sets)
		return 0;
	if (thread_flags(thread, regs) & CLONE_SETTLS)
		*reg(regs, trace_arch.clone_tls) = first->tp;
	else if (thread->call.nr == trace_arch.arch_prctl && thread != first)
		*reg(regs, REG_ARG1) = first->tp;
	else
		return 0;
	return 1;
}

static int settls_shift(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	(void)trace, (void)entry;
	if (!thread->call.go || thread->call.nr != trace_arch.arch_prctl)
		return 0;
	*reg(regs, REG_ARG1) += 16;
	return 1;
}

static int slot_clobber(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	trace_word zero = 0;
	(void)entry;
	if (trace->bend_done || !is_go_signal_stack(thread) || thread->tid == trace->first)
		return 0;
	memory_write(thread->tid, regs_thread_pointer(thread->tid, regs) - sizeof zero, &zero, sizeof zero);
	return 1;
}

/* The new thread is made to exit by its first instruction (struct thread, phantom). */
static int go_clone(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	(void)entry;
	if (trace->bend_done || !is_go_signal_stack(thread))
		return 0;
	return inject(thread, regs, SYS_clone,
	    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_SYSVSEM | CLONE_THREAD, 0);
}

static int libc_settls(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	trace_word flags = thread_flags(thread, regs);
	(void)entry;
	if (trace->bend_done || thread->call.go || !(flags & CLONE_SETTLS))
		return 0;
	set_flags(thread, regs, flags & ~(trace_word)CLONE_SETTLS);
	return 1;
}

static int sigaltstack_fail(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	(void)entry;
	if (trace->bend_done || thread->call.nr != SYS_sigaltstack)
		return 0;
	return inject(thread, regs, SYS_sigaltstack, 1, 0); /* EFAULT */
}

static int fork_unblocked(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	unsigned long long none = 0;
	(void)trace, (void)regs, (void)entry;
	return ptrace(PTRACE_SETSIGMASK, thread->tid, (void *)sizeof none, &none) == 0;
}

static int fork_blocked(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	unsigned long long all = ~0ull;
	(void)trace, (void)regs, (void)entry;
	return ptrace(PTRACE_SETSIGMASK, thread->tid, (void *)sizeof all, &all) == 0;
}

/* The call is made without what it should set, and so succeeds and changes nothing. */
static int set_nothing(struct trace_regs *regs, long nr)
{
	if ((long)*reg(regs, REG_NR) != nr)
		return 0;
	*reg(regs, REG_ARG1) = 0;
	return 1;
}

static int fork_handlers(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	(void)trace, (void)thread, (void)entry;
	return set_nothing(regs, SYS_rt_sigaction);
}

static int fork_mask(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	(void)trace, (void)thread, (void)entry;
	return set_nothing(regs, SYS_rt_sigprocmask);
}

/* Where the initializer would return it is entered once more, as it was the first time. */
static int init_twice(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	(void)thread;
	if (trace->bend_done)
		return 0;
	*regs = entry->regs;
	return 1;
}

static int init_args(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	(void)trace, (void)thread, (void)entry;
	*reg(regs, REG_CARG0) = 0;
	*reg(regs, REG_CARG1) = 0;
	return 1;
}

/* The entry that holds the random bytes' address is no entry any more. */
static int init_auxv(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	trace_word at = *reg(regs, REG_CARG1) + ((*reg(regs, REG_CARG0) & 0xffffffff) + 1) * sizeof at,
		   pair[2] = { 1, 0 };
	(void)trace, (void)entry;
	for (trace_word word = 1; word; at += sizeof at)
		if (memory_read(thread->tid, at, &word, sizeof word))
			return 0;
	for (; pair[0]; at += sizeof pair) {
		if (memory_read(thread->tid, at, pair, sizeof pair))
			return 0;
		if (pair[0] == AT_RANDOM) {
			pair[0] = AT_IGNORE;
			return !memory_write(thread->tid, at, pair, sizeof pair);
		}
	}
	return 0;
}

static int init_align(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	trace_word address = 0;
	(void)trace;
	if (regs_return_address(thread->tid, regs, &address))
		return 0;
	*reg(regs, REG_SP) -= 8;
	entry->bent = 8; /* given back where it returns: the loader's stack is not what is on trial */
	return trace_arch.return_pops ? !memory_write(thread->tid, *reg(regs, REG_SP), &address, sizeof address) : 1;
}

static int init_clobber(struct trace *trace, struct thread *thread, struct trace_regs *regs, struct entry *entry)
{
	(void)trace, (void)thread, (void)entry;
	*(trace_word *)((char *)regs + trace_arch.saved[0].offset) ^= 0x5a5a;
	return 1;
}

typedef int bend_function(struct trace *, struct thread *, struct trace_regs *, struct entry *);

const struct trace_bend trace_bends[] = {
	{ "clone-flags", "Go's clones lose CLONE_SYSVSEM" },
	{ "clone-odd", "Go's second clone loses CLONE_SYSVSEM" },
	{ "settls-extra", "Go calls arch_prctl(ARCH_SET_FS) once more" },
	{ "settls-skip", "one thread's thread pointer is not set" },
	{ "settls-same", "one thread gets the first thread's thread pointer" },
	{ "settls-shift", "Go's arch_prctl(ARCH_SET_FS) sets 16 more than it asks" },
	{ "slot-clobber", "one thread's slot is overwritten" },
	{ "go-clone", "Go's text makes one thread by clone" },
	{ "libc-settls", "one of libc's threads is made without CLONE_SETTLS" },
	{ "sigaltstack-fail", "one sigaltstack call fails" },
	{ "fork-unblocked", "a process that Go forks begins with no signal blocked" },
	{ "fork-blocked", "a process that Go forks begins with all signals blocked" },
	{ "fork-handlers", "a process that Go forks cannot take its handlers away" },
	{ "fork-mask", "a process that Go forks cannot change its mask" },
	{ "init-twice", "the initializer is entered again where it returns" },
	{ "init-args", "the initializer gets argc 0 and argv NULL" },
	{ "init-auxv", "AT_RANDOM is gone from the auxiliary vector where the initializer is entered" },
	{ "init-align", "the stack is 8 bytes lower where the initializer is entered" },
	{ "init-clobber", "the first callee-saved register is changed where the initializer returns" },
	{ NULL, NULL },
};

/* In the order of trace_bends. */
static const struct {
	enum bend_point point;
	bend_function *apply;
} acts[] = {
	{ BEND_CALL, clone_flags },
	{ BEND_CALL, clone_odd },
	{ BEND_CALL, settls_extra },
	{ BEND_CALL, settls_skip },
	{ BEND_CALL, settls_same },
	{ BEND_CALL, settls_shift },
	{ BEND_CALL, slot_clobber },
	{ BEND_CALL, go_clone },
	{ BEND_CALL, libc_settls },
	{ BEND_CALL, sigaltstack_fail },
	{ BEND_FORK, fork_unblocked },
	{ BEND_FORK, fork_blocked },
	{ BEND_FORK_CALL, fork_handlers },
	{ BEND_FORK_CALL, fork_mask },
	{ BEND_INIT_RETURN, init_twice },
	{ BEND_INIT_ENTRY, init_args },
	{ BEND_INIT_ENTRY, init_auxv },
	{ BEND_INIT_ENTRY, init_align },
	{ BEND_INIT_RETURN, init_clobber },
};

_Static_assert(sizeof acts / sizeof acts[0] + 1 == sizeof trace_bends / sizeof trace_bends[0], "every bend has an act");

int bend_find(const char *name)
{
	for (int i = 0; trace_bends[i].name; i++)
		if (!strcmp(trace_bends[i].name, name))
			return i;
	return -1;
}

int bend_apply(
    struct trace *trace, struct thread *thread, enum bend_point point, struct trace_regs *regs, struct entry *entry)
{
	if (trace->bend < 0 || acts[trace->bend].point != point || thread->injected)
		return 0;
	int changed = acts[trace->bend].apply(trace, thread, regs, entry);
	trace->bend_done += changed != 0;
	return changed;
}
