/* Several targets: a grid with a column for each, what each is, and which are not here. */
#include "reports/html/page.h"

#include "reports/bytarget.h"
#include "reports/facts.h"
#include "reports/reasons.h"

#include <stdlib.h>
#include <string.h>

enum { CLIP = 400 };

/* ---- the grid ------------------------------------------------------------------------------------ */

/* A heading leads to what is known of the target. */
static void column_heading(
    struct pen *pen, const struct bytarget_section *section, const struct bytarget_column *column)
{
	char *heading = bytarget_heading(section, column);

	buf_add(&pen->text, "<th scope=\"col\" class=\"target\">");
	const int leads = column->target && section->kind != BYTARGET_RELEASES;
	if (leads) {
		buf_add(&pen->text, "<a href=\"#target:");
		text_fragment(&pen->text, column->target->name);
		buf_add(&pen->text, "\">");
	}
	text_xml(&pen->text, heading);
	buf_add(&pen->text, leads ? "</a></th>" : "</th>");
	free(heading);
}

static void slot_mark(struct pen *pen, const struct bytarget_slot *slot)
{
	const struct mark_style *style = &mark_styles[slot->mark];
	char id[CELL_ID_MAX];

	if (slot->cell == NULL) {
		buf_add(&pen->text, "<td></td>");
		return;
	}
	buf_printf(&pen->text, "<td><a class=\"mark %s\" href=\"#", style->name);
	text_fragment(&pen->text, cell_id(&slot->cell->cell, id));
	buf_printf(
	    &pen->text, "\" title=\"%s: %s\">%c</a></td>", slot->cell->cell.target, style->meaning, style->letter);
}

static void grid_row(struct pen *pen, const struct bytarget_section *section, const struct bytarget_row *row,
    const struct bytarget_row *above)
{
	const int same_mode = above && above->mode == row->mode, same_cgo = same_mode && above->cgo == row->cgo;
	struct buf words = BUF_INIT;

	buf_printf(&pen->text, "<tr%s><th scope=\"row\">%s</th><td>%s</td><td class=\"load\">",
	    same_mode ? "" : " class=\"first\"", same_mode ? "" : mode_name(row->mode),
	    same_cgo     ? "" :
		row->cgo ? "cgo1" :
			   "cgo0");
	bytarget_links(row, &words);
	text_xml(&pen->text, words.data);
	buf_add(&pen->text, "</td><td class=\"load\">");
	buf_clear(&words);
	bytarget_loads(row, &words);
	text_xml(&pen->text, words.data);
	buf_add(&pen->text, "</td>");
	buf_free(&words);
	for (size_t c = 0; c < section->columns; c++)
		slot_mark(pen, &row->slot[c]);
	buf_add(&pen->text, "</tr>\n");
}

static void section_table(struct pen *pen, const struct bytarget_section *section, int folded)
{
	char *title = bytarget_title(section);

	buf_add(&pen->text, "<div class=\"wide\"><table class=\"grid bytarget\"><caption>");
	text_xml(&pen->text, title);
	buf_printf(&pen->text,
	    "%s</caption>\n<thead>\n<tr><th scope=\"col\">buildmode</th><th scope=\"col\">cgo</th><th "
	    "scope=\"col\">link</th>"
	    "<th scope=\"col\">load</th>",
	    folded ? "" : ", every link and load mode");
	free(title);
	for (size_t c = 0; c < section->columns; c++)
		column_heading(pen, section, &section->column[c]);
	buf_add(&pen->text, "</tr>\n</thead>\n<tbody>\n");
	for (size_t i = 0; i < section->count; i++)
		grid_row(pen, section, &section->row[i], i > 0 ? &section->row[i - 1] : NULL);
	buf_add(&pen->text, "</tbody></table></div>\n");
	pen_flush(pen);
}

void page_bytarget(struct pen *pen, const struct view *view)
{
	struct bytarget grid, whole;

	bytarget_make(view, 1, &grid);
	bytarget_make(view, 0, &whole);
	for (size_t i = 0; i < grid.count; i++) {
		section_table(pen, &grid.section[i], 1);
		if (whole.section[i].count == grid.section[i].count &&
		    whole.section[i].columns == grid.section[i].columns)
			continue;
		buf_add(&pen->text,
		    "<details><summary>Link and load modes that agree wherever they were tried share a row, releases "
		    "in which nothing differs a column; here each has its own</summary>\n");
		section_table(pen, &whole.section[i], 0);
		buf_add(&pen->text, "</details>\n");
	}
	bytarget_free(&grid);
	bytarget_free(&whole);
}

