/* Several targets in Markdown: a grid with a column for each, a table of what they are, and what is not here. */
#include "reports/markdown/markdown.h"

#include "reports/bytarget.h"
#include "reports/facts.h"
#include "reports/reasons.h"
#include "reports/text.h"

#include <stdlib.h>

enum { CLIP = 400 };

static void cell_text(struct buf *out, const char *text)
{
	char *clipped = text_clip(text, CLIP);

	buf_add(out, " ");
	text_markdown(out, clipped);
	buf_add(out, " |");
	free(clipped);
}

static void section_row(struct buf *out, const struct bytarget_section *section, const struct bytarget_row *row)
{
	struct buf words = BUF_INIT;

	buf_printf(out, "| %s | %d |", mode_name(row->mode), row->cgo);
	bytarget_links(row, &words);
	cell_text(out, words.data);
	buf_clear(&words);
	bytarget_loads(row, &words);
	cell_text(out, words.data);
	buf_free(&words);
	for (size_t c = 0; c < section->columns; c++) {
		if (row->slot[c].cell)
			markdown_mark(out, row->slot[c].mark);
		else
			buf_add(out, "  |");
	}
	buf_add(out, "\n");
}

static void section_table(struct buf *out, const struct bytarget_section *section)
{
	char *title = bytarget_title(section);

	buf_add(out, "### ");
	text_xml(out, title);
	buf_add(out, "\n\n| buildmode | cgo | link | load |");
	free(title);
	for (size_t c = 0; c < section->columns; c++) {
		char *heading = bytarget_heading(section, &section->column[c]);
		cell_text(out, heading);
		free(heading);
	}
	buf_add(out, "\n|---|---|---|---|");
	for (size_t c = 0; c < section->columns; c++)
		buf_add(out, ":-:|");
	buf_add(out, "\n");
	for (size_t i = 0; i < section->count; i++)
		section_row(out, section, &section->row[i]);
	buf_add(out, "\n");
}

void markdown_bytarget(struct buf *out, const struct view *view, size_t most)
{
	struct bytarget grid;
	size_t i = 0;

	bytarget_make(view, 1, &grid);
	for (; i < grid.count && out->len < most; i++)
		section_table(out, &grid.section[i]);
	if (i < grid.count)
		buf_printf(out, "%zu more tables are in the full report.\n\n", grid.count - i);
	bytarget_free(&grid);
	buf_add(out,
	    "Link and load modes in one row agree wherever they were tried, releases in one column in every row.\n\n");
}

/* ---- what the targets are ---------------------------------------------------------------------- */

static void fact_row(struct buf *out, const struct view *view, const struct fact *fact)
{
	buf_add(out, "|");
	cell_text(out, fact->name);
	for (size_t i = 0; i < view->target_count; i++) {
		json_t *value = json_object_get(view->targets[i].facts, fact->name);
		struct buf words = BUF_INIT;
		if (value)
			facts_words(value, &words);
		cell_text(out, words.data);
		buf_free(&words);
	}
	buf_add(out, "\n");
}

void markdown_targets(struct buf *out, const struct view *view)
{
	struct facts facts;

	if (view->target_count == 0)
		return;
	buf_add(out, "## Targets\n\n| target |");
	for (size_t i = 0; i < view->target_count; i++)
		cell_text(out, view->targets[i].name);
	buf_add(out, "\n|---|");
	for (size_t i = 0; i < view->target_count; i++)
		buf_add(out, "---|");
	buf_add(out, "\n| kind |");
	for (size_t i = 0; i < view->target_count; i++)
		cell_text(out, view->targets[i].kind);
	buf_add(out, "\n| version |");
	for (size_t i = 0; i < view->target_count; i++)
		cell_text(out, view->targets[i].message ? view->targets[i].message : view->targets[i].version);
	buf_add(out, "\n");
	facts_find(view, &facts);
	for (size_t i = 0; i < facts.count; i++)
		fact_row(out, view, &facts.fact[i]);
	facts_free(&facts);
	buf_add(out, "\n");
}

void markdown_notarget(struct buf *out, const struct view *view)
{
	struct reasons reasons;

	reasons_find(view, OUTCOME_NOTARGET, &reasons);
	if (reasons.count > 0)
		buf_add(out,
		    "## Targets that are not here\n\n| cells | what is missing, and what brings it |\n|---:|---|\n");
	for (size_t i = 0; i < reasons.count; i++) {
		buf_printf(out, "| %zu |", reasons.reason[i].count);
		cell_text(out, reasons.reason[i].text);
		buf_add(out, "\n");
	}
	buf_add(out, reasons.count > 0 ? "\n" : "");
	reasons_free(&reasons);
}
