/* question.h - what a search compares: the value that one cell has on one release and one target.
 *
 * The value is a text: status and observed text of one check, or the status of the cell. */
#ifndef TLSMATRIX_RUNNER_SEARCH_QUESTION_H
#define TLSMATRIX_RUNNER_SEARCH_QUESTION_H

#include "matrix/result.h"
#include "runner/schedule/plan.h"

struct diag;

struct question {
	struct setup *setup;
	struct cell cell;     /* its release and target are replaced by those that are asked for */
	const char *check_id; /* NULL: the cell's status */
	/* Where the rules may change between two that are compared, as between commits where the tree begins to call
	 * itself the next release: of a check that observes something, that alone is compared. */
	int observed_alone;
	/* Of what starts processes of its own to see them end, the contract's clauses and signal.*, that check alone is
	 * tried: they take most of a cell's time, and where little works each waits until nothing moves any more. */
	int one_clause;
	int cell_ms; /* what all starts of the cell together may take; 0: as anywhere (setup.h) */
	/* Asked for what the cache has no result of any more: 1 and *result, to be freed, when an earlier run saw the
	 * cell with the same key; NULL: nobody is. */
	int (*recall)(void *context, const struct plan_cell *cell, struct cell_result *result);
	void *recall_context;
};

/* What else a cell's result tells of it. */
struct question_rest {
	size_t passes;  /* of its checks */
	double seconds; /* that it ran */
};

/* The cell as a filter: the one that runs, or the one whose build is refused; malloc'ed. */
char *question_filter(const struct question *question, const char *go, const char *target);

/* The plan with that one cell, of a release that is kept or under test.  0; with no line in diag -ENOENT when there is
 * no such cell; -errno with a line in diag. */
int question_plan(
    const struct question *question, const char *go, const char *target, struct plan *plan, struct diag *diag);

/* What the cache or an earlier run knows of it: 0 and its value, malloc'ed, or NULL where it was run and could not be
 * judged; -ENOENT when neither does.  rest may be NULL. */
int question_known(const struct question *question, const struct plan *plan, char **value, struct question_rest *rest);

/* Builds and runs it, again: also when it is known.  Its value, malloc'ed; NULL with why (of 400 bytes) when it cannot
 * be judged, and with *error when the run did not come to its end (run_plan.h).  rest may be NULL. */
char *question_ask(const struct question *question, const struct plan *plan, int again, struct question_rest *rest,
    char why[400], int *error);

/* What go, compilers and linkers said when it was built; malloc'ed, "" when it was not. */
char *question_said(const struct question *question, const struct plan *plan);

#endif
