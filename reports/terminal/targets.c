/* Several targets on a terminal: a grid with a column for each target, what each is, and which of them are
 * not here.  The names of the targets stand over the grid as stairs, so that ten of them are read without
 * turning the head and the grid stays within 80 columns. */
#include "reports/terminal/terminal.h"

#include "reports/bytarget.h"
#include "reports/facts.h"
#include "reports/reasons.h"

#include <stdlib.h>
#include <string.h>

enum { USUAL = 80, MODE = 11, CGO = 4, LINK_MAX = 26, LINK_NARROW = 14, LOAD_MIN = 14, STEP = 2 };

/* Where things stand in the rows of a section. */
struct measures { size_t link, load, label; };

static size_t longest(
    const struct bytarget_section *section, void (*text)(const struct bytarget_row *, struct buf *), size_t least)
{
	for (size_t i = 0; i < section->count; i++) {
		struct buf word = BUF_INIT;
		text(&section->row[i], &word);
		least = word.len > least ? word.len : least;
		buf_free(&word);
	}
	return least;
}

static size_t link_max(const struct terminal *t) { return t->width < USUAL ? LINK_NARROW : LINK_MAX; }

/* How many columns stand side by side; the rest follows in another grid. */
static size_t columns_at_once(const struct terminal *t, size_t columns)
{
	const size_t most = (t->width - MODE - CGO - link_max(t) - LOAD_MIN - 2) / STEP;

	return columns < most ? columns : most;
}

/* Loads get what the columns leave of 80, or where that is too narrow of all. */
static struct measures measure(const struct terminal *t, const struct bytarget_section *section)
{
	const size_t marks = columns_at_once(t, section->columns) * STEP;
	struct measures m = { .link = longest(section, bytarget_links, strlen("link")),
		.load = longest(section, bytarget_loads, strlen("load")) };

	if (m.link > link_max(t))
		m.link = link_max(t);
	const size_t usual = t->width < USUAL ? t->width : USUAL;
	size_t used = MODE + CGO + m.link + 2 + marks, room = used + LOAD_MIN <= usual ? usual - used : LOAD_MIN;
	if (m.load > room)
		m.load = room;
	m.label = MODE + CGO + m.link + 1 + m.load + 1;
	return m;
}

/* ---- the stairs ---------------------------------------------------------------------------------- */

