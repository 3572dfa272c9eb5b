/* What happened around a build or a program, by its words and signals. */
#include "tests/unit/unit.h"

#include "runner/process/disturbance.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static void test_words(void **state)
{
	static const struct {
		const char *output, *build, *program;
	} cases[] = {
		{ "/usr/bin/ld: final link failed: No space left on device\n", "full", NULL },
		{ "gcc: fatal error: Killed signal terminated program cc1\n", "killed", NULL },
		{ "fork/exec ./case: text file busy\n", "busy", NULL },
		{ "runtime: failed to create new OS thread (have 12 already; errno=11)\n", "threads", "threads" },
		{ "runtime/cgo: pthread_create failed: Resource temporarily unavailable\n", "processes", "threads" },
		{ "fatal error: runtime: out of memory\n", "memory", "memory" },
		{ "mmap: Cannot allocate memory\n", "memory", "memory" },
		/* A loader whose surplus of static TLS is used up: what this tool looks for. */
		{ "dlopen: libcase.so: cannot allocate memory in static TLS block\n", NULL, NULL },
		{ "cannot allocate memory in static TLS block\nmmap: Cannot allocate memory\n", "memory", "memory" },
		{ "SIGSEGV: segmentation violation\n", NULL, NULL },
		{ "", NULL, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct disturbance *build = disturbance_said(DISTURBED_BUILDS, cases[i].output),
					 *program = disturbance_said(DISTURBED_PROGRAMS, cases[i].output);
		assert_true(!build == !cases[i].build && !program == !cases[i].program);
		assert_true(!build || strcmp(build->name, cases[i].build) == 0);
		assert_true(!program || strcmp(program->name, cases[i].program) == 0);
	}
	assert_int_equal(disturbance_said(DISTURBED_BUILDS, "No space left on device")->again, 0);
	assert_int_equal(disturbance_said(DISTURBED_BUILDS, "out of memory")->error, ENOMEM);
}

/* A fault of the program's own is none. */
static void test_signals(void **state)
{
	(void)state;
	assert_string_equal(disturbance_signal(SIGKILL)->name, "killed");
	assert_true(disturbance_signal(SIGTERM)->again);
	static const int own[] = { 0, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGPIPE };
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		assert_null(disturbance_signal(own[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_words), cmocka_unit_test(test_signals) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
