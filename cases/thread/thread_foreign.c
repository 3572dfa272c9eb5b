#define _GNU_SOURCE

#include "thread_foreign.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "_cgo_export.h"
#include "probe.h"
#include "thread_switch.h"

/* Runs body on a thread of its own; stack 0 is libc's default. */
static int run(void *(*body)(void *), void *argument, size_t stack)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error = pthread_attr_init(&attr);
	if (error)
		return error;
	if (stack)
		error = pthread_attr_setstacksize(&attr, stack);
	if (!error)
		error = pthread_create(&thread, &attr, body, argument);
	pthread_attr_destroy(&attr);
	return error ? error : pthread_join(thread, NULL);
}

/* ---- stacks ------------------------------------------------------------------------------ */

struct stacks {
	int number;
	size_t deep;
	uintptr_t *where;
	int call;
};

/* The frames are volatile and used after the call, so that they are really there during it. */
static __attribute__((noinline)) void descend(struct stacks *stacks, size_t deep)
{
	volatile char frame[4096];
	frame[0] = frame[sizeof frame - 1] = 1;
	if (deep >= sizeof frame) {
		descend(stacks, deep - sizeof frame);
	} else {
		stacks->where[stacks->call++] = (uintptr_t)frame;
		goOnCThread(stacks->number);
	}
	frame[1] = frame[0];
}

static void *stacks_body(void *argument)
{
	struct stacks *stacks = argument;
	size_t deep = probe_control("thread.deep-stack", "shallow") ? 0 : stacks->deep;
	descend(stacks, 0);
	descend(stacks, deep);
	descend(stacks, 0);
	return NULL;
}

int thread_stacks(int number, size_t deep, uintptr_t where[3])
{
	struct stacks stacks = { number, deep, where, 0 };
	return run(stacks_body, &stacks, deep + ((size_t)2 << 20));
}

/* Of use where addresses are short, and only there: Go up to 1.12 links no weak reference itself. */
#if UINTPTR_MAX <= UINT32_MAX
extern __typeof__(pthread_getattr_default_np) pthread_getattr_default_np __attribute__((weak));
extern __typeof__(pthread_setattr_default_np) pthread_setattr_default_np __attribute__((weak));

size_t thread_default_stack(size_t size)
{
	pthread_attr_t attr;
	size_t was = 0;
	if (!pthread_getattr_default_np || !pthread_setattr_default_np || pthread_getattr_default_np(&attr) != 0)
		return 0;
	if (pthread_attr_getstacksize(&attr, &was) != 0 || pthread_attr_setstacksize(&attr, size) != 0 ||
	    pthread_setattr_default_np(&attr) != 0)
		was = 0;
	pthread_attr_destroy(&attr);
	return was;
}
#else
size_t thread_default_stack(size_t size)
{
	(void)size;
	return 0;
}
#endif

void thread_bounce(int number) { goOnCThread(number); }

/* ---- signals ----------------------------------------------------------------------------- */

/* The system call, since libc's wrapper may keep what it was told. */
static struct thread_altstack altstack(void)
{
	stack_t stack = { 0 };
	syscall(SYS_sigaltstack, NULL, &stack);
	return (struct thread_altstack){ (uintptr_t)stack.ss_sp, stack.ss_size, stack.ss_flags };
}

/* Says where the thread is and waits to be sent on; 0 when it is to end. */
static int stop(struct thread_foreign *foreign, char what)
{
	ssize_t n;
	do
		n = write(foreign->up, &what, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		return 0;
	do
		n = read(foreign->down, &what, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static struct thread_foreign *away; /* of thread_away_run, one at a time */

/* The slot before and after a signal that finds the thread outside Go. */
static int outside(struct thread_foreign *foreign, char what)
{
	uintptr_t *slot = (uintptr_t *)probe_slot_address();
	int at = foreign->stops++, go_on;
	foreign->slot_known = slot != NULL;
	foreign->before[at] = slot ? *slot : 0;
	if (what == THREAD_SENT && foreign == away)
		pthread_kill(
		    pthread_self(), SIGURG); /* by which Go takes a goroutine off its thread, and which others ignore */
	if (what == THREAD_SENT)
		pthread_kill(pthread_self(), foreign->signal);
	go_on = stop(foreign, what);
	if (slot && probe_control(foreign->id, "scribble")) {
		uintptr_t was = *slot;
		*(volatile uintptr_t *)slot = ~was;
		foreign->after[at] = *(volatile uintptr_t *)slot;
		*slot = was;
		return go_on;
	}
	foreign->after[at] = slot ? *slot : 0;
	return go_on;
}

static void call(struct thread_foreign *foreign)
{
	goOnCThread(foreign->number);
	foreign->seen[foreign->calls++] = altstack();
}

/* For a control. */
static void block(const struct thread_foreign *foreign, int how)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, foreign->signal);
	if (probe_control(foreign->id, "block"))
		pthread_sigmask(how, &set, NULL);
}

static void *foreign_body(void *argument)
{
	struct thread_foreign *foreign = argument;
	stack_t had = { .ss_flags = SS_DISABLE };
	foreign->tid = (int)syscall(SYS_gettid);
	block(foreign, SIG_BLOCK);
	if (foreign->stack)
		sigaltstack(&(stack_t){ .ss_sp = foreign->stack, .ss_size = foreign->stack_size }, &had);
	foreign->set = altstack();
	if (outside(foreign, THREAD_SENT)) {
		call(foreign);
		if (outside(foreign, THREAD_SENT)) {
			call(foreign);
			outside(foreign, THREAD_SEND);
		}
	}
	if (probe_control(foreign->id, "replace"))
		sigaltstack(&(stack_t){ .ss_flags = SS_DISABLE }, NULL);
	foreign->seen[THREAD_CALLS] = altstack();
	/* AddressSanitizer gives each thread one, and takes for its own what it finds when the thread ends
	 * (sanitizer_posix_libcdep.cpp UnsetAlternateSignalStack). */
	if (!(had.ss_flags & SS_DISABLE))
		sigaltstack(&had, NULL);
	return NULL;
}

int thread_foreign_run(struct thread_foreign *foreign)
{
	int error = 0;
	if (foreign->stack_size && !(foreign->stack = calloc(1, foreign->stack_size)))
		error = errno;
	if (!error)
		error = run(foreign_body, foreign, 0);
	close(foreign->up);
	/* Not before the thread has ended: Go lets go of it, and of the stack that it adopted, in a
	 * destructor of the thread (runtime/cgo/gcc_libinit.c pthread_key_destructor). */
	for (size_t i = 0; i < foreign->stack_size && foreign->stack; i++)
		foreign->stack_used |= foreign->stack[i] != 0;
	free(foreign->stack);
	return error;
}

/* ---- C that takes a stack away from under Go ------------------------------------------------ */

static void away_stops(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0), stack = (uintptr_t)away->stack;
	struct thread_altstack now = altstack();
	if (away->stack_size == 0)
		away->is_away = (now.flags & SS_DISABLE) != 0;
	else if (!away->is_away) /* AWAY_STACK; else the alternate stack was changed */
		away->is_away = here - stack < away->stack_size;
	block(away, SIG_BLOCK);
	if (outside(away, THREAD_SENT) && outside(away, THREAD_SENT))
		outside(away, THREAD_SEND);
	block(away, SIG_UNBLOCK);
}

