/* needs.h - what checks take of a target (needs.def), and whether it has that.  Pure. */
#ifndef TLSMATRIX_MATRIX_NEEDS_H
#define TLSMATRIX_MATRIX_NEEDS_H

#include "matrix/check.h"

#include <jansson.h>

struct need {
	const char *fact;
	unsigned passes; /* 1u << enum pass */
	const char *where, *skip_class, *meaning;
};

extern const struct need needs[];
extern const size_t needs_count;

/* Does a target lack it by its facts ({NAME:TEXT}; NULL: nothing is known)?  Then *why is what the fact says behind
 * "no: ", borrowed from facts. */
int need_is_lacked(const struct need *need, const json_t *facts, const char **why);

/* The first need of the check in the cell that the target lacks, with *text as above; NULL when it has all, or
 * nothing is known. */
const struct need *need_unmet(
    const struct check *check, const struct cell *cell, const json_t *facts, const char **text);

#endif
