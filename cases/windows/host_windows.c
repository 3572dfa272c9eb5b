#include "cases/windows/host_windows.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/probe/probe.h"

enum { EXIT_USAGE = 64, EXIT_LOAD = 65 };

void seen_add(char *text, size_t len, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;
	va_start(args, format);
	vsnprintf(text + used, len - used, format, args);
	va_end(args);
}

/* ---- the library -------------------------------------------------------------------------- */

#ifdef HOST_LINKED
int tlsm_check(char *id, char *text, size_t text_len, char *note, size_t note_len);
void tlsm_first_call(void);
int tlsm_answer(int question);
uintptr_t tlsm_slot(void);
uintptr_t tlsm_slot_value(void);

static int resolve_linked(struct library *found)
{
	*found = (struct library){ NULL, tlsm_check, tlsm_first_call, tlsm_answer, tlsm_slot, tlsm_slot_value };
	return 0;
}
#else
static int resolve_linked(struct library *found)
{
	(void)found;
	fprintf(stderr, "host: this host is not linked with the library\n");
	return -1;
}
#endif

/* A function of the DLL; what is missing is told once. */
static int resolve(HMODULE module, const char *name, void *function)
{
	FARPROC found = GetProcAddress(module, name);
	memcpy(function, &found, sizeof found);
	if (!found)
		fprintf(stderr, "host: GetProcAddress %s: error %lu\n", name, GetLastError());
	return found ? 0 : -1;
}

int library_load(const char *path, struct library *library)
{
	struct library found = { 0 };
	if (!path)
		return resolve_linked(library);
	found.module = LoadLibraryA(path);
	if (!found.module) {
		fprintf(stderr, "host: LoadLibrary %s: error %lu\n", path, GetLastError());
		return -1;
	}
	if (resolve(found.module, "tlsm_check", &found.check) ||
	    resolve(found.module, "tlsm_first_call", &found.first_call) ||
	    resolve(found.module, "tlsm_answer", &found.answer) || resolve(found.module, "tlsm_slot", &found.slot) ||
	    resolve(found.module, "tlsm_slot_value", &found.slot_value))
		return -1;
	*library = found;
	return 0;
}

void host_load(struct host *host)
{
	if (library_load(host->path, &host->library) != 0)
		exit(EXIT_LOAD);
}

/* ---- the checks --------------------------------------------------------------------------- */

static const struct host_check *find(const struct host_check *table, const char *id)
{
	for (; table->id; table++)
		if (strcmp(table->id, id) == 0)
			return table;
	return NULL;
}

static int usage(const char *what, const char *which)
{
	fprintf(stderr, "host: %s%s; usage: HOST --load MODE [--lib PATH] ID...\n", what, which);
	return EXIT_USAGE;
}

/* The host's own checks: 0. */
static int observe_own(struct host *host, const struct host_check *check)
{
	struct seen seen = { "", "" };
	probe_begin(check->id);
	check->observe(host, &seen);
	probe_obs(check->id, seen.text, seen.note);
	return 0;
}

/* The checks that the library carries: 0 or an exit status. */
static int observe_in_library(struct host *host, char *id)
{
	struct seen seen = { "", "" };
	probe_begin(id);
	int carried = host->library.check(id, seen.text, sizeof seen.text, seen.note, sizeof seen.note);
	if (carried < 0)
		return usage("neither host nor library carries the check ", id);
	if (carried == 1)
		probe_skip(id, seen.text, seen.note);
	else
		probe_obs(id, seen.text, seen.note);
	return 0;
}

static int observe_all(struct host *host, char **ids)
{
	host_load(host);
	host->library.first_call();
	for (; *ids; ids++) {
		const struct host_check *own = find(host_checks, *ids);
		int status = own ? observe_own(host, own) : observe_in_library(host, *ids);
		if (status)
			return status;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct host host;
	const char *mode = NULL;
	char **arg = argv + 1;
	for (; arg[0] && arg[1] && strncmp(arg[0], "--", 2) == 0; arg += 2) {
		if (strcmp(arg[0], "--load") == 0)
			mode = arg[1];
		else if (strcmp(arg[0], "--lib") == 0)
			host.path = arg[1];
		else
			return usage("unknown option ", arg[0]);
	}
	if (!mode || (!host.path && strcmp(mode, "dlopen") == 0))
		return usage("--load is needed, and --lib to load by LoadLibrary", "");
	if (arg == argv + argc)
		return usage("no check was named", "");
	int status = 0;
	const struct host_check *alone = find(alone_checks, arg[0]);
	if (!alone)
		status = observe_all(&host, arg);
	else if (arg[1])
		status = usage("must be the only check: ", arg[0]);
	else
		status = observe_own(&host, alone);
	if (status == 0)
		probe_end();
	/* exit would first stop Go's threads, one of which may hold the loader's lock, and then call every DLL. */
	fflush(stderr);
	return status;
}
