/* The matrix as tables: rows and columns are those of the terminal's grid, each letter a link to its
 * cell. */
#include "reports/html/page.h"

#include <stdlib.h>

static unsigned count_links(unsigned links, enum link first, enum link last)
{
	unsigned count = 0;

	for (enum link l = first; l <= last; l++)
		count += (links >> l) & 1u;
	return count;
}

static void headings(struct pen *pen, unsigned links)
{
	static const struct {
		const char *name;
		enum link first, last;
	} groups[] = {
		{ "external", LINK_EXTERNAL, LINK_EXTERNAL_MOLD },
		{ "external, static", LINK_EXTERNAL_STATIC, LINK_EXTERNAL_MOLD_STATIC },
	};

	buf_add(&pen->text,
	    "<thead>\n<tr><th scope=\"col\" rowspan=\"2\">buildmode</th><th scope=\"col\" rowspan=\"2\">cgo</th>"
	    "<th scope=\"col\" rowspan=\"2\">load</th>");
	if (links & (1u << LINK_INTERNAL))
		buf_add(&pen->text, "<th scope=\"col\" rowspan=\"2\">internal</th>");
	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		unsigned columns = count_links(links, groups[g].first, groups[g].last);
		if (columns > 0)
			buf_printf(
			    &pen->text, "<th scope=\"colgroup\" colspan=\"%u\">%s</th>", columns, groups[g].name);
	}
	buf_add(&pen->text, "</tr>\n<tr>");
	for (enum link l = LINK_EXTERNAL; l < LINK_COUNT; l++)
		if (links & (1u << l))
			buf_printf(&pen->text, "<th scope=\"col\">%s</th>", layout_column(l));
	buf_add(&pen->text, "</tr>\n</thead>\n");
}

static void grid_cell(struct pen *pen, const struct cell_result *result)
{
	char id[CELL_ID_MAX];

	if (result == NULL) {
		buf_add(&pen->text, "<td></td>");
		return;
	}
	const struct mark_style *style = &mark_styles[mark_cell(result)];
	cell_id(&result->cell, id);
	buf_printf(&pen->text, "<td><a class=\"mark %s\" href=\"#", style->name);
	text_fragment(&pen->text, id);
	buf_add(&pen->text, "\" title=\"");
	text_xml(&pen->text, id);
	buf_printf(&pen->text, ": %s\">%c</a></td>", style->meaning, style->letter);
}

void page_section(struct pen *pen, const struct layout_section *section)
{
	char *title = layout_title(section);
	const struct layout_row *above = NULL;

	buf_add(&pen->text, "<div class=\"wide\"><table class=\"grid\"><caption>");
	text_xml(&pen->text, title);
	buf_add(&pen->text, "</caption>\n");
	free(title);
	headings(pen, section->links);
	buf_add(&pen->text, "<tbody>\n");
	for (size_t i = 0; i < section->count; i++) {
		const struct layout_row *row = &section->row[i];
		int same_mode = above && above->mode == row->mode, same_cgo = same_mode && above->cgo == row->cgo;
		buf_printf(&pen->text, "<tr%s><th scope=\"row\">%s</th><td>%s</td><td class=\"load\">%s</td>",
		    same_mode ? "" : " class=\"first\"", same_mode ? "" : mode_name(row->mode),
		    same_cgo     ? "" :
			row->cgo ? "cgo1" :
				   "cgo0",
		    layout_load(row->load));
		for (enum link l = 0; l < LINK_COUNT; l++)
			if (section->links & (1u << l))
				grid_cell(pen, row->cell[l]);
		buf_add(&pen->text, "</tr>\n");
		above = row;
	}
	buf_add(&pen->text, "</tbody></table></div>\n");
}

void page_legend(struct pen *pen, const struct view *view)
{
	size_t cells[MARK_COUNT] = { 0 };

	for (size_t i = 0; i < view->count; i++)
		cells[mark_cell(&view->cells[i])]++;
	buf_add(&pen->text, "<ul class=\"legend\">\n");
	for (enum mark m = 0; m < MARK_COUNT; m++) {
		if (cells[m] == 0)
			continue;
		buf_printf(
		    &pen->text, "<li><span class=\"mark %s\">%c</span> ", mark_styles[m].name, mark_styles[m].letter);
		text_number(&pen->text, cells[m], "cell");
		buf_printf(&pen->text, ": %s</li>\n", mark_styles[m].meaning);
	}
	buf_add(&pen->text, "</ul>\n");
}

void page_grid(struct pen *pen, const struct view *view)
{
	struct layout layout;

	layout_make(view, &layout);
	buf_add(&pen->text, "<section id=\"matrix\">\n<h2>Matrix</h2>\n");
	page_legend(pen, view);
	for (size_t i = 0; i < layout.count; i++) {
		page_section(pen, &layout.section[i]);
		pen_flush(pen);
	}
	buf_add(&pen->text, "</section>\n");
	layout_free(&layout);
}
