#include "runner/cmd/last.h"

#include "matrix/base/buf.h"
#include "runner/cmd/against.h"
#include "runner/cmd/cmd.h"
#include "runner/store/cell_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Does a check of it have the status, or the verdict, that is asked for? */
static int is_asked(const struct filter *filter, const struct cell_result *result)
{
	for (size_t i = 0; i < result->check_count; i++) {
		const struct check_result *check = &result->checks[i];
		const struct filter_subject subject = { .cell = &result->cell,
			.check = check->id,
			.status = status_name(check->status),
			.verdict = verdict_name(check->verdict) };
		if (filter_match(filter, &subject))
			return 1;
	}
	return 0;
}

/* keep[i]: the last run found that of the plan's cell.  How many. */
static size_t choose(const struct session *session, const struct filter *filter, const struct plan *plan, char *keep)
{
	const struct view *view = &session->view;
	char (*ids)[CELL_ID_MAX] = xcalloc(view->count + 1, sizeof(*ids)), id[CELL_ID_MAX];
	struct cell_index index;
	size_t kept = 0, at = 0;
	cell_index_make(&index, view->count);
	for (size_t i = 0; i < view->count; i++)
		cell_index_add(&index, cell_id(&view->cells[i].cell, ids[i]));
	for (size_t i = 0; i < plan->count; i++) {
		cell_id(&plan->cells[i].cell, id);
		at = cell_index_find(&index, id, strlen(id), at + 1);
		keep[i] = at != (size_t)-1 && is_asked(filter, &view->cells[at]);
		kept += (size_t)keep[i];
	}
	cell_index_free(&index);
	free(ids);
	return kept;
}

int last_narrow(const struct setup *setup, const struct filter *filter, const char *text, struct plan *plan)
{
	struct session session;
	struct diag diag = DIAG_INIT;
	if (!filter_asks_status(filter))
		return 0;
	int code = last_run(setup, &session);
	if (code)
		return code;
	char *keep = xcalloc(plan->count + 1, 1);
	if (choose(&session, filter, plan, keep)) {
		plan_keep(plan, keep);
	} else {
		diag_set(&diag, ENOENT, "%s: the last run (%s/plan.json) has no such result", text, setup->places.out);
		code = cmd_fail(&diag, EXIT_NOTHING);
	}
	free(keep);
	session_free(&session);
	return code;
}

void last_forget(const struct setup *setup, const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		char *dir = plan_result_dir(setup, &plan->cells[i]);
		remove_tree(dir);
		free(dir);
	}
}
