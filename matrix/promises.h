/* promises.h - what Go, and the C in and beside it, relies on, read out of the texts that promise it (promises.def):
 * who owes it, and which checks see whether it is kept.  Pure; strings are static. */
#ifndef TLSMATRIX_MATRIX_PROMISES_H
#define TLSMATRIX_MATRIX_PROMISES_H

#include "matrix/check.h"

/* Compiler and link editor are one: who makes the file. */
enum owed_by { BY_LINKER = 1, BY_LOADER = 2, BY_LIBC = 4, BY_KERNEL = 8 };

struct promise {
	const char *id;     /* "elf-tls.ie-got" */
	const char *text;   /* one sentence that is true or false */
	const char *source; /* text and section */
	unsigned owed_by;
	const char
	    *checks; /* ids of checks.def with a space between: those that see whether it is kept, and clauses of the
	              * contract, which break it and see what becomes of Go */
	const char *note; /* "open: what a check would do", "unseen: why none can see it from here", or "" */
};

extern const struct promise promises[];
extern const size_t promises_count;

const struct promise *promise_find(const char *id); /* NULL when there is none */

/* The next check that the promise names, from *at on, which begins as promise->checks; *len is its length.  NULL at
 * the end. */
const char *promise_next_check(const char **at, size_t *len);

/* Does the promise name the check? */
int promise_names(const struct promise *promise, const char *check);

/* Why a check serves none: what it states is no text's promise but Go's own, or the suite's.  NULL: no such row.  The
 * row's pattern (glob.h) is stored in *pattern when that is not NULL. */
const char *promise_none(const char *check, const char **pattern);

/* Does a check see whether it is kept?  A clause of the contract does not: it breaks the promise itself. */
int promise_is_seen(const struct promise *promise);

/* What is wrong with a row by itself, or NULL: a field that is empty, nobody who owes it, a check that checks.def does
 * not have or that is named twice, no check that sees it and neither "open: " nor "unseen: ", "unseen: " in spite of
 * one. */
const char *promise_fault(const struct promise *promise);

/* "linker, loader" appended to out. */
void promise_owed_by(const struct promise *promise, struct buf *out);

/* The table as Markdown, docs/promises.md, appended to out. */
void promises_markdown(struct buf *out);

#endif
