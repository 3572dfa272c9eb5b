#define _GNU_SOURCE

#include "thread_begins.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

enum { STACK = 1 << 20, OWN_STACK = 1 << 14 };

struct begins {
	const char *id;
	sigset_t mask; /* the creator's */
	pthread_key_t key;
	pthread_barrier_t set;
	pthread_mutex_t lock;
	struct thread_begins *seen;
};

/* SIGWINCH is pending on the creator: it does nothing where it gets loose. */
enum { BLOCKED = SIGUSR2, PENDING = SIGWINCH };

/* No call in it needs the alignment. */
static __attribute__((noinline)) int stack_aligned(void)
{
	volatile char frame[16] __attribute__((aligned(16)));
	uintptr_t at = (uintptr_t)frame;
	__asm__ volatile("" : "+r"(at)::"memory"); /* or the compiler answers by the declaration */
	return at % 16 == 0;
}

#ifdef __x86_64__
static int stack_off(void)
{
	int (*look)(void) = stack_aligned, aligned;
	__asm__ volatile("sub $136, %%rsp\n\tcall *%1\n\tadd $136, %%rsp"
	    : "=a"(aligned)
	    : "r"(look)
	    : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
	return aligned;
}
#else
static int stack_off(void) { return 0; }
#endif

static int mask_same(const sigset_t *a, const sigset_t *b)
{
	for (int number = 1; number < NSIG; number++)
		if (sigismember(a, number) != sigismember(b, number))
			return 0;
	return 1;
}

static int bounds_right(void)
{
	pthread_attr_t attr;
	void *stack = NULL;
	size_t size = 0;
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	if (pthread_getattr_np(pthread_self(), &attr) != 0)
		return 0;
	int error = pthread_attr_getstack(&attr, &stack, &size);
	pthread_attr_destroy(&attr);
	return !error && here - (uintptr_t)stack < size && size >= STACK / 2;
}

/* The world as a wrong libc or kernel makes it. */
static void bend(const struct begins *begins, char *stack)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, BLOCKED);
	if (probe_control(begins->id, "mask"))
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	if (probe_control(begins->id, "pending"))
		pthread_kill(pthread_self(), PENDING);
	if (probe_control(begins->id, "altstack"))
		sigaltstack(&(stack_t){ .ss_sp = stack, .ss_size = OWN_STACK }, NULL);
	if (probe_control(begins->id, "key"))
		pthread_setspecific(begins->key, begins);
}

static void observe(struct begins *begins, struct thread_begins *mine)
{
	sigset_t mask, pending;
	stack_t stack = { 0 };
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	mine->mask = mask_same(&mask, &begins->mask);
	sigpending(&pending);
	mine->pending = !sigismember(&pending, PENDING);
	syscall(SYS_sigaltstack, NULL, &stack); /* libc's wrapper may keep what it was told */
	mine->altstack = (stack.ss_flags & SS_DISABLE) != 0;
	mine->stack = probe_control(begins->id, "stack") ? stack_off() : stack_aligned();
	mine->bounds = bounds_right();
	mine->key_none = pthread_getspecific(begins->key) == NULL;
	pthread_setspecific(begins->key, mine);
	pthread_barrier_wait(&begins->set);
	if (probe_control(begins->id, "own"))
		pthread_setspecific(begins->key, begins);
	mine->key_own = pthread_getspecific(begins->key) == mine;
}

static void *begins_body(void *argument)
{
	struct begins *begins = argument;
	struct thread_begins mine;
	char stack[OWN_STACK];
	bend(begins, stack);
	observe(begins, &mine);
	pthread_mutex_lock(&begins->lock);
	begins->seen->mask += mine.mask;
	begins->seen->pending += mine.pending;
	begins->seen->altstack += mine.altstack;
	begins->seen->stack += mine.stack;
	begins->seen->bounds += mine.bounds;
	begins->seen->key_none += mine.key_none;
	begins->seen->key_own += mine.key_own;
	pthread_mutex_unlock(&begins->lock);
	pthread_setspecific(begins->key, NULL);
	sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL);
	return NULL;
}

/* All of them or none: each waits for the others. */
static int begins_make(struct begins *begins)
{
	pthread_t threads[THREAD_BEGINS];
	pthread_attr_t attr;
	int error = pthread_attr_init(&attr), made = 0;
	if (error)
		return error;
	error = pthread_attr_setstacksize(&attr, probe_control(begins->id, "bounds") ? STACK / 4 : STACK);
	while (!error && made < THREAD_BEGINS)
		if (!(error = pthread_create(&threads[made], &attr, begins_body, begins)))
			made++;
	pthread_attr_destroy(&attr);
	for (int i = 0; !error && i < made; i++)
		error = pthread_join(threads[i], NULL);
	return error;
}

int thread_begins_run(const char *id, struct thread_begins *seen)
{
	/* Not on the stack: where a thread cannot be made those before it go on waiting. */
	static struct begins begins = { .lock = PTHREAD_MUTEX_INITIALIZER };
	sigset_t set, pending, was;
	begins.id = id;
	begins.seen = seen;
	int error = pthread_key_create(&begins.key, NULL);
	if (error)
		return error;
	pthread_barrier_init(&begins.set, NULL, THREAD_BEGINS);
	pthread_setspecific(begins.key, &begins);
	sigemptyset(&pending);
	sigaddset(&pending, PENDING);
	set = pending;
	sigaddset(&set, BLOCKED);
	pthread_sigmask(SIG_BLOCK, &set, &was);
	pthread_sigmask(SIG_SETMASK, NULL, &begins.mask);
	pthread_kill(pthread_self(), PENDING);
	error = begins_make(&begins);
	sigtimedwait(&pending, NULL, &(struct timespec){ 0 });
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	pthread_setspecific(begins.key, NULL);
	if (!error)
		pthread_key_delete(begins.key);
	return error;
}
