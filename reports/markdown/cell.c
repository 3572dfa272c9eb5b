/* cell.c - the cell of a Markdown table that a mark makes. */
#include "reports/markdown/markdown.h"

#include "matrix/base/buf.h"

void markdown_mark(struct buf *out, enum mark mark)
{
	buf_printf(out, mark > MARK_KNOWN ? " **%c** |" : " %c |", mark_styles[mark].letter);
}
