/* said.h - texts that a page has already, by the cell that has them: forty targets run one artifact, and what is
 * said of it once need not be said forty times. */
#ifndef TLSMATRIX_REPORTS_HTML_SAID_H
#define TLSMATRIX_REPORTS_HTML_SAID_H

#include "matrix/cell.h"

struct said;

struct said *said_new(void);
void said_free(struct said *said);

/* The cell that said the text first; NULL when this one does, which is remembered then (and must outlive said). */
const struct cell *said_by(struct said *said, const char *text, const struct cell *cell);

#endif
