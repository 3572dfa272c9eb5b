#include "runner/schedule/quick.h"

#include "matrix/base/buf.h"
#include "matrix/bits.h"

#include <stdlib.h>
#include <string.h>

/* What is to be made, as numbers: the checks by their place in checks.def, then the ways to load. */
enum { WAYS = MODE_COUNT * 2 * LOAD_COUNT };

/* Cells that are chosen from by themselves: those of a release, a target and a port. */
struct group {
	size_t *cell; /* in the order of the plan */
	size_t count;
	uint64_t **makes; /* of each: what it makes */
	char *taken;      /* of each: it is chosen */
};

static size_t words(void) { return bits_words(checks_count + WAYS); }

static int same_group(const struct cell *a, const struct cell *b)
{
	return strcmp(a->go, b->go) == 0 && strcmp(a->target, b->target) == 0 && strcmp(a->os, b->os) == 0 &&
	    strcmp(a->arch, b->arch) == 0;
}

static void put_made(const struct plan_cell *cell, uint64_t *set)
{
	for (size_t i = 0; i < cell->count; i++)
		bits_put(set, (size_t)(cell->checks[i] - checks));
	/* What is only built has no way to load. */
	if (cell->cell.load != LOAD_NONE)
		bits_put(set,
		    checks_count + (size_t)((int)cell->cell.mode * 2 + (cell->cell.cgo != 0)) * LOAD_COUNT +
			(size_t)cell->cell.load);
}

static void group_make(const struct plan_cell *cells, size_t count, size_t first, char *grouped, struct group *group)
{
	group->count = 0;
	group->cell = xcalloc(count - first, sizeof(*group->cell));
	for (size_t i = first; i < count; i++) {
		if (grouped[i] || !same_group(&cells[first].cell, &cells[i].cell))
			continue;
		grouped[i] = 1;
		group->cell[group->count++] = i;
	}
	group->taken = xcalloc(group->count, 1);
	group->makes = xcalloc(group->count, sizeof(*group->makes));
	for (size_t k = 0; k < group->count; k++) {
		group->makes[k] = bits_new(words());
		put_made(&cells[group->cell[k]], group->makes[k]);
	}
}

static void group_free(struct group *group)
{
	for (size_t k = 0; k < group->count; k++)
		free(group->makes[k]);
	free(group->makes);
	free(group->taken);
	free(group->cell);
}

/* What those of a group make, but for one of them; all of them, or the taken ones.  malloc'ed. */
static uint64_t *made_by(const struct group *group, int only_taken, size_t but)
{
	uint64_t *made = bits_new(words());
	for (size_t k = 0; k < group->count; k++)
		for (size_t w = 0; w < words() && k != but && (group->taken[k] || !only_taken); w++)
			made[w] |= group->makes[k][w];
	return made;
}

static void take_greedily(const struct plan_cell *cells, struct group *group)
{
	uint64_t *left = made_by(group, 0, group->count);
	for (;;) {
		size_t best = 0, most = 0;
		for (size_t k = 0; k < group->count; k++) {
			size_t more = bits_count_both(group->makes[k], left, words());
			if (more > most ||
			    (more && more == most && cells[group->cell[k]].count < cells[group->cell[best]].count)) {
				best = k;
				most = more;
			}
		}
		if (!most)
			break;
		group->taken[best] = 1;
		for (size_t w = 0; w < words(); w++)
			left[w] &= ~group->makes[best][w];
	}
	free(left);
}

/* What was taken first may be made by those after it together. */
static void put_back(struct group *group)
{
	for (size_t k = group->count; k-- > 0;) {
		if (!group->taken[k])
			continue;
		uint64_t *others = made_by(group, 1, k);
		if (bits_within(group->makes[k], others, words()))
			group->taken[k] = 0;
		free(others);
	}
}

void quick_choose(const struct plan_cell *cells, size_t count, char *chosen)
{
	char *grouped = xcalloc(count + 1, 1);
	for (size_t i = 0; i < count; i++) {
		struct group group;
		if (grouped[i])
			continue;
		group_make(cells, count, i, grouped, &group);
		take_greedily(cells, &group);
		put_back(&group);
		for (size_t k = 0; k < group.count; k++)
			chosen[group.cell[k]] = group.taken[k];
		group_free(&group);
	}
	free(grouped);
}

void quick_plan(struct plan *plan, FILE *told)
{
	const size_t all = plan->count;
	char *chosen = xcalloc(all + 1, 1);
	quick_choose(plan->cells, all, chosen);
	plan_keep(plan, chosen);
	free(chosen);

	uint64_t *made = bits_new(words());
	size_t in_all = 0, ways = 0;
	for (size_t i = 0; i < plan->count; i++)
		put_made(&plan->cells[i], made);
	for (size_t i = 0; i < checks_count + WAYS; i++)
		*(i < checks_count ? &in_all : &ways) += (size_t)bits_has(made, i);
	free(made);
	fprintf(told, "quick: %zu of %zu cells make all checks (%zu)", plan->count, all, in_all);
	if (ways)
		fprintf(told, " and take all ways to load (%zu)", ways);
	fputc('\n', told);
}
