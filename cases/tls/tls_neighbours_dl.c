/* The functions of harness/probe/neighbours.c, forwarded to the library that holds them: this
 * module cannot carry the variables. The Go linker lays out no C TLS (internal linking), and a
 * module with Go's slot lives in static TLS, of which dlopen has little. */
#include "tls_neighbours.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "_cgo_export.h"
#include "neighbours.h"
#include "probe.h"

static struct {
	int (*image_ok)(void);
	void (*sizes_fill)(unsigned);
	const char *(*sizes_kept)(unsigned, char *, size_t);
	const char *(*aligns_ok)(char *, size_t);
	void (*aligns_shift)(size_t);
} library;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static const char *missing;

static void *find(void *handle, const char *name)
{
	void *found = dlsym(handle, name);
	if (!found && !missing)
		missing = name;
	return found;
}

static void load(void)
{
	const char *path = getenv("TLSMATRIX_NEIGHBOURS");
	void *handle = path ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	if (!handle) {
		missing = path ? dlerror() : "TLSMATRIX_NEIGHBOURS is not set";
		return;
	}
	*(void **)&library.image_ok = find(handle, "probe_image_ok");
	*(void **)&library.sizes_fill = find(handle, "probe_sizes_fill");
	*(void **)&library.sizes_kept = find(handle, "probe_sizes_kept");
	*(void **)&library.aligns_ok = find(handle, "probe_aligns_ok");
	*(void **)&library.aligns_shift = find(handle, "probe_aligns_shift");
}

const char *tls_neighbours_missing(void)
{
	pthread_once(&once, load);
	return missing;
}

int probe_image_ok(void) { return library.image_ok(); }
void probe_sizes_fill(unsigned seed) { library.sizes_fill(seed); }
const char *probe_sizes_kept(unsigned seed, char *out, size_t len) { return library.sizes_kept(seed, out, len); }
const char *probe_aligns_ok(char *out, size_t len) { return library.aligns_ok(out, len); }
void probe_aligns_shift(size_t bytes) { library.aligns_shift(bytes); }

static void *call_go(void *number)
{
	goOnCThread(*(int *)number);
	return NULL;
}

int tls_own_stack_run(int number)
{
	const size_t size = 1 << 20;
	pthread_attr_t attr;
	pthread_t thread;
	void *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return errno;
	int error = pthread_attr_init(&attr);
	if (!error) {
		error = pthread_attr_setstack(&attr, stack, size);
		if (!error)
			error = pthread_create(&thread, &attr, call_go, &number);
		if (!error)
			error = pthread_join(thread, NULL);
		pthread_attr_destroy(&attr);
	}
	munmap(stack, size);
	return error;
}
