#include "harness/trace/census_host.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/trace/census.h"

typedef int (*function_of_go)(int);

static void mark(enum census_phase phase) { syscall(CENSUS_MARK + (long)phase); }

static void *call_on_thread(void *argument)
{
	function_of_go function = *(function_of_go *)argument;
	mark(CENSUS_THREAD);
	function(2);
	mark(CENSUS_NONE);
	return NULL;
}

int census_host(const char *library, const char *function)
{
	/* Threads that Go made last come to their first calls before all is over. */
	const struct timespec while_threads_start = { 0, 100000000 };
	function_of_go call;
	pthread_t thread;
	mark(CENSUS_LOAD);
	void *handle = dlopen(library, RTLD_NOW);
	mark(CENSUS_NONE);
	void *symbol = handle ? dlsym(handle, function) : NULL;
	if (!symbol) {
		fprintf(stderr, "tlstrace: %s\n", dlerror());
		return 1;
	}
	memcpy(&call, &symbol, sizeof call);
	mark(CENSUS_CALL);
	call(1);
	mark(CENSUS_NONE);
	int error = pthread_create(&thread, NULL, call_on_thread, &call);
	if (error) {
		fprintf(stderr, "tlstrace: no thread: %s\n", strerror(error));
		return 1;
	}
	pthread_join(thread, NULL);
	nanosleep(&while_threads_start, NULL);
	mark(CENSUS_EXIT);
	return 0;
}
