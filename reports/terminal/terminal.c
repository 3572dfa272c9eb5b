/* The report that a person meets first: the matrix as letters, what was unexpected and why it
 * matters, and one sentence at the end.  ASCII, as wide as it is told. */
#include "reports/terminal/terminal.h"

#include "reports/kinds.h"
#include "reports/layout.h"
#include "reports/skips.h"

#include <stdlib.h>
#include <string.h>

enum { IN_FULL = 20, BRIEFLY = 40, MORE_CELLS = 5, LABEL = 14, TEXT_MAX = TERMINAL_TEXT_MAX };

static void add_ascii(struct terminal *t, const char *text) { text_add(&t->pen.text, text, TEXT_ASCII); }

/* ---- the grid --------------------------------------------------------------------------------- */

/* Columns under one heading. */
static const struct group {
	const char *name;
	enum link first, last;
	size_t width;
} groups[] = {
	{ "", LINK_INTERNAL, LINK_INTERNAL, 9 },
	{ "external", LINK_EXTERNAL, LINK_EXTERNAL_MOLD, 10 },
	{ "static", LINK_EXTERNAL_STATIC, LINK_EXTERNAL_MOLD_STATIC, 11 },
};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]), NARROW = 5, GAP = 2, LABELS = 11 + 6 + 18 };

/* The first column of a group that occurs is wide, so that there is room for the group's name. */
static size_t column_width(unsigned links, enum link link)
{
	const struct group *group = groups;

	while (link > group->last)
		group++;
	for (enum link l = group->first; l < link; l++)
		if (links & (1u << l))
			return NARROW;
	return group->width;
}

/* "------ external ------" over the columns of the group that occur. */
static void group_heading(struct terminal *t, unsigned links, const struct group *group)
{
	size_t width = 0, length = strlen(group->name), dashes;

	for (enum link l = group->first; l <= group->last; l++)
		if (links & (1u << l))
			width += column_width(links, l);
	if (width == 0 || length == 0) {
		terminal_repeat(t, ' ', width);
		return;
	}
	dashes = width - GAP - length;
	terminal_repeat(t, ' ', GAP);
	if (dashes >= 4) {
		terminal_repeat(t, '-', dashes / 2 - 1);
		buf_printf(&t->pen.text, " %s ", group->name);
		terminal_repeat(t, '-', dashes - dashes / 2 - 1);
	} else {
		terminal_repeat(t, ' ', dashes);
		buf_add(&t->pen.text, group->name);
	}
}

static void grid_headings(struct terminal *t, unsigned links)
{
	terminal_begin(t, "2");
	if (links & ~(1u << LINK_INTERNAL)) {
		terminal_repeat(t, ' ', LABELS);
		for (size_t g = 0; g < GROUPS; g++)
			group_heading(t, links, &groups[g]);
		buf_add(&t->pen.text, "\n");
	}
	buf_printf(&t->pen.text, "%-11s%-6s%-18s", "buildmode", "cgo", "load");
	for (enum link l = 0; l < LINK_COUNT; l++)
		if (links & (1u << l))
			buf_printf(&t->pen.text, "%*s", (int)column_width(links, l), layout_column(l));
	terminal_end(t);
	buf_add(&t->pen.text, "\n");
}

/* The letter stands under the middle of its heading. */
static void grid_cell(struct terminal *t, unsigned links, enum link link, const struct cell_result *cell)
{
	const size_t right = strlen(layout_column(link)) / 2, left = column_width(links, link) - right - 1;
	const struct mark_style *style;

	terminal_repeat(t, ' ', left);
	if (cell == NULL) {
		terminal_repeat(t, ' ', 1 + right);
		return;
	}
	style = &mark_styles[mark_cell(cell)];
	terminal_begin(t, style->ansi);
	terminal_repeat(t, style->letter, 1);
	terminal_end(t);
	terminal_repeat(t, ' ', right);
}

/* Of some columns the first that fit beside the labels; at least one. */
static unsigned fitting(unsigned links, size_t width)
{
	unsigned taken = 0;

	for (enum link l = 0; l < LINK_COUNT; l++) {
		size_t used = LABELS;
		if (!(links & (1u << l)))
			continue;
		for (enum link k = 0; k <= l; k++)
			if ((taken | 1u << l) & (1u << k))
				used += column_width(taken | 1u << l, k);
		if (taken && used > width)
			break;
		taken |= 1u << l;
	}
	return taken;
}

static int has_cells(const struct layout_row *row, unsigned links)
{
	for (enum link l = 0; l < LINK_COUNT; l++)
		if (links & (1u << l) && row->cell[l])
			return 1;
	return 0;
}

