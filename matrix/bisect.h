/* bisect.h - where along an ordered list of candidates a value changes.  Pure: who evaluates is the caller.
 *
 * A value is a text; candidates whose value is unknown yet, or that have none (they cannot be judged), are there
 * too. */
#ifndef TLSMATRIX_MATRIX_BISECT_H
#define TLSMATRIX_MATRIX_BISECT_H

#include "matrix/release_list.h"

struct buf;

enum bisect_state { BISECT_UNKNOWN, BISECT_KNOWN, BISECT_UNTESTABLE };

struct candidate {
	const char *name;
	enum bisect_state state;
	const char *value; /* of a known one */
};

/* The candidate to evaluate next, so that the first change is found with the fewest: the ends first, then the middle
 * one of the unknown between the last that is as the first and the first that is not.  Its index; count when nothing
 * is left to ask. */
size_t bisect_next(const struct candidate *candidates, size_t count);

/* The two that may be next after the one at index at, count for none: what can be prepared meanwhile. */
void bisect_ahead(const struct candidate *candidates, size_t count, size_t at, size_t ahead[2]);

/* The first change among what is known: the last that is as the first, and the first that is not.  1, or 0 when there
 * is none (an end is unknown or untestable, or no value differs). */
int bisect_change(const struct candidate *candidates, size_t count, size_t *before, size_t *after);

/* Does a value come back after another was there, so that there is more than one change? */
int bisect_is_unordered(const struct candidate *candidates, size_t count);

/* "go1.5.4..go1.8.7: pass" and so on, a line for each range of known candidates with one value, with indent before
 * each.  How many there are. */
size_t bisect_ranges(const struct candidate *candidates, size_t count, const char *indent, struct buf *out);

/* The releases of list from one to another, which are in it, as the Go tree has grown: the first, the first of each
 * minor between, and all of the last one's minor up to it.  A patch of an earlier minor is not on the way: 1.23.12 is
 * younger than 1.24.0.  Free with release_list_free. */
void bisect_ladder(const struct release_list *list, const char *first, const char *last, struct release_list *ladder);

/* Adds to list, the releases that are kept, those that can be had and that a ladder up to last wants besides: all of
 * last's minor, and the releases of minors of which list has none.  No pre-releases, and nothing before 1.5, which
 * builds nothing of the matrix. */
void bisect_offer(struct release_list *list, const struct release_list *available, const char *last);

#endif
