/* known.h - human excuses for deviations: known.def.
 *
 *   KNOWN(where, check, status, reason, link, until)
 *
 * where   filter over the cell      check  glob over check ids     status  the deviation excused;
 *         a row with "pass" beside others says that the deviation does not show each time
 * reason  why it deviates           link   issue or bug number     until   "" or a Go release from
 *         which the excuse no longer holds (a cell of that release or later is judged as if the
 *         row were not there).
 * An excuse never turns a check green: its verdict becomes "known"; where the check passes
 * nevertheless, "fixed". */
#ifndef TLSMATRIX_MATRIX_KNOWN_H
#define TLSMATRIX_MATRIX_KNOWN_H

#include "matrix/result.h"

struct known { const char *where, *check, *status, *reason, *link, *until; };

extern const struct known knowns[];
extern const size_t known_count;

/* The first row that covers the cell and the check id, whatever the status; NULL if none. */
const struct known *known_find(const struct cell *cell, const char *check);

/* Do the rows that cover it say that the deviation does not show each time? */
int known_is_at_times(const struct cell *cell, const char *check);

/* The verdict of one check, from its status and the known list; *row is the row used or NULL. */
enum verdict known_judge(const struct cell *cell, const char *check, enum status status, const struct known **row);

/* Its parts: the filter of a row; whether its until lets it be about the cell's release; of each row whether it can be
 * about a check (NULL: of one that is not in checks.def); and the verdict of a status that no row excuses, when there
 * are (covered) or are not rows for another. */
struct filter;
const struct filter *known_filter(const struct known *row);
const unsigned char *known_names(const char *check);
int known_holds(const struct known *row, const struct cell *cell);
enum verdict known_verdict(enum status status, int covered);

/* The same for very many results, by one thread: what rows can be about a place (os, arch, target and what it was
 * found to be) is remembered, so that facts of targets must not change meanwhile.  first: the cell is another than
 * that of the last call. */
struct known_memo;
struct known_memo *known_memo_new(void);
void known_memo_free(struct known_memo *memo);
enum verdict known_judge_memo(
    struct known_memo *memo, const struct cell *cell, int first, const char *check, enum status status);

/* What a run says of a row: a list of excuses that nobody clears out excuses what comes later. */
enum known_use {
	KNOWN_USED,     /* a check that it covers has its status */
	KNOWN_UNASKED,  /* nothing that it covers was judged (skip, notrun, infra), or it speaks of other releases */
	KNOWN_UNSEEN,   /* checks that it covers were judged, and none has its status */
	KNOWN_UNMATCHED /* it covers no planned check */
};

/* Fills use[known_count] from the results of a run.  Rows that have where, check and reason in common are one
 * excuse that may show in several ways (a crash or a lost record): one of them used, all are.  Only a run of the whole
 * list can say KNOWN_UNMATCHED of a row that is at fault. */
void known_stale(const struct cell_result *results, size_t count, enum known_use use[]);

#endif
