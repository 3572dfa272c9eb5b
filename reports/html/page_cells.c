/* Every cell, folded up: how it was built, what inspection found, all its checks. */
#include "reports/html/page.h"

#include <stdlib.h>
#include <string.h>

enum { GIST_MAX = 200 };

/* In a line: how the slot is reached, or why there is no artifact. */
static void gist(struct pen *pen, const struct cell_result *cell)
{
	const struct check_result *said = NULL;
	enum outcome outcome = cell_outcome(cell);

	for (size_t i = 0; i < cell->check_count && !said; i++)
		if (strcmp(cell->checks[i].id, "tls.access") == 0 || cell_is_refusal(cell) || outcome == OUTCOME_UNBUILDABLE)
			said = &cell->checks[i];
	const char *text = said ? outcome == OUTCOME_UNBUILDABLE ? said->reason : said->observed : NULL;
	if (text == NULL)
		return;
	char *clipped = text_clip(text, GIST_MAX);
	buf_add(&pen->text, "; ");
	text_xml(&pen->text, clipped);
	free(clipped);
}

static void summary(struct pen *pen, const struct cell_result *cell, const char *id, int brief)
{
	size_t unexpected = 0;

	for (size_t i = 0; i < cell->check_count; i++)
		unexpected += check_unexpected(&cell->checks[i]) != 0;
	buf_add(&pen->text, "<details class=\"cell\" id=\"");
	text_xml(&pen->text, id);
	buf_add(&pen->text, "\"><summary>");
	page_mark(pen, mark_cell(cell));
	buf_add(&pen->text, " <span class=\"id\">");
	text_xml(&pen->text, id);
	buf_add(&pen->text, "</span> <span class=\"note\">");
	if (unexpected > 0)
		buf_printf(&pen->text, "%zu unexpected of ", unexpected);
	text_number(&pen->text, cell->check_count, "check");
	buf_add(&pen->text, ", ");
	if (cell->cached)
		buf_add(&pen->text, "from the cache");
	else
		text_seconds(&pen->text, cell->build_seconds + cell->seconds);
	if (brief)
		gist(pen, cell);
	buf_add(&pen->text, "</span></summary>\n");
}

/* Logs lie below the folder of this page. */
static void file_link(struct pen *pen, const char *name, const char *path)
{
	if (path == NULL || *path == '\0')
		return;
	buf_printf(&pen->text, "<dt>%s</dt><dd><a href=\"", name);
	text_fragment(&pen->text, path);
	buf_add(&pen->text, "\">");
	text_xml(&pen->text, path);
	buf_add(&pen->text, "</a></dd>\n");
}

static void exact_span(struct pen *pen, const char *name, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	buf_printf(&pen->text, "<div><span class=\"key\">%s</span> ", name);
	text_xml(&pen->text, text);
	buf_add(&pen->text, "</div>");
}

/* All passes of a cell as one text: "ID  OBSERVED", a line each. */
static void passed_text(struct pen *pen, const struct cell_result *cell)
{
	size_t passed = 0;

	for (size_t i = 0; i < cell->check_count; i++) {
		const struct check_result *check = &cell->checks[i];
		if (mark_check(check) != MARK_PASS)
			continue;
		buf_add(&pen->text, passed++ == 0 ? "<pre class=\"passed\">" : "\n");
		text_xml(&pen->text, check->id);
		buf_add(&pen->text, "  ");
		text_xml(&pen->text, check->observed);
	}
	if (passed > 0)
		buf_add(&pen->text, "</pre>\n");
}

/* Of a cell that could not be built there is one thing to say, not one for each check. */
static void lacking(struct pen *pen, const struct cell_result *cell)
{
	struct buf ids = BUF_INIT;

	page_row(pen, "not buildable", "", cell->checks[0].reason);
	for (size_t i = 0; i < cell->check_count; i++)
		buf_printf(&ids, "%s%s", i > 0 ? " " : "", cell->checks[i].id);
	page_row(pen, "checks skipped", "exact", ids.data);
	buf_free(&ids);
}

/* A pass observed what was expected: saying it once is enough. */
static void check_row(struct pen *pen, const struct check_result *check)
{
	enum mark mark = mark_check(check);

	buf_add(&pen->text, "<tr><td>");
	page_mark(pen, mark);
	buf_add(&pen->text, "</td><td><a href=\"#check:");
	text_fragment(&pen->text, check->id);
	buf_add(&pen->text, "\">");
	text_xml(&pen->text, check->id);
	buf_add(&pen->text, "</a></td><td class=\"exact\">");
	if (check->status == STATUS_PASS) {
		text_xml(&pen->text, check->observed);
	} else {
		exact_span(pen, "expected", check->expected);
		exact_span(pen, "observed", check->observed);
	}
	exact_span(pen, mark == MARK_SKIP ? "skipped" : "known", check->reason);
	exact_span(pen, "message", check->message);
	if (mark != MARK_PASS && mark != MARK_SKIP)
		exact_span(pen, "repro", check->repro);
	buf_add(&pen->text, "</td></tr>\n");
}

static void check_table(struct pen *pen, const struct cell_result *cell, int passes)
{
	size_t rows = 0;

	for (size_t i = 0; i < cell->check_count; i++) {
		if (!passes && mark_check(&cell->checks[i]) == MARK_PASS)
			continue;
		if (rows++ == 0)
			buf_add(&pen->text, "<div class=\"wide\"><table class=\"checks\">\n<thead><tr><th scope=\"col\"></th><th scope=\"col\">check</th>"
			                    "<th scope=\"col\">observed</th></tr></thead>\n<tbody>\n");
		check_row(pen, &cell->checks[i]);
	}
	if (rows > 0)
		buf_add(&pen->text, "</tbody></table></div>\n");
}

void page_cell(struct pen *pen, const struct cell_result *cell, int brief)
{
	int unbuildable = cell_outcome(cell) == OUTCOME_UNBUILDABLE;
	char id[CELL_ID_MAX];

	summary(pen, cell, cell_id(&cell->cell, id), brief);
	buf_add(&pen->text, "<dl class=\"facts\">\n");
	if (unbuildable)
		lacking(pen, cell);
	else
		page_row(pen, "build", "", status_name(cell->build_status));
	page_row(pen, "build command", "exact", cell->build_command);
	file_link(pen, "build log", cell->build_log);
	file_link(pen, "run log", cell->log);
	if (cell->facts)
		page_facts(pen, cell->facts);
	buf_add(&pen->text, "</dl>\n");
	if (!unbuildable)
		check_table(pen, cell, !brief);
	if (brief)
		passed_text(pen, cell);
	buf_add(&pen->text, "</details>\n");
	pen_flush(pen);
}

void page_filter(struct pen *pen)
{
	buf_add(&pen->text, "<p id=\"filter\" hidden><label>Show cells with <input type=\"search\" placeholder=\"c-shared dlopen fail\"></label> "
	                    "<output></output></p>\n");
}

void page_cells(struct pen *pen, const struct view *view)
{
	buf_add(&pen->text, "<section id=\"cells\">\n<h2>Cells</h2>\n");
	page_filter(pen);
	for (size_t i = 0; i < view->count; i++)
		page_cell(pen, &view->cells[i], 0);
	buf_add(&pen->text, "</section>\n");
}
