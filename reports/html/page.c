/* The frame of the HTML report: head, verdict, counts, where and when. */
#include "reports/html/page.h"

#include "reports/skips.h"

#include <stdlib.h>
#include <string.h>

static const char *verdict_class(int code) { return code == 0 ? "good" : code == 1 ? "bad" : "unsure"; }

static void counts_table(struct pen *pen, const struct view *view, const struct counts *counts)
{
	buf_add(&pen->text,
	    "<div class=\"wide\"><table class=\"counts\"><caption>Checks, by status</caption>\n<thead><tr><th "
	    "scope=\"col\">planned</th>");
	for (size_t s = 0; s < STATUS_COUNT; s++)
		if (counts->status[s] > 0)
			buf_printf(&pen->text, "<th scope=\"col\">%s</th>", status_name((enum status)s));
	if (counts->verdict[VERDICT_KNOWN] > 0)
		buf_add(&pen->text, "<th scope=\"col\">of these known</th>");
	buf_printf(&pen->text, "</tr></thead>\n<tbody><tr><td>%zu</td>", view->planned_checks);
	for (size_t s = 0; s < STATUS_COUNT; s++)
		if (counts->status[s] > 0)
			buf_printf(&pen->text, "<td>%zu</td>", counts->status[s]);
	if (counts->verdict[VERDICT_KNOWN] > 0)
		buf_printf(&pen->text, "<td>%zu</td>", counts->verdict[VERDICT_KNOWN]);
	buf_add(&pen->text, "</tr></tbody></table></div>\n");
}

static void skips_row(struct pen *pen, const struct view *view)
{
	struct skips skips;
	struct buf text = BUF_INIT;

	skips_find(view, &skips);
	for (size_t i = 0; i < skips.count; i++) {
		char *name = skip_name(&skips.class[i]);
		buf_printf(&text, "%s%zu %s", i > 0 ? " + " : "", skips.class[i].checks, name);
		free(name);
	}
	page_row(pen, "skips", "", text.data);
	buf_free(&text);
	skips_free(&skips);
}

/* What nobody may overlook, in a banner of its own. */
static void alarms(struct pen *pen, const struct view *view)
{
	struct buf alarm = BUF_INIT;

	view_alarm(view, &alarm);
	const char *between = "<p class=\"verdict odd\">";
	for (char *line = strtok(alarm.data, "\n"); line; line = strtok(NULL, "\n")) {
		buf_add(&pen->text, between);
		text_xml(&pen->text, line);
		between = "<br>\n";
	}
	buf_add(&pen->text, alarm.len > 0 ? "</p>\n" : "");
	buf_free(&alarm);
}

static void header(struct pen *pen, const struct view *view)
{
	struct counts counts;
	struct buf text = BUF_INIT;

	view_count(view, &counts);
	view_verdict(view, &text);
	buf_printf(
	    &pen->text, "<header>\n<h1>tlsmatrix</h1>\n<p class=\"verdict %s\">", verdict_class(view_exit_code(view)));
	text_xml(&pen->text, text.data);
	buf_add(&pen->text, "</p>\n");
	alarms(pen, view);
	counts_table(pen, view, &counts);
	buf_add(&pen->text, "<dl class=\"facts\">\n");
	page_row(pen, "Go", "", view->go);
	page_row(pen, "host", "", view->host);
	page_row(pen, "started", "", view->started);
	buf_clear(&text);
	text_seconds(&text, view->seconds);
	page_row(pen, "took", "", text.data);
	buf_clear(&text);
	view_outcomes(view, &text);
	if (counts.cells != view->planned_cells)
		buf_printf(&text, "; %zu planned, %zu in the results", view->planned_cells, counts.cells);
	if (counts.cached_cells > 0)
		buf_printf(&text, ", %zu unchanged and taken from the cache", counts.cached_cells);
	page_row(pen, "cells", "", text.data);
	skips_row(pen, view);
	if (view->part)
		page_row(pen, "part of the run", "exact", view->part);
	page_row(pen, "plan", "exact", view->plan);
	page_row(pen, "tlsmatrix", "", view->tool);
	buf_printf(&pen->text,
	    "</dl>\n<nav aria-label=\"Sections\"><a href=\"#matrix\">Matrix</a> "
	    "<a href=\"#unexpected\">Unexpected</a> %s%s<a href=\"#cells\">Cells</a> <a "
	    "href=\"#checks\">Checks</a></nav>\n</header>\n",
	    page_contract_wanted(view) ? "<a href=\"#contract\">Contract</a> " : "",
	    view->target_count > 0 ? "<a href=\"#targets\">Targets</a> " : "");
	buf_free(&text);
}

static void content(struct pen *pen, const struct view *view)
{
	struct overview overview;

	overview_make(view, &overview);
	int many = overview_wanted(&overview) || view_many_columns(view);
	if (many)
		page_overview(pen, view, &overview);
	else
		page_grid(pen, view);
	page_unexpected(pen, view);
	page_contract(pen, view);
	page_targets(pen, view);
	page_notarget(pen, view);
	page_reasons(pen, view, many);
	if (many)
		page_ports(pen, view, &overview);
	else
		page_cells(pen, view);
	page_checks(pen, view);
	overview_free(&overview);
}

int report_html(const struct view *view, FILE *out)
{
	struct pen pen = PEN_INIT(out);

	buf_add(&pen.text,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>tlsmatrix: ");
	struct buf verdict = BUF_INIT;
	view_verdict(view, &verdict);
	text_xml(&pen.text, verdict.data);
	buf_free(&verdict);
	buf_add(&pen.text, "</title>\n<style>\n");
	buf_add(&pen.text, page_style);
	buf_add(&pen.text, "</style>\n</head>\n<body>\n");
	header(&pen, view);
	buf_add(&pen.text, "<main>\n");
	content(&pen, view);
	buf_add(&pen.text, "</main>\n<script>\n");
	buf_add(&pen.text, page_script);
	buf_add(&pen.text, "</script>\n</body>\n</html>\n");
	return pen_end(&pen);
}
