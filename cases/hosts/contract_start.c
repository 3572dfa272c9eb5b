/* contract_start.c - the clauses of what a kernel or loader owes a Go program that it starts: how each is broken
 * (checks contract.start-*, judged by contract.c).
 *
 * The machine's own kernel maps the program and makes its first stack.  Before the first instruction the parent, which
 * traces it (ptrace(2)), writes a vector of its own below that one (gABI process stack: argc, argv, NULL, envp, NULL,
 * auxv, AT_NULL), and with it what the clause is about; then it detaches.  With the clause kept the program runs from
 * such a vector as well.
 *
 * A PIE has an interpreter, which the kernel enters in its place; it runs as it does and jumps to AT_ENTRY, where a
 * breakpoint has the program stop before its own first instruction.
 *
 * A loader that is itself a program may enter another one on any of its threads.  For that the parent has the stopped
 * process make a stack and a thread of the same address space (clone(2)), which gets all that the first thread had at
 * the entry point, but the stack; the first thread sleeps and takes no signals. */
#define _GNU_SOURCE
#include "cases/hosts/contract_start.h"

#include "cases/hosts/contract_enter.h"

/* As in contract_regs.c. */
#if defined(__linux__) && defined(__x86_64__) && defined(__GLIBC__)

#include <elf.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	STRINGS = 4,
	PAIRS = 64,
	WORDS = 6 + 2 * STRINGS + 2 * PAIRS,
	ROOM = 8192, /* between the two vectors */
	STACK_SMALL = 65536,
	STACK_OF_THREAD = 1 << 20,
	BREAKPOINT = 0xcc, /* INT3, which leaves RIP behind it (Intel SDM 3, #BP) */
	CALL_SIZE = 3,     /* of SYSTEM_CALL */
	DIRECTION = 0x400  /* DF, which is clear at entry (psABI amd64 3.2.2) */
};

/* MXCSR at entry is 0x1f80: every exception masked, rounding to nearest (psABI amd64 3.4.1). */
#define MXCSR_TO_ZERO 0x7f80u
#define MXCSR_UNMASKED 0u

/* x87 likewise 0x37f; here: nothing masked, single precision. */
#define X87_UNMASKED 0x40u

/* SYSCALL; INT3.  And what a thread does for good: MOV EAX, 34 (pause); SYSCALL; JMP to the MOV. */
#define SYSTEM_CALL 0xcc050ful
static const unsigned char sleeps[16] = { 0xb8, SYS_pause, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7 };

/* A thread of the process as any other: pthread_create's of glibc (sysdeps/unix/sysv/linux/createthread.c), which has
 * a thread pointer of its own besides, and an address to clear at its end. */
#define CLONE_THREADS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

#define JUNK 0x5a5a5a5a5a5a5a5aul

/* What the program finds at its entry point. */
struct starting {
	uintptr_t argc, argv[STRINGS], argv_end, envp[STRINGS], auxv[PAIRS][2];
	size_t args, envs, pairs; /* AT_NULL is none of them */
	size_t off_by;            /* bytes by which the stack is misaligned */
	int called;               /* a return address lies where argc should */
	int blocked;              /* all signals are */
	int threaded;             /* another thread than the first enters it */
	struct user_regs_struct regs;
	struct user_fpregs_struct fp;
};

/* ---- the clauses ------------------------------------------------------------------------------------- */

static void auxv_drop(struct starting *s, uintptr_t tag)
{
	for (size_t i = 0; i < s->pairs; i++)
		if (s->auxv[i][0] == tag)
			s->auxv[i][0] = AT_IGNORE;
}

static void auxv_set(struct starting *s, uintptr_t tag, uintptr_t value)
{
	size_t i = 0;
	while (i < s->pairs && s->auxv[i][0] != tag)
		i++;
	s->pairs += i == s->pairs; /* there is room for AT_NULL's own */
	s->auxv[i][0] = tag;
	s->auxv[i][1] = value;
}

