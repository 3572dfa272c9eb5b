#include "reports/view.h"

#include "matrix/base/buf.h"
#include "reports/text.h"

#include <string.h>

const struct report_format report_formats[] = {
	{ "html", report_html, "report.html" },
	{ "json", report_json, "report.json" },
	{ "junit", report_junit, "report.xml" },
	{ "tap", report_tap, "report.tap" },
	{ "markdown", report_markdown, "report.md" },
	{ "github", report_github, "report.github" },
};
const size_t report_format_count = sizeof(report_formats) / sizeof(report_formats[0]);

/* A failure that nobody has to look at: all that is not right in it is known. */
static int is_known_failure(const struct cell_result *cell)
{
	for (size_t i = 0; i < cell->check_count; i++)
		if (check_unexpected(&cell->checks[i]))
			return 0;
	return 1;
}

void view_count(const struct view *view, struct counts *counts)
{
	*counts = (struct counts){ .cells = view->count };
	if (view->planned_cells > view->count)
		counts->outcome[OUTCOME_NOTRUN] = view->planned_cells - view->count;
	for (size_t i = 0; i < view->count; i++) {
		const struct cell_result *cell = &view->cells[i];
		enum outcome outcome = cell_outcome(cell);
		counts->outcome[outcome]++;
		counts->failed_known += outcome == OUTCOME_FAILED && is_known_failure(cell);
		counts->checks += cell->check_count;
		counts->cached_cells += cell->cached != 0;
		for (size_t k = 0; k < cell->check_count; k++) {
			counts->status[cell->checks[k].status]++;
			counts->verdict[cell->checks[k].verdict]++;
		}
	}
}

int view_incomplete(const struct view *view, const struct counts *counts)
{
	return !view->complete || counts->status[STATUS_NOTRUN] > 0 || counts->cells != view->planned_cells
		|| counts->checks != view->planned_checks;
}

/* What was unexpected, by kind of status. */
struct unexpected { size_t failures, infrastructure, notrun, cells, status[STATUS_COUNT], fixed, flaky; };

static void count_unexpected(const struct view *view, struct unexpected *sum)
{
	*sum = (struct unexpected){ 0 };
	for (size_t i = 0; i < view->count; i++) {
		const struct cell_result *cell = &view->cells[i];
		size_t before = sum->failures + sum->infrastructure;
		for (size_t k = 0; k < cell->check_count; k++) {
			const struct check_result *check = &cell->checks[k];
			if (!check_unexpected(check))
				continue;
			if (check->status == STATUS_NOTRUN)
				sum->notrun++;
			else if (check->status == STATUS_BROKEN || check->status == STATUS_INFRA)
				sum->infrastructure++;
			else
				sum->failures++;
			sum->fixed += check->verdict == VERDICT_FIXED;
			sum->flaky += check->verdict == VERDICT_FLAKY;
			sum->status[check->status]++;
		}
		sum->cells += sum->failures + sum->infrastructure > before;
	}
}

int view_exit_code(const struct view *view)
{
	struct unexpected sum;
	struct counts counts;

	view_count(view, &counts);
	count_unexpected(view, &sum);
	if (sum.failures > 0)
		return 1;
	if (sum.infrastructure > 0)
		return 3;
	if (counts.checks == 0 && view->planned_checks == 0)
		return 4;
	return view_incomplete(view, &counts) ? 5 : 0;
}

static void add_counts(const struct unexpected *sum, struct buf *out)
{
	const char *sep = ": ";

	for (size_t s = STATUS_FAIL; s < STATUS_COUNT; s++) {
		if (sum->status[s] == 0)
			continue;
		buf_printf(out, "%s%zu %s", sep, sum->status[s], status_name((enum status)s));
		sep = ", ";
	}
	if (sum->fixed > 0) {
		buf_printf(out, "%s%zu fixed", sep, sum->fixed);
		sep = ", ";
	}
	if (sum->flaky > 0)
		buf_printf(out, "%s%zu flaky", sep, sum->flaky);
}

void view_verdict(const struct view *view, struct buf *out)
{
	struct unexpected sum;
	struct counts counts;
	size_t found;

	view_count(view, &counts);
	count_unexpected(view, &sum);
	found = sum.failures + sum.infrastructure;
	if (counts.checks == 0 && view->planned_checks == 0) {
		buf_add(out, "Nothing was judged: the run has no checks.");
		return;
	}
	if (found > 0) {
		text_number(out, found, "unexpected result");
		buf_printf(out, " in %zu of ", sum.cells);
		text_number(out, counts.cells, "cell");
		add_counts(&sum, out);
		buf_add(out, ".");
	} else {
		buf_add(out, "Nothing unexpected in ");
		text_number(out, counts.checks - counts.status[STATUS_NOTRUN], "check");
		buf_add(out, " of ");
		text_number(out, counts.cells, "cell");
		buf_add(out, ".");
	}
	if (view_incomplete(view, &counts))
		buf_printf(out, " Incomplete: %zu of %zu planned checks have a result.",
		           counts.checks - counts.status[STATUS_NOTRUN], view->planned_checks);
}

void view_outcomes(const struct view *view, struct buf *out)
{
	struct counts counts;
	const char *sep = " = ";

	view_count(view, &counts);
	text_number(out, view->planned_cells > counts.cells ? view->planned_cells : counts.cells, "cell");
	for (enum outcome o = 0; o < OUTCOME_COUNT; o++) {
		if (o == OUTCOME_NOTRUN && counts.outcome[o] == 0)
			continue;
		buf_printf(out, "%s%zu %s", sep, counts.outcome[o], outcome_phrase(o));
		if (o == OUTCOME_FAILED && counts.failed_known > 0)
			buf_printf(out, " (%zu as known)", counts.failed_known);
		sep = " + ";
	}
}

const struct check *view_check(const struct view *view, const char *id)
{
	if (view->checks == NULL)
		return check_find(id);
	for (size_t i = 0; i < view->checks_count; i++)
		if (strcmp(view->checks[i].id, id) == 0)
			return &view->checks[i];
	return NULL;
}
