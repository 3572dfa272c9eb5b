#include "reports/stories.h"

#include "matrix/base/buf.h"

#include <stdlib.h>
#include <string.h>

/* What differs in a way, at one place: the cells are those of the differences from first on. */
struct run {
	const struct difference **difference; /* of one check, in the order of the cells */
	size_t count;
};

static int compare_way(const struct difference *a, const struct difference *b)
{
	if (a->worse != b->worse)
		return b->worse - a->worse;
	return a->verdict != b->verdict ? (int)b->verdict - (int)a->verdict : 0;
}

/* By way, then check, then the place in the run, so that the differences of a check are a run of them. */
static int compare_difference(const void *a, const void *b)
{
	const struct difference *x = *(const struct difference *const *)a, *y = *(const struct difference *const *)b;
	int d = compare_way(x, y);
	if (d == 0 && x->check != y->check)
		d = x->check < y->check ? -1 : 1;
	return d ? d : (x > y) - (x < y);
}

/* The same way, and the same cells? */
static int compare_runs(const void *a, const void *b)
{
	const struct run *x = a, *y = b;
	int d = compare_way(x->difference[0], y->difference[0]);
	if (d == 0 && x->count != y->count)
		d = x->count > y->count ? -1 : 1;
	for (size_t i = 0; d == 0 && i < x->count; i++)
		d = strcmp(x->difference[i]->cell, y->difference[i]->cell);
	return d;
}

/* Of those that agree the checks are in the order of checks.def. */
static int compare_for_sort(const void *a, const void *b)
{
	const struct run *x = a, *y = b;
	int d = compare_runs(a, b);
	return d ?
	    d :
	    (x->difference[0]->check > y->difference[0]->check) - (x->difference[0]->check < y->difference[0]->check);
}

/* Runs that agree are one story. */
static void join(struct stories *stories, const struct run *runs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct story *story = stories->count ? &stories->story[stories->count - 1] : NULL;
		if (i == 0 || compare_runs(&runs[i - 1], &runs[i]) != 0) {
			story = &stories->story[stories->count++];
			*story = (struct story){ .verdict = runs[i].difference[0]->verdict,
				.worse = runs[i].difference[0]->worse,
				.cells = runs[i].count };
		}
		story->difference =
		    xrealloc(story->difference, (story->count + runs[i].count) * sizeof(*story->difference));
		memcpy(
		    &story->difference[story->count], runs[i].difference, runs[i].count * sizeof(*story->difference));
		story->count += runs[i].count;
		story->checks++;
	}
}

void stories_find(const struct comparison *comparison, struct stories *stories)
{
	size_t count = comparison->count, found = 0;
	const struct difference **sorted = xcalloc(count + 1, sizeof(*sorted));
	struct run *runs = xcalloc(count + 1, sizeof(*runs));
	for (size_t i = 0; i < count; i++)
		sorted[i] = &comparison->difference[i];
	qsort(sorted, count, sizeof(*sorted), compare_difference);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || compare_way(sorted[i - 1], sorted[i]) != 0 || sorted[i - 1]->check != sorted[i]->check)
			runs[found++] = (struct run){ &sorted[i], 0 };
		runs[found - 1].count++;
	}
	qsort(runs, found, sizeof(*runs), compare_for_sort);
	*stories = (struct stories){ .story = xcalloc(found + 1, sizeof(*stories->story)) };
	join(stories, runs, found);
	free(runs);
	free(sorted);
}

void stories_free(struct stories *stories)
{
	for (size_t i = 0; i < stories->count; i++)
		free(stories->story[i].difference);
	free(stories->story);
	*stories = (struct stories){ .count = 0 };
}
