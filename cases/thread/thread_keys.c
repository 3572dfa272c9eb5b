#include "thread_keys.h"

#include <errno.h>
#include <unistd.h>

#include "_cgo_export.h"
#include "probe.h"

enum { OTHERS = 64 }; /* keys that a control has somebody take */

int thread_keys_limit(void)
{
	long limit = sysconf(_SC_THREAD_KEYS_MAX);
	return limit > 128 && limit <= THREAD_KEYS ? (int)limit : 128; /* POSIX, limits.h: _POSIX_THREAD_KEYS_MAX */
}

int thread_keys_make(struct thread_keys *keys)
{
	pthread_key_t other[OTHERS];
	int others = 0, error = 0;
	while (probe_control(keys->id, "few") && others < OTHERS && !pthread_key_create(&other[others], NULL))
		others++;
	for (keys->count = 0; keys->count < THREAD_KEYS; keys->count++)
		if ((error = pthread_key_create(&keys->key[keys->count], NULL)) != 0)
			break;
	while (others > 0)
		pthread_key_delete(other[--others]);
	return error == EAGAIN ? 0 : error;
}

void thread_keys_delete(struct thread_keys *keys)
{
	while (keys->count > 0)
		pthread_key_delete(keys->key[--keys->count]);
}

int thread_keys_null(const struct thread_keys *keys, const char *point)
{
	int null = 0;
	if (probe_control(keys->id, point))
		pthread_setspecific(keys->key[keys->count / 2], keys);
	for (int i = 0; i < keys->count; i++) {
		null += pthread_getspecific(keys->key[i]) == NULL;
		pthread_setspecific(keys->key[i], keys);
	}
	return null;
}

/* ---- the end of a thread --------------------------------------------------------------------- */

struct end {
	const char *id;
	int number;
	pthread_key_t key;
	struct thread_keys_end *seen;
};

static void end_destroy(void *value)
{
	struct end *end = value;
	if (probe_control(end->id, "kept"))
		pthread_setspecific(end->key, end);
	end->seen->cleared += pthread_getspecific(end->key) == NULL;
	pthread_setspecific(end->key, NULL);
	goOnCThread(end->number);
	if (++end->seen->calls == 1 && !probe_control(end->id, "once"))
		pthread_setspecific(end->key, end);
}

static void *end_body(void *argument)
{
	struct end *end = argument;
	goOnCThread(end->number);
	pthread_setspecific(end->key, end);
	return NULL;
}

int thread_keys_end(const char *id, int number, struct thread_keys_end *seen)
{
	struct end end = { .id = id, .number = number, .seen = seen };
	pthread_t thread;
	int error = pthread_key_create(&end.key, end_destroy);
	if (error)
		return error;
	error = pthread_create(&thread, NULL, end_body, &end);
	if (!error)
		error = pthread_join(thread, NULL);
	pthread_key_delete(end.key);
	return error;
}
