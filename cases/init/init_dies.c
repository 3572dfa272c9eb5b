#define _GNU_SOURCE
#include "init_dies.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int init_dies_profiled;

void init_dies_abort(void) { abort(); }

static void *init_dies_fault(void *argument)
{
	(void)argument;
	*(volatile int *)8 = 0; /* in the first page, which nobody can map */
	return NULL;
}

int init_dies_thread(void)
{
	pthread_t thread;
	return pthread_create(&thread, NULL, init_dies_fault, NULL);
}

void init_dies_spin(int *thread)
{
	__atomic_store_n(thread, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	for (volatile int turn = 0;; turn++)
		;
}

const char *init_dies_text(void) { return "it says so by C"; }

static void *init_dies_wait(void *argument)
{
	while (!__atomic_load_n(&init_dies_profiled, __ATOMIC_SEQ_CST))
		usleep(100);
	pthread_kill(pthread_self(), SIGPROF);
	__atomic_store_n(&init_dies_profiled, 2, __ATOMIC_SEQ_CST);
	return argument;
}

__attribute__((constructor)) static void init_dies_begin(void)
{
	const char *asked = getenv(DIES_ASKED);
	pthread_t thread;
	if (asked && strcmp(asked, DIES_PROFILED) == 0)
		pthread_create(&thread, NULL, init_dies_wait, NULL);
}