/* The columns that stand side by side; a row without a cell in any of them is not there, unless they are all. */
static void grid_block(struct terminal *t, const struct layout_section *section, unsigned links)
{
	const struct layout_row *above = NULL;

	grid_headings(t, links);
	for (size_t i = 0; i < section->count; i++) {
		const struct layout_row *row = &section->row[i];
		int same_mode = above && above->mode == row->mode, same_cgo = same_mode && above->cgo == row->cgo;
		if (links != section->links && !has_cells(row, links))
			continue;
		buf_printf(&t->pen.text, "%-11s%-6s%-18s", same_mode ? "" : mode_name(row->mode),
		    same_cgo     ? "" :
			row->cgo ? "cgo1" :
				   "cgo0",
		    layout_load(row->load));
		for (enum link l = 0; l < LINK_COUNT; l++)
			if (links & (1u << l))
				grid_cell(t, links, l, row->cell[l]);
		terminal_trim(t);
		above = row;
	}
	buf_add(&t->pen.text, "\n");
}

static void grid_section(struct terminal *t, const struct layout_section *section)
{
	char *title = layout_title(section);

	terminal_begin(t, "1");
	add_ascii(t, title);
	terminal_end(t);
	buf_add(&t->pen.text, "\n\n");
	free(title);
	for (unsigned rest = section->links, links; rest; rest &= ~links) {
		links = fitting(rest, t->width);
		grid_block(t, section, links);
	}
}

/* ---- legend and counts ------------------------------------------------------------------------ */

/* Each letter that occurs, and how many cells have it: together all cells. */
static void legend(struct terminal *t)
{
	size_t cells[MARK_COUNT] = { 0 };

	for (size_t i = 0; i < t->view->count; i++)
		cells[mark_cell(&t->view->cells[i])]++;
	for (enum mark m = 0; m < MARK_COUNT; m++) {
		const struct mark_style *style = &mark_styles[m];
		if (cells[m] == 0)
			continue;
		buf_add(&t->pen.text, "  ");
		terminal_begin(t, style->ansi);
		terminal_repeat(t, style->letter, 1);
		terminal_end(t);
		buf_printf(&t->pen.text, "%6zu %s  %s\n", cells[m], cells[m] == 1 ? "cell " : "cells", style->meaning);
	}
	buf_add(&t->pen.text, "\n");
}

static void count_line(struct terminal *t, const struct counts *counts)
{
	struct buf line = BUF_INIT;
	const char *sep = "";

	if (counts->checks == t->view->planned_checks)
		buf_printf(&line, "%zu planned = ", counts->checks);
	else
		buf_printf(&line, "%zu planned, but %zu in the results = ", t->view->planned_checks, counts->checks);
	for (size_t s = 0; s < STATUS_COUNT; s++) {
		if (counts->status[s] == 0 && s != STATUS_PASS)
			continue;
		buf_printf(&line, "%s%zu %s", sep, counts->status[s], status_name((enum status)s));
		sep = " + ";
	}
	buf_printf(&t->pen.text, "%-*s", LABEL, "checks");
	text_wrap(&t->pen.text, line.data, LABEL, t->prose);
	if (counts->verdict[VERDICT_OK] < counts->checks) {
		buf_clear(&line);
		sep = "";
		for (size_t v = 0; v < VERDICT_COUNT; v++) {
			if (counts->verdict[v] == 0)
				continue;
			buf_printf(&line, "%s%zu %s", sep, counts->verdict[v], verdict_name((enum verdict)v));
			sep = " + ";
		}
		buf_printf(&t->pen.text, "%-*s", LABEL, "verdicts");
		text_wrap(&t->pen.text, line.data, LABEL, t->prose);
	}
	buf_free(&line);
}

/* "120 not-applicable + 30 no-tracer" */
static void skips_line(struct terminal *t)
{
	struct skips skips;
	struct buf line = BUF_INIT;

	skips_find(t->view, &skips);
	for (size_t i = 0; i < skips.count; i++) {
		char *name = skip_name(&skips.class[i]);
		buf_printf(&line, "%s%zu %s", i > 0 ? " + " : "", skips.class[i].checks, name);
		free(name);
	}
	if (skips.count > 0) {
		buf_printf(&t->pen.text, "%-*s", LABEL, "skips");
		text_wrap(&t->pen.text, line.data, LABEL, t->prose);
	}
	buf_free(&line);
	skips_free(&skips);
}

