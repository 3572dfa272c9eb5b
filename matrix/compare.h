/* compare.h - what differs between results that somebody has accepted and those of a run.  Pure.
 *
 *     was       is           verdict
 *     pass      another      regressed    worse; of a skip, which says nothing: changed, worse
 *     another   pass         fixed
 *     status    another      changed      worse when it comes later in enum status: a fail that was a crash is better
 *     observed  another      changed      the status is the same: not worse
 *     rate      rate         flaky        neither is always the same; worse is regressed or changed as above
 *     -         planned      new          a cell, or a check of a cell that was there
 *     planned   -            gone
 *
 * A rate is that of a run that ran each cell several times (check_result.rate).  Of a run that ran each once a check
 * that had a rate then is flaky when it comes to what is in that rate, and passes without a word.
 *
 * What known.def excuses and says does not show each time (a row with "pass" beside others: known.h) is no difference,
 * whichever way it comes out.  What could not be judged (infra) or was not run says nothing: it is counted. */
#ifndef TLSMATRIX_MATRIX_COMPARE_H
#define TLSMATRIX_MATRIX_COMPARE_H

#include "matrix/baseline.h"

struct difference {
	enum verdict verdict;             /* REGRESSED, CHANGED, FIXED, FLAKY, NEW or GONE */
	int worse;                        /* of regressed and changed */
	const char *cell;                 /* id */
	const struct cell_result *result; /* NULL: the cell is gone */
	const struct check *check; /* NULL: all of a new or gone cell; of a changed one, what passing checks observe */
	enum status was, is;
	const char *was_observed, *is_observed; /* "" for none; of a skip its class */
};

struct comparison {
	struct difference *difference; /* in the order of the run, gone cells last */
	size_t count;
	size_t by[VERDICT_COUNT], worse;
	size_t cells, results; /* compared: on both sides, and judged now */
	size_t infra, notrun;  /* results that say nothing */
	int times;             /* how often each cell was run */
	char **text;           /* what differences point to; owned */
	size_t texts;
};

/* times: how often each cell was run.  was and the results must outlive the comparison.  Free with comparison_free. */
void compare_results(const struct baseline *was, const struct cell_result *results, size_t count, int times,
    struct comparison *comparison);
void comparison_free(struct comparison *comparison);

#endif
