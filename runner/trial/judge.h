/* judge.h - from what was observed to a status. */
#ifndef TLSMATRIX_RUNNER_TRIAL_JUDGE_H
#define TLSMATRIX_RUNNER_TRIAL_JUDGE_H

#include "matrix/check.h"
#include "matrix/result.h"

/* Starts the result of a check: id, expected text and its source; status miss, until more is known. */
void judge_start(const struct check *check, const struct cell *cell, struct check_result *result);

/* It observed text: pass when that is the expected text, else fail.  note may be NULL or "". */
void judge_observed(struct check_result *result, const char *text, const char *note);

/* It did not observe anything, and this is why. */
void judge_status(struct check_result *result, enum status status, const char *message);

/* It skipped: class and reason. */
void judge_skip(struct check_result *result, const char *skip_class, const char *reason);

/* Judges what was observed in a cell: expectation and source from oracle.def, pass or fail from them, verdict and
 * reason from known.def, and the sums of the cell.  Statuses that follow from no observation (crash, timeout, skip,
 * ...) stay.  What has a rate is flaky, unless the known list says that it does not show each time.  The cell has its
 * port (matrix/port.h ports_attach).  Called wherever a result is made or read: verdicts are kept nowhere. */
void judge_result(struct cell_result *result);

/* The same statuses and verdicts without the texts: expectation and source are not filled, and of reasons only that of
 * a skip is right.  Touches no text, and may be called by several threads, each with a memo (matrix/known.h) and for
 * results of its own. */
struct known_memo;
void judge_brief(struct cell_result *result, struct known_memo *memo);

/* Would all of it come out again?  What did not let itself be judged, a miss and a timeout may be the machine's doing,
 * unless the known list says that they are the cell's. */
int judge_is_final(const struct cell_result *result);

/* FILE checks, from the facts of the module (runner/build/facts.h); mutated is the file that was made wrong on purpose,
 * which stands in the line that shows it in place of the one that it was copied from, or NULL. */
void judge_file(const struct check *check, const json_t *facts, const char *module, const char *mutated,
    struct check_result *result);

/* REFUSAL and BUILD checks, from build.json. */
void judge_build(const struct check *check, const struct cell *cell, const json_t *build, struct check_result *result);

#endif