static void align(struct starting *s) { s->off_by = 8; }
static void argc_zero(struct starting *s) { s->argc = s->args = 0; }
static void argv_unended(struct starting *s) { s->argv_end = NOWHERE; }
static void env_missing(struct starting *s) { s->envs = 0; }
static void auxv_missing(struct starting *s) { s->pairs = 0; }
static void page_size_missing(struct starting *s) { auxv_drop(s, AT_PAGESZ); }
static void page_size_64k(struct starting *s) { auxv_set(s, AT_PAGESZ, 65536); }
static void page_size_odd(struct starting *s) { auxv_set(s, AT_PAGESZ, 5000); }
static void page_size_small(struct starting *s) { auxv_set(s, AT_PAGESZ, 1024); }
static void random_missing(struct starting *s) { auxv_drop(s, AT_RANDOM); }
static void random_bad(struct starting *s) { auxv_set(s, AT_RANDOM, NOWHERE); }
static void random_readonly(struct starting *s) { auxv_set(s, AT_RANDOM, s->regs.rip); } /* the program's text */
static void vdso_missing(struct starting *s) { auxv_drop(s, AT_SYSINFO_EHDR); }
static void vdso_bad(struct starting *s) { auxv_set(s, AT_SYSINFO_EHDR, NOWHERE); }
static void secure(struct starting *s) { auxv_set(s, AT_SECURE, 1); }

static void headers_missing(struct starting *s)
{
	static const uintptr_t tags[] = { AT_PHDR, AT_PHENT, AT_PHNUM, AT_BASE, AT_ENTRY };
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		auxv_drop(s, tags[i]);
}

static void called(struct starting *s) { s->called = 1; }
static void at_exit(struct starting *s) { s->regs.rdx = NOWHERE; }

static void registers(struct starting *s)
{
	struct user_regs_struct *r = &s->regs;
	r->rax = r->rbx = r->rcx = r->rdx = r->rsi = r->rdi = r->rbp = JUNK;
	r->r8 = r->r9 = r->r10 = r->r11 = r->r12 = r->r13 = r->r14 = r->r15 = JUNK;
}

static void thread_pointer(struct starting *s) { s->regs.fs_base = NOWHERE; }
static void direction(struct starting *s) { s->regs.eflags |= DIRECTION; }
static void vectors(struct starting *s) { memset(s->fp.xmm_space, JUNK & 0xff, sizeof s->fp.xmm_space); }
static void rounding(struct starting *s) { s->fp.mxcsr = MXCSR_TO_ZERO; }
static void exceptions(struct starting *s) { s->fp.mxcsr = MXCSR_UNMASKED; }
static void x87(struct starting *s) { s->fp.cwd = X87_UNMASKED; }
static void blocked(struct starting *s) { s->blocked = 1; }
static void threaded(struct starting *s) { s->threaded = 1; }

/* Before the program is there, since the kernel lays out its stack by the limit (execve(2)). */
static int stack_small(void)
{
	struct rlimit limit = { STACK_SMALL, STACK_SMALL };
	return setrlimit(RLIMIT_STACK, &limit);
}

