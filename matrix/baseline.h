/* baseline.h - the results that somebody has accepted, as a value and as a text that stands under version control.
 *
 *     tlsmatrix baseline 1
 *     tool 0.1
 *     plan 3f2a...                              hash of what was planned (plan.h)
 *     keys 9c1b...                              of everything that decided the results
 *     host linux/amd64, Linux 6.18 x86_64, ...
 *     target host glibc 2.36                    name and version of each target
 *     checks 5d0c41aa build.succeeds tls.g.main ...    a set of planned checks, by a name made from it
 *     cell CELL 5d0c41aa 0f3e5c7712ab90de       its checks, and a hash of what those that pass observed
 *     fail CELL CHECK "observed"                what does not pass: its status, and what was observed or ""
 *     skip CELL * "not-installed"               the same of all of its checks; of a skip, its class
 *     end 108 cells, 3 deviations
 *
 * Lines of a kind are sorted, so that a difference of two such files is one of the results.  A check that passes needs
 * no line: what it observed is what the rules expect of it. */
#ifndef TLSMATRIX_MATRIX_BASELINE_H
#define TLSMATRIX_MATRIX_BASELINE_H

#include "matrix/check.h"
#include "matrix/result.h"

struct buf;

enum { BASELINE_SCHEMA = 1, BASELINE_SET_NAME = 9, BASELINE_VALUES = 17 };

#define BASELINE_FLAKY "flaky: "

/* From whom, of what. Texts may be "". */
struct baseline_about {
	const char *tool, *plan, *keys, *host;
	const char *const (*targets)[2]; /* name, version */
	size_t target_count;
};

struct baseline_set {
	char name[BASELINE_SET_NAME];
	const struct check **check; /* by their place in checks.def */
	size_t count;
};

struct baseline_deviation {
	const struct check *check; /* NULL: all of the cell */
	enum status status;
	char *observed; /* "" for nothing */
};

struct baseline_cell {
	char *id;
	size_t set; /* index */
	char values[BASELINE_VALUES];
	struct baseline_deviation *deviation;
	size_t count;
	const struct cell_result *result; /* of baseline_make: borrowed; NULL: read from a text */
};

struct baseline {
	char *tool, *plan, *keys, *host;
	char *(*targets)[2];
	size_t target_count;
	struct baseline_set *set;
	size_t set_count;
	struct baseline_cell *cell; /* sorted by id */
	size_t count;
};

/* The results of a run as a baseline, which points to them and copies all that the text has.  Free with
 * baseline_free. */
void baseline_make(
    const struct baseline_about *about, const struct cell_result *results, size_t count, struct baseline *baseline);

/* Appends the text. */
void baseline_write(const struct baseline *baseline, struct buf *out);

/* The text as a value.  0; with a line in diag that begins with "line N: " -EINVAL when it is none, is cut off or names
 * a check that is not in checks.def; -ENOTSUP when it has another schema.  *baseline is left alone then. */
int baseline_read(const char *text, struct baseline *baseline, struct diag *diag);
void baseline_free(struct baseline *baseline);

/* A cell by its id, or NULL. */
const struct baseline_cell *baseline_find(const struct baseline *baseline, const char *id);

/* Was the check planned in the cell?  *deviation is what it was then, NULL when it passed. */
int baseline_planned(const struct baseline *baseline, const struct baseline_cell *cell, const struct check *check,
    const struct baseline_deviation **deviation);

/* Puts checks into the order of checks.def, as they stand in a set. */
void baseline_sort(const struct check **list, size_t count);

/* The result of a check in a cell, or NULL. */
const struct check_result *baseline_result(const struct cell_result *result, const struct check *check);

/* The hash of what the passing checks of a cell observed, in out. */
void baseline_values(const struct cell_result *result, char out[BASELINE_VALUES]);

/* What a deviation is compared by: the observed text, of a skip its class, "flaky: pass 7, crash 3 of 10" where it was
 * not the same each time; malloc'ed, "" for none. */
char *baseline_observed(const struct check_result *check);

#endif
