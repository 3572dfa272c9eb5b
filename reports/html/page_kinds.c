/* What a person should read first: unexpected results, gathered by kind; then known deviations and
 * skips with their reasons, and why cells have no artifact. */
#include "reports/html/page.h"

#include "reports/kinds.h"
#include "reports/reasons.h"

enum { IN_FULL = 300, CELLS = 200, PORTS = 12 };

static void cell_list(struct pen *pen, const struct kind *kind)
{
	size_t shown = 0;

	buf_printf(&pen->text, "<dt>%s</dt><dd><ul class=\"ids\">\n", kind->cells == 1 ? "cell" : "cells");
	for (size_t i = 0; i < kind->count && shown < CELLS; i++) {
		if (i > 0 && kind->results[i].cell == kind->results[i - 1].cell)
			continue;
		buf_add(&pen->text, "<li>");
		page_cell_link(pen, &kind->results[i].cell->cell);
		buf_add(&pen->text, "</li>\n");
		shown++;
	}
	if (kind->cells > shown)
		buf_printf(&pen->text, "<li>and %zu more</li>\n", kind->cells - shown);
	buf_add(&pen->text, "</ul></dd>\n");
}

static void kind_title(struct pen *pen, const struct kind *kind)
{
	const struct check_result *check = kind->results->check;

	page_mark(pen, mark_check(check));
	buf_printf(&pen->text, " %s ", mark_styles[mark_check(check)].name);
	if (kind_spans_checks(kind)) {
		text_number(&pen->text, kind->count, "check");
	} else {
		buf_add(&pen->text, "<a href=\"#check:");
		text_fragment(&pen->text, check->id);
		buf_add(&pen->text, "\"><code>");
		text_xml(&pen->text, check->id);
		buf_add(&pen->text, "</code></a>");
	}
	buf_add(&pen->text, " in ");
	text_number(&pen->text, kind->cells, "cell");
}

static void kind_article(struct pen *pen, const struct view *view, const struct kind *kind)
{
	const struct check_result *check = kind->results->check;
	const struct check *about = kind_spans_checks(kind) ? NULL : view_check(view, check->id);

	buf_add(&pen->text, "<article>\n<h3>");
	kind_title(pen, kind);
	buf_add(&pen->text, "</h3>\n<dl class=\"facts\">\n");
	if (about)
		page_row(pen, "check", "", about->meaning);
	if (!kind_spans_checks(kind)) {
		page_row(pen, "expected", "exact", check->expected);
		page_row(pen, "observed", "exact", check->observed ? check->observed : "(nothing)");
	}
	struct buf targets = BUF_INIT;
	kind_targets(view, kind, &targets);
	page_row(pen, "on", "", targets.data);
	buf_free(&targets);
	page_row(pen, "message", "exact", check->message);
	page_row(pen, mark_reason(check), "", check->reason);
	if (about)
		page_row(pen, "why", "", about->why);
	if (!kind_spans_checks(kind))
		page_row(pen, "source", "", check->source);
	struct buf followers = BUF_INIT;
	kind_followers(kind, &followers);
	page_row(pen, "so too", "", followers.data);
	buf_free(&followers);
	page_row(pen, "repro", "exact", check->repro);
	cell_list(pen, kind);
	buf_add(&pen->text, "</dl>\n</article>\n");
	pen_flush(pen);
}

void page_unexpected(struct pen *pen, const struct view *view)
{
	struct kinds kinds;
	size_t i = 0;

	kinds_find(view, KINDS_UNEXPECTED, &kinds);
	buf_add(&pen->text, "<section id=\"unexpected\">\n<h2>Unexpected</h2>\n");
	if (kinds.count == 0)
		buf_add(&pen->text, "<p>Nothing.</p>\n");
	for (; i < kinds.count && i < IN_FULL; i++)
		kind_article(pen, view, &kinds.kind[i]);
	if (i < kinds.count)
		buf_printf(&pen->text, "<p>And %zu more kinds; each stands in its cell below.</p>\n", kinds.count - i);
	buf_add(&pen->text, "</section>\n");
	kinds_free(&kinds);
}

