/* Many ports: one table of all (after those of the ports that are run), then a folded block for each with its table and
 * its cells; a block in which something is unexpected is open. */
#include "reports/html/page.h"

#include <string.h>

/* "port:go1.27.4/linux/arm.5": no id of a cell begins so. */
static void port_anchor(struct buf *out, const struct cell *cell)
{
	char name[OVERVIEW_NAME_MAX];

	buf_printf(out, "port:%s/%s", cell->go, overview_name(cell, name));
}

static int same_go(const struct cell *a, const struct cell *b) { return strcmp(a->go, b->go) == 0; }

/* Incomplete runs are few: the column of what was not run is there when it counts something. */
static enum outcome last_outcome(const struct overview *overview)
{
	for (size_t i = 0; i < overview->count; i++)
		if (overview->row[i].outcome[OUTCOME_NOTRUN] > 0)
			return OUTCOME_NOTRUN;
	return OUTCOME_FAILED;
}

static void headings(struct pen *pen, const struct overview *overview)
{
	buf_add(&pen->text, "<thead>\n<tr><th scope=\"col\" rowspan=\"2\">port</th>");
	for (enum mode m = 0; m < MODE_COUNT; m++)
		if (overview->modes >> m & 1)
			buf_printf(&pen->text, "<th scope=\"colgroup\" colspan=\"2\">%s</th>", mode_name(m));
	for (enum outcome o = 0; o <= last_outcome(overview); o++)
		buf_printf(&pen->text, "<th scope=\"col\" rowspan=\"2\" class=\"count\">%s</th>", outcome_phrase(o));
	buf_add(&pen->text, "</tr>\n<tr>");
	for (enum mode m = 0; m < MODE_COUNT; m++)
		if (overview->modes >> m & 1)
			buf_add(&pen->text,
			    "<th scope=\"col\" title=\"CGO_ENABLED=0\">cgo0</th><th scope=\"col\" "
			    "title=\"CGO_ENABLED=1\">cgo1</th>");
	buf_add(&pen->text, "</tr>\n</thead>\n");
}

static void overview_row(
    struct pen *pen, const struct overview *overview, const struct overview_row *row, int same_port)
{
	const enum outcome last = last_outcome(overview);
	char name[OVERVIEW_NAME_MAX];
	struct buf anchor = BUF_INIT;

	port_anchor(&anchor, row->cell);
	buf_printf(&pen->text, "<tr%s><th scope=\"row\"><a href=\"#", same_port ? "" : " class=\"first\"");
	text_fragment(&pen->text, anchor.data);
	buf_printf(&pen->text, "\">%s</a></th>", overview_name(row->cell, name));
	for (enum mode m = 0; m < MODE_COUNT; m++) {
		for (int cgo = 0; cgo < 2 && overview->modes >> m & 1; cgo++) {
			const struct cell_result *shown = row->shown[m][cgo];
			char id[CELL_ID_MAX];
			buf_add(&pen->text, "<td>");
			if (shown) {
				const struct mark_style *style = &mark_styles[mark_cell(shown)];
				buf_printf(&pen->text, "<a class=\"mark %s\" href=\"#", style->name);
				text_fragment(&pen->text, cell_id(&shown->cell, id));
				buf_printf(&pen->text, "\" title=\"%s %s cgo%d: %s\">%c</a>", name, mode_name(m), cgo,
				    style->meaning, style->letter);
			}
			buf_add(&pen->text, "</td>");
		}
	}
	for (enum outcome o = 0; o <= last; o++)
		buf_printf(&pen->text,
		    row->outcome[o] ? "<td class=\"count\">%zu</td>" : "<td class=\"count none\">%zu</td>",
		    row->outcome[o]);
	buf_add(&pen->text, "</tr>\n");
	buf_free(&anchor);
}

static void note(struct pen *pen, const struct overview *overview)
{
	struct buf refused = BUF_INIT;

	buf_add(
	    &pen->text, "<p class=\"note\">A mark is the worst of its link modes; <b>r</b>: all of them are refused. ");
	overview_refused(overview, &refused);
	text_xml(&pen->text, refused.data);
	buf_add(&pen->text, "</p>\n");
	buf_free(&refused);
}

