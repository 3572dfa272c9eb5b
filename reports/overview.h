/* overview.h - many ports in one table: a row for each release, port and variant, a column for each
 * buildmode and CGO_ENABLED; link modes, load modes and targets are folded into one mark.
 *
 * The mark is that of the cell that a person should look at first: the worst unexpected one, then a
 * known deviation, then what cannot be built here, then what passes; a refusal only where all are
 * refused.  Rows are sorted: by release, port and variant, a variant after its port.
 *
 * Two kinds of rows are told elsewhere: a port that is run (its load modes and linkers matter: layout.h
 * draws it, as long as there are few such, and bytarget.h when there are several targets), and a variant that is
 * refused whole (-race on most ports), which would be a hundred rows of one letter. */
#ifndef TLSMATRIX_REPORTS_OVERVIEW_H
#define TLSMATRIX_REPORTS_OVERVIEW_H

#include "reports/marks.h"
#include "reports/view.h"

enum { OVERVIEW_FEW = 3 }; /* with more rows than that, reports show the overview */

struct buf;

enum overview_place { OVERVIEW_TABLE, OVERVIEW_BLOCK, OVERVIEW_REFUSED };

struct overview_row {
	enum overview_place place;
	const struct cell *cell; /* any cell of the row: go, os, arch, variant */
	const struct cell_result
	    *shown[MODE_COUNT][2]; /* the cell whose mark stands for all, by CGO_ENABLED; NULL: none */
	const struct cell_result *link[MODE_COUNT][2][LINK_COUNT]; /* the same, link modes apart */
	size_t outcome[OUTCOME_COUNT];                             /* of all cells of the row */
	const struct cell_result *const *cells;                    /* all of the row, in plan order */
	size_t count;
};

struct overview {
	struct overview_row *row;
	size_t count;
	const struct cell_result **cells; /* of all rows; owned */
	unsigned modes;                   /* bit 1u << enum mode: columns that occur */
	unsigned links[MODE_COUNT][2];    /* bit 1u << enum link: link modes that occur there */
};

void overview_make(const struct view *view, struct overview *overview);
void overview_free(struct overview *overview);

/* The order of rows: release, GOOS, GOARCH, variant. */
int overview_compare(const struct cell *a, const struct cell *b);

/* Are there so many ports that one table says more than a block for each?  (Rows that are run apart.) */
int overview_wanted(const struct overview *overview);

/* Appends "18 variants are refused whole and have no row: asan, msan, race.", or nothing. */
void overview_refused(const struct overview *overview, struct buf *out);

/* Does a cell belong to a row that stands as a block? */
int overview_is_block(const struct overview *overview, const struct cell *cell);

/* "linux/arm.5" in out. */
enum { OVERVIEW_NAME_MAX = 64 };
const char *overview_name(const struct cell *cell, char out[OVERVIEW_NAME_MAX]);

#endif
