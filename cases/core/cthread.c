#include "cthread.h"

#include <pthread.h>

#include "_cgo_export.h"

struct order { int number, calls; };

static void *body(void *argument)
{
	struct order *order = argument;
	for (int i = 0; i < order->calls; i++)
		goOnCThread(order->number);
	return NULL;
}

int cthread_run(int number, int calls)
{
	struct order order = { number, calls };
	pthread_t thread;
	int error = pthread_create(&thread, NULL, body, &order);
	return error ? error : pthread_join(thread, NULL);
}
