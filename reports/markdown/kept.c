#include "reports/markdown/kept.h"

#include "reports/markdown/markdown.h"
#include "reports/reasons.h"
#include "reports/text.h"

#include <stdlib.h>

void kept_text(struct buf *out, const char *text)
{
	buf_add(out, " ");
	text_markdown(out, text);
	buf_add(out, " |");
}

void kept_mark(struct buf *out, const struct cell_result *cell)
{
	if (cell == NULL) {
		buf_add(out, "  |");
		return;
	}
	markdown_mark(out, mark_cell(cell));
}

void kept_legend(struct buf *out, const struct view *view, const char *pass)
{
	unsigned seen = 0;

	for (size_t i = 0; i < view->count; i++)
		seen |= 1u << mark_cell(&view->cells[i]);
	for (enum mark m = 0; m < MARK_COUNT; m++)
		if (seen & (1u << m))
			buf_printf(
			    out, "- `%c` %s\n", mark_styles[m].letter, m == MARK_PASS ? pass : mark_styles[m].meaning);
	buf_add(out, "\n");
}

void kept_lacks(struct buf *out, const struct view *view)
{
	struct reasons reasons;

	reasons_find(view, OUTCOME_UNBUILDABLE, &reasons);
	if (reasons.count > 0)
		buf_add(out, "## Not buildable here\n\n| cells | what is missing | ports |\n|---:|---|---|\n");
	for (size_t i = 0; i < reasons.count; i++) {
		struct buf ports = BUF_INIT;
		reason_ports(&reasons.reason[i], &ports);
		buf_printf(out, "| %zu |", reasons.reason[i].count);
		kept_text(out, reasons.reason[i].text);
		kept_text(out, ports.data);
		buf_add(out, "\n");
		buf_free(&ports);
	}
	buf_add(out, reasons.count > 0 ? "\n" : "");
	reasons_free(&reasons);
}

int kept_end(struct pen *pen)
{
	struct buf *text = &pen->text;

	while (text->len > 1 && text->data[text->len - 2] == '\n')
		text->data[--text->len] = '\0';
	return pen_end(pen);
}
