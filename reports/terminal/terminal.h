/* terminal.h - what the parts of the terminal report share: a pen that knows colours and columns.
 * ASCII, at most `width` columns except for lines to be copied: grids fold their columns into several blocks, one
 * below the other, and text is broken, at 120 at most. */
#ifndef TLSMATRIX_REPORTS_TERMINAL_TERMINAL_H
#define TLSMATRIX_REPORTS_TERMINAL_TERMINAL_H

#include "reports/overview.h"
#include "reports/text.h"
#include "reports/view.h"

enum { TERMINAL_PROSE = 120, TERMINAL_TEXT_MAX = 1600 };

struct terminal {
	struct pen pen;
	const struct view *view;
	int color;
	size_t width; /* of tables */
	size_t prose; /* of text: no more than TERMINAL_PROSE */
};

/* pen.c */
void terminal_begin(struct terminal *t, const char *sgr); /* colour, where there is one */
void terminal_end(struct terminal *t);
void terminal_repeat(struct terminal *t, char c, size_t count);
void terminal_title(struct terminal *t, const char *text);   /* a line in bold */
void terminal_section(struct terminal *t, const char *text); /* the same after an empty line */
void terminal_trim(struct terminal *t);                      /* drops spaces at the end of the line and ends it */

/* targets.c */
void terminal_bytarget(struct terminal *t); /* a column for each target */
void terminal_targets(struct terminal *t);  /* what the targets are: versions and facts */
void terminal_notarget(struct terminal *t); /* which are not here, and what brings each */

/* ports.c */
void terminal_overview(struct terminal *t, const struct overview *overview); /* one table of many ports */
void terminal_refused(struct terminal *t);                                   /* refusals by message */
void terminal_unbuildable(struct terminal *t); /* what this machine lacks, and the ports that costs */

#endif
