/* releases.h - the Go releases of a run in their order, and which of them something holds for. */
#ifndef TLSMATRIX_REPORTS_RELEASES_H
#define TLSMATRIX_REPORTS_RELEASES_H

#include "reports/view.h"

struct buf;

struct releases {
	const char **go; /* as in the cells, which must outlive it */
	unsigned char *holds;
	size_t count;
};

/* Those of the view, oldest first; none holds.  Free with releases_free. */
void releases_find(const struct view *view, struct releases *releases);
void releases_free(struct releases *releases);

/* For none; for that of a cell too. */
void releases_clear(struct releases *releases);
void releases_hold(struct releases *releases, const struct cell *cell);

/* Appends those for which it holds: "1.5.4..1.8.7, 1.10.8", two dots where all of the run's between hold; "all" for
 * all of several. */
void releases_words(const struct releases *releases, struct buf *out);

#endif
