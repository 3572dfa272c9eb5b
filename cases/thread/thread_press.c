#define _GNU_SOURCE

#include "thread_press.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "_cgo_export.h"
#include "probe.h"

enum { SENDERS = 10, EACH = 100, BLOCKS = 10 };

struct press {
	const char *id;
	int signal, number;
	int *kept;
	pthread_t thread;
	int sent, sending; /* of all senders; how many of these have not ended */
	unsigned char *block[PRESS_CALLS][BLOCKS];
};

static void *press_send(void *argument)
{
	struct press *press = argument;
	for (int i = 0; i < EACH; i++) {
		pthread_kill(press->thread, press->signal);
		__atomic_add_fetch(&press->sent, 1, __ATOMIC_SEQ_CST);
		usleep(1);
	}
	__atomic_sub_fetch(&press->sending, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* How large block k of a call is; each byte of it is k. */
static size_t press_size(int call, int k) { return (size_t)(call * BLOCKS + k + 1) * 7; }

static void press_take(struct press *press, int call)
{
	for (int k = 0; k < BLOCKS; k++) {
		press->block[call][k] = malloc(press_size(call, k));
		if (press->block[call][k])
			memset(press->block[call][k], k, press_size(call, k));
	}
}

static int press_give(struct press *press, int call)
{
	int kept = 1;
	for (int k = 0; k < BLOCKS; k++) {
		unsigned char *block = press->block[call][k];
		if (block && call == 0 && probe_control(press->id, "memory"))
			block[0] ^= 1;
		for (size_t i = 0; block && i < press_size(call, k); i++)
			kept &= block[i] == k;
		free(block);
	}
	return kept;
}

static void *press_body(void *argument)
{
	struct press *press = argument;
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, press->signal);
	if (probe_control(press->id, "block"))
		pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (int call = 0; call < PRESS_CALLS; call++) {
		int due = call * SENDERS * EACH / PRESS_CALLS;
		while (__atomic_load_n(&press->sent, __ATOMIC_SEQ_CST) <= due &&
		    __atomic_load_n(&press->sending, __ATOMIC_SEQ_CST) > 0)
			sched_yield();
		press_take(press, call);
		if (call > 0 || !probe_control(press->id, "short"))
			goOnCThread(press->number);
	}
	while (__atomic_load_n(&press->sending, __ATOMIC_SEQ_CST) > 0) /* who ended cannot be sent a signal */
		usleep(100);
	*press->kept = 1;
	for (int call = 0; call < PRESS_CALLS; call++)
		*press->kept &= press_give(press, call);
	return NULL;
}

int thread_press(const char *id, int signal, int number, int *kept)
{
	struct press press = { .id = id, .signal = signal, .number = number, .kept = kept, .sending = SENDERS };
	pthread_t sender[SENDERS];
	int made = 0, error = pthread_create(&press.thread, NULL, press_body, &press);
	if (error)
		return error;
	while (made < SENDERS && !(error = pthread_create(&sender[made], NULL, press_send, &press)))
		made++;
	__atomic_sub_fetch(&press.sending, SENDERS - made, __ATOMIC_SEQ_CST);
	for (int i = 0; i < made; i++)
		pthread_join(sender[i], NULL);
	pthread_join(press.thread, NULL);
	return error;
}

void thread_often(int number, int calls)
{
	while (calls-- > 0)
		goOnCThread(number);
}
