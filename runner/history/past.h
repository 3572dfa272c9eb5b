/* past.h - what the database knows of cells, as reports/history.h has it. */
#ifndef TLSMATRIX_RUNNER_HISTORY_PAST_H
#define TLSMATRIX_RUNNER_HISTORY_PAST_H

#include "matrix/filter.h"
#include "reports/history.h"
#include "runner/history/database.h"

/* Owns all that its cells point to; free with past_free. */
struct past_store;
struct past_cells {
	struct past_cell *cell; /* sorted by id without the release, then by release as Go orders them */
	size_t count;
	struct past_store *store;
};

/* The cells that the filter selects, with every run that saw them (also none: count 0).  0, or -errno with a line in
 * diag. */
int past_read(struct database *database, const struct filter *filter, struct past_cells *cells, struct diag *diag);
void past_free(struct past_cells *cells);

/* What a cell was when its inputs had that key, by the last run that ran it so: id, status and texts of its checks, in
 * *result; free with cell_result_free.  1, 0 when no run did, or -errno with a line in diag. */
int past_recall(
    struct database *database, const struct cell *cell, const char *key, struct cell_result *result, struct diag *diag);

struct past_flakies {
	struct past_flaky *flaky; /* sorted by cell and check */
	size_t count;
};

/* The checks that came out otherwise with the same key, among runs that ran them (not from the cache); and those of
 * which a run has a rate. */
int past_flaky(struct database *database, const struct filter *filter, struct past_flakies *flakies, struct diag *diag);
void past_flaky_free(struct past_flakies *flakies);

/* Runs in the database; and of those that could not be read, why, a line each, appended to unread (NULL: not asked). */
int past_runs(struct database *database, size_t *runs, struct buf *unread, struct diag *diag);

#endif
