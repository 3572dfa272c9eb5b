#include "matrix/delta.h"

#include "matrix/base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct delta_asked {
	unsigned char *in, *culprit;
	int answer;
};

/* ---- asking ------------------------------------------------------------------------------------------- */

static const struct delta_asked *known(const struct delta *delta, const unsigned char *in)
{
	for (size_t i = 0; i < delta->asked_count; i++)
		if (memcmp(delta->asked[i].in, in, delta->count) == 0)
			return &delta->asked[i];
	return NULL;
}

static int ask(struct delta *delta, const unsigned char *in)
{
	const struct delta_asked *before = known(delta, in);
	if (before)
		return before->answer;
	unsigned char *culprit = xcalloc(delta->count + 1, 1);
	int answer = delta->ask(delta->context, in, culprit);
	if (answer < 0) {
		free(culprit);
		return answer;
	}
	delta->asked = xrealloc(delta->asked, (delta->asked_count + 1) * sizeof(*delta->asked));
	struct delta_asked *now = &delta->asked[delta->asked_count++];
	now->in = xcalloc(delta->count + 1, 1);
	memcpy(now->in, in, delta->count);
	now->culprit = culprit;
	now->answer = answer;
	return answer;
}

static void ahead(const struct delta *delta, const unsigned char *in)
{
	if (delta->ahead && !known(delta, in))
		delta->ahead(delta->context, in);
}

void delta_free(struct delta *delta)
{
	for (size_t i = 0; i < delta->asked_count; i++) {
		free(delta->asked[i].in);
		free(delta->asked[i].culprit);
	}
	free(delta->asked);
	delta->asked = NULL;
	delta->asked_count = 0;
}

/* ---- sets --------------------------------------------------------------------------------------------- */

/* A set is taken apart by parts or by changes: unit is the part of each change, or NULL. */

/* Does a unit of the set begin with this change?  before is the last change in it, or count. */
static int begins(const struct delta *delta, const size_t *unit, size_t i, size_t before)
{
	return before == delta->count || !unit || unit[i] != unit[before];
}

static size_t size_of(const struct delta *delta, const size_t *unit, const unsigned char *in)
{
	size_t size = 0, before = delta->count;
	for (size_t i = 0; i < delta->count; i++) {
		if (!in[i])
			continue;
		size += (size_t)begins(delta, unit, i, before);
		before = i;
	}
	return size;
}

/* Slice k of n of a set's units in their order, or the others. */
static void slice_of(const struct delta *delta, const size_t *unit, const unsigned char *in, size_t k, size_t n,
    int others, unsigned char *slice)
{
	size_t size = size_of(delta, unit, in), at = 0, before = delta->count;
	for (size_t i = 0; i < delta->count; i++) {
		slice[i] = 0;
		if (!in[i])
			continue;
		at += before != delta->count && begins(delta, unit, i, before);
		before = i;
		slice[i] = (at >= k * size / n && at < (k + 1) * size / n) != others;
	}
}

/* ---- taking away -------------------------------------------------------------------------------------- */

/* The first of the n slices (others: of what is left without one) that flips becomes the set.  1; 0 when none does;
 * -errno. */
static int reduce(struct delta *delta, const size_t *unit, unsigned char *in, size_t n, int others)
{
	unsigned char *slice = xcalloc(delta->count + 1, 1), *next = xcalloc(delta->count + 1, 1);
	int answer = DELTA_STAYS;
	for (size_t k = 0; k < n && answer >= 0 && answer != DELTA_FLIPS; k++) {
		slice_of(delta, unit, in, k, n, others, slice);
		if (k + 1 < n) {
			slice_of(delta, unit, in, k + 1, n, others, next);
			ahead(delta, next);
		}
		answer = ask(delta, slice);
	}
	if (answer == DELTA_FLIPS)
		memcpy(in, slice, delta->count);
	free(next);
	free(slice);
	return answer < 0 ? answer : answer == DELTA_FLIPS;
}

/* ddmin of a set that flips. */
static int minimize(struct delta *delta, const size_t *unit, unsigned char *in)
{
	size_t n = 2, size;
	while ((size = size_of(delta, unit, in)) > 1) {
		int done = reduce(delta, unit, in, n, 0);
		if (done > 0) {
			n = 2;
			continue;
		}
		/* Of two slices each is what is left without the other. */
		if (done == 0 && n > 2)
			done = reduce(delta, unit, in, n, 1);
		if (done < 0)
			return done;
		if (done > 0)
			n = n > 3 ? n - 1 : 2;
		else if (n >= size)
			break;
		else
			n = 2 * n < size ? 2 * n : size;
	}
	return 0;
}

