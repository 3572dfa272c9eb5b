/* groups.h - what cells have in common, said by filters: "12 cells: mode=c-shared & go>=1.24 & target=musl-*".
 *
 * Of all cells of a run some are chosen (those that regressed).  They are explained by few short filters (filter.h),
 * each exact: among the cells given it selects chosen ones only, and the filters together select all of them.  What
 * a filter says of values that no cell given has is a guess: go>=1.24 where 1.24.13 and 1.25.1 were seen.
 *
 * A filter is a conjunction of tests, at most a few for each field of the id, so that it selects a box of the matrix; a
 * set that is one box becomes one group.  Else the box that explains most of what is left is taken, again and again: a
 * good cover, and not always the smallest.  Groups may overlap.  The same input gives the same output.
 *
 * Pure; of facts of targets (libc, kernel, emulator), checks and statuses it knows nothing. */
#ifndef TLSMATRIX_MATRIX_GROUPS_H
#define TLSMATRIX_MATRIX_GROUPS_H

#include "matrix/cell.h"

/* One explanation. */
struct cell_group {
	char *filter; /* in the grammar of filter.h; "" when all cells are chosen */
	size_t *cell; /* indices into the cells given, ascending: all that the filter selects */
	size_t count;
};

struct cell_groups {
	struct cell_group *group; /* the largest first */
	size_t count;
	size_t *rest;      /* indices of chosen cells in no group, ascending: more than `most` groups were wanted, or */
	size_t rest_count; /* no filter can tell the cell from one that is not chosen (the same id twice) */
};

/* The cells of a run, for as many searches as one likes. */
struct group_cells;

/* In any order; the cells, not the list, must outlive it.  Free with group_cells_free. */
struct group_cells *group_cells_new(const struct cell *const *cells, size_t count);
void group_cells_free(struct group_cells *of);

/* chosen[i] != 0: cell i is to be explained.  Makes at most `most` groups; *groups is filled whatever it held, free it
 * with groups_free.  The time is bounded: on chosen cells without any order the groups become worse, not slower. */
void groups_find(const struct group_cells *of, const unsigned char *chosen, size_t most, struct cell_groups *groups);

/* Leaves it empty. */
void groups_free(struct cell_groups *groups);

#endif
