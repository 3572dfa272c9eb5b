#include "cthread.h"
#include "thread_foreign.h"
#include "cthread_windows.h"

#include <windows.h>

#include "_cgo_export.h"
#include "probe.h"

/* Threads that C makes on Windows. */

struct start {
	void (*body)(void *);
	void *argument;
};

static DWORD WINAPI enter(void *argument)
{
	struct start *start = argument;
	start->body(start->argument);
	return 0;
}

int cthread_body(void (*body)(void *), void *argument, size_t stack)
{
	struct start start = { body, argument };
	HANDLE thread = CreateThread(NULL, stack, enter, &start, stack ? STACK_SIZE_PARAM_IS_A_RESERVATION : 0, NULL);
	if (!thread)
		return (int)GetLastError();
	WaitForSingleObject(thread, INFINITE);
	CloseHandle(thread);
	return 0;
}

struct order { int number, calls; };

static void call(void *argument)
{
	struct order *order = argument;
	for (int i = 0; i < order->calls; i++)
		goOnCThread(order->number);
}

int cthread_run(int number, int calls)
{
	struct order order = { number, calls };
	return cthread_body(call, &order, 0);
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

static void stacks_body(void *argument)
{
	struct stacks *stacks = argument;
	size_t deep = probe_control("thread.deep-stack", "shallow") ? 0 : stacks->deep;
	descend(stacks, 0);
	descend(stacks, deep);
	descend(stacks, 0);
}

int thread_stacks(int number, size_t deep, uintptr_t where[3])
{
	struct stacks stacks = { number, deep, where, 0 };
	return cthread_body(stacks_body, &stacks, deep + ((size_t)2 << 20));
}

void thread_bounce(int number) { goOnCThread(number); }
