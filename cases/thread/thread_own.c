#define _GNU_SOURCE

#include "thread_own.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

#include "_cgo_export.h"
#include "probe.h"
#include "thread_bounds.h"

/* A guard lies below, for pthread_attr_setstack makes none.  A fault there is an end at once. */
enum { MEMORY = 4 << 20, GUARD = 1 << 16, DEEP = 2 << 20, SHALLOW = 1 << 20 };

struct own {
	const char *id;
	int number;
	uintptr_t memory;
	struct thread_own *seen;
};

/* As thread_foreign.c has it.  Go 1.7 links no two functions of C of one name, static or not ("symbol
 * go.dwarf.info.descend listed multiple times"). */
static __attribute__((noinline)) void own_descend(struct own *own, uintptr_t deep)
{
	volatile char frame[4096];
	frame[0] = frame[sizeof frame - 1] = 1;
	if (deep >= sizeof frame) {
		own_descend(own, deep - sizeof frame);
	} else {
		struct thread_bounds bounds;
		uintptr_t above = own->memory + MEMORY - (uintptr_t)__builtin_frame_address(0);
		int at = own->seen->calls++, is_deep = at == 1;
		own->seen->inside[at] = is_deep ? above >= DEEP && above <= MEMORY : above <= SHALLOW;
		if (thread_bounds_ask(own->id, &bounds) == 0)
			own->seen->told += bounds.here - bounds.stack < bounds.size && bounds.stack >= own->memory &&
			    bounds.size <= MEMORY - (bounds.stack - own->memory);
		goOnCThread(own->number);
	}
	frame[1] = frame[0];
}

static void *own_body(void *argument)
{
	struct own *own = argument;
	own_descend(own, 0);
	own_descend(own, probe_control(own->id, "shallow") ? 0 : DEEP);
	own_descend(own, 0);
	return NULL;
}

/* A libc that takes no heed of it is as one that was not told. */
static int own_thread(struct own *own)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error = pthread_attr_init(&attr);
	if (error)
		return error;
	if (probe_control(own->id, "libc"))
		error = pthread_attr_setstacksize(&attr, MEMORY);
	else
		error = pthread_attr_setstack(&attr, (void *)own->memory, MEMORY);
	if (!error)
		error = pthread_create(&thread, &attr, own_body, own);
	pthread_attr_destroy(&attr);
	return error ? error : pthread_join(thread, NULL);
}

int thread_own_run(const char *id, int number, struct thread_own *seen)
{
	char *guard = mmap(NULL, GUARD + MEMORY, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (guard == MAP_FAILED)
		return errno;
	struct own own = { id, number, (uintptr_t)guard + GUARD, seen };
	int error = mprotect(guard + GUARD, MEMORY, PROT_READ | PROT_WRITE) ? errno : own_thread(&own);
	munmap(guard, GUARD + MEMORY);
	return error;
}
