/* known_memo.c - known_judge for a million results (known.h).
 *
 * Most rows are about a few targets or ports, and there are far fewer of these than cells: which rows can be about a
 * place is asked once for each place, which of these about a release there once for that, and which of these are
 * about a cell once for each cell. */
#include "matrix/known.h"

#include "matrix/base/buf.h"
#include "matrix/base/glob.h"
#include "matrix/check.h"
#include "matrix/filter.h"
#include "matrix/version.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4096 };

struct place {
	struct cell cell; /* os, arch, variant, target and facts of it, and go; "" there for any */
	const struct known **row;
	unsigned char *asks; /* of each: it asks for the check */
	size_t count;
	struct place *next;
};

struct known_memo {
	struct place *slot[SLOTS];
	/* Of the last cell. */
	const struct known **row;
	unsigned char *asks;
	size_t count;
};

struct known_memo *known_memo_new(void)
{
	struct known_memo *memo = xcalloc(1, sizeof(*memo));
	memo->row = xcalloc(known_count + 1, sizeof(*memo->row));
	memo->asks = xcalloc(known_count + 1, 1);
	return memo;
}

void known_memo_free(struct known_memo *memo)
{
	for (size_t i = 0; i < SLOTS; i++)
		for (struct place *place = memo->slot[i], *next; place; place = next) {
			next = place->next;
			free(place->row);
			free(place->asks);
			free(place);
		}
	free(memo->row);
	free(memo->asks);
	free(memo);
}

static int same_place(const struct cell *a, const struct cell *b, const char *go)
{
	return a->facts == b->facts && strcmp(a->go, go) == 0 && strcmp(a->target, b->target) == 0 &&
	    strcmp(a->os, b->os) == 0 && strcmp(a->arch, b->arch) == 0 && strcmp(a->variant, b->variant) == 0;
}

static unsigned place_hash(const struct cell *cell, const char *go)
{
	const char *const parts[] = { go, cell->os, cell->arch, cell->variant, cell->target };
	unsigned hash = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		for (const char *at = parts[i]; *at; at++)
			hash = (hash ^ (unsigned char)*at) * 16777619u;
	return (hash ^ hash >> 16) % SLOTS;
}

/* The place for a release, or for any ("") at first: of all rows those that can be about it. */
static const struct place *place_of(struct known_memo *memo, const struct cell *cell, const char *go)
{
	struct place **slot = &memo->slot[place_hash(cell, go)], *place = *slot;
	while (place && !same_place(&place->cell, cell, go))
		place = place->next;
	if (place)
		return place;
	const struct place *any = *go ? place_of(memo, cell, "") : NULL;
	size_t count = any ? any->count : known_count;
	place = xmalloc(sizeof(*place));
	*place = (struct place){
		.cell = *cell, .row = xcalloc(count + 1, sizeof(*place->row)), .asks = xcalloc(count + 1, 1)
	};
	strcpy(place->cell.go, go);
	for (size_t i = 0; i < count; i++) {
		const struct known *row = any ? any->row[i] : &knowns[i];
		const struct filter *filter = known_filter(row);
		if (any ? !known_holds(row, cell) || !filter_takes_release(filter, go) :
			  !filter_takes_place(filter, cell))
			continue;
		place->asks[place->count] = (unsigned char)filter_asks_check(filter);
		place->row[place->count++] = row;
	}
	/* The slot may be that of the other, too. */
	place->next = *slot;
	return *slot = place;
}

static void take_cell(struct known_memo *memo, const struct cell *cell)
{
	const struct place *place = place_of(memo, cell, cell->go);
	const struct filter_subject subject = { cell, NULL, NULL, NULL };
	memo->count = 0;
	for (size_t i = 0; i < place->count; i++) {
		const struct known *row = place->row[i];
		const struct filter *filter = known_filter(row);
		/* What does not ask for the check is settled here; what is left open else is no excuse. */
		if (!(place->asks[i] ? filter_match(filter, &subject) : filter_sure(filter, &subject)))
			continue;
		memo->asks[memo->count] = place->asks[i];
		memo->row[memo->count++] = row;
	}
}

enum verdict known_judge_memo(
    struct known_memo *memo, const struct cell *cell, int first, const char *check, enum status status)
{
	const struct filter_subject subject = { cell, check, NULL, NULL };
	const unsigned char *names = known_names(check);
	int covered = 0;
	if (first)
		take_cell(memo, cell);
	for (size_t i = 0; i < memo->count; i++) {
		const struct known *row = memo->row[i];
		if (!(names ? names[row - knowns] : glob_match(row->check, check)) ||
		    (memo->asks[i] && !filter_sure(known_filter(row), &subject)))
			continue;
		if (strcmp(row->status, status_name(status)) == 0)
			return VERDICT_KNOWN;
		covered = 1;
	}
	return known_verdict(status, covered);
}