static void counts_block(struct terminal *t)
{
	struct counts counts;

	view_count(t->view, &counts);
	struct buf cells = BUF_INIT;
	buf_printf(&cells, "%zu planned", t->view->planned_cells);
	if (counts.cells != t->view->planned_cells)
		buf_printf(&cells, ", but %zu in the results", counts.cells);
	if (counts.cached_cells > 0)
		buf_printf(&cells, ", %zu unchanged and taken from the cache", counts.cached_cells);
	buf_printf(&t->pen.text, "%-*s", LABEL, "cells");
	text_wrap(&t->pen.text, cells.data, LABEL, t->prose);
	if (t->view->part) {
		buf_clear(&cells);
		text_add(&cells, t->view->part, TEXT_ASCII);
		buf_printf(&t->pen.text, "%-*s", LABEL, "part of run");
		text_wrap(&t->pen.text, cells.data, LABEL, t->prose);
	}
	buf_free(&cells);
	count_line(t, &counts);
	skips_line(t);
	buf_printf(&t->pen.text, "%-*s", LABEL, "time");
	text_seconds(&t->pen.text, t->view->seconds);
	buf_add(&t->pen.text, "\n");
	if (t->view->host && *t->view->host) {
		buf_printf(&t->pen.text, "%-*s", LABEL, "host");
		text_wrap(&t->pen.text, t->view->host, LABEL, t->prose);
	}
}

/* ---- results that a person should read ---------------------------------------------------------- */

static void label(struct terminal *t, const char *name)
{
	terminal_begin(t, "2");
	buf_printf(&t->pen.text, "    %-*s", LABEL - 4, name);
	terminal_end(t);
}

static void prose(struct terminal *t, const char *name, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	char *clipped = text_clip(text, TEXT_MAX);
	label(t, name);
	text_wrap(&t->pen.text, clipped, LABEL, t->prose);
	free(clipped);
}

/* A line that is there to be copied: never broken. */
static void exact(struct terminal *t, const char *name, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	label(t, name);
	add_ascii(t, text);
	buf_add(&t->pen.text, "\n");
}

static void log_path(struct terminal *t, const char *log)
{
	struct buf path = BUF_INIT;

	if (log && *log) {
		if (t->view->out_dir && *t->view->out_dir)
			buf_printf(&path, "%s/", t->view->out_dir);
		buf_add(&path, log);
	}
	exact(t, "log", path.data);
	buf_free(&path);
}

/* The cells of a kind after the first, each once. */
static void more_cells(struct terminal *t, const struct kind *kind)
{
	char id[CELL_ID_MAX];
	size_t shown = 0;

	for (size_t i = 1; i < kind->count && shown < MORE_CELLS; i++) {
		if (kind->results[i].cell == kind->results[i - 1].cell)
			continue;
		exact(t, shown++ == 0 ? "also" : "", cell_id(&kind->results[i].cell->cell, id));
	}
	if (kind->cells > shown + 1) {
		label(t, "");
		buf_add(&t->pen.text, "and in ");
		text_number(&t->pen.text, kind->cells - shown - 1, "more cell");
		buf_add(&t->pen.text, "\n");
	}
}

/* Where: the targets of the kind, when there are several in the run. */
static void on_targets(struct terminal *t, const struct kind *kind)
{
	struct buf names = BUF_INIT;

	kind_targets(t->view, kind, &names);
	prose(t, "on", names.data);
	buf_free(&names);
}

static void kind_title(struct terminal *t, const struct kind *kind)
{
	const struct check_result *check = kind->results->check;
	const struct mark_style *style = &mark_styles[mark_check(check)];

	terminal_begin(t, style->ansi);
	buf_printf(&t->pen.text, "%c %s", style->letter, style->name);
	terminal_end(t);
	buf_add(&t->pen.text, "  ");
	if (kind_spans_checks(kind))
		text_number(&t->pen.text, kind->count, "check");
	else
		add_ascii(t, check->id);
	buf_add(&t->pen.text, " in ");
	text_number(&t->pen.text, kind->cells, "cell");
	buf_add(&t->pen.text, "\n");
}

static void kind_in_full(struct terminal *t, const struct kind *kind)
{
	const struct kind_result *first = kind->results;
	const struct check_result *check = first->check;
	const struct check *about = kind_spans_checks(kind) ? NULL : view_check(t->view, check->id);
	char id[CELL_ID_MAX];

	kind_title(t, kind);
	exact(t, "cell", cell_id(&first->cell->cell, id));
	more_cells(t, kind);
	on_targets(t, kind);
	if (kind_spans_checks(kind)) {
		exact(t, "such as", check->id);
	} else {
		if (about)
			prose(t, "check", about->meaning);
		prose(t, "expected", check->expected);
		prose(t, "observed", check->observed ? check->observed : "(nothing)");
	}
	prose(t, "message", check->message);
	prose(t, mark_reason(check), check->reason);
	if (about)
		prose(t, "why", about->why);
	if (!kind_spans_checks(kind))
		prose(t, "source", check->source);
	struct buf followers = BUF_INIT;
	kind_followers(kind, &followers);
	prose(t, "so too", followers.data);
	buf_free(&followers);
	log_path(t, kind_log(t->view, kind));
	exact(t, "repro", check->repro);
	buf_add(&t->pen.text, "\n");
}

