#include "reports/access.h"

#include "reports/overview.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

/* How much of a cell's name two cells share. */
enum level { LEVEL_MODE, LEVEL_CGO, LEVEL_LINK, LEVEL_LOAD, LEVELS };

static int compare_to(const struct cell *a, const struct cell *b, enum level level)
{
	int d = (int)a->mode - (int)b->mode;

	if (d == 0 && level >= LEVEL_CGO)
		d = a->cgo - b->cgo;
	if (d == 0 && level >= LEVEL_LINK)
		d = (int)a->link - (int)b->link;
	if (d == 0 && level >= LEVEL_LOAD)
		d = (int)a->load - (int)b->load;
	return d;
}

static int compare_text(const struct access_one *a, const struct access_one *b)
{
	int d = overview_compare(&a->cell->cell, &b->cell->cell);

	if (d == 0)
		d = text_compare(a->check->observed, b->check->observed);
	if (d == 0)
		d = text_compare(a->check->expected, b->check->expected);
	if (d == 0)
		d = text_compare(a->check->source, b->check->source);
	return d != 0 ? d : (int)a->check->verdict - (int)b->check->verdict;
}

static int compare_one(const void *a, const void *b)
{
	const struct access_one *x = a, *y = b;
	int d = compare_text(x, y);

	if (d == 0)
		d = compare_to(&x->cell->cell, &y->cell->cell, LEVEL_LOAD);
	return d != 0 ? d : strcmp(x->cell->cell.target, y->cell->cell.target);
}

static int compare_groups(const void *a, const void *b)
{
	const struct access_group *x = a, *y = b;
	int d = overview_compare(&x->one->cell->cell, &y->one->cell->cell);

	if (d == 0)
		d = compare_to(&x->one->cell->cell, &y->one->cell->cell, LEVEL_LOAD);
	return d != 0 ? d : compare_text(x->one, y->one);
}

static const struct check_result *find_check(const struct cell_result *cell)
{
	for (size_t i = 0; i < cell->check_count; i++)
		if (strcmp(cell->checks[i].id, "tls.access") == 0)
			return &cell->checks[i];
	return NULL;
}

void accesses_find(const struct view *view, struct accesses *accesses)
{
	*accesses = (struct accesses){ .one = xcalloc(view->count + 1, sizeof(*accesses->one)) };
	for (size_t i = 0; i < view->count; i++) {
		const struct cell_result *cell = &view->cells[i];
		const struct check_result *check = find_check(cell);
		accesses->unasked += check == NULL && cell_outcome(cell) == OUTCOME_BUILT;
		if (check && check->observed)
			accesses->one[accesses->one_count++] = (struct access_one){ cell, check };
	}
	qsort(accesses->one, accesses->one_count, sizeof(*accesses->one), compare_one);
	accesses->group = xcalloc(accesses->one_count + 1, sizeof(*accesses->group));
	for (size_t i = 0; i < accesses->one_count; i++) {
		if (i == 0 || compare_text(&accesses->one[i - 1], &accesses->one[i]) != 0)
			accesses->group[accesses->count++].one = &accesses->one[i];
		accesses->group[accesses->count - 1].count++;
	}
	qsort(accesses->group, accesses->count, sizeof(*accesses->group), compare_groups);
}

void accesses_free(struct accesses *accesses)
{
	free(accesses->one);
	free(accesses->group);
	*accesses = (struct accesses){ 0 };
}

/* How many of a list have the same port, and the same name up to the level. */
static size_t count_like(const struct access_one *one, size_t count, const struct cell *cell, enum level level)
{
	size_t like = 0;

	for (size_t i = 0; i < count; i++)
		like += compare_to(&one[i].cell->cell, cell, level) == 0;
	return like;
}

/* The shortest name that means only cells of the group.  All accesses of a port stand together. */
static enum level name_level(const struct accesses *accesses, const struct access_group *group, const struct cell *cell)
{
	const struct access_one *first = group->one, *last = group->one, *end = accesses->one + accesses->one_count;

	while (first > accesses->one && overview_compare(&first[-1].cell->cell, cell) == 0)
		first--;
	while (last < end && overview_compare(&last->cell->cell, cell) == 0)
		last++;
	for (enum level level = LEVEL_MODE; level < LEVEL_LOAD; level++)
		if (count_like(first, (size_t)(last - first), cell, level) ==
		    count_like(group->one, group->count, cell, level))
			return level;
	return LEVEL_LOAD;
}

void access_cells(const struct accesses *accesses, const struct access_group *group, struct buf *out)
{
	const char *sep = "";

	for (size_t i = 0; i < group->count;) {
		const struct cell *cell = &group->one[i].cell->cell;
		enum level level = name_level(accesses, group, cell);
		buf_printf(out, "%s%s", sep, mode_name(cell->mode));
		if (level >= LEVEL_CGO)
			buf_printf(out, " cgo%d", cell->cgo);
		if (level >= LEVEL_LINK)
			buf_printf(out, " %s", link_name(cell->link));
		if (level >= LEVEL_LOAD)
			buf_printf(out, " %s", load_name(cell->load));
		sep = ", ";
		for (i++; i < group->count && compare_to(&group->one[i].cell->cell, cell, level) == 0;)
			i++;
	}
}

char *access_word(const char *text, const char *key)
{
	const size_t length = strlen(key);

	for (const char *at = text; at && *at; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");
		if (word > length && strncmp(at, key, length) == 0 && at[length] == '=')
			return xprintf("%.*s", (int)(word - length - 1), at + length + 1);
		at += word;
	}
	return NULL;
}
