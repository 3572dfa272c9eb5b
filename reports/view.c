#include "reports/view.h"

#include "matrix/base/buf.h"
#include "reports/kinds.h"
#include "reports/text.h"

#include <stddef.h>
#include <string.h>

const struct report_format report_formats[] = {
	{ "html", report_html, "report.html" },
	{ "json", report_json, "report.json" },
	{ "junit", report_junit, "report.xml" },
	{ "tap", report_tap, "report.tap" },
	{ "markdown", report_markdown, "report.md" },
	{ "github", report_github, "report.github" },
	{ "sarif", report_sarif, "report.sarif" },
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
	return !view->complete || counts->status[STATUS_NOTRUN] > 0 || counts->cells != view->planned_cells ||
	    counts->checks != view->planned_checks;
}

/* Who brings back what a program on a target said is the target: a record that did not come from there says nothing of
 * Go. */
static int is_infrastructure(const struct cell_result *cell, enum status status)
{
	const char *target = cell->cell.target;
	int elsewhere = *target && strcmp(target, "host") != 0 && strcmp(target, "none") != 0;
	return status == STATUS_BROKEN || status == STATUS_INFRA || (status == STATUS_MISS && elsewhere);
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
			else if (is_infrastructure(cell, check->status))
				sum->infrastructure++;
			else
				sum->failures++;
			sum->fixed += check->verdict == VERDICT_FIXED;
			sum->flaky += check->verdict == VERDICT_FLAKY;
			sum->status[check->status] += check->verdict != VERDICT_FLAKY;
		}
		sum->cells += sum->failures + sum->infrastructure > before;
	}
}

int view_forbidden(const struct view *view, const struct check_result *check)
{
	size_t len = check_skip_class(check);
	for (const char *class = view->forbidden; len && class && *class;
	    class += strcspn(class, ","), class += *class == ',')
		if (strcspn(class, ",") == len && strncmp(class, check->reason, len) == 0)
			return 1;
	return 0;
}

/* How many cells have such a skip; *reason is the first one's. */
static size_t count_forbidden(const struct view *view, const char **reason)
{
	size_t cells = 0;
	for (size_t i = 0; i < view->count; i++)
		for (size_t k = 0; k < view->cells[i].check_count; k++)
			if (view_forbidden(view, &view->cells[i].checks[k])) {
				*reason = cells++ ? *reason : view->cells[i].checks[k].reason;
				break;
			}
	return cells;
}

int view_exit_code(const struct view *view)
{
	struct unexpected sum;
	struct counts counts;

	view_count(view, &counts);
	count_unexpected(view, &sum);
	if (sum.failures > 0 || view->stale_count > 0)
		return 1;
	if (sum.infrastructure > 0)
		return 3;
	if (counts.checks == 0 && view->planned_checks == 0)
		return 4;
	if (view_incomplete(view, &counts))
		return 5;
	return count_forbidden(view, &(const char *){ NULL }) > 0;
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

/* One failed build breaks all checks of its cell: how many things there are to look at. */
static void add_kinds(const struct view *view, struct buf *out)
{
	struct kinds kinds;
	kinds_find(view, KINDS_UNEXPECTED, &kinds);
	buf_add(out, ", of ");
	text_number(out, kinds.count, "kind");
	kinds_free(&kinds);
}

/* How many checks of a repeated run were not the same each time, which none of a right loader is. */
static void add_repeated(const struct view *view, struct buf *out)
{
	size_t other = 0;
	for (size_t i = 0; i < view->count; i++)
		for (size_t k = 0; k < view->cells[i].check_count; k++)
			other += view->cells[i].checks[k].rate != NULL;
	buf_printf(out, " Each cell was run %d times: ", view->repeat);
	text_number(out, other, "check");
	buf_add(out, other == 1 ? " was not the same each time." : " were not the same each time.");
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
		add_kinds(view, out);
		add_counts(&sum, out);
		buf_add(out, ".");
	} else {
		buf_add(out, "Nothing unexpected in ");
		text_number(out, counts.checks - counts.status[STATUS_NOTRUN], "check");
		buf_add(out, " of ");
		text_number(out, counts.cells, "cell");
		buf_add(out, ".");
	}
	if (view->repeat > 1)
		add_repeated(view, out);
	if (view->stale_count > 0) {
		buf_add(out, " ");
		text_number(out, view->stale_count, "stale row");
		buf_add(out, " in known.def.");
	}
	size_t forbidden = count_forbidden(view, &(const char *){ NULL });
	if (forbidden > 0) {
		buf_add(out, " ");
		text_number(out, forbidden, "cell");
		buf_add(out, " with a forbidden skip.");
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
		if (o > OUTCOME_FAILED && counts.outcome[o] == 0)
			continue;
		buf_printf(out, "%s%zu %s", sep, counts.outcome[o], outcome_phrase(o));
		if (o == OUTCOME_FAILED && counts.failed_known > 0)
			buf_printf(out, " (%zu as known)", counts.failed_known);
		sep = " + ";
	}
}

