#define _GNU_SOURCE

#include "thread_switch.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

#include "_cgo_export.h"
#include "probe.h"

/* musl has no makecontext, and its targets are of this processor. */
#ifdef __x86_64__
void thread_on_stack(char *stack, size_t size, void (*body)(void))
{
	char *top = stack + size;
	__asm__ volatile("mov %%rsp, %%rbx\n\tmov %0, %%rsp\n\tcall *%1\n\tmov %%rbx, %%rsp"
	    : "+r"(top), "+r"(body)::"rbx", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory",
	    "cc");
}
#else
void thread_on_stack(char *stack, size_t size, void (*body)(void))
{
	static ucontext_t there, back;
	if (getcontext(&there) != 0)
		return;
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = size;
	there.uc_link = &back;
	makecontext(&there, body, 0);
	swapcontext(&back, &there);
}
#endif

/* Of a stack that libc does not know Go takes 32 KiB below the stack pointer (runtime/cgocall.go
 * callbackUpdateSystemStack): larger ones, of which one is never taken for the other.  The fourth begins a little above
 * the lower end of what Go took of the second. */
enum { SIZE = 64 << 10, GUESSED = 32 << 10, ABOVE = 128 };

static struct {
	const char *id;
	int number, calls;
	char *first, *second;
	int *on;
} switching;

static void switch_call(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	int first = here - (uintptr_t)switching.first < SIZE, second = here - (uintptr_t)switching.second < SIZE;
	switching.on[switching.calls++] = first ? 1 : second ? 2 : 0;
	goOnCThread(switching.number);
}

static void switch_to(char *stack, size_t size)
{
	if (probe_control(switching.id, "stay"))
		switch_call();
	else
		thread_on_stack(stack, size, switch_call);
}

static void *switch_both(void *unused)
{
	switch_call();
	switch_to(switching.first, SIZE);
	switch_to(switching.second, SIZE);
	return unused;
}

static void *switch_across(void *unused)
{
	switch_to(switching.second + ABOVE, SIZE - GUESSED);
	return unused;
}

static int switch_thread(void *(*body)(void *))
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, body, NULL);
	return error ? error : pthread_join(thread, NULL);
}

int thread_switched(const char *id, int number, int on[SWITCH_CALLS])
{
	char *memory = NULL;
	int error = posix_memalign((void **)&memory, SIZE, 2 * SIZE);
	if (error)
		return error;
	switching.id = id;
	switching.number = number;
	switching.calls = 0;
	switching.first = memory;
	switching.second = memory + SIZE;
	switching.on = on;
	error = switch_thread(switch_both);
	if (!error)
		error = switch_thread(switch_across);
	free(memory);
	return error;
}
