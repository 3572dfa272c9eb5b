/* TAP 13, which prove reads, flat: a test point for each check, its full name on the line, so that nothing depends
 * on nesting.  The plan counts the planned checks; a consumer sees what is missing.  A consumer is to be red exactly
 * where the run is.  A check that was not run is "not ok", since TAP counts a skip as passed; so is what passes though
 * it is known to fail, what was not the same each time, a skip of a forbidden class, and a row of known.def that
 * excuses nothing. */
#include "reports/view.h"

#include "reports/marks.h"
#include "reports/text.h"

#include <stdlib.h>

static void detail(struct pen *pen, const char *name, const char *text)
{
	if (text == NULL)
		return;
	buf_printf(&pen->text, "  %s: ", name);
	text_yaml(&pen->text, text);
	buf_add(&pen->text, "\n");
}

static void directive(struct pen *pen, const struct check_result *check)
{
	const char *reason = check->reason ? check->reason : check->message ? check->message : "no reason given";

	if (check->status == STATUS_SKIP)
		buf_add(&pen->text, " # SKIP ");
	else if (mark_check(check) == MARK_KNOWN && check->status != STATUS_PASS)
		buf_add(&pen->text, " # TODO ");
	else
		return;
	text_tap(&pen->text, reason);
}

static int is_ok(const struct view *view, const struct check_result *check)
{
	if (check->status == STATUS_SKIP)
		return !view_forbidden(view, check);
	return check->status == STATUS_PASS && check->verdict != VERDICT_FIXED && check->verdict != VERDICT_FLAKY;
}

static void point(
    struct pen *pen, const struct view *view, const char *id, const struct check_result *check, size_t number)
{
	const int ok = is_ok(view, check);

	buf_printf(&pen->text, "%s %zu - ", ok ? "ok" : "not ok", number);
	text_tap(&pen->text, id);
	buf_add(&pen->text, " ");
	text_tap(&pen->text, check->id);
	if (ok || check->status != STATUS_SKIP)
		directive(pen, check);
	buf_add(&pen->text, "\n");
	if (ok)
		return;
	buf_add(&pen->text, "  ---\n");
	detail(pen, "status", status_name(check->status));
	detail(pen, "verdict", verdict_name(check->verdict));
	detail(pen, "expected", check->expected);
	detail(pen, "observed", check->observed);
	detail(pen, "message", check->message);
	detail(pen, "reason", check->reason);
	detail(pen, "source", check->source);
	detail(pen, "repro", check->repro);
	buf_add(&pen->text, "  ...\n");
}

/* A row of known.def that excuses nothing any more. */
static void stale_point(struct pen *pen, const struct known *row, size_t number)
{
	char *name = xprintf("known.def %s %s %s", row->where, row->check, row->status);

	buf_printf(&pen->text, "not ok %zu - ", number);
	text_tap(&pen->text, name);
	buf_add(&pen->text, "\n");
	free(name);
}

int report_tap(const struct view *view, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	struct counts counts;
	size_t number = 0;
	char id[CELL_ID_MAX];

	view_count(view, &counts);
	buf_printf(&pen.text, "TAP version 13\n1..%zu\n",
	    (counts.checks > view->planned_checks ? counts.checks : view->planned_checks) + view->stale_count);
	if (counts.checks == 0) /* a plan of 0 would be a skipped, green file */
		buf_add(&pen.text, "Bail out! Nothing was judged\n");
	for (size_t i = 0; i < view->count; i++) {
		const struct cell_result *cell = &view->cells[i];
		cell_id(&cell->cell, id);
		for (size_t k = 0; k < cell->check_count; k++)
			point(&pen, view, id, &cell->checks[k], ++number);
		pen_flush(&pen);
	}
	for (size_t i = 0; i < view->stale_count; i++)
		stale_point(&pen, view->stale[i].row, ++number);
	return pen_end(&pen);
}
