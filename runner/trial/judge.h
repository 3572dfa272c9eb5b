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

/* REFUSAL and BUILD checks, from build.json. */
void judge_build(const struct check *check, const struct cell *cell, const json_t *build, struct check_result *result);

#endif
