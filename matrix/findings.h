/* findings.h - what was found by running the matrix, for who asks what it is good for: findings.def, which
 * docs/findings.md is made from.
 *
 *   FINDING(part, what, versions, check, known, cells, source, upstream)
 *
 * part      whose it is: a heading of the page          what      one sentence
 * versions  in which it was seen, "" for all that were run: an excuse that excuses nothing any more is told (known.h)
 * check     the id of a check that sees it, "" where none can
 * known     words out of the reason of the rows of known.def that are about it: cells and source are theirs then and
 *           "" here; or "", for what needs no excuse since no cell has it (any more), with both given
 * upstream  where its makers were told, by whomever; "" when no such report is known here
 *
 * findings_reports.def has those whose report is ready to be sent: docs/findings/FOLDER.
 *
 * tests/unit/test_findings.c wants every row of known.def to be on the page.  Pure; strings are static. */
#ifndef TLSMATRIX_MATRIX_FINDINGS_H
#define TLSMATRIX_MATRIX_FINDINGS_H

#include <stddef.h>

struct buf;
struct known;

struct finding { const char *part, *what, *versions, *check, *known, *cells, *source, *upstream; };

extern const struct finding findings[];
extern const size_t finding_count;

/* A folder of docs/findings/, and words out of the sentence of the finding that it is about. */
struct finding_report { const char *folder, *what; };

extern const struct finding_report finding_reports[];
extern const size_t finding_report_count;

/* The folder of the finding's report, or NULL when it has none. */
const char *finding_folder(const struct finding *finding);

/* The first row of known.def that is about it, or NULL. */
const struct known *finding_known(const struct finding *finding);

/* Appends which cells have it, as a filter without its check=, and where it is in somebody's source, without the names
 * of references.def, which are ours. */
void finding_cells(const struct finding *finding, struct buf *out);
void finding_source(const struct finding *finding, struct buf *out);

#endif
