/* known.h - human excuses for deviations: known.def.
 *
 *   KNOWN(where, check, status, reason, link, until)
 *
 * where   filter over the cell      check  glob over check ids     status  the deviation excused
 * reason  why it deviates           link   issue or bug number     until   "" or a Go release from
 *         which the excuse no longer holds (a cell of that release or later is judged as if the
 *         row were not there).
 * An excuse never turns a check green: its verdict becomes "known"; where the check passes
 * nevertheless, "fixed". */
#ifndef TLSMATRIX_MATRIX_KNOWN_H
#define TLSMATRIX_MATRIX_KNOWN_H

#include "matrix/result.h"

struct known {
	const char *where, *check, *status, *reason, *link, *until;
};

extern const struct known knowns[];
extern const size_t known_count;

/* The first row that covers the cell and the check id, whatever the status; NULL if none. */
const struct known *known_find(const struct cell *cell, const char *check);

/* The verdict of one check, from its status and the known list; *row is the row used or NULL. */
enum verdict known_judge(const struct cell *cell, const char *check, enum status status, const struct known **row);

#endif