static void reasons(struct pen *pen, const struct view *view, enum kinds_of what, const char *id, const char *title)
{
	struct kinds kinds;

	kinds_find(view, what, &kinds);
	if (kinds.count > 0)
		buf_printf(&pen->text, "<section id=\"%s\">\n<h2>%s</h2>\n", id, title);
	for (size_t i = 0; i < kinds.count && i < IN_FULL; i++) {
		buf_add(&pen->text, "<details><summary>");
		kind_title(pen, &kinds.kind[i]);
		struct buf targets = BUF_INIT;
		kind_targets(view, &kinds.kind[i], &targets);
		buf_add(&pen->text, targets.len > 0 ? " on " : "");
		text_xml(&pen->text, targets.data);
		buf_add(&pen->text, ": ");
		buf_clear(&targets);
		kind_reason(&kinds.kind[i], &targets);
		text_xml(&pen->text, targets.data);
		buf_free(&targets);
		buf_add(&pen->text, "</summary><dl class=\"facts\">\n");
		cell_list(pen, &kinds.kind[i]);
		buf_add(&pen->text, "</dl></details>\n");
	}
	if (kinds.count > IN_FULL)
		buf_printf(
		    &pen->text, "<p>And %zu more kinds; each stands in its cell below.</p>\n", kinds.count - IN_FULL);
	if (kinds.count > 0)
		buf_add(&pen->text, "</section>\n");
	pen_flush(pen);
	kinds_free(&kinds);
}

static void no_artifact(
    struct pen *pen, const struct view *view, enum outcome outcome, const char *id, const char *title)
{
	struct reasons reasons;

	reasons_find(view, outcome, &reasons);
	if (reasons.count > 0)
		buf_printf(&pen->text,
		    "<section id=\"%s\">\n<h2>%s</h2>\n<div class=\"wide\"><table class=\"reasons\"><thead><tr><th "
		    "scope=\"col\">cells</th>"
		    "<th scope=\"col\">ports</th><th scope=\"col\">why</th></tr></thead>\n<tbody>\n",
		    id, title);
	for (size_t i = 0; i < reasons.count && i < IN_FULL; i++) {
		struct buf ports = BUF_INIT;
		reason_ports(&reasons.reason[i], &ports);
		buf_printf(&pen->text, "<tr><td class=\"number\">%zu</td><td class=\"number\">%zu</td><td>",
		    reasons.reason[i].count, reasons.reason[i].ports);
		text_xml(&pen->text, reasons.reason[i].text);
		if (reasons.reason[i].ports > PORTS)
			buf_printf(&pen->text,
			    "<details class=\"note\"><summary>the ports</summary>%s</details></td></tr>\n", ports.data);
		else
			buf_printf(&pen->text, "<div class=\"note\">%s</div></td></tr>\n", ports.data);
		buf_free(&ports);
	}
	if (reasons.count > 0)
		buf_add(&pen->text, "</tbody></table></div>\n");
	if (reasons.count > IN_FULL)
		buf_printf(
		    &pen->text, "<p>And %zu more; each stands in its cell below.</p>\n", reasons.count - IN_FULL);
	if (reasons.count > 0)
		buf_add(&pen->text, "</section>\n");
	reasons_free(&reasons);
}

void page_reasons(struct pen *pen, const struct view *view, int refusals)
{
	reasons(pen, view, KINDS_KNOWN, "known", "Known deviations");
	reasons(pen, view, KINDS_SKIPPED, "skipped", "Skipped");
	no_artifact(pen, view, OUTCOME_UNBUILDABLE, "unbuildable", "Not buildable here");
	if (refusals)
		no_artifact(pen, view, OUTCOME_REFUSED, "refused", "Refused, with the documented words");
	pen_flush(pen);
}
