#include "matrix/delta.h"

#include "matrix/base/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct delta_asked {
	unsigned char *in;
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
	int answer = delta->ask(delta->context, in);
	if (answer < 0)
		return answer;
	delta->asked = xrealloc(delta->asked, (delta->asked_count + 1) * sizeof(*delta->asked));
	struct delta_asked *now = &delta->asked[delta->asked_count++];
	now->in = xcalloc(delta->count + 1, 1);
	memcpy(now->in, in, delta->count);
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
	for (size_t i = 0; i < delta->asked_count; i++)
		free(delta->asked[i].in);
	free(delta->asked);
	delta->asked = NULL;
	delta->asked_count = 0;
}

/* ---- sets --------------------------------------------------------------------------------------------- */

static size_t size_of(const struct delta *delta, const unsigned char *in)
{
	size_t size = 0;
	for (size_t i = 0; i < delta->count; i++)
		size += in[i];
	return size;
}

/* Part k of n of a set's changes in their order, or the others. */
static void part_of(
    const struct delta *delta, const unsigned char *in, size_t k, size_t n, int others, unsigned char *part)
{
	size_t size = size_of(delta, in), at = 0;
	for (size_t i = 0; i < delta->count; i++) {
		int is_part = in[i] && at >= k * size / n && at < (k + 1) * size / n;
		part[i] = in[i] && is_part != others;
		at += in[i];
	}
}

/* ---- taking away -------------------------------------------------------------------------------------- */

/* The first of the n parts (others: of what is left without one) that flips becomes the set.  1; 0 when none does;
 * -errno. */
static int reduce(struct delta *delta, unsigned char *in, size_t n, int others)
{
	unsigned char *part = xcalloc(delta->count + 1, 1), *next = xcalloc(delta->count + 1, 1);
	int answer = DELTA_STAYS;
	for (size_t k = 0; k < n && answer >= 0 && answer != DELTA_FLIPS; k++) {
		part_of(delta, in, k, n, others, part);
		if (k + 1 < n) {
			part_of(delta, in, k + 1, n, others, next);
			ahead(delta, next);
		}
		answer = ask(delta, part);
	}
	if (answer == DELTA_FLIPS)
		memcpy(in, part, delta->count);
	free(next);
	free(part);
	return answer < 0 ? answer : answer == DELTA_FLIPS;
}

/* ddmin of a set that flips. */
static int minimize(struct delta *delta, unsigned char *in)
{
	size_t n = 2, size;
	while ((size = size_of(delta, in)) > 1) {
		int done = reduce(delta, in, n, 0);
		if (done > 0) {
			n = 2;
			continue;
		}
		/* Of two parts each is what is left without the other. */
		if (done == 0 && n > 2)
			done = reduce(delta, in, n, 1);
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

/* A part of in that flips, found by halving what is unresolved; in becomes it.  1, 0, -errno. */
static int hunt(struct delta *delta, unsigned char *in)
{
	int found = ask(delta, in);
	if (found != DELTA_UNRESOLVED || size_of(delta, in) < 2)
		return found < 0 ? found : found == DELTA_FLIPS;
	unsigned char *halves[2] = { xcalloc(delta->count + 1, 1), xcalloc(delta->count + 1, 1) };
	for (size_t k = 0; k < 2; k++)
		part_of(delta, in, k, 2, 0, halves[k]);
	ahead(delta, halves[1]);
	found = 0;
	for (size_t k = 0; k < 2 && found == 0; k++) {
		found = hunt(delta, halves[k]);
		if (found > 0)
			memcpy(in, halves[k], delta->count);
	}
	free(halves[0]);
	free(halves[1]);
	return found;
}

static int hunt_groups(struct delta *delta, unsigned char *in)
{
	int found = 0;
	for (size_t from = 0, to; from < delta->count && found == 0; from = to) {
		for (to = from; to < delta->count && (!delta->group || delta->group[to] == delta->group[from]); to++)
			;
		memset(in, 0, delta->count);
		memset(in + from, 1, to - from);
		found = hunt(delta, in);
	}
	return found;
}

int delta_find(struct delta *delta, unsigned char *in, enum delta_answer *all)
{
	memset(in, 1, delta->count);
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
	return found < 0 ? found : found == 0 ? -ENOENT : minimize(delta, in);
}