/* ---- what the targets are -------------------------------------------------------------------------- */

static void add_clipped(struct pen *pen, const char *text)
{
	char *clipped = text_clip(text, CLIP);

	text_xml(&pen->text, clipped);
	free(clipped);
}

static void fact_cell(struct pen *pen, json_t *value, size_t columns)
{
	struct buf words = BUF_INIT;

	if (value)
		facts_words(value, &words);
	buf_printf(&pen->text, columns > 1 ? "<td class=\"exact\" colspan=\"%zu\">" : "<td class=\"exact\">", columns);
	add_clipped(pen, words.data);
	buf_add(&pen->text, "</td>");
	buf_free(&words);
}

/* A run of targets that say the same is one cell of the table. */
static void fact_row(struct pen *pen, const struct view *view, const struct fact *fact)
{
	buf_add(&pen->text, "<tr><th scope=\"row\">");
	text_xml(&pen->text, fact->name);
	buf_add(&pen->text, "</th>");
	for (size_t i = 0, next; i < view->target_count; i = next) {
		json_t *value = json_object_get(view->targets[i].facts, fact->name);
		for (next = i + 1; next < view->target_count; next++) {
			json_t *other = json_object_get(view->targets[next].facts, fact->name);
			if (value != other && !(value && other && json_equal(value, other)))
				break;
		}
		fact_cell(pen, value, next - i);
	}
	buf_add(&pen->text, "</tr>\n");
}

static void text_row(
    struct pen *pen, const struct view *view, const char *name, const char *(*text)(const struct view_target *))
{
	buf_printf(&pen->text, "<tr><th scope=\"row\">%s</th>", name);
	for (size_t i = 0; i < view->target_count; i++) {
		buf_add(&pen->text, "<td>");
		add_clipped(pen, text(&view->targets[i]));
		buf_add(&pen->text, "</td>");
	}
	buf_add(&pen->text, "</tr>\n");
}

static const char *kind_of(const struct view_target *target) { return target->kind; }
static const char *version_of(const struct view_target *target) { return target->version; }
static const char *message_of(const struct view_target *target) { return target->message; }

void page_targets(struct pen *pen, const struct view *view)
{
	struct facts facts;
	int messages = 0;

	if (view->target_count == 0)
		return;
	buf_add(&pen->text,
	    "<section id=\"targets\">\n<h2>Targets</h2>\n<div class=\"wide\"><table class=\"targets\">\n<thead><tr><th "
	    "scope=\"col\">fact</th>");
	for (size_t i = 0; i < view->target_count; i++) {
		buf_add(&pen->text, "<th scope=\"col\" id=\"target:");
		text_xml(&pen->text, view->targets[i].name);
		buf_add(&pen->text, "\">");
		text_xml(&pen->text, view->targets[i].name);
		buf_add(&pen->text, "</th>");
		messages |= view->targets[i].message != NULL;
	}
	buf_add(&pen->text, "</tr></thead>\n<tbody>\n");
	text_row(pen, view, "kind", kind_of);
	text_row(pen, view, "version", version_of);
	if (messages)
		text_row(pen, view, "not here, or not believed", message_of);
	facts_find(view, &facts);
	for (size_t i = 0; i < facts.count; i++)
		fact_row(pen, view, &facts.fact[i]);
	facts_free(&facts);
	buf_add(&pen->text, "</tbody></table></div>\n</section>\n");
	pen_flush(pen);
}

void page_notarget(struct pen *pen, const struct view *view)
{
	struct reasons reasons;

	reasons_find(view, OUTCOME_NOTARGET, &reasons);
	if (reasons.count > 0)
		buf_add(&pen->text,
		    "<section id=\"notarget\">\n<h2>Targets that are not here</h2>\n<div class=\"wide\"><table "
		    "class=\"reasons\"><thead><tr>"
		    "<th scope=\"col\">cells</th><th scope=\"col\">what is missing, and what brings "
		    "it</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < reasons.count; i++) {
		buf_printf(&pen->text, "<tr><td class=\"number\">%zu</td><td>", reasons.reason[i].count);
		text_xml(&pen->text, reasons.reason[i].text);
		buf_add(&pen->text, "</td></tr>\n");
	}
	if (reasons.count > 0)
		buf_add(&pen->text, "</tbody></table></div>\n</section>\n");
	reasons_free(&reasons);
}
