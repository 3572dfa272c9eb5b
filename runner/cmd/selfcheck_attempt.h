/* selfcheck_attempt.h - one fault of a selfcheck: what is planted in which cell, and what its check made of it. */
#ifndef TLSMATRIX_RUNNER_CMD_SELFCHECK_ATTEMPT_H
#define TLSMATRIX_RUNNER_CMD_SELFCHECK_ATTEMPT_H

#include "matrix/check.h"
#include "matrix/result.h"
#include "runner/schedule/plan.h"
#include "runner/trial/controls.h"

#include <jansson.h>

enum { WITH, WITHOUT, TRIES };

/* One fault in one cell: that of a control, or the one that was planted in a target (target.h without, seen-by). */
struct attempt {
	const struct control *control; /* NULL: the fault is in the target */
	const char *id;                /* of the check; it, kind and argument are kept by reference */
	const char *kind, *argument;   /* violation.h; "target" and its name */
	char *where;                   /* filter of the cells in which it may be tried */
	const char *must;          /* status that the check must have; NULL: one of those of a loader that does wrong */
	const struct check *check; /* NULL: there is none of that id */
	const struct plan_cell *cell; /* NULL: no cell of this machine matches */
	struct plan_cell
	try
		[TRIES];
	struct cell_result result[TRIES];
	int judged[TRIES]; /* 0: not tried, or infra */
};

enum attempt_end {
	ATTEMPT_SEEN,     /* the check became what it must, and passes without the fault */
	ATTEMPT_GREEN,    /* it did not become that */
	ATTEMPT_NOT_BASE, /* it did, but does not pass without the fault */
	ATTEMPT_NO_CELL,  /* no cell here is one in which it could be tried */
	ATTEMPT_ENDS
};

enum attempt_end attempt_end(const struct attempt *attempt);

/* For a reader, what was tried where and what came of it. */
void attempt_print(const struct attempt *attempt);

/* {"schema": 1, "checks", "planted", "seen", "bare", "families": [{"family", "checks", "planted", "seen", "bare"}],
 * "faults": [...]}: how many faults were planted and how many of them were seen, in all and per family of checks.
 * "checks" counts those that had one, "bare" names those that the filter takes and for which there is none (is_bare, by
 * the number of the check).  An element of "faults" says of one what attempt_print does: "check", "family", "kind" and
 * "argument", "must" ("red" of a target: fail, miss, timeout or crash) and what it "became", "without" the fault, "end"
 * ("seen", "green", "not-base", "no-cell"), "cell", "observed", "message", "repro".  What is not known is null: of a
 * cell that could not be judged, what the check became.  The reference is the caller's. */
json_t *attempts_json(const struct attempt *attempts, size_t count, const char *is_bare);

#endif
