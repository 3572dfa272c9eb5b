/* Many ports on a terminal: one table for each release, a row for each port and variant, and below it
 * why cells have no artifact. */
#include "reports/terminal/terminal.h"

#include "reports/reasons.h"

#include <stdlib.h>
#include <string.h>

/* The table has at most 100 columns, and fewer on a narrower terminal: then its buildmodes stand in several blocks, one
 * below the other, the counts in the last. */
enum { USUAL = 100, CELL = 3, GAP = 1, REASONS = 40 };

/* The counts at the end of a row. */
static const struct {
	enum outcome outcome;
	const char *heading;
	size_t width;
} tallies[] = {
	{ OUTCOME_BUILT, "built", 6 },
	{ OUTCOME_REFUSED, "refused", 8 },
	{ OUTCOME_UNBUILDABLE, "lacking", 8 },
	{ OUTCOME_FAILED, "failed", 7 },
};
enum { TALLIES = sizeof(tallies) / sizeof(tallies[0]) };

/* Room for the name of the buildmode over its two columns. */
static size_t group_width(enum mode mode)
{
	size_t name = strlen(mode_name(mode)), columns = 2 * CELL;

	return GAP + (name > columns ? name : columns);
}

/* What stands side by side: buildmodes (bits 1u << enum mode), and the counts. */
struct block {
	unsigned modes;
	int tallied;
};

static size_t tallies_width(void)
{
	size_t width = 0;

	for (size_t i = 0; i < TALLIES; i++)
		width += tallies[i].width;
	return width;
}

/* The block behind the buildmodes that are told already, beside names of a width; something is in it even where there
 * is no room. */
static struct block next_block(unsigned modes, unsigned told, size_t room)
{
	struct block block = { 0, 0 };
	size_t used = 0;

	for (enum mode m = 0; m < MODE_COUNT; m++) {
		if (!(modes & ~told) || !((modes & ~told) >> m & 1))
			continue;
		if (block.modes && used + group_width(m) > room)
			return block;
		block.modes |= 1u << m;
		used += group_width(m);
	}
	block.tallied = !block.modes || used + tallies_width() <= room;
	return block;
}

static size_t name_width(const struct terminal *t, const struct overview *overview)
{
	char name[OVERVIEW_NAME_MAX];
	const size_t most = t->width < USUAL ? t->width : USUAL;
	size_t width = strlen("GOOS/GOARCH"), rest = tallies_width(), all = tallies_width();

	for (size_t i = 0; i < overview->count; i++) {
		size_t length =
		    overview->row[i].place == OVERVIEW_TABLE ? strlen(overview_name(overview->row[i].cell, name)) : 0;
		width = length > width ? length : width;
	}
	for (enum mode m = 0; m < MODE_COUNT; m++)
		all += overview->modes >> m & 1 ? group_width(m) : 0;
	/* Names are cut before the usual table is folded, and never so far that the counts do not fit beside them. */
	rest = t->width < USUAL ? rest : all;
	return width + rest > most ? most - rest : width;
}

static void headings(struct terminal *t, const struct block *block, size_t width)
{
	terminal_begin(t, "2");
	terminal_repeat(t, ' ', width);
	for (enum mode m = 0; m < MODE_COUNT; m++)
		if (block->modes >> m & 1)
			buf_printf(&t->pen.text, "%*s", (int)group_width(m), mode_name(m));
	terminal_end(t);
	terminal_trim(t);
	terminal_begin(t, "2");
	buf_printf(&t->pen.text, "%-*s", (int)width, "GOOS/GOARCH");
	for (enum mode m = 0; m < MODE_COUNT; m++)
		if (block->modes >> m & 1)
			buf_printf(&t->pen.text, "%*s%*s", (int)group_width(m) - CELL, "0", CELL, "1");
	for (size_t i = 0; i < TALLIES && block->tallied; i++)
		buf_printf(&t->pen.text, "%*s", (int)tallies[i].width, tallies[i].heading);
	terminal_end(t);
	buf_add(&t->pen.text, "\n");
}

static void mark(struct terminal *t, const struct cell_result *cell, size_t width)
{
	terminal_repeat(t, ' ', width - 1);
	if (cell == NULL) {
		terminal_repeat(t, ' ', 1);
		return;
	}
	const struct mark_style *style = &mark_styles[mark_cell(cell)];
	terminal_begin(t, style->ansi);
	terminal_repeat(t, style->letter, 1);
	terminal_end(t);
}

static void row(struct terminal *t, const struct block *block, const struct overview_row *row, size_t width)
{
	char name[OVERVIEW_NAME_MAX];

	overview_name(row->cell, name);
	buf_printf(&t->pen.text, "%-*.*s", (int)width, (int)width, name);
	for (enum mode m = 0; m < MODE_COUNT; m++) {
		if (!(block->modes >> m & 1))
			continue;
		mark(t, row->shown[m][0], group_width(m) - CELL);
		mark(t, row->shown[m][1], CELL);
	}
	for (size_t i = 0; i < TALLIES && block->tallied; i++) {
		size_t count = row->outcome[tallies[i].outcome];
		int loud = count > 0 && tallies[i].outcome == OUTCOME_FAILED;
		terminal_begin(t, loud ? "1;31" : count > 0 ? "0" : "2");
		buf_printf(&t->pen.text, "%*zu", (int)tallies[i].width, count);
		terminal_end(t);
	}
	buf_add(&t->pen.text, "\n");
}

