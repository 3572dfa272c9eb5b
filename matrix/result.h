/* result.h - statuses, verdicts and the result of a cell, as runner and reports share them.
 *
 * A struct cell_result is plain data; its strings are owned by it and freed by
 * cell_result_free.  A missing text is NULL. */
#ifndef TLSMATRIX_MATRIX_RESULT_H
#define TLSMATRIX_MATRIX_RESULT_H

#include "matrix/cell.h"

#include <jansson.h>

/* Ordered from best to worst: the status of a cell is the worst of its checks. */
enum status {
	STATUS_PASS,
	STATUS_SKIP,
	STATUS_NOTRUN,
	STATUS_FAIL,
	STATUS_MISS,
	STATUS_LEAK,
	STATUS_TIMEOUT,
	STATUS_CRASH,
	STATUS_BROKEN,
	STATUS_INFRA,
	STATUS_COUNT
};

/* Against the known list (and, from a later issue on, the baseline). */
enum verdict {
	VERDICT_OK,
	VERDICT_KNOWN,
	VERDICT_FIXED,
	VERDICT_FLAKY,
	VERDICT_NEW,
	VERDICT_CHANGED,
	VERDICT_REGRESSED,
	VERDICT_GONE,
	VERDICT_COUNT
};

const char *status_name(enum status status);
int status_parse(const char *name, enum status *status); /* 0 or -EINVAL */
const char *verdict_name(enum verdict verdict);
int verdict_parse(const char *name, enum verdict *verdict);

/* A message that begins so is about the cell, not the check: the program died before it came to any,
 * or nothing that it said can be believed.  Reports tell it once for all checks. */
#define RESULT_WHOLE_CELL "whole cell: "

struct check_result {
	char *id;
	enum status status;
	enum verdict verdict;
	char *expected; /* from the oracle */
	char *observed; /* NULL when nothing was */
	char *message;  /* what happened, one line; detail of the observation */
	char *reason;   /* of a skip or of a known deviation: "class: reason" */
	char *source;   /* of the expectation */
	char *repro;    /* a shell line that shows it without the runner */
	char *rate;     /* of one that was run several times and not always the same: "pass 7, crash 3 of 10" */
};

struct cell_result {
	struct cell cell;
	enum status status;   /* worst of the checks */
	enum verdict verdict; /* worst of the checks */
	double seconds;       /* of the run part, wall clock */
	enum status build_status;
	double build_seconds;
	char *build_log;        /* path relative to the out folder */
	char *build_command;    /* shell line that makes the artifact, or that failed to */
	json_t *build_commands; /* all shell lines of the build, in order; NULL when there is only the one */
	char *log;              /* path of the run's output, relative to the out folder */
	json_t *facts;          /* what inspection found; NULL for a refused build */
	struct check_result *checks;
	size_t check_count;
	int cached;   /* taken from the cache, not run now */
	int no_pulse; /* its programs ran without the pulse (runner/trial/pulse.h) */
	char *again;  /* what disturbed it or its build, so that it was tried twice (disturbances.def); NULL: once */
};

void check_result_free(struct check_result *check);
void cell_result_free(struct cell_result *result);

/* What became of a cell; every planned cell is exactly one of these, so that their counts sum to the
 * plan.  Ordered as reports tell them. */
enum outcome {
	OUTCOME_BUILT, /* built and inspected, and run where its target runs anything; known deviations are here too */
	OUTCOME_REFUSED,     /* Go or its linker refused it with the documented words */
	OUTCOME_UNBUILDABLE, /* nothing was built: this machine lacks what it takes; the skips say what */
	OUTCOME_FAILED,      /* something unexpected in it (exit code 1 or 3), or no artifact, though that is known */
	OUTCOME_NOTARGET,    /* where it should run is not here (check_missing_target), so nothing of it was judged */
	OUTCOME_NOTRUN,      /* results are missing: the run is incomplete */
	OUTCOME_COUNT
};

enum outcome cell_outcome(const struct cell_result *result);
const char *outcome_name(enum outcome outcome);   /* "built", as report.json has it */
const char *outcome_phrase(enum outcome outcome); /* "built and inspected" */

/* A cell in which Go must refuse the build, whether it did or not. */
int cell_is_refusal(const struct cell_result *result);

/* The length of a skip's class at the start of its reason: "no-tracer" of "no-tracer: no ptrace there".  0: it is no
 * skip, or has none. */
size_t check_skip_class(const struct check_result *check);

/* The target that is not here, by the reason of a skip ("CLASS: target NAME: THING", CLASS one of not-installed,
 * not-fetched, no-tree): points into the reason, *length its length.  NULL for everything else. */
const char *check_missing_target(const struct check_result *check, size_t *length);

/* Is this check result something a person did not expect?  (Not pass, not skip, not known; or fixed;
 * or flaky: a pass that needed a second try is not one.) */
int check_unexpected(const struct check_result *check);

/* The JSON of one cell as DESIGN.md's report.json has it, with "variant" (null: the port itself) and
 * "outcome" beside its keys.
 * cell_result_json returns a new reference; cell_result_parse fills *result from one (0, -EINVAL
 * with a line in diag). */
json_t *cell_result_json(const struct cell_result *result);
int cell_result_parse(const json_t *json, struct cell_result *result, struct diag *diag);

/* What was observed alone: without verdicts, expectations, and the statuses that follow from them.  Cache and journal
 * hold this; whoever reads it judges (runner/trial/judge.h judge_result), so that a changed rule runs nothing. */
json_t *cell_observed_json(const struct cell_result *result);

/* Fills status and verdict of the cell from its checks. */
void cell_result_sum(struct cell_result *result);

#endif
