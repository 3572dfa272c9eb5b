/* generate.h - writes the Go program of one build into a folder.
 *
 * The files come from cases/sources.def, the table of checks (zz_checks.go) from matrix/checks.def:
 * every LIVE check that is planned in some load mode of the build.  A check without its function
 * is a compile error.  The C files include what lies beside them: nothing of the program says which source tree it
 * was made from. */
#ifndef TLSMATRIX_CASES_GENERATE_H
#define TLSMATRIX_CASES_GENERATE_H

#include "matrix/cell.h"

struct buf;
struct diag;

enum case_kind {
	CASE_CHECKS,  /* the program with the LIVE checks */
	CASE_CONTROL, /* the same with cases/control/ instead of the empty sabotage hook */
	CASE_PORT     /* the small program of a port that is built and inspected only: no checks, any GOOS */
};

/* root is the source tree; dir must exist and be empty.  cell's target and load are not looked
 * at.  0 or -errno with a line in diag. */
int generate_case(const char *root, const struct cell *cell, enum case_kind kind, const char *dir, struct diag *diag);

/* The text of zz_checks.go: the table of the LIVE checks that the build carries, appended to out. */
void generate_table(const struct cell *cell, struct buf *out);

/* The files that a build is generated from, as paths relative to root, NULL-terminated; the
 * caller frees the array (not the strings).  For cache keys. */
const char **generate_sources(const struct cell *cell, enum case_kind kind);

#endif
