#include "runner/cmd/contract_census.h"

#include "runner/process/env.h"
#include "runner/process/supervise.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Ten starts of less than a second, on a machine that is busy (harness/tlstrace.c has a limit for each of them). */
enum { COUNT_MS = 660000 };

/* The function that cases/port/port_cgo.go exports. */
#define PORT_FUNCTION "tlsmatrix_port"

/* The module's path; malloc'ed, NULL where the build made none. */
static char *module_of(const struct setup *setup, const struct plan_cell *cell)
{
	json_t *build = build_load(setup, &cell->build);
	const json_t *run = json_object_get(json_object_get(build, "runs"), load_name(LOAD_NONE));
	const char *module = json_string_value(json_object_get(run, "module"));
	char *path = module ? xstrdup(module) : NULL;
	json_decref(build);
	return path;
}

/* What tlstrace counts of the module; a new reference, or NULL with a line in diag. */
static json_t *count_calls(const struct setup *setup, const struct cell *cell, const char *module, struct diag *diag)
{
	char *tracer = xprintf("%s/tlstrace", setup->places.bin), *home = xprintf("%s/home", setup->places.cache);
	const char *argv[] = { tracer, "--census", module, cell->mode == MODE_C_SHARED ? PORT_FUNCTION : NULL, NULL };
	struct env env = ENV_INIT;
	struct child_result child = { 0 };
	json_t *calls = NULL;
	env_base(&env, home);
	struct child_spec spec = { .argv = argv, .env = (const char *const *)env.list };
	spec.timeout_ms = (int)(COUNT_MS * setup->timeout_scale);
	int error = child_run(&spec, &child);
	if (!error && child.how == CHILD_EXITED && child.status == 0)
		calls = json_loads(child.out.data, 0, NULL);
	if (!calls) {
		struct buf how = BUF_INIT;
		if (error)
			buf_add(&how, strerror(-error));
		else
			child_describe(&child, &how);
		diag_set(diag, EIO, "%s: its system calls were not counted: %s: %.200s", module, how.data,
		    error || !child.err.data ? "" : child.err.data);
		buf_free(&how);
	}
	if (!error)
		child_result_free(&child);
	env_free(&env);
	free(home);
	free(tracer);
	return calls;
}

/* 0, or -errno with a line in diag. */
static int ask(const struct setup *setup, const struct plan_cell *cell, const struct cell_result *result,
    struct asked *asked, struct diag *diag)
{
	char *module = result->facts ? module_of(setup, cell) : NULL;
	if (!module)
		return diag_set(diag, EIO, "census: go%s %s cannot be built: %s", cell->cell.go + 2,
		    mode_name(cell->cell.mode),
		    result->check_count && result->checks[0].message ? result->checks[0].message : "no artifact");
	json_t *calls = count_calls(setup, &cell->cell, module, diag);
	*asked = (struct asked){ .cell = &cell->cell, .facts = result->facts, .calls = calls };
	free(module);
	return calls ? 0 : -EIO;
}

int contract_census(
    const struct setup *setup, const struct plan *plan, const struct cell_result *results, enum census_form form)
{
	struct asked *all = xcalloc(plan->count, sizeof(*all));
	struct diag diag = DIAG_INIT;
	size_t count = 0;
	int error = 0;
	while (!error && count < plan->count) {
		error = ask(setup, &plan->cells[count], &results[count], &all[count], &diag);
		count += !error;
	}
	int code = error ? cmd_fail(&diag, EXIT_INFRA) : EXIT_OK;
	if (!error) {
		int unwritten = report_census(all, count, form, stdout);
		code = unwritten ? cmd_unwritten(unwritten) : EXIT_OK;
	}
	for (size_t i = 0; i < count; i++)
		json_decref((json_t *)all[i].calls);
	free(all);
	return code;
}
