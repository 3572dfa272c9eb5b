/* history.h - what a cell was in each run that is remembered, and since when it is otherwise.
 *
 * Values; all texts are the caller's and may be NULL where nothing is known. */
#ifndef TLSMATRIX_REPORTS_HISTORY_H
#define TLSMATRIX_REPORTS_HISTORY_H

#include "matrix/result.h"

#include <stdio.h>

struct past_check {
	const char *id;
	enum status status;
	const char *observed, *reason, *rate; /* as in struct check_result */
};

/* What a cell was; one for all runs that saw the same. */
struct past_result {
	enum status status;
	struct past_check *check;
	size_t count;
	json_t *facts;
};

/* A run that saw it, and by what. */
struct past {
	const struct past_result *result;
	const char *run, *started; /* name, ISO 8601 */
	const char *go;            /* release of the cell */
	const char *tool,
	    *host;          /* version of tlsmatrix; "linux/amd64, Linux 6.18 x86_64, glibc 2.36, cc 12.2.0, ..." */
	const char *target; /* its version, or why it was not there */
	const char *build, *key; /* fingerprints of what made its artifact, and its result */
	enum verdict verdict;
	int cached; /* taken from the cache */
};

struct past_cell {
	const char *id;
	const struct past *past; /* in the order of time */
	size_t count;            /* not 0 */
	const struct past
	    *before; /* what the same cell of an older release was when this one came; NULL: there was none */
};

/* What is not the same in two of them, as a list: "glibc 2.36 -> 2.37; the target: musl 1.2.3 -> 1.2.5".  Of the host
 * every part that begins with another word or version.  "nothing: ..." when the keys are the same, too.
 * malloc'ed. */
char *history_with(const struct past *was, const struct past *is);

/* A check that changed in a way, and which. */
struct past_move {
	char *way; /* "pass -> crash", "pass offset=-8 -> fail offset=-16", "is planned", "is not planned any more" */
	const char **check;
	size_t count;
};

/* How the checks differ, those that changed alike together, most first; check: of that alone, NULL for all.  Free with
 * history_moves_free. */
size_t history_moves(
    const struct past_result *was, const struct past_result *is, const char *check, struct past_move **moves);
void history_moves_free(struct past_move *moves, size_t count);

/* Does any check of it, or that one alone, or without one a fact, differ? */
int history_moved(const struct past_result *was, const struct past_result *is, const char *check);

/* The paths of facts that differ: "tls.offset -8 -> -16; ..." at most so many, and how many more; malloc'ed, NULL when
 * none do. */
char *history_facts(const json_t *was, const json_t *is, size_t most);

/* A check that was not always the same though nothing that decides it had changed. */
struct past_flaky {
	const char *cell, *check;
	size_t times[STATUS_COUNT]; /* runs in which it came to that, with the same key as others that did not */
	size_t values;              /* different texts that were observed */
	const char *rate;           /* of `run --repeat`, the last one; NULL: none */
	const char *last;           /* when it was last run */
};

/* Writers; 0 or -errno of the stream.  Text is broken at width. */
int report_history(const struct past_cell *cells, size_t count, const char *check, FILE *out, size_t width);
int report_history_json(const struct past_cell *cells, size_t count, const char *check, FILE *out);
int report_flaky(const struct past_flaky *flaky, size_t count, FILE *out, size_t width);
int report_flaky_json(const struct past_flaky *flaky, size_t count, FILE *out);

#endif