static int away_altstack(const stack_t *stack, stack_t *was)
{
	if (probe_control(away->id, "stay"))
		stack = NULL;
	return syscall(SYS_sigaltstack, stack, was) ? errno : 0;
}

static int away_do(enum thread_away how)
{
	static stack_t left;
	stack_t own = { .ss_sp = away->stack, .ss_size = away->stack_size }, was = { 0 };
	own.ss_flags = how == AWAY_DISABLED ? SS_DISABLE : 0;
	int error = 0;
	if (how == AWAY_STACK && probe_control(away->id, "stay"))
		away_stops();
	else if (how == AWAY_STACK)
		thread_on_stack(away->stack, away->stack_size, away_stops);
	else if (how == AWAY_BACK)
		error = away_altstack(&left, NULL);
	else
		error = away_altstack(&own, how == AWAY_LEFT ? &left : &was);
	if (error || (how != AWAY_REPLACED && how != AWAY_DISABLED))
		return error;
	away->is_away = altstack().sp == (uintptr_t)away->stack && how == AWAY_REPLACED;
	away_stops();
	return away_altstack(&was, NULL);
}

int thread_away_run(struct thread_foreign *foreign, enum thread_away how)
{
	away = foreign;
	away->tid = (int)syscall(SYS_gettid);
	if (away->stack_size && !away->stack && !(away->stack = calloc(1, away->stack_size)))
		return errno;
	int error = away_do(how);
	if (how != AWAY_LEFT)
		close(away->up);
	if (how == AWAY_LEFT)
		return error;
	for (size_t i = 0; i < away->stack_size; i++)
		away->stack_used |= away->stack[i] != 0;
	free(away->stack);
	away->stack = NULL;
	away = NULL;
	return error;
}

/* ---- what Go keeps of a thread ------------------------------------------------------------- */

struct bound {
	const char *id;
	int number;
	struct thread_altstack *seen;
};

static void *bound_body(void *argument)
{
	struct bound *bound = argument;
	bound->seen[0] = altstack();
	goOnCThread(bound->number);
	bound->seen[1] = altstack();
	if (probe_control(bound->id, "destructor"))
		syscall(SYS_exit, 0); /* libc never hears of it, and runs no destructor of a key */
	return NULL;
}

int thread_bound_run(const char *id, int number, struct thread_altstack seen[2])
{
	struct bound bound = { id, number, seen };
	return run(bound_body, &bound, 0);
}

int thread_take_keys(void)
{
	pthread_key_t key;
	int count = 0;
	while (pthread_key_create(&key, NULL) == 0)
		count++;
	return count;
}

/* ---- mask -------------------------------------------------------------------------------- */

struct mask {
	int number, calls;
	const int *signals;
	int count, *changed;
};

static int masks_differ(const sigset_t *a, const sigset_t *b)
{
	for (int number = 1; number < NSIG; number++)
		if (sigismember(a, number) != sigismember(b, number))
			return 1;
	return 0;
}

static void *mask_body(void *argument)
{
	struct mask *mask = argument;
	sigset_t set, before, after;
	sigemptyset(&set);
	for (int i = 0; i < mask->count; i++)
		sigaddset(&set, mask->signals[i]);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	pthread_sigmask(SIG_SETMASK, NULL, &before);
	*mask->changed = masks_differ(&set, &before);
	for (int i = 0; i < mask->calls; i++) {
		goOnCThread(mask->number);
		pthread_sigmask(SIG_SETMASK, NULL, &after);
		*mask->changed += masks_differ(&before, &after);
	}
	return NULL;
}

int thread_mask_run(int number, int calls, const int *signals, int count, int *changed)
{
	struct mask mask = { number, calls, signals, count, changed };
	return run(mask_body, &mask, 0);
}
