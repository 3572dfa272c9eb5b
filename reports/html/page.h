/* page.h - the parts of the HTML report.  One file, no network, useful without JavaScript: cells are
 * <details>, links are anchors; the script only adds a filter box and opens the cell that a link
 * names.  Every status is a letter as well as a colour.
 *
 * A run of many ports (overview.h) is told in another order, since nobody reads fifty tables: one table
 * of all ports, then a folded block for each port with its table and its cells.  Checks that pass are one
 * text in their cell there: fifty thousand table rows take a browser seconds, as text nothing.  A run on
 * several targets is told so too, after a grid with a column for each target. */
#ifndef TLSMATRIX_REPORTS_HTML_PAGE_H
#define TLSMATRIX_REPORTS_HTML_PAGE_H

#include "reports/html/said.h"
#include "reports/layout.h"
#include "reports/marks.h"
#include "reports/overview.h"
#include "reports/text.h"
#include "reports/view.h"

extern const char page_style[];
extern const char page_script[];

void page_grid(struct pen *pen, const struct view *view);                 /* page_grid.c */
void page_section(struct pen *pen, const struct layout_section *section); /* page_grid.c: one table of the grid */
void page_legend(struct pen *pen, const struct view *view);               /* page_grid.c */
void page_overview(struct pen *pen, const struct view *view, const struct overview *overview); /* page_ports.c */
void page_ports(struct pen *pen, const struct view *view,
    const struct overview *overview);                           /* page_ports.c: every port, every cell */
void page_bytarget(struct pen *pen, const struct view *view);   /* page_targets.c: a column for each target */
void page_targets(struct pen *pen, const struct view *view);    /* page_targets.c: versions and facts */
void page_notarget(struct pen *pen, const struct view *view);   /* page_targets.c: which are not here */
void page_contract(struct pen *pen, const struct view *view);   /* page_contract.c: clause x release */
int page_contract_wanted(const struct view *view);              /* several releases have clauses */
void page_unexpected(struct pen *pen, const struct view *view); /* page_kinds.c */
void page_reasons(
    struct pen *pen, const struct view *view, int refusals); /* page_kinds.c: known, skipped, not buildable, refused */
void page_cells(struct pen *pen, const struct view *view);   /* page_cells.c */
void page_cell(struct pen *pen, const struct cell_result *cell,
    struct said *said);            /* page_cells.c: with said brief: passes as one text, and once */
void page_filter(struct pen *pen); /* page_cells.c: the box over the cells */
void page_checks(struct pen *pen, const struct view *view); /* page_checks.c */

/* ---- tags.c ---- */
/* <span class="mark ...">F</span> with the word for those who do not see it. */
void page_mark(struct pen *pen, enum mark mark);

/* <a href="#ID">ID</a> */
void page_cell_link(struct pen *pen, const struct cell *cell);

/* <dt>NAME</dt><dd class="CLASS">TEXT</dd>; nothing when text is NULL or empty. */
void page_row(struct pen *pen, const char *name, const char *css_class, const char *text);

/* The facts of a cell as rows of a <dl>. */
void page_facts(struct pen *pen, json_t *facts); /* page_facts.c */

#endif
