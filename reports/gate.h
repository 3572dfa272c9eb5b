/* gate.h - what differs from a baseline, told for people: differences of one kind in the same cells are one story, and
 * the cells are named by the smallest filters that select just them (matrix/groups.h). */
#ifndef TLSMATRIX_REPORTS_GATE_H
#define TLSMATRIX_REPORTS_GATE_H

#include "matrix/compare.h"
#include "reports/view.h"

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

/* Exit code of a gate: 1 something is worse; else 3 something could not be judged, 5 results are missing or the plans
 * differ, 4 nothing was compared, 0 nothing is worse.  some: the run may be of fewer cells than the baseline. */
int gate_exit_code(const struct comparison *comparison, int some);

/* The same in a sentence, appended to out. */
void gate_verdict(const struct comparison *comparison, int some, struct buf *out);

/* All of it: what it is compared with, each story with its filters, the verdict.  0 or -errno of the stream. */
int report_gate(
    const struct comparison *comparison, const struct baseline *was, const struct view *view, int some, FILE *out);

#endif
