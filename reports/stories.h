/* stories.h - differences gathered: one defect seldom shows in one check of one cell.
 *
 * Differences of one kind in the same cells are one story. */
#ifndef TLSMATRIX_REPORTS_STORIES_H
#define TLSMATRIX_REPORTS_STORIES_H

#include "matrix/compare.h"

/* The checks that differ in one way in the same cells. */
struct story {
	enum verdict verdict;
	int worse;
	const struct difference **difference; /* by check, then by cell; owned */
	size_t count;
	size_t checks, cells; /* count is their product; a new or gone cell, or changed passes, count as one check */
};

struct stories {
	struct story *story; /* what is worse first, then by verdict, then most cells first */
	size_t count;
};

/* The comparison must outlive them.  Free with stories_free. */
void stories_find(const struct comparison *comparison, struct stories *stories);
void stories_free(struct stories *stories);

#endif
