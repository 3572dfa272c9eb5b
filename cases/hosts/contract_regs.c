/* contract_regs.c - the host as a foreign kernel that gives back a thread with other registers, or another stack, than
 * Linux does: a system call changes RAX, RCX and R11 alone (psABI amd64 A.2.1), checks contract.dirty-*.  One that has
 * no stack of its own writes below the caller's stack pointer: contract.sys-stack-*.
 *
 * The parent traces the child (ptrace(2)), and dirties at the end of each system call whose instruction is in the
 * library's mapping: libc's own calls go on as they are. */
#define _GNU_SOURCE
#include "cases/hosts/contract_enter.h"

#include <sys/wait.h>

/* As in contract_sys.c. */
#if defined(__linux__) && defined(__x86_64__) && defined(__GLIBC__) && __has_include(<linux/seccomp.h>)

#include <dlfcn.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>

#include "harness/probe/probe.h"

enum {
	EACH = -1, /* system call of the library */
	VECTORS_SIZE = 15 * 16,
	AT_CALL = 0x80, /* PTRACE_O_TRACESYSGOOD */
	OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL
};

/* No address, and no number that Go would have there. */
#define JUNK 0x5a5a5a5a5a5a5a5aul

/* The arithmetic flags: CF, PF, AF, ZF, SF, OF. */
#define FLAGS 0x8d5ul

enum what { IN_FLAGS, IN_VECTORS, IN_STACK, IN_ARGUMENTS, IN_RESULT };

static int ask_deep(struct turn *turn)
{
	int (*deep)(void);
	*(void **)&deep = dlsym(turn->loaded.handle, "tlsm_deep");
	if (!deep)
		contract_no_turn("the library has no tlsm_deep");
	contract_enter(turn);
	int whole = contract_ask(turn) ? deep() : 0;
	if (whole < 0)
		contract_no_turn("no goroutine's stack lies above another's");
	return whole;
}

/* below: so many bytes below the stack pointer.  Of them the red zone is what a function may use without moving it
 * (psABI amd64 3.2.2). */
static const struct dirty {
	struct contract_clause clause;
	enum what what;
	size_t below;
	int number;                 /* the call that does it, or EACH */
	int (*ask)(struct turn *t); /* kept or broken; NULL: as ever */
} dirties[] = {
	{ { "contract.dirty-flags", NULL, TIMES }, IN_FLAGS, 0, EACH, NULL },
	{ { "contract.dirty-xmm", NULL, TIMES }, IN_VECTORS, 0, EACH, NULL },
	{ { "contract.dirty-red-zone", NULL, TIMES }, IN_STACK, 128, EACH, NULL },
	{ { "contract.dirty-arguments", NULL, TIMES }, IN_ARGUMENTS, 0, EACH, NULL },
	{ { "contract.sys-stack-256", NULL, TIMES }, IN_STACK, 256, EACH, ask_deep },
	/* The runtime's own would do harm to whom chance has put there. */
	{ { "contract.sys-stack-1k", NULL, TIMES }, IN_STACK, 1024, SYS_getppid, ask_deep },
};

static const struct dirty *find(const char *id)
{
	for (size_t i = 0; i < sizeof dirties / sizeof *dirties; i++)
		if (strcmp(dirties[i].clause.id, id) == 0)
			return &dirties[i];
	return NULL;
}

const struct contract_clause *contract_find_dirty(const char *id)
{
	const struct dirty *dirty = find(id);
	return dirty ? &dirty->clause : NULL;
}

int (*contract_traced_way(const char *id))(struct turn *turn)
{
	const struct dirty *dirty = find(id);
	return dirty ? dirty->ask : NULL;
}

/* What the next end of a system call finds of a thread, in the registers that a kernel may not change. */
static int dirty_general(pid_t thread, enum what what)
{
	struct user_regs_struct regs;
	if (ptrace(PTRACE_GETREGS, thread, NULL, &regs))
		return -errno;
	if (what == IN_FLAGS)
		regs.eflags ^= FLAGS;
	else if (what == IN_RESULT)
		regs.rax = JUNK;
	else
		regs.rdi = regs.rsi = regs.rdx = regs.r10 = regs.r8 = regs.r9 = JUNK;
	return ptrace(PTRACE_SETREGS, thread, NULL, &regs) ? -errno : 0;
}

/* But for XMM15, which Go's code takes for zero since 1.17 (cmd/compile/abi-internal.md): what becomes of it depends on
 * what is zeroed next. */
static int dirty_vectors(pid_t thread)
{
	struct user_fpregs_struct regs;
	if (ptrace(PTRACE_GETFPREGS, thread, NULL, &regs))
		return -errno;
	memset(regs.xmm_space, JUNK & 0xff, VECTORS_SIZE);
	return ptrace(PTRACE_SETFPREGS, thread, NULL, &regs) ? -errno : 0;
}

static int dirty_stack(pid_t thread, size_t below)
{
	struct user_regs_struct regs;
	if (ptrace(PTRACE_GETREGS, thread, NULL, &regs))
		return -errno;
	for (uintptr_t at = regs.rsp - below; at < regs.rsp; at += sizeof at)
		if (ptrace(PTRACE_POKEDATA, thread, (void *)at, (void *)JUNK))
			return -errno;
	return 0;
}

