/* check.h - the list of checks (checks.def) as a table, and what is right for each (oracle.def,
 * support.def), as functions of a cell.  Pure; all strings are static unless said otherwise. */
#ifndef TLSMATRIX_MATRIX_CHECK_H
#define TLSMATRIX_MATRIX_CHECK_H

#include "matrix/cell.h"

struct buf;

enum pass { PASS_REFUSAL, PASS_BUILD, PASS_FILE, PASS_LIVE, PASS_HOST, PASS_ALONE, PASS_TRACE, PASS_COUNT };

struct check {
	const char *id, *family;
	enum pass pass;
	const char *where, *meaning, *why, *source;
};

extern const struct check checks[];
extern const size_t checks_count;

const char *pass_name(enum pass pass);                           /* "live" */
const struct check *check_find(const char *id);                  /* NULL when there is none */
const struct check *check_find_part(const char *id, size_t len); /* the same of a text without a NUL */

/* Appends the ids nearest to a word or pattern that names no check, and where all are: "; did you mean
 * 'tls.slot-offset', 'tls.slot-promised' or 2 more? known: `tlsmatrix list --checks`". */
void check_near(const char *word, struct buf *out);

/* 0 when there is a check of that id; else -EINVAL with a line in diag that begins with option and the id and has those
 * nearest to it. */
int check_known(const char *option, const char *id, struct diag *diag);

/* Is the check planned in this cell?  REFUSAL exactly in refused cells, all others only in cells
 * that build; FILE also @none, what runs only where something runs. */
int check_planned(const struct check *check, const struct cell *cell);

/* The row of support.def that refuses the cell, counted from 0, or -1. */
int support_row(const struct cell *cell);

/* The message with which Go must refuse the cell ($MODE, $OS and $ARCH expanded into out), *source, and the
 * exit status that goes with it, never 0; 0 when the cell must build. */
int support_refused(const struct cell *cell, struct buf *out, const char **source);

/* The text the check must observe in the cell, appended to out.  Returns 0, or -ENOENT when
 * oracle.def has no row for it. */
int oracle_expect(const struct check *check, const struct cell *cell, struct buf *out, const char **source);

/* The same as it stands in oracle.def, where that is all: of every check but one of PASS_REFUSAL.  NULL: no row.  May
 * be asked by several threads. */
const char *oracle_text(const struct check *check, const struct cell *cell, const char **source);

/* The rows of oracle.def that name the check, in their order: of a cell the first counts whose filter takes it.  NULL
 * behind the last. */
struct expectation { const char *check, *where, *expected, *source; };
const struct expectation *oracle_row(const struct check *check, size_t n);

#endif