/* "musl-1.2.6  musl libc (x86_64) 1.2.6", cut between words; what cut words cannot say stands below the grid */
static void column_words(const struct bytarget_section *section, const struct bytarget_column *column, const char *host,
    size_t width, struct buf *out)
{
	const struct view_target *target = column->target;
	const char *more = section->kind == BYTARGET_RELEASES ? NULL :
	    target                                            ? target->message ? "not judged" : target->version :
	    strcmp(column->cell->target, "host") == 0         ? host :
								NULL;
	char *name = bytarget_heading(section, column);
	size_t least = 0;

	for (size_t c = 0; c < section->columns; c++) {
		char *other = bytarget_heading(section, &section->column[c]);
		least = strlen(other) > least ? strlen(other) : least;
		free(other);
	}
	buf_printf(out, "%-*s", more ? (int)least + 2 : 0, name);
	text_add(out, more, TEXT_ASCII);
	free(name);
	for (size_t keep = width; out->len > width; keep--)
		if (out->data[keep] == ' ' || keep <= least)
			out->data[out->len = keep > least ? keep : width] = '\0';
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

static void stairs(struct terminal *t, const struct bytarget_section *section, size_t first, size_t end, size_t label)
{
	struct buf *text = &t->pen.text;

	for (size_t c = end; c-- > first;) {
		struct buf words = BUF_INIT;
		column_words(section, &section->column[c], t->view->host, label - 3, &words);
		buf_printf(text, "%s ", words.data);
		terminal_begin(t, "2");
		terminal_repeat(t, '-', label + (c - first) * STEP - words.len - 1);
		buf_add(text, "+");
		for (size_t after = c + 1; after < end; after++)
			buf_add(text, " |");
		terminal_end(t);
		buf_add(text, "\n");
		buf_free(&words);
	}
}

static void headings(
    struct terminal *t, const struct bytarget_section *section, size_t first, size_t end, const struct measures *m)
{
	stairs(t, section, first, end, m->label);
	terminal_begin(t, "2");
	buf_printf(&t->pen.text, "%-*s%-*s%-*s%-*s", MODE, "buildmode", CGO, "cgo", (int)m->link + 1, "link",
	    (int)m->load + 1, "load");
	for (size_t c = first; c < end; c++)
		buf_printf(&t->pen.text, "|%s", c + 1 < end ? " " : "");
	terminal_end(t);
	buf_add(&t->pen.text, "\n");
}

/* ---- rows ---------------------------------------------------------------------------------------- */

/* The next words of *text that fit, at least one; *text goes on behind them. */
static size_t take_words(const char **text, size_t width)
{
	size_t taken = strcspn(*text, " ");

	for (size_t next = taken; (*text)[next];) {
		next += 1 + strcspn(*text + next + 1, " ");
		if (next > width)
			break;
		taken = next;
	}
	*text += taken;
	*text += **text == ' ';
	return taken;
}

static void marks(struct terminal *t, const struct bytarget_row *row, size_t first, size_t end)
{
	for (size_t c = first; c < end; c++) {
		const struct mark_style *style = &mark_styles[row->slot[c].mark];
		if (c > first)
			terminal_repeat(t, ' ', STEP - 1);
		if (row->slot[c].cell == NULL) {
			terminal_repeat(t, ' ', 1);
			continue;
		}
		terminal_begin(t, style->ansi);
		terminal_repeat(t, style->letter, 1);
		terminal_end(t);
	}
}

/* Link and load modes may take more lines than one; the marks stand in the first. */
static void row_lines(struct terminal *t, const struct bytarget_section *section, size_t at, size_t first, size_t end,
    const struct measures *m)
{
	const struct bytarget_row *row = &section->row[at], *above = at > 0 ? row - 1 : NULL;
	const int same_mode = above && above->mode == row->mode, same_cgo = same_mode && above->cgo == row->cgo;
	struct buf links = BUF_INIT, loads = BUF_INIT;

	bytarget_links(row, &links);
	bytarget_loads(row, &loads);
	const char *link = links.data, *load = loads.data;
	for (int line = 0; line == 0 || *link || *load; line++) {
		const char *here = link, *there = load;
		size_t link_length = take_words(&link, m->link), load_length = take_words(&load, m->load);
		buf_printf(&t->pen.text, "%-*s%-*s", MODE, line || same_mode ? "" : mode_name(row->mode), CGO,
		    line || same_cgo ? "" :
			row->cgo     ? "1" :
				       "0");
		buf_printf(&t->pen.text, "%-*.*s%-*.*s", (int)m->link + 1, (int)link_length, here, (int)m->load + 1,
		    (int)load_length, there);
		if (line == 0)
			marks(t, row, first, end);
		terminal_trim(t);
	}
	buf_free(&links);
	buf_free(&loads);
}

/* A row in which none of the columns has anything is not there. */
static int is_empty(const struct bytarget_row *row, size_t first, size_t end)
{
	for (size_t c = first; c < end; c++)
		if (row->slot[c].cell)
			return 0;
	return 1;
}

static void section(struct terminal *t, const struct bytarget_section *section)
{
	const struct measures m = measure(t, section);
	const size_t step = columns_at_once(t, section->columns);
	char *title = bytarget_title(section);

	terminal_title(t, title);
	free(title);
	for (size_t first = 0; first < section->columns; first += step) {
		size_t end = first + step < section->columns ? first + step : section->columns;
		buf_add(&t->pen.text, "\n");
		headings(t, section, first, end, &m);
		for (size_t i = 0; i < section->count; i++)
			if (!is_empty(&section->row[i], first, end))
				row_lines(t, section, i, first, end, &m);
	}
	buf_add(&t->pen.text, "\n");
	pen_flush(&t->pen);
}

void terminal_bytarget(struct terminal *t)
{
	struct bytarget grid;

	bytarget_make(t->view, 1, &grid);
	for (size_t i = 0; i < grid.count; i++)
		section(t, &grid.section[i]);
	bytarget_free(&grid);
	text_wrap(&t->pen.text,
	    "Link and load modes in one row agree wherever they were tried; the page (report.html) has a "
	    "row for each.",
	    0, t->prose);
	buf_add(&t->pen.text, "\n");
}

/* ---- what the targets are -------------------------------------------------------------------------- */

/* "page-size=4096  ie-dlopen=accepted": the loud facts of a target that are common to all, or those that are not; of a
 *                  refusal
 * the refusal, not the loader's words. */
static void add_facts(const struct facts *facts, json_t *values, int common, struct buf *out)
{
	for (size_t i = 0; i < facts->count; i++) {
		json_t *value = json_object_get(values, facts->fact[i].name);
		if (value == NULL || !facts->fact[i].loud || facts->fact[i].common != common)
			continue;
		struct buf text = BUF_INIT;
		facts_words(value, &text);
		buf_printf(out, "%s%s=%.*s", out->len > 0 ? "  " : "", facts->fact[i].name,
		    (int)strcspn(text.data, ":"), text.data);
		buf_free(&text);
	}
}

static void target_line(
    struct terminal *t, size_t indent, const char *name, const char *kind, const char *said, const char *facts)
{
	struct buf line = BUF_INIT;

	buf_printf(&t->pen.text, "    %-*s", (int)indent - 4, name);
	buf_add(&line, kind ? kind : "");
	if (said)
		buf_printf(&line, "%s%s", line.len > 0 ? ", " : "", said);
	if (facts && *facts)
		buf_printf(&line, "%s%s", line.len > 0 ? ": " : "", facts);
	char *clipped = text_clip(line.data, TERMINAL_TEXT_MAX);
	text_wrap(&t->pen.text, clipped, indent, t->prose);
	free(clipped);
	buf_free(&line);
}

void terminal_targets(struct terminal *t)
{
	const struct view *view = t->view;
	struct facts facts;
	struct buf common = BUF_INIT;
	size_t indent = strlen("all") + 6;

	if (view->target_count == 0)
		return;
	terminal_section(t, "Targets");
	facts_find(view, &facts);
	for (size_t i = 0; i < view->target_count; i++)
		indent = strlen(view->targets[i].name) + 6 > indent ? strlen(view->targets[i].name) + 6 : indent;
	for (size_t i = 0; i < view->target_count; i++) {
		const struct view_target *target = &view->targets[i];
		struct buf own = BUF_INIT;
		add_facts(&facts, target->facts, 0, &own);
		if (target->facts && common.len == 0)
			add_facts(&facts, target->facts, 1, &common);
		target_line(t, indent, target->name, target->kind, target->message ? target->message : target->version,
		    own.data);
		buf_free(&own);
	}
	if (common.len > 0)
		target_line(t, indent, "all", NULL, NULL, common.data);
	buf_free(&common);
	facts_free(&facts);
}

void terminal_notarget(struct terminal *t)
{
	struct reasons reasons;

	reasons_find(t->view, OUTCOME_NOTARGET, &reasons);
	if (reasons.count > 0)
		terminal_section(t, "Targets that are not here");
	for (size_t i = 0; i < reasons.count; i++) {
		char *clipped = text_clip(reasons.reason[i].text, TERMINAL_TEXT_MAX);
		buf_printf(&t->pen.text, "  %5zu %-6s  ", reasons.reason[i].count,
		    reasons.reason[i].count == 1 ? "cell" : "cells");
		text_wrap(&t->pen.text, clipped, 16, t->prose);
		free(clipped);
	}
	reasons_free(&reasons);
}
