/* bugs.h - the bugs that loaders, linkers, emulators and Go have had with one another, gathered before the checks were
 * written (bugs.def): which check would see each of them today, and what it would take where none does.  Pure; strings
 * are static. */
#ifndef TLSMATRIX_MATRIX_BUGS_H
#define TLSMATRIX_MATRIX_BUGS_H

#include "matrix/check.h"

/* SEEN: a check, in a cell that is planned, expects what the bug would break.  IN_PART: of a part of the bug, of
 * another port's, or by chance.  NOT: every check stays green. */
enum bug_seen { SEEN, IN_PART, NOT, BUG_SEEN_COUNT };

struct bug {
	const char *name;     /* "#72", as source columns cite it */
	const char *family;   /* the part of docs/coverage.md */
	const char *text;     /* what went wrong, a sentence without its full stop */
	const char *upstream; /* where it was told: "golang/go#51676" */
	enum bug_seen seen;
	const char *by;   /* ids of checks.def, or patterns of them (glob.h), with a space between: those that see it */
	const char *note; /* where not SEEN, what is missing and what it would take; else "" or where it is seen */
};

extern const struct bug bugs[];
extern const size_t bugs_count;

const struct bug *bug_find(const char *name); /* NULL when there is none */

const char *bug_seen_name(enum bug_seen seen); /* "in part" */

/* Does the bug's row name the check? */
int bug_names(const struct bug *bug, const char *check);

/* What is wrong with a row by itself, or NULL: a field that is empty, a pattern that no check of checks.def matches,
 * SEEN or IN_PART by nobody, NOT in spite of a check, no reason where it is not SEEN. */
const char *bug_fault(const struct bug *bug);

/* The table as Markdown, docs/coverage.md, appended to out. */
void bugs_markdown(struct buf *out);

#endif
