/* TAP 14, flat: a test point for each check, its full name on the line, so that nothing depends on
 * nesting.  The plan counts the planned checks; a consumer sees what is missing.  A check that was
 * not run is "not ok": TAP counts a skip as passed. */
#include "reports/view.h"

#include "reports/marks.h"
#include "reports/text.h"

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

	switch (mark_check(check)) {
	case MARK_SKIP:
		buf_add(&pen->text, " # SKIP ");
		break;
	case MARK_KNOWN:
	case MARK_FIXED:
		buf_add(&pen->text, " # TODO ");
		break;
	default:
		return;
	}
	text_tap(&pen->text, reason);
}

static void point(struct pen *pen, const char *id, const struct check_result *check, size_t number)
{
	const enum mark mark = mark_check(check);
	const int ok = check->status == STATUS_PASS || check->status == STATUS_SKIP;

	buf_printf(&pen->text, "%s %zu - ", ok ? "ok" : "not ok", number);
	text_tap(&pen->text, id);
	buf_add(&pen->text, " ");
	text_tap(&pen->text, check->id);
	directive(pen, check);
	buf_add(&pen->text, "\n");
	if (mark == MARK_PASS || mark == MARK_SKIP)
		return;
	buf_add(&pen->text, "  ---\n");
	detail(pen, "status", status_name(check->status));
	detail(pen, "verdict", verdict_name(check->verdict));
	detail(pen, "expected", check->expected);
	detail(pen, "observed", check->observed);
	detail(pen, "message", check->message);
	detail(pen, "source", check->source);
	detail(pen, "repro", check->repro);
	buf_add(&pen->text, "  ...\n");
}

int report_tap(const struct view *view, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	struct counts counts;
	size_t number = 0;
	char id[CELL_ID_MAX];

	view_count(view, &counts);
	buf_printf(&pen.text, "TAP version 13\n1..%zu\n",
	    counts.checks > view->planned_checks ? counts.checks : view->planned_checks);
	if (counts.checks == 0) /* a plan of 0 would be a skipped, green file */
		buf_add(&pen.text, "Bail out! Nothing was judged\n");
	for (size_t i = 0; i < view->count; i++) {
		const struct cell_result *cell = &view->cells[i];
		cell_id(&cell->cell, id);
		for (size_t k = 0; k < cell->check_count; k++)
			point(&pen, id, &cell->checks[k], ++number);
		pen_flush(&pen);
	}
	return pen_end(&pen);
}
