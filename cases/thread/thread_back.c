#include "thread_back.h"

#include <pthread.h>

#include "_cgo_export.h"
#include "probe.h"

int thread_back(enum thread_back what, int number)
{
	pthread_t thread = pthread_self();
	int result = goBack((int)what, number);
	if (probe_control("thread.callbacks", "result"))
		result = 0; /* what a register has that nobody put back */
	if (probe_control("thread.callbacks", "thread") && what == BACK_LOCK)
		return -1;
	return pthread_equal(thread, pthread_self()) ? result : -1;
}