/* Do the texts at an offset of the cells that run differ? */
static int run_differs(const struct view *view, size_t offset)
{
	const char *first = NULL;

	for (size_t i = 0; i < view->count; i++) {
		const struct cell *cell = &view->cells[i].cell;
		if (cell->load == LOAD_NONE)
			continue;
		if (first && strcmp(first, (const char *)cell + offset) != 0)
			return 1;
		first = (const char *)cell + offset;
	}
	return 0;
}

int view_many_targets(const struct view *view) { return run_differs(view, offsetof(struct cell, target)); }
int view_many_releases(const struct view *view) { return run_differs(view, offsetof(struct cell, go)); }
int view_many_columns(const struct view *view) { return view_many_targets(view) || view_many_releases(view); }

const struct view_target *view_target(const struct view *view, const char *name)
{
	for (size_t i = 0; i < view->target_count; i++)
		if (strcmp(view->targets[i].name, name) == 0)
			return &view->targets[i];
	return NULL;
}

static void fixed_alarm(const struct view *view, struct buf *out)
{
	size_t fixed = 0, cells = 0;
	const char *reason = NULL;

	for (size_t i = 0; i < view->count; i++) {
		size_t before = fixed;
		for (size_t k = 0; k < view->cells[i].check_count; k++) {
			const struct check_result *check = &view->cells[i].checks[k];
			if (check->verdict != VERDICT_FIXED)
				continue;
			reason = reason ? reason : check->reason;
			fixed++;
		}
		cells += fixed > before;
	}
	if (fixed == 0)
		return;
	buf_add(out, "FIXED: ");
	text_number(out, fixed, "check");
	buf_add(out, fixed == 1 ? " passes in " : " pass in ");
	text_number(out, cells, "cell");
	buf_add(out, " although known.def excuses ");
	buf_printf(out, "%s, the first since \"", fixed == 1 ? "it" : "them");
	text_add(out, reason, TEXT_ASCII);
	buf_add(out, "\": remove or narrow the row.\n");
}

void view_alarm(const struct view *view, struct buf *out)
{
	const char *reason = NULL;
	size_t forbidden = count_forbidden(view, &reason);

	fixed_alarm(view, out);
	if (forbidden > 0)
		buf_printf(out,
		    "FORBIDDEN: %zu cell%s skipped with a class that --forbid-skip names, the first since %s\n",
		    forbidden, forbidden == 1 ? " is" : "s are", reason);
	for (size_t i = 0; i < view->stale_count; i++) {
		const struct known *row = view->stale[i].row;
		buf_printf(out, "STALE: KNOWN(\"%s\", \"%s\", \"%s\", ...) %s: remove or narrow the row.\n", row->where,
		    row->check, row->status,
		    view->stale[i].unmatched ? "covers no check of the whole list" :
					       "covers checks that were judged, and none of them is so any more");
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