static const struct start {
	struct contract_clause clause;
	void (*bend)(struct starting *starting);
	int (*before)(void); /* in the child, before it becomes the program */
} starts[] = {
	{ { "contract.start-align", NULL, TIMES }, align, NULL },
	{ { "contract.start-called", NULL, TIMES }, called, NULL },
	{ { "contract.start-argc-zero", NULL, TIMES }, argc_zero, NULL },
	{ { "contract.start-argv-unended", NULL, TIMES }, argv_unended, NULL },
	{ { "contract.start-env-missing", NULL, TIMES }, env_missing, NULL },
	{ { "contract.start-auxv-missing", NULL, TIMES }, auxv_missing, NULL },
	{ { "contract.start-page-size-missing", NULL, TIMES }, page_size_missing, NULL },
	{ { "contract.start-page-size-64k", NULL, TIMES }, page_size_64k, NULL },
	{ { "contract.start-page-size-odd", NULL, TIMES }, page_size_odd, NULL },
	{ { "contract.start-page-size-small", NULL, TIMES }, page_size_small, NULL },
	{ { "contract.start-random-missing", NULL, TIMES }, random_missing, NULL },
	{ { "contract.start-random-bad", NULL, TIMES }, random_bad, NULL },
	{ { "contract.start-random-readonly", NULL, TIMES }, random_readonly, NULL },
	{ { "contract.start-vdso-missing", NULL, TIMES }, vdso_missing, NULL },
	{ { "contract.start-vdso-bad", NULL, TIMES }, vdso_bad, NULL },
	{ { "contract.start-headers-missing", NULL, TIMES }, headers_missing, NULL },
	{ { "contract.start-secure", NULL, TIMES }, secure, NULL },
	{ { "contract.start-at-exit", NULL, TIMES }, at_exit, NULL },
	{ { "contract.start-registers", NULL, TIMES }, registers, NULL },
	{ { "contract.start-thread-pointer", NULL, TIMES }, thread_pointer, NULL },
	{ { "contract.start-direction", NULL, TIMES }, direction, NULL },
	{ { "contract.start-xmm", NULL, TIMES }, vectors, NULL },
	{ { "contract.start-mxcsr-rounding", NULL, TIMES }, rounding, NULL },
	{ { "contract.start-mxcsr-exceptions", NULL, TIMES }, exceptions, NULL },
	{ { "contract.start-x87", NULL, TIMES }, x87, NULL },
	{ { "contract.start-signals-blocked", NULL, TIMES }, blocked, NULL },
	{ { "contract.start-stack-64k", NULL, TIMES }, NULL, stack_small },
	{ { "contract.start-thread", NULL, TIMES }, threaded, NULL },
};

static const struct start *start_of(const struct contract_clause *clause)
{
	return (const struct start *)((const char *)clause - offsetof(struct start, clause));
}

const struct contract_clause *contract_find_start(const char *id)
{
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
		if (strcmp(starts[i].clause.id, id) == 0)
			return &starts[i].clause;
	return NULL;
}

/* ---- the child --------------------------------------------------------------------------------------- */

/* Argument and environment both say what it is to do, so that it knows when either is missing
 * (cases/init/init_start.go). */
void contract_start_child(const struct contract_clause *clause, const char *program, enum start_how how)
{
	const struct start *start = start_of(clause);
	char *const argv[] = { (char *)(uintptr_t)program, "start", NULL },
		    *const envp[] = { "TLSMATRIX_START=1", NULL };
	dup2(STDERR_FILENO, STDOUT_FILENO);
	if (how != START_KEPT && start->before && start->before())
		contract_no_turn("what precedes the program");
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) || raise(SIGSTOP))
		contract_no_turn("cannot be traced");
	execve(program, argv, envp);
	contract_no_turn(program);
}

/* ---- the parent -------------------------------------------------------------------------------------- */

static int stopped(pid_t child, int how)
{
	int status;
	return waitpid(child, &status, __WALL) == child && WIFSTOPPED(status) && status >> 8 == how ? 0 : -ECHILD;
}

/* To where the program, or its interpreter, begins: past execve's end, with the result of the call in RAX, for a signal
 * that cannot be blocked is taken before any instruction. */
