/* hunks.h - the changes between two texts, each of which can be made without the others.  Pure. */
#ifndef TLSMATRIX_MATRIX_HUNKS_H
#define TLSMATRIX_MATRIX_HUNKS_H

#include <stddef.h>

struct buf;

struct hunk {
	size_t after;   /* the line, from 1, behind which it is; 0: before the first */
	size_t deletes; /* lines behind that which go away */
	char *adds;     /* what comes in their place, owned; "" for nothing */
};

/* Reads what `diff -n OLD NEW` says (RCS format, diffutils manual "RCS Format": "dL N" deletes N lines from line L,
 * "aL N" adds the N lines that follow behind line L).  A deletion and what is added in its place are one hunk.
 * 0, hunks to be freed with hunks_free; -EINVAL when it is nothing of the kind. */
int hunks_read(const char *diff, struct hunk **hunks, size_t *count);
void hunks_free(struct hunk *hunks, size_t count);

/* Adds to out the old text with those hunks of which in[i] is not 0.  0; -EINVAL when a hunk lies behind its end. */
int hunks_apply(const char *old, const struct hunk *hunks, size_t count, const unsigned char *in, struct buf *out);

/* The hunk that adds a line of the new text, from 1, when those with in[i] are made; count when none of them does. */
size_t hunks_at(const struct hunk *hunks, size_t count, const unsigned char *in, size_t line);

#endif
