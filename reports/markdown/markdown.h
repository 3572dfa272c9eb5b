/* markdown.h - the parts of the Markdown report.  Each appends to out; one that has nothing to say appends
 * nothing. */
#ifndef TLSMATRIX_REPORTS_MARKDOWN_MARKDOWN_H
#define TLSMATRIX_REPORTS_MARKDOWN_MARKDOWN_H

#include "reports/marks.h"
#include "reports/view.h"

struct buf;
struct gate;

/* cell.c */
void markdown_mark(struct buf *out, enum mark mark); /* a table cell, bold where a person should look */

/* gate.c */
void markdown_gate(struct buf *out, const struct gate *gate); /* what differs from the baseline */

/* targets.c */
void markdown_bytarget(
    struct buf *out, const struct view *view, size_t most); /* a column for each target, until out holds most bytes */
void markdown_targets(struct buf *out, const struct view *view);  /* what the targets are: versions and facts */
void markdown_notarget(struct buf *out, const struct view *view); /* which are not here, and what brings each */

#endif
