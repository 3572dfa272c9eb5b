/* Every cell, folded up: how it was built, what inspection found, all its checks. */
#include "reports/html/page.h"

static void summary(struct pen *pen, const struct cell_result *cell, const char *id)
{
	size_t unexpected = 0;

	for (size_t i = 0; i < cell->check_count; i++)
		unexpected += view_unexpected(&cell->checks[i]) != 0;
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

static void cell_details(struct pen *pen, const struct cell_result *cell)
{
	char id[CELL_ID_MAX];

	summary(pen, cell, cell_id(&cell->cell, id));
	buf_add(&pen->text, "<dl class=\"facts\">\n");
	page_row(pen, "build", "", status_name(cell->build_status));
	page_row(pen, "build command", "exact", cell->build_command);
	file_link(pen, "build log", cell->build_log);
	file_link(pen, "run log", cell->log);
	if (cell->facts)
		page_facts(pen, cell->facts);
	buf_add(&pen->text, "</dl>\n<div class=\"wide\"><table class=\"checks\">\n<thead><tr><th scope=\"col\"></th><th scope=\"col\">check</th>"
	                    "<th scope=\"col\">observed</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < cell->check_count; i++)
		check_row(pen, &cell->checks[i]);
	buf_add(&pen->text, "</tbody></table></div>\n</details>\n");
	pen_flush(pen);
}

void page_cells(struct pen *pen, const struct view *view)
{
	buf_add(&pen->text, "<section id=\"cells\">\n<h2>Cells</h2>\n"
	                    "<p id=\"filter\" hidden><label>Show cells with <input type=\"search\" placeholder=\"c-shared dlopen fail\"></label> "
	                    "<output></output></p>\n");
	for (size_t i = 0; i < view->count; i++)
		cell_details(pen, &view->cells[i]);
	buf_add(&pen->text, "</section>\n");
}
