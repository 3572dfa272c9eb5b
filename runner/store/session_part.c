/* session_part.c - what a filter leaves of a run. */
#include "runner/store/session.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int takes_check(const struct filter *filter, const struct cell_result *cell, const struct check_result *check)
{
	const struct filter_subject subject = { .cell = &cell->cell,
		.check = check->id,
		.status = status_name(check->status),
		.verdict = verdict_name(check->verdict) };
	return filter_match(filter, &subject);
}

static int takes_cell(const struct filter *filter, const struct cell_result *cell)
{
	if (!filter_asks_check(filter) && !filter_asks_status(filter))
		return filter_match(filter, &(struct filter_subject){ .cell = &cell->cell });
	for (size_t i = 0; i < cell->check_count; i++)
		if (takes_check(filter, cell, &cell->checks[i]))
			return 1;
	return 0;
}

static size_t count_cells(const struct filter *filter, void *data)
{
	const struct view *view = data;
	size_t count = 0;
	for (size_t i = 0; i < view->count; i++)
		count += (size_t)takes_cell(filter, &view->cells[i]);
	return count;
}

static int told_nothing(struct view *view, const struct filter *filter, const char *text, struct diag *diag)
{
	struct cell *cells = xcalloc(view->count + 1, sizeof(*cells));
	struct buf why = BUF_INIT;
	for (size_t i = 0; i < view->count; i++)
		cells[i] = view->cells[i].cell;
	const struct filter_among among = { cells, view->count, count_cells, view };
	filter_why_empty(filter, &among, &why);
	int error = diag_set(diag, ENOENT, "'%.200s%s' selects none of the %zu cells of the last run (%s)%s%s", text,
	    strlen(text) > 200 ? "..." : "", view->count, view->out_dir, why.len ? ": " : "", why.len ? why.data : "");
	buf_free(&why);
	free(cells);
	return error;
}

static void keep_checks(const struct filter *filter, struct cell_result *cell)
{
	size_t kept = 0;
	for (size_t i = 0; i < cell->check_count; i++) {
		if (takes_check(filter, cell, &cell->checks[i]))
			cell->checks[kept++] = cell->checks[i];
		else
			check_result_free(&cell->checks[i]);
	}
	cell->check_count = kept;
	cell_result_sum(cell);
}

static void keep_cells(struct view *view, const struct filter *filter)
{
	int by_check = filter_asks_check(filter) || filter_asks_status(filter);
	size_t kept = 0;
	view->planned_checks = 0;
	view->complete = 1;
	for (size_t i = 0; i < view->count; i++) {
		struct cell_result *cell = &view->cells[i];
		if (!takes_cell(filter, cell)) {
			cell_result_free(cell);
			continue;
		}
		if (by_check)
			keep_checks(filter, cell);
		view->complete &= cell->build_status != STATUS_NOTRUN;
		view->planned_checks += cell->check_count;
		view->cells[kept++] = *cell;
	}
	view->planned_cells = view->count = kept;
}

/* Facts stay where they are: cells point to them. */
static void keep_targets(struct session *session)
{
	struct view *view = &session->view;
	size_t kept = 0;
	for (size_t i = 0; i < view->target_count; i++) {
		size_t at = 0;
		while (at < view->count && strcmp(view->cells[at].cell.target, session->targets[i].name) != 0)
			at++;
		if (at < view->count)
			session->targets[kept++] = session->targets[i];
	}
	view->target_count = kept;
}

/* What selects these cells again: the filter of the run and this one. */
static void join_filters(struct session *session, const char *text)
{
	const char *of_run = session->view.filter;
	if (!of_run)
		return;
	int one = !*of_run || strcmp(of_run, text) == 0;
	char *both = one ? xstrdup(text) : xprintf("(%s) & (%s)", of_run, text);
	json_object_set_new(session->plan, "filter", json_string(both));
	session->view.filter = json_string_value(json_object_get(session->plan, "filter"));
	free(both);
}

int session_part(struct session *session, const struct filter *filter, const char *text, struct diag *diag)
{
	struct view *view = &session->view;
	if (!count_cells(filter, view))
		return told_nothing(view, filter, text, diag);
	keep_cells(view, filter);
	keep_targets(session);
	join_filters(session, text);
	session->part = xstrdup(text);
	view->part = session->part;
	/* Whether a row of known.def excuses something is a question to the whole list. */
	view->full = 0;
	view->stale_count = 0;
	return 0;
}
