/* clauses.h - clause x release: what became of Go when a clause of the contract was broken (matrix/contract.def), as a
 * table whose columns are runs of releases that agree in all of it. */
#ifndef TLSMATRIX_REPORTS_CLAUSES_H
#define TLSMATRIX_REPORTS_CLAUSES_H

#include "matrix/check.h"
#include "matrix/result.h"

#include <stddef.h>

/* The results first to last, which agree. */
struct clauses_column {
	size_t first, last;
	char *name; /* "1.5.4 to 1.6.4" */
};

struct clauses {
	const struct cell_result **results; /* of one cell of each release, in the order in which they were given */
	size_t count;
	const struct check **clause; /* tried on at least one of them, as checks.def has them */
	size_t clauses;
	struct clauses_column *column;
	size_t columns;
	size_t unexpected; /* results that are not as the release's source says */
};

/* Of the cells of a buildmode that have clauses; one of each release, releases as Go orders them.  The results must
 * outlive it.  Free with clauses_free. */
void clauses_make(struct clauses *table, enum mode mode, const struct cell_result *results, size_t count);
void clauses_free(struct clauses *table);

/* NULL: not tried on that release. */
const struct check_result *clauses_result(const struct cell_result *cell, const struct check *clause);
const struct check_result *clauses_at(const struct clauses *table, size_t clause, size_t column);

/* What became of Go, or how the check itself ended; "-" for NULL.  The length of its word: "exits" of
 * "exits: its words". */
const char *clauses_said(const struct check_result *result);
size_t clauses_word(const char *said);

/* Is the same said of both, and of both that it is as the release's source says, or that it is not?  Either may be
 * NULL. */
int clauses_agree(const struct check_result *a, const struct check_result *b);

/* "args-null" of "contract.args-null". */
const char *clauses_name(const struct check *clause);

#endif
