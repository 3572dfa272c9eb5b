/* tags.c - the pieces of HTML that every part of the page is made of. */
#include "reports/html/page.h"

void page_mark(struct pen *pen, enum mark mark)
{
	const struct mark_style *style = &mark_styles[mark];

	buf_printf(
	    &pen->text, "<abbr class=\"mark %s\" title=\"%s\">%c</abbr>", style->name, style->meaning, style->letter);
}

void page_cell_link(struct pen *pen, const struct cell *cell)
{
	char id[CELL_ID_MAX];

	cell_id(cell, id);
	buf_add(&pen->text, "<a href=\"#");
	text_fragment(&pen->text, id);
	buf_add(&pen->text, "\">");
	text_xml(&pen->text, id);
	buf_add(&pen->text, "</a>");
}

void page_row(struct pen *pen, const char *name, const char *css_class, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	buf_printf(&pen->text, "<dt>%s</dt><dd class=\"%s\">", name, css_class);
	text_xml(&pen->text, text);
	buf_add(&pen->text, "</dd>\n");
}