/* ---- looking for a beginning ---------------------------------------------------------------------------- */

/* Takes the culprits of an unresolved set out of it; 1 when there were any, and not all of it. */
static int drop_culprits(const struct delta *delta, unsigned char *in)
{
	const unsigned char *culprit = known(delta, in)->culprit;
	size_t dropped = 0, size = 0;
	for (size_t i = 0; i < delta->count; i++) {
		dropped += in[i] && culprit[i];
		size += in[i];
	}
	for (size_t i = 0; i < delta->count && dropped && dropped < size; i++)
		in[i] = in[i] && !culprit[i];
	return dropped && dropped < size;
}

/* Asks for in, and as long as it is unresolved, without its culprits: in is what is left of it. */
static int ask_rest(struct delta *delta, unsigned char *in)
{
	int answer = ask(delta, in);
	while (answer == DELTA_UNRESOLVED && drop_culprits(delta, in))
		answer = ask(delta, in);
	return answer;
}

/* A subset of in that flips, found by halving what is unresolved without its culprits; in becomes it.  1, 0, -errno. */
static int hunt(struct delta *delta, const size_t *unit, unsigned char *in)
{
	unsigned char *halves[2];
	int found = ask_rest(delta, in);
	if (found != DELTA_UNRESOLVED || size_of(delta, unit, in) < 2)
		return found < 0 ? found : found == DELTA_FLIPS;
	for (size_t k = 0; k < 2; k++) {
		halves[k] = xcalloc(delta->count + 1, 1);
		slice_of(delta, unit, in, k, 2, 0, halves[k]);
	}
	ahead(delta, halves[1]);
	found = 0;
	for (size_t k = 0; k < 2 && found == 0; k++) {
		found = hunt(delta, unit, halves[k]);
		if (found > 0)
			memcpy(in, halves[k], delta->count);
	}
	free(halves[0]);
	free(halves[1]);
	return found;
}

/* The end of what has the same number as the change at from. */
static size_t run_end(const size_t *of, size_t from, size_t to)
{
	size_t end = from + 1;
	while (of && end < to && of[end] == of[from])
		end++;
	return of ? end : to;
}

/* Takes out of in what was in a set that leaves it as it was, and what was a culprit. */
static void drop_known(const struct delta *delta, unsigned char *in)
{
	for (size_t k = 0; k < delta->asked_count; k++) {
		const struct delta_asked *asked = &delta->asked[k];
		for (size_t i = 0; i < delta->count; i++)
			in[i] = in[i] && !(asked->answer == DELTA_STAYS ? asked->in[i] : asked->culprit[i]);
	}
}

/* In each of the parts from..to, among what nothing is known of. */
static int hunt_inside(struct delta *delta, size_t from, size_t to, unsigned char *in)
{
	int found = 0;
	for (size_t at = from, end; delta->part && at < to && found == 0; at = end) {
		end = run_end(delta->part, at, to);
		memset(in, 0, delta->count);
		memset(in + at, 1, end - at);
		drop_known(delta, in);
		if (size_of(delta, NULL, in))
			found = hunt(delta, NULL, in);
	}
	return found;
}

static int hunt_groups(struct delta *delta, unsigned char *in)
{
	int found = 0;
	for (size_t from = 0, to; from < delta->count && found == 0; from = to) {
		to = run_end(delta->group, from, delta->count);
		memset(in, 0, delta->count);
		memset(in + from, 1, to - from);
		found = hunt(delta, delta->part, in);
		found = found ? found : hunt_inside(delta, from, to, in);
	}
	return found;
}

int delta_find(struct delta *delta, unsigned char *in, enum delta_answer *all)
{
	int found = ask(delta, in);
	if (found < 0)
		return found;
	*all = (enum delta_answer)found;
	if (found == DELTA_STAYS)
		return -ENOENT;
	if (found == DELTA_UNRESOLVED)
		found = hunt_groups(delta, in);
	else
		found = 1;
	if (found <= 0)
		return found < 0 ? found : -ENOENT;
	int error = delta->part ? minimize(delta, delta->part, in) : 0;
	return error ? error : minimize(delta, NULL, in);
}