/* "go1.27.4, 47 ports and 28 variants" over the rows of a release. */
static void release_title(struct terminal *t, const struct overview *overview, size_t first)
{
	struct buf text = BUF_INIT;
	size_t ports = 0, variants = 0;
	const char *go = overview->row[first].cell->go;
	const struct cell *above = NULL;

	for (size_t i = first; i < overview->count && strcmp(overview->row[i].cell->go, go) == 0; i++) {
		const struct cell *cell = overview->row[i].cell;
		if (overview->row[i].place == OVERVIEW_BLOCK)
			continue;
		ports += above == NULL || strcmp(above->os, cell->os) != 0 || strcmp(above->arch, cell->arch) != 0;
		variants += *cell->variant != '\0';
		above = cell;
	}
	buf_printf(&text, "%s, ", go);
	text_number(&text, ports, "port");
	if (variants > 0) {
		buf_add(&text, " and ");
		text_number(&text, variants, "variant");
	}
	terminal_title(t, text.data);
	buf_free(&text);
}

/* All rows of a release, block by block. */
static void release_blocks(struct terminal *t, const struct overview *overview, size_t first, size_t width)
{
	const char *go = overview->row[first].cell->go;
	const size_t most = t->width < USUAL ? t->width : USUAL;
	struct block block = { 0, 0 };

	for (unsigned told = 0; !block.tallied; told |= block.modes) {
		block = next_block(overview->modes, told, most - width);
		/* Without buildmodes the line of their names is empty, and parts the blocks. */
		buf_add(&t->pen.text, told && block.modes ? "\n" : "");
		headings(t, &block, width);
		for (size_t i = first; i < overview->count && strcmp(overview->row[i].cell->go, go) == 0; i++)
			if (overview->row[i].place == OVERVIEW_TABLE)
				row(t, &block, &overview->row[i], width);
		pen_flush(&t->pen);
	}
}

void terminal_overview(struct terminal *t, const struct overview *overview)
{
	const size_t width = name_width(t, overview);
	const struct cell *above = NULL;
	struct buf refused = BUF_INIT;

	for (size_t i = 0; i < overview->count; i++) {
		const struct overview_row *here = &overview->row[i];
		if (here->place != OVERVIEW_TABLE)
			continue;
		if (above == NULL || strcmp(here->cell->go, above->go) != 0) {
			buf_add(&t->pen.text, above ? "\n" : "");
			release_title(t, overview, i);
			buf_add(&t->pen.text, "\n");
			release_blocks(t, overview, i, width);
		}
		above = here->cell;
	}
	buf_add(&t->pen.text, "\n");
	overview_refused(overview, &refused);
	if (refused.len > 0)
		text_wrap(&t->pen.text, refused.data, 0, t->prose);
	buf_free(&refused);
	text_wrap(&t->pen.text,
	    "0 and 1: CGO_ENABLED. A mark is the worst of its link modes; r: all of them are refused.", 0, t->prose);
	text_wrap(&t->pen.text, "`show CELL` has all of a cell, `report --format html` all of them.", 0, t->prose);
	buf_add(&t->pen.text, "\n");
}

/* ---- why there is no artifact ------------------------------------------------------------------- */

/* "  70 cells,  35 ports  TEXT" */
static void reason_line(struct terminal *t, const struct reason *reason)
{
	buf_printf(&t->pen.text, "  %5zu %-6s%4zu %-7s", reason->count, reason->count == 1 ? "cell," : "cells,",
	    reason->ports, reason->ports == 1 ? "port" : "ports");
	char *clipped = text_clip(reason->text, TERMINAL_TEXT_MAX);
	text_wrap(&t->pen.text, clipped, 26, t->prose);
	free(clipped);
}

static void more(struct terminal *t, const struct reasons *reasons)
{
	if (reasons->count > REASONS)
		buf_printf(&t->pen.text, "  and %zu more\n", reasons->count - REASONS);
}

void terminal_refused(struct terminal *t)
{
	struct reasons reasons;

	reasons_find(t->view, OUTCOME_REFUSED, &reasons);
	if (reasons.count > 0)
		terminal_section(t, "Refused, with the documented words");
	for (size_t i = 0; i < reasons.count && i < REASONS; i++)
		reason_line(t, &reasons.reason[i]);
	more(t, &reasons);
	reasons_free(&reasons);
}

void terminal_unbuildable(struct terminal *t)
{
	struct reasons reasons;

	reasons_find(t->view, OUTCOME_UNBUILDABLE, &reasons);
	if (reasons.count > 0)
		terminal_section(t, "Not buildable here");
	for (size_t i = 0; i < reasons.count && i < REASONS; i++) {
		struct buf ports = BUF_INIT;
		reason_line(t, &reasons.reason[i]);
		reason_ports(&reasons.reason[i], &ports);
		terminal_repeat(t, ' ', 26);
		text_wrap(&t->pen.text, ports.data, 26, t->prose);
		buf_free(&ports);
	}
	more(t, &reasons);
	reasons_free(&reasons);
}
