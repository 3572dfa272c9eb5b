/* Every cell, folded up: how it was built, what inspection found, all its checks. */
#include "reports/html/page.h"

#include <stdlib.h>
#include <string.h>

enum { GIST_MAX = 200, WORTH_A_LINK = 400 };

/* Nothing of the cell was judged, for one reason. */
static int is_lacking(enum outcome outcome) { return outcome == OUTCOME_UNBUILDABLE || outcome == OUTCOME_NOTARGET; }

/* In a line: how the slot is reached, or why there is no artifact. */
static void gist(struct pen *pen, const struct cell_result *cell)
{
	const struct check_result *said = NULL;
	enum outcome outcome = cell_outcome(cell);

	for (size_t i = 0; i < cell->check_count && !said; i++)
		if (strcmp(cell->checks[i].id, "tls.access") == 0 || cell_is_refusal(cell) || is_lacking(outcome))
			said = &cell->checks[i];
	const char *text = said ? is_lacking(outcome) ? said->reason : said->observed : NULL;
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

/* A part of a cell, or the cell that has the same already. */
static void once(struct pen *pen, struct said *said, const struct cell *cell, struct pen *part, const char *before,
    const char *after)
{
	const struct cell *first = said && part->text.len > WORTH_A_LINK ? said_by(said, part->text.data, cell) : NULL;

	if (first == NULL) {
		buf_add_bytes(&pen->text, part->text.data, part->text.len);
	} else {
		buf_printf(&pen->text, "%sas in ", before);
		page_cell_link(pen, first);
		buf_add(&pen->text, after);
	}
	buf_free(&part->text);
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
static void lacking(struct pen *pen, const struct cell_result *cell, enum outcome outcome)
{
	struct buf ids = BUF_INIT;

	page_row(pen, outcome == OUTCOME_NOTARGET ? "target not here" : "not buildable", "", cell->checks[0].reason);
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
	exact_span(pen, mark == MARK_SKIP ? "skipped" : mark_reason(check), check->reason);
	exact_span(pen, "message", check->message);
	if (mark != MARK_PASS && mark != MARK_SKIP)
		exact_span(pen, "repro", check->repro);
}

/* Skips of one reason in one row. */
static void skipped_rows(struct pen *pen, const struct cell_result *cell)
{
	for (size_t i = 0; i < cell->check_count; i++) {
		const struct check_result *check = &cell->checks[i];
		size_t same = 0;
		if (mark_check(check) != MARK_SKIP)
			continue;
		while (same < i &&
		    !(mark_check(&cell->checks[same]) == MARK_SKIP &&
			text_compare(cell->checks[same].reason, check->reason) == 0))
			same++;
		if (same < i)
			continue;
		buf_add(&pen->text, "<dt>skipped</dt><dd>");
		text_xml(&pen->text, check->reason ? check->reason : "no reason given");
		buf_add(&pen->text, "<div class=\"exact note\">");
		for (size_t k = i; k < cell->check_count; k++) {
			if (mark_check(&cell->checks[k]) != MARK_SKIP ||
			    text_compare(cell->checks[k].reason, check->reason) != 0)
				continue;
			buf_add(&pen->text, k > i ? " " : "");
			text_xml(&pen->text, cell->checks[k].id);
		}
		buf_add(&pen->text, "</div></dd>\n");
	}
}

/* Of checks that were not observed for one cause (a target that is not believed, a program that died at once)
 * the first has the row; the others are named in it. */
static int same_cause(const struct check_result *a, const struct check_result *b)
{
	return !a->observed && !b->observed && mark_check(a) == mark_check(b) &&
	    text_compare(a->message, b->message) == 0 && text_compare(a->reason, b->reason) == 0;
}

static int is_told(const struct cell_result *cell, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (same_cause(&cell->checks[i], &cell->checks[at]))
			return 1;
	return 0;
}

static void others(struct pen *pen, const struct cell_result *cell, size_t at)
{
	struct buf ids = BUF_INIT;

	for (size_t i = at + 1; i < cell->check_count; i++)
		if (same_cause(&cell->checks[at], &cell->checks[i]))
			buf_printf(&ids, "%s%s", ids.len > 0 ? " " : "", cell->checks[i].id);
	exact_span(pen, "as well", ids.data);
	buf_free(&ids);
}

static void check_table(struct pen *pen, const struct cell_result *cell, int brief)
{
	size_t rows = 0;

	for (size_t i = 0; i < cell->check_count; i++) {
		enum mark mark = mark_check(&cell->checks[i]);
		if (brief && (mark == MARK_PASS || mark == MARK_SKIP || is_told(cell, i)))
			continue;
		if (rows++ == 0)
			buf_add(&pen->text,
			    "<div class=\"wide\"><table class=\"checks\">\n<thead><tr><th scope=\"col\"></th><th "
			    "scope=\"col\">check</th>"
			    "<th scope=\"col\">observed</th></tr></thead>\n<tbody>\n");
		check_row(pen, &cell->checks[i]);
		if (brief)
			others(pen, cell, i);
		buf_add(&pen->text, "</td></tr>\n");
	}
	if (rows > 0)
		buf_add(&pen->text, "</tbody></table></div>\n");
}

void page_cell(struct pen *pen, const struct cell_result *cell, struct said *said)
{
	const enum outcome outcome = cell_outcome(cell);
	const int brief = said != NULL;
	struct pen build = PEN_INIT(NULL), skips = PEN_INIT(NULL), passes = PEN_INIT(NULL);
	char id[CELL_ID_MAX];

	summary(pen, cell, cell_id(&cell->cell, id), brief);
	buf_add(&pen->text, "<dl class=\"facts\">\n");
	if (is_lacking(outcome))
		lacking(&build, cell, outcome);
	else
		page_row(&build, "build", "", status_name(cell->build_status));
	page_row(&build, "build command", "exact", cell->build_command);
	if (cell->facts)
		page_facts(&build, cell->facts);
	once(pen, said, &cell->cell, &build, "<dt>build</dt><dd>", "</dd>\n");
	file_link(pen, "build log", cell->build_log);
	file_link(pen, "run log", cell->log);
	if (brief && !is_lacking(outcome))
		skipped_rows(&skips, cell);
	once(pen, said, &cell->cell, &skips, "<dt>skipped</dt><dd>", "</dd>\n");
	buf_add(&pen->text, "</dl>\n");
	if (!is_lacking(outcome))
		check_table(pen, cell, brief);
	if (brief)
		passed_text(&passes, cell);
	once(pen, said, &cell->cell, &passes, "<p class=\"passed\">the rest passes, ", "</p>\n");
	buf_add(&pen->text, "</details>\n");
	pen_flush(pen);
}

void page_filter(struct pen *pen)
{
	buf_add(&pen->text,
	    "<p id=\"filter\" hidden><label>Show cells with <input type=\"search\" placeholder=\"c-shared dlopen "
	    "fail\"></label> "
	    "<output></output></p>\n");
}

void page_cells(struct pen *pen, const struct view *view)
{
	buf_add(&pen->text, "<section id=\"cells\">\n<h2>Cells</h2>\n");
	page_filter(pen);
	for (size_t i = 0; i < view->count; i++)
		page_cell(pen, &view->cells[i], NULL);
	buf_add(&pen->text, "</section>\n");
}