static int dirty(pid_t thread, const struct dirty *of)
{
	switch (of->what) {
	case IN_VECTORS:
		return dirty_vectors(thread);
	case IN_STACK:
		return dirty_stack(thread, of->below);
	default:
		return dirty_general(thread, of->what);
	}
}

/* rt_sigreturn gives back what was interrupted: all of it is another's. */
static int is_sigreturn(pid_t thread)
{
	struct user_regs_struct regs;
	return ptrace(PTRACE_GETREGS, thread, NULL, &regs) == 0 && regs.orig_rax == SYS_rt_sigreturn;
}

/* Of the child that is traced. */
static size_t dirtied;

/* A thread stopped: what it goes on with. */
static void go_on(pid_t thread, int status, const struct dirty *of, int worse)
{
	enum __ptrace_request request = PTRACE_CONT;
	int signal = WSTOPSIG(status), event = status >> 16;
	if (event == PTRACE_EVENT_SECCOMP) {
		request = is_sigreturn(thread) ? PTRACE_CONT : PTRACE_SYSCALL;
		signal = 0;
	} else if (signal == (SIGTRAP | AT_CALL)) {
		dirtied += dirty(thread, of) == 0;
		if (worse)
			dirty_general(thread, IN_RESULT);
		signal = 0;
	} else if (event || signal == SIGSTOP) {
		signal = 0; /* a new thread, on either side */
	}
	ptrace(request, thread, NULL, (void *)(intptr_t)signal);
}

pid_t contract_trace(const char *id, pid_t child, int *status)
{
	const struct dirty *of = find(id);
	pid_t thread;
	int how;
	while ((thread = waitpid(-1, &how, WNOHANG | __WALL)) > 0) {
		if (WIFSTOPPED(how)) {
			if (thread == child && how >> 8 == SIGSTOP)
				dirtied = 0;
			if (thread == child)
				ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)(intptr_t)OPTIONS);
			go_on(thread, how, of, probe_control(id, "worse"));
		} else if (thread == child) {
			/* A clause that was not broken says nothing: the first was the host's own call. */
			*status = dirtied > 1 ? how : W_EXITCODE(EXIT_FAILURE, 0);
			return child;
		}
	}
	return 0;
}

int contract_is_traced(const char *id) { return find(id) != NULL; }

/* What a call of the host's own leaves: words that were 0, and a comparison that was equal. */
struct left { uintptr_t lowest, vector, argument, unequal; };

/* lowest: the last word of so many bytes below the stack pointer. */
static __attribute__((noinline)) struct left left_by_call(long number, size_t below)
{
	register uintptr_t lowest __asm__("r12") = -below, vector __asm__("r13"), argument __asm__("r14"),
				  unequal __asm__("r15");
	__asm__ volatile("subq $256, %%rsp\n\t"
			 "movq $0, (%%rsp,%%r12)\n\t"
			 "pxor %%xmm0, %%xmm0\n\t"
			 "xorl %%edi, %%edi\n\t"
			 "xorl %%r15d, %%r15d\n\t"
			 "cmpq %%rax, %%rax\n\t"
			 "syscall\n\t"
			 "setne %%r15b\n\t"
			 "movq (%%rsp,%%r12), %%r12\n\t"
			 "movq %%xmm0, %%r13\n\t"
			 "movq %%rdi, %%r14\n\t"
			 "addq $256, %%rsp"
	    : "+r"(lowest), "=&r"(vector), "=&r"(argument), "=&r"(unequal), "+a"(number)
	    :
	    : "rdi", "rsi", "rdx", "rcx", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
	    "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "memory", "cc");
	return (struct left){ lowest, vector, argument, unequal };
}

/* A clause that is tolerated says nothing unless what it is about was seen to be dirty. */
static int is_dirty(const struct dirty *of)
{
	struct left left = left_by_call(CONTRACT_NO_CALL, of->below);
	switch (of->what) {
	case IN_FLAGS:
		return left.unequal == 1;
	case IN_VECTORS:
		return left.vector == JUNK;
	case IN_STACK:
		return left.lowest == JUNK;
	default:
		return left.argument == JUNK;
	}
}

void contract_be_traced(const char *id, uintptr_t base)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) || raise(SIGSTOP))
		contract_no_turn("cannot be traced");
	contract_filter(base, find(id)->number, SECCOMP_RET_TRACE);
	if (!is_dirty(find(id)))
		contract_no_turn("a system call does not dirty what it should");
}

#else

const struct contract_clause *contract_find_dirty(const char *id)
{
	(void)id;
	return NULL;
}

int contract_is_traced(const char *id)
{
	(void)id;
	return 0;
}

int (*contract_traced_way(const char *id))(struct turn *turn)
{
	(void)id;
	return NULL;
}

pid_t contract_trace(const char *id, pid_t child, int *status)
{
	(void)id;
	return waitpid(child, status, WNOHANG);
}

void contract_be_traced(const char *id, uintptr_t base) { (void)id, (void)base; }

#endif
