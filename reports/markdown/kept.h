/* kept.h - Markdown for a file that is kept under version control: sorted, without times, paths or the machine's name,
 * so that two runs differ where their results do. */
#ifndef TLSMATRIX_REPORTS_MARKDOWN_KEPT_H
#define TLSMATRIX_REPORTS_MARKDOWN_KEPT_H

#include "reports/marks.h"
#include "reports/view.h"

struct buf;
struct pen;
struct releases;

/* A text as a table cell. */
void kept_text(struct buf *out, const char *text);

/* The mark of a cell as a table cell; empty for NULL. */
void kept_mark(struct buf *out, const struct cell_result *cell);

/* What each mark in the view means, as a list; pass: what the mark of a cell without a fault means here. */
void kept_legend(struct buf *out, const struct view *view, const char *pass);

/* What this machine lacks, and the ports that it costs, with its heading; nothing when it lacks nothing. */
void kept_lacks(struct buf *out, const struct view *view);

/* Ports of which nothing runs: what is not the same in all releases (release_ports.c). */
void kept_release_ports(struct buf *out, const struct view *view, const struct releases *all);

/* Ends the file with one newline.  0 or -errno of the stream. */
int kept_end(struct pen *pen);

#endif