static void run_sections(struct pen *pen, const struct view *view, const struct overview *overview)
{
	const int several = view_many_columns(view);
	struct layout layout;

	if (several)
		page_bytarget(pen, view);
	layout_make(view, &layout);
	for (size_t i = 0; i < layout.count; i++)
		if (overview_is_block(overview, layout.section[i].cell) &&
		    !(several && layout.section[i].cell->load != LOAD_NONE))
			page_section(pen, &layout.section[i]);
	layout_free(&layout);
}

void page_overview(struct pen *pen, const struct view *view, const struct overview *overview)
{
	const struct cell *above = NULL;

	buf_add(&pen->text, "<section id=\"matrix\">\n<h2>Matrix</h2>\n");
	page_legend(pen, view);
	run_sections(pen, view, overview);
	for (size_t i = 0, noted = 0; i < overview->count && !noted; i++) {
		noted = overview->row[i].place != OVERVIEW_BLOCK;
		if (noted)
			note(pen, overview);
	}
	for (size_t i = 0; i < overview->count; i++) {
		const struct cell *cell = overview->row[i].cell;
		if (overview->row[i].place != OVERVIEW_TABLE)
			continue;
		if (above == NULL || !same_go(above, cell)) {
			buf_printf(&pen->text,
			    "%s<div class=\"wide\"><table class=\"grid ports\"><caption>%s</caption>\n",
			    above ? "</tbody></table></div>\n" : "", cell->go);
			headings(pen, overview);
			buf_add(&pen->text, "<tbody>\n");
		}
		overview_row(pen, overview, &overview->row[i],
		    above && strcmp(above->os, cell->os) == 0 && strcmp(above->arch, cell->arch) == 0);
		above = cell;
	}
	buf_add(&pen->text, above ? "</tbody></table></div>\n</section>\n" : "</section>\n");
	pen_flush(pen);
}

/* ---- a block for each port ---- */

static int wants_a_look(const struct overview_row *row)
{
	for (enum mode m = 0; m < MODE_COUNT; m++)
		for (int cgo = 0; cgo < 2; cgo++)
			if (row->shown[m][cgo] && mark_cell(row->shown[m][cgo]) > MARK_KNOWN)
				return 1;
	return 0;
}

static void block_summary(struct pen *pen, const struct overview_row *row)
{
	struct buf anchor = BUF_INIT;
	const char *sep = "";
	char name[OVERVIEW_NAME_MAX];

	port_anchor(&anchor, row->cell);
	buf_add(&pen->text, "<details class=\"port\" id=\"");
	text_xml(&pen->text, anchor.data);
	buf_printf(&pen->text,
	    "\"%s><summary><span class=\"id\">%s</span> <span class=\"note\">%s: ", wants_a_look(row) ? " open" : "",
	    overview_name(row->cell, name), row->cell->go);
	for (enum outcome o = 0; o < OUTCOME_COUNT; o++) {
		if (row->outcome[o] == 0)
			continue;
		buf_printf(&pen->text, "%s%zu %s", sep, row->outcome[o], outcome_phrase(o));
		sep = ", ";
	}
	buf_add(&pen->text, "</span></summary>\n");
	buf_free(&anchor);
}

static void block(struct pen *pen, const struct overview_row *row, const struct layout *layout, struct said *said)
{
	block_summary(pen, row);
	for (size_t i = 0; i < layout->count && row->place == OVERVIEW_TABLE; i++)
		if (overview_compare(layout->section[i].cell, row->cell) == 0)
			page_section(pen, &layout->section[i]);
	for (size_t i = 0; i < row->count; i++)
		page_cell(pen, row->cells[i], said);
	buf_add(&pen->text, "</details>\n");
}

void page_ports(struct pen *pen, const struct view *view, const struct overview *overview)
{
	struct layout layout;
	struct said *said = said_new();

	layout_make(view, &layout);
	buf_add(&pen->text, "<section id=\"cells\">\n<h2>Ports</h2>\n");
	page_filter(pen);
	for (size_t i = 0; i < overview->count; i++)
		block(pen, &overview->row[i], &layout, said);
	said_free(said);
	buf_add(&pen->text, "</section>\n");
	layout_free(&layout);
}
