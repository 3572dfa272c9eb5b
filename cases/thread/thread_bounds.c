#define _GNU_SOURCE

#include "thread_bounds.h"

#include <pthread.h>

#include "probe.h"

/* As a wrong libc says it. */
static void bounds_bend(const char *id, struct thread_bounds *bounds)
{
	if (probe_control(id, "moved"))
		bounds->stack += bounds->size;
	if (probe_control(id, "large")) {
		bounds->stack -= bounds->size;
		bounds->size *= 2;
	}
	if (probe_control(id, "small")) {
		bounds->stack += bounds->size / 2;
		bounds->size -= bounds->size / 2;
	}
}

int thread_bounds_ask(const char *id, struct thread_bounds *bounds)
{
	pthread_attr_t attr;
	void *stack = NULL;
	int error = pthread_getattr_np(pthread_self(), &attr);
	if (error)
		return error;
	bounds->here = (uintptr_t)__builtin_frame_address(0);
	error = pthread_attr_getstack(&attr, &stack, &bounds->size);
	bounds->stack = (uintptr_t)stack;
	pthread_attr_destroy(&attr);
	if (error || (error = pthread_attr_init(&attr)) != 0)
		return error;
	error = pthread_attr_getstacksize(&attr, &bounds->fresh);
	if (!error)
		error = pthread_attr_getguardsize(&attr, &bounds->guard);
	pthread_attr_destroy(&attr);
	bounds_bend(id, bounds);
	return error;
}
