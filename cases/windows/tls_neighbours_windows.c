/* The functions of harness/probe/neighbours.c, forwarded to the DLL that holds them: the Go linker takes no
 * thread-local C variable (#38), and gcc's for Windows are emulated by a library that it does not read. */
#include "tls_neighbours.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "neighbours.h"
#include "probe.h"

static struct {
	int (*image_ok)(void);
	void (*sizes_fill)(unsigned);
	const char *(*sizes_kept)(unsigned, char *, size_t);
	const char *(*aligns_ok)(char *, size_t);
	void (*aligns_shift)(size_t);
} library;

static const char *missing;

static void find(HMODULE module, const char *name, void *function)
{
	FARPROC found = GetProcAddress(module, name);
	memcpy(function, &found, sizeof found);
	if (!found)
		missing = name;
}

static BOOL CALLBACK load(INIT_ONCE *once, void *argument, void **context)
{
	const char *path = getenv("TLSMATRIX_NEIGHBOURS");
	HMODULE module = path ? LoadLibraryA(path) : NULL;
	(void)once, (void)argument, (void)context;
	if (!module) {
		missing = path ? "LoadLibrary of TLSMATRIX_NEIGHBOURS failed" : "TLSMATRIX_NEIGHBOURS is not set";
		return TRUE;
	}
	find(module, "probe_image_ok", &library.image_ok);
	find(module, "probe_sizes_fill", &library.sizes_fill);
	find(module, "probe_sizes_kept", &library.sizes_kept);
	find(module, "probe_aligns_ok", &library.aligns_ok);
	find(module, "probe_aligns_shift", &library.aligns_shift);
	return TRUE;
}

const char *tls_neighbours_missing(void)
{
	static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
	InitOnceExecuteOnce(&once, load, NULL, NULL);
	return missing;
}

int probe_image_ok(void) { return library.image_ok(); }
void probe_sizes_fill(unsigned seed) { library.sizes_fill(seed); }
const char *probe_sizes_kept(unsigned seed, char *out, size_t len) { return library.sizes_kept(seed, out, len); }
const char *probe_aligns_ok(char *out, size_t len) { return library.aligns_ok(out, len); }
void probe_aligns_shift(size_t bytes) { library.aligns_shift(bytes); }