static void unexpected_block(struct terminal *t)
{
	struct kinds kinds;
	size_t i = 0;

	kinds_find(t->view, KINDS_UNEXPECTED, &kinds);
	if (kinds.count > 0) {
		terminal_title(t, "Unexpected");
		buf_add(&t->pen.text, "\n");
	}
	for (; i < kinds.count && i < IN_FULL; i++)
		kind_in_full(t, &kinds.kind[i]);
	for (; i < kinds.count && i < IN_FULL + BRIEFLY; i++)
		kind_title(t, &kinds.kind[i]);
	if (i < kinds.count)
		buf_printf(&t->pen.text, "and %zu more kinds of unexpected results\n", kinds.count - i);
	if (i > IN_FULL)
		buf_add(&t->pen.text, "\n");
	kinds_free(&kinds);
}

/* Known deviations and skips: a line each, with the reason. */
static void reasons_block(struct terminal *t, enum kinds_of what, const char *title)
{
	struct kinds kinds;

	kinds_find(t->view, what, &kinds);
	if (kinds.count > 0)
		terminal_section(t, title);
	for (size_t i = 0; i < kinds.count && i < IN_FULL; i++) {
		struct buf line = BUF_INIT;
		kind_checks(&kinds.kind[i], &line);
		buf_add(&line, " in ");
		text_number(&line, kinds.kind[i].cells, "cell");
		struct buf names = BUF_INIT;
		kind_targets(t->view, &kinds.kind[i], &names);
		if (names.len > 0)
			buf_printf(&line, " on %s", names.data);
		buf_free(&names);
		struct buf words = BUF_INIT;
		kind_reason(&kinds.kind[i], &words);
		char *reason = text_clip(words.data, TEXT_MAX);
		buf_free(&words);
		buf_printf(&line, ": %s", reason);
		buf_add(&t->pen.text, "    ");
		text_wrap(&t->pen.text, line.data, 4, t->prose);
		free(reason);
		buf_free(&line);
	}
	if (kinds.count > IN_FULL)
		buf_printf(&t->pen.text, "    and %zu more\n", kinds.count - IN_FULL);
	kinds_free(&kinds);
}

static void verdict_line(struct terminal *t)
{
	static const char *const sgr[] = { [0] = "1;32", [1] = "1;31", [3] = "1;35", [4] = "1;33", [5] = "1;33" };
	struct buf line = BUF_INIT;

	view_alarm(t->view, &line);
	for (char *next, *alarm = line.data; alarm && *alarm; alarm = next + 1) {
		next = strchr(alarm, '\n');
		*next = '\0';
		terminal_begin(t, "1;35");
		text_wrap(&t->pen.text, alarm, 0, t->prose);
		terminal_end(t);
	}
	buf_clear(&line);
	view_verdict(t->view, &line);
	terminal_begin(t, sgr[view_exit_code(t->view)]);
	text_wrap(&t->pen.text, line.data, 0, t->prose);
	terminal_end(t);
	buf_clear(&line);
	view_outcomes(t->view, &line);
	text_wrap(&t->pen.text, line.data, 0, t->prose);
	buf_free(&line);
}

/* What runs: a grid with a column for each target, when there are several, else a block for each section;
 * what does not: a block for each port, or a table of many. */
static void grid(struct terminal *t, const struct overview *overview, int many)
{
	const int several = view_many_columns(t->view);
	struct layout layout;

	if (several)
		terminal_bytarget(t);
	layout_make(t->view, &layout);
	for (size_t i = 0; i < layout.count; i++) {
		const struct cell *cell = layout.section[i].cell;
		if (!(several && cell->load != LOAD_NONE) && (!many || overview_is_block(overview, cell)))
			grid_section(t, &layout.section[i]);
	}
	layout_free(&layout);
	if (many)
		terminal_overview(t, overview);
}

int report_grid(const struct view *view, FILE *out, int color, size_t width)
{
	struct terminal t = { .pen = PEN_INIT(out),
		.view = view,
		.color = color,
		.width = width,
		.prose = width < TERMINAL_PROSE ? width : TERMINAL_PROSE };
	struct overview overview;

	overview_make(view, &overview);
	int many = overview_wanted(&overview);
	grid(&t, &overview, many);
	overview_free(&overview);
	legend(&t);
	counts_block(&t);
	pen_flush(&t.pen);
	if (many)
		terminal_refused(&t);
	terminal_unbuildable(&t);
	terminal_targets(&t);
	terminal_notarget(&t);
	reasons_block(&t, KINDS_KNOWN, "Known deviations");
	reasons_block(&t, KINDS_SKIPPED, "Skipped");
	buf_add(&t.pen.text, "\n");
	unexpected_block(&t);
	verdict_line(&t);
	return pen_end(&t.pen);
}