static int to_entry(pid_t child)
{
	void *options = (void *)(intptr_t)(PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
	int error = stopped(child, SIGSTOP);
	if (!error && (ptrace(PTRACE_SETOPTIONS, child, NULL, options) || ptrace(PTRACE_CONT, child, NULL, NULL)))
		error = -errno;
	error = error ? error : stopped(child, SIGTRAP | PTRACE_EVENT_EXEC << 8);
	if (!error && (kill(child, SIGSTOP) || ptrace(PTRACE_CONT, child, NULL, NULL)))
		error = -errno;
	return error ? error : stopped(child, SIGSTOP);
}

static int peek(pid_t child, uintptr_t at, uintptr_t *word)
{
	errno = 0;
	long value = ptrace(PTRACE_PEEKDATA, child, (void *)at, NULL);
	if (errno)
		return -errno;
	*word = (uintptr_t)value;
	return 0;
}

static int get_registers(pid_t child, struct user_regs_struct *regs, struct user_fpregs_struct *fp)
{
	return ptrace(PTRACE_GETREGS, child, NULL, regs) || ptrace(PTRACE_GETFPREGS, child, NULL, fp) ? -errno : 0;
}

/* Pointers up to NULL; *at ends behind it. */
static int take_strings(pid_t child, uintptr_t *at, uintptr_t string[STRINGS], size_t *count)
{
	uintptr_t word = 1;
	for (*count = 0;; ++*count) {
		int error = peek(child, *at, &word);
		*at += sizeof word;
		if (error || !word)
			return error;
		if (*count == STRINGS)
			return -E2BIG;
		string[*count] = word;
	}
}

/* As the kernel made it, or what the interpreter left of it; *entry is AT_ENTRY. */
static int take(pid_t child, struct starting *s, uintptr_t *entry)
{
	memset(s, 0, sizeof *s); /* compared as bytes */
	int error = get_registers(child, &s->regs, &s->fp);
	uintptr_t at = s->regs.rsp;
	*entry = 0;
	error = error ? error : peek(child, at, &s->argc);
	at += sizeof at;
	error = error ? error : take_strings(child, &at, s->argv, &s->args);
	error = error ? error : take_strings(child, &at, s->envp, &s->envs);
	for (; !error && s->pairs < PAIRS; at += sizeof *s->auxv, s->pairs++) {
		uintptr_t *pair = s->auxv[s->pairs];
		if ((error = peek(child, at, &pair[0])) || (error = peek(child, at + sizeof at, &pair[1])))
			return error;
		if (pair[0] == AT_NULL)
			return *entry ? 0 : -ENOEXEC;
		*entry = pair[0] == AT_ENTRY ? pair[1] : *entry;
	}
	return error ? error : -E2BIG;
}

/* Has the thread go on until it comes behind the breakpoint that ends code, whose first byte is put at an address, and
 * puts back what was there, with the next instruction at that address. */
static int run_to(pid_t child, uintptr_t at, uintptr_t code, size_t size, struct user_regs_struct *regs)
{
	struct user_fpregs_struct fp;
	uintptr_t was = 0, mask = ~(uintptr_t)0 >> 8 * (sizeof mask - size);
	int error = peek(child, at, &was);
	if (!error &&
	    (ptrace(PTRACE_POKEDATA, child, (void *)at, (void *)((was & ~mask) | code)) ||
		ptrace(PTRACE_CONT, child, 0, 0)))
		error = -errno;
	error = error ? error : stopped(child, SIGTRAP);
	error = error ? error : get_registers(child, regs, &fp);
	if (!error && regs->rip != at + size)
		error = -ENOEXEC;
	regs->rip = error ? 0 : at;
	if (!error &&
	    (ptrace(PTRACE_POKEDATA, child, (void *)at, (void *)was) || ptrace(PTRACE_SETREGS, child, NULL, regs)))
		error = -errno;
	return error;
}

/* Lets the interpreter run until it has jumped there. */
static int past_interpreter(pid_t child, uintptr_t entry)
{
	struct user_regs_struct regs;
	return run_to(child, entry, BREAKPOINT, 1, &regs);
}

/* What the program would find at its entry point. */
static int take_at_entry(pid_t child, struct starting *s)
{
	uintptr_t entry;
	int error = take(child, s, &entry);
	if (error || s->regs.rip == entry)
		return error;
	error = past_interpreter(child, entry);
	return error ? error : take(child, s, &entry);
}

/* Has the stopped process make a system call, at the program's first instruction. */
static int make_call(pid_t child, const struct starting *s, long number, const uintptr_t argument[6], uintptr_t *result)
{
	struct user_regs_struct regs = s->regs;
	regs.rax = (uintptr_t)number;
	regs.orig_rax = ~0ul; /* it comes from no other call, which would be made again */
	regs.rdi = argument[0];
	regs.rsi = argument[1];
	regs.rdx = argument[2];
	regs.r10 = argument[3];
	regs.r8 = argument[4];
	regs.r9 = argument[5];
	if (ptrace(PTRACE_SETREGS, child, NULL, &regs))
		return -errno;
	int error = run_to(child, regs.rip, SYSTEM_CALL, CALL_SIZE, &regs);
	if (!error && regs.rax > (uintptr_t)-PAGE)
		error = (int)regs.rax;
	*result = error ? 0 : regs.rax;
	return error;
}

static int make_memory(pid_t child, const struct starting *s, size_t size, int access, uintptr_t *at)
{
	return make_call(child, s, SYS_mmap,
	    (const uintptr_t[6]){ 0, size, (uintptr_t)access, MAP_PRIVATE | MAP_ANONYMOUS, ~0ul, 0 }, at);
}

static int block_all(pid_t child)
{
	uint64_t all = ~(uint64_t)0, now = 0;
	void *size = (void *)sizeof all;
	if (ptrace(PTRACE_SETSIGMASK, child, size, &all) || ptrace(PTRACE_GETSIGMASK, child, size, &now))
		return -errno;
	/* SIGKILL and SIGSTOP are not blocked by anything. */
	return (now | 1u << (SIGKILL - 1) | 1u << (SIGSTOP - 1)) == all ? 0 : -ENODATA;
}

/* For good, and whoever sends the process a signal, it is not for this thread. */
static int put_to_sleep(pid_t thread, const struct starting *s, uintptr_t page)
{
	struct user_regs_struct regs = s->regs;
	regs.rip = page;
	regs.orig_rax = ~0ul;
	for (size_t i = 0; i < sizeof sleeps; i += sizeof page) {
		uintptr_t word;
		memcpy(&word, sleeps + i, sizeof word);
		if (ptrace(PTRACE_POKEDATA, thread, (void *)(page + i), (void *)word))
			return -errno;
	}
	return ptrace(PTRACE_SETREGS, thread, NULL, &regs) ? -errno : block_all(thread);
}

/* Another thread of the process, stopped as the first was, with a stack of its own. */
static int make_thread(pid_t child, struct starting *s, pid_t *thread)
{
	uintptr_t stack = 0, page = 0, made = 0;
	int error = make_memory(child, s, STACK_OF_THREAD, PROT_READ | PROT_WRITE, &stack);
	error = error ? error : make_memory(child, s, PAGE, PROT_READ | PROT_EXEC, &page);
	stack += STACK_OF_THREAD;
	error = error ?
	    error :
	    make_call(child, s, SYS_clone, (const uintptr_t[6]){ CLONE_THREADS | CLONE_PTRACE, stack }, &made);
	if (error)
		return error;
	*thread = (pid_t)made;
	s->regs.rsp = stack;
	error = stopped(*thread, SIGSTOP);
	return error ? error : put_to_sleep(child, s, page);
}

static void add(uintptr_t word[WORDS], size_t *count, const uintptr_t *from, size_t more)
{
	memcpy(word + *count, from, more * sizeof *from);
	*count += more;
}

/* The vector's words; how many. */
static size_t compose(const struct starting *s, uintptr_t word[WORDS])
{
	static const uintptr_t end[2] = { 0, AT_NULL };
	const uintptr_t back = s->regs.rip;
	size_t count = 0;
	add(word, &count, &back, s->called != 0);
	add(word, &count, &s->argc, 1);
	add(word, &count, s->argv, s->args);
	add(word, &count, &s->argv_end, 1);
	add(word, &count, s->envp, s->envs);
	add(word, &count, end, 1);
	add(word, &count, s->auxv[0], 2 * s->pairs);
	add(word, &count, end, 2);
	return count;
}

/* Of what a clause changes; the rest is the kernel's. */
static int same_fp(const struct user_fpregs_struct *a, const struct user_fpregs_struct *b)
{
	return a->cwd == b->cwd && a->mxcsr == b->mxcsr && !memcmp(a->xmm_space, b->xmm_space, sizeof a->xmm_space);
}

/* Gives it to the child, and looks whether it is there: a clause that was not broken would look tolerated. */
static int give(pid_t child, struct starting *s)
{
	uintptr_t word[WORDS] = { 0 }, there;
	struct user_regs_struct regs = s->regs;
	struct user_fpregs_struct fp = s->fp;
	size_t count = compose(s, word);
	s->regs.rsp = ((s->regs.rsp - ROOM) & ~(uintptr_t)15) - s->off_by;
	for (size_t i = 0; i < count; i++) {
		uintptr_t at = s->regs.rsp + i * sizeof *word;
		if (ptrace(PTRACE_POKEDATA, child, (void *)at, (void *)word[i]) || peek(child, at, &there))
			return -errno;
		if (there != word[i])
			return -ENODATA;
	}
	if (ptrace(PTRACE_SETREGS, child, NULL, &s->regs) || ptrace(PTRACE_SETFPREGS, child, NULL, &s->fp))
		return -errno;
	int error = get_registers(child, &regs, &fp);
	if (!error && (memcmp(&regs, &s->regs, sizeof regs) || !same_fp(&fp, &s->fp)))
		error = -ENODATA;
	return error || !s->blocked ? error : block_all(child);
}

static int bend(const struct start *start, enum start_how how, struct starting *s)
{
	struct starting was;
	memcpy(&was, s, sizeof was);
	if (how != START_KEPT && start->bend)
		start->bend(s);
	if (how != START_KEPT && start->bend && memcmp(&was, s, sizeof was) == 0)
		return -ENODATA;
	if (how == START_WORSE)
		random_bad(s);
	return 0;
}

/* Which thread enters it is looked at as all else is. */
static int is_thread_of(pid_t child, pid_t thread)
{
	return thread != child && syscall(SYS_tgkill, child, thread, 0) == 0;
}

int contract_start(const struct contract_clause *clause, pid_t child, enum start_how how)
{
	struct starting starting;
	pid_t enters = child;
	int error = to_entry(child);
	error = error ? error : take_at_entry(child, &starting);
	error = error ? error : bend(start_of(clause), how, &starting);
	if (!error && starting.threaded)
		error = make_thread(child, &starting, &enters);
	error = error ? error : give(enters, &starting);
	if (!error && starting.threaded && !is_thread_of(child, enters))
		error = -ENODATA;
	/* The one that enters comes last: it may end the process at once. */
	if (!error &&
	    ((enters != child && ptrace(PTRACE_DETACH, child, NULL, NULL)) ||
		ptrace(PTRACE_DETACH, enters, NULL, NULL)))
		error = -errno;
	if (error)
		kill(child, SIGKILL);
	if (error && enters != child) /* a process ends when those who trace its threads know that they have */
		waitpid(enters, NULL, __WALL);
	return error;
}

#else

const struct contract_clause *contract_find_start(const char *id)
{
	(void)id;
	return NULL;
}

void contract_start_child(const struct contract_clause *clause, const char *program, enum start_how how)
{
	(void)clause, (void)program, (void)how;
	__builtin_trap();
}

int contract_start(const struct contract_clause *clause, pid_t child, enum start_how how)
{
	(void)clause, (void)child, (void)how;
	return -1;
}

#endif
