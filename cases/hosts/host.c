#define _GNU_SOURCE
#include "cases/hosts/contract.h"
#include "cases/hosts/contract_start.h"
#include "cases/hosts/host.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cases/init/init_list.h"
#include "harness/probe/probe.h"

/* libctor.so is there where the library came with the program, and knows whether Go's initializer ran. */
static void list_program(void)
{
	int (*began)(void) = NULL;
	void *symbol = dlsym(RTLD_DEFAULT, "ctor_go_began");
	memcpy(&began, &symbol, sizeof began);
	init_list_add(began && began() ? "program" INIT_LIST_AFTER : "program");
}

__attribute__((constructor)) static void program_constructor(void)
{
	if (!probe_control("init.ctor-order", "late"))
		list_program();
}

void seen_add(char *text, size_t len, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;
	va_start(args, format);
	vsnprintf(text + used, len - used, format, args);
	va_end(args);
}

void host_load(struct host *host)
{
	char why[1024];
	if (library_load(host->mode, host->path, &host->library, why, sizeof why) != 0) {
		fprintf(stderr, "host: %s\n", why);
		exit(EXIT_LOAD);
	}
}

pthread_t host_thread(void *(*body)(void *), void *argument)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, body, argument);
	if (error) {
		fprintf(stderr, "host: pthread_create: %s\n", strerror(error));
		abort();
	}
	return thread;
}

static const struct host_check *find(const struct host_check *table, const char *id)
{
	for (; table->id; table++)
		if (strcmp(table->id, id) == 0)
			return table;
	return NULL;
}

static const struct host_check *find_alone(const char *id)
{
	static const struct host_check *const tables[] = { alone_checks, signal_checks, handler_checks, inherit_checks,
		goexit_checks, exit_checks, nested_checks };
	const struct host_check *alone = NULL;
	for (size_t i = 0; !alone && i < sizeof tables / sizeof *tables; i++)
		alone = find(tables[i], id);
	return alone;
}

static int usage(const char *what, const char *which)
{
	fprintf(stderr, "host: %s%s; usage: HOST --load MODE [--lib PATH] ID...\n", what, which);
	return EXIT_USAGE;
}

long long host_patience(int ms)
{
	const char *scale = getenv("TLSMATRIX_SCALE");
	double factor = scale ? strtod(scale, NULL) : 0;
	return (long long)(ms * (factor > 0 ? factor : 1));
}

int host_rounds(int rounds)
{
	const char *stress = getenv("TLSMATRIX_STRESS");
	int factor = stress ? atoi(stress) : 0;
	return rounds * (factor > 0 ? factor : 1);
}

/* The host's own checks: 0. */
static int observe_own(struct host *host, const struct host_check *check)
{
	struct seen seen = { "", "", NULL };
	probe_begin(check->id);
	check->observe(host, &seen);
	if (seen.skip)
		probe_skip(check->id, seen.skip, seen.note);
	else
		probe_obs(check->id, seen.text, seen.note);
	return 0;
}

static int observe_clause(struct host *host, const struct contract_clause *clause)
{
	struct seen seen = { "", "", NULL };
	probe_begin(clause->id);
	contract_observe(host, clause, &seen);
	probe_obs(clause->id, seen.text, seen.note);
	return 0;
}

/* The checks that the library carries: 0 or an exit status. */
static int observe_in_library(struct host *host, char *id)
{
	struct seen seen = { "", "", NULL };
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
	signals_take(host);
	if (probe_control("init.ctor-order", "late"))
		list_program();
	for (; *ids; ids++) {
		const struct host_check *own = find(host_checks, *ids);
		int status = own ? observe_own(host, own) : observe_in_library(host, *ids);
		if (status)
			return status;
	}
	return 0;
}

jmp_buf host_returns;

int main(int argc, char **argv)
{
	static struct host host;
	if (setjmp(host_returns))
		return EXIT_SUCCESS;
	const char *program = NULL;
	char **arg = argv + 1;
	for (; arg[0] && arg[1] && strncmp(arg[0], "--", 2) == 0; arg += 2) {
		if (strcmp(arg[0], "--load") == 0)
			host.mode = load_mode_find(arg[1]);
		else if (strcmp(arg[0], "--lib") == 0)
			host.path = arg[1];
		else if (strcmp(arg[0], "--program") == 0)
			host.path = program = arg[1];
		else
			return usage("unknown option ", arg[0]);
	}
	const struct contract_clause *clause = arg < argv + argc ? contract_find(arg[0]) : NULL;
	if (clause && !program != !contract_find_start(clause->id))
		return usage("--program is for a clause of programs, and the other way round: ", arg[0]);
	if (!host.mode && !program)
		return usage("a known load mode is needed", "");
	if (host.mode && !host.path && (host.mode->how == BY_DLOPEN || host.mode->how == BY_DLMOPEN))
		return usage("--lib is needed to load ", host.mode->name);
	if (arg == argv + argc)
		return usage("no check was named", "");
	int status = 0;
	const struct host_check *alone = find_alone(arg[0]);
	if (program && !clause)
		status = usage("a program has clauses alone, not ", arg[0]);
	else if (!alone && !clause)
		status = observe_all(&host, arg);
	else if (arg[1])
		status = usage("must be the only check: ", arg[0]);
	else if (clause)
		status = observe_clause(&host, clause);
	else
		status = observe_own(&host, alone);
	if (status == 0)
		probe_end();
	return status;
}
