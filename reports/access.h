/* access.h - how Go's slot is reached (check tls.access) in every built cell, gathered: one entry for
 * each port and text, with the cells that say it named as shortly as they can be.
 *
 * The text is "model=M at=WHERE reloc=R form=F" (harness/inspect.h). */
#ifndef TLSMATRIX_REPORTS_ACCESS_H
#define TLSMATRIX_REPORTS_ACCESS_H

#include "matrix/base/buf.h"
#include "reports/view.h"

struct access_one {
	const struct cell_result *cell;
	const struct check_result *check;
};

struct access_group {
	const struct access_one *one; /* same port, text, source and status; sorted by buildmode, cgo, link, load */
	size_t count;
};

struct accesses {
	struct access_one *one; /* sorted as the groups need them; owned */
	size_t one_count;
	struct access_group *group; /* by port, then by their first cell */
	size_t count;
	size_t unasked; /* built cells in which tls.access was not planned */
};

/* Fills *accesses from the view, which must outlive it.  Free with accesses_free. */
void accesses_find(const struct view *view, struct accesses *accesses);
void accesses_free(struct accesses *accesses);

/* Appends "exe, pie cgo1 external": the buildmode alone where all of its cells say the same. */
void access_cells(const struct accesses *accesses, const struct access_group *group, struct buf *out);

/* The value of a word of the text ("model"), malloc'ed; NULL when it is not there. */
char *access_word(const char *text, const char *key);

#endif
