/* delta.h - the smallest set of changes that makes a difference: delta debugging with three answers (A. Zeller,
 * R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002: ddmin).
 *
 * Pure: who asks is the caller.  A change is an index from 0, a line or a few of a file; those of one file are a part,
 * and parts stand in groups, in the order in which they are suspected. */
#ifndef TLSMATRIX_MATRIX_DELTA_H
#define TLSMATRIX_MATRIX_DELTA_H

#include <stddef.h>

enum delta_answer {
	DELTA_STAYS,      /* with these changes it is as without them */
	DELTA_FLIPS,      /* it is as with all that was changed */
	DELTA_UNRESOLVED, /* neither: they do not build without others, or something else comes of it */
};

struct delta {
	size_t count;
	const size_t *group; /* of each change, rising; NULL: one group */
	const size_t *part;  /* of each change, rising; a part is of one group.  NULL: each change is one */
	/* An enum delta_answer for a set (in[i]: change i is in it); -errno ends the search.  Of an unresolved one
	 * those of its changes that are seen to be why get culprit[i] = 1: a compiler names their lines, a linker
	 * symbols. */
	int (*ask)(void *context, const unsigned char *in, unsigned char *culprit);
	/* NULL, or told of a set that may be asked for after the one that is asked now. */
	void (*ahead)(void *context, const unsigned char *in);
	void *context;
	/* What was asked, so that nothing is asked twice; delta_free. */
	struct delta_asked *asked;
	size_t asked_count;
};

/* Looks for a set that flips and of which no part, and then no change, can be left out; in gets it.  What in holds,
 * which is all of them or as many as fit each other, is asked first.  When it flips, ddmin takes away from them.  When
 * it leaves all as it was, nothing is looked for.  When it is unresolved (two releases whose files do not fit each
 * other), each group is tried alone, without its culprits as long as there are any, then halves of its parts down to
 * one part, then halves of what is in each part, until one flips.  What leaves it as it was is not looked into again,
 * a culprit neither, and a set that lies across two halves is not found.
 * 0; -ENOENT when no set was found, with *all the answer for what was asked first; -errno of ask.  in holds count
 * bytes. */
int delta_find(struct delta *delta, unsigned char *in, enum delta_answer *all);

void delta_free(struct delta *delta);

#endif
