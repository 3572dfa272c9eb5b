/* coverage.h - what others have met and what they test, and which check sees it: the bugs that loaders, linkers,
 * emulators and Go have had with one another, gathered before the checks were written (bugs.def), and golang/go's own
 * tests (upstream.def); what it would take where none does.  Pure; strings are static. */
#ifndef TLSMATRIX_MATRIX_COVERAGE_H
#define TLSMATRIX_MATRIX_COVERAGE_H

#include "matrix/check.h"

/* SEEN: a check, in a cell that is planned, expects what the bug would break, or what the test is there for.  IN_PART:
 * of a part of it, of another port's, or by chance.  NOT: every check stays green.  OUT: nothing that a loader, a
 * linker, libc, a kernel or a running program does, of tests alone. */
enum sight { SEEN, IN_PART, NOT, OUT, SIGHT_COUNT };

struct covered {
	const char *name;     /* a bug's "#72", as source columns cite it; tests' names with a space between */
	const char *family;   /* the part of docs/coverage.md; of tests, their folder or file in golang/go/src */
	const char *text;     /* what went wrong, or what has to hold, a sentence without its full stop */
	const char *upstream; /* where it was told, "golang/go#51676"; the tests' files */
	enum sight seen;
	const char *by;   /* ids of checks.def, or patterns of them (glob.h), with a space between: those that see it */
	const char *note; /* where not SEEN, what is missing and what it would take; else "" or where it is seen */
};

struct coverage {
	const struct covered *rows;
	size_t count;
	int sights;                      /* how many of enum sight its rows have */
	const char *title, *text, *what; /* of its part of docs/coverage.md, and what its rows are, "bugs" */
	const char *columns;             /* the heads of name, text and upstream */
};

extern const struct coverage bugs, upstream_tests;

const struct covered *bug_find(const char *name); /* NULL when there is none */

const char *sight_name(enum sight seen); /* "in part" */

/* Does the row name the check? */
int covered_by(const struct covered *row, const char *check);

/* What is wrong with a row by itself, or NULL: a field that is empty, a pattern that no check of checks.def matches,
 * SEEN or IN_PART by nobody, NOT or OUT in spite of a check, no reason where it is not SEEN. */
const char *covered_fault(const struct covered *row);

/* Both tables as Markdown, docs/coverage.md, appended to out. */
void coverage_markdown(struct buf *out);

#endif
