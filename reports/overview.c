#include "reports/overview.h"

#include "matrix/base/buf.h"
#include "matrix/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int overview_compare(const struct cell *a, const struct cell *b)
{
	int d = version_order(a->go, b->go);

	if (d == 0)
		d = strcmp(a->os, b->os);
	if (d == 0)
		d = strcmp(a->arch, b->arch);
	return d != 0 ? d : strcmp(a->variant, b->variant);
}

/* By port; the cells of one port stay in plan order. */
static int compare_results(const void *a, const void *b)
{
	const struct cell_result *x = *(const struct cell_result *const *)a, *y = *(const struct cell_result *const *)b;
	int d = overview_compare(&x->cell, &y->cell);

	return d != 0 ? d : (x > y) - (x < y);
}

/* How much a mark asks to be looked at, among the cells that are folded into one. */
static int weight(enum mark mark)
{
	static const int quiet[MARK_COUNT] = {
		[MARK_REFUSED] = 1,
		[MARK_PASS] = 2,
		[MARK_PARTLY] = 3,
		[MARK_SKIP] = 4,
		[MARK_UNBUILDABLE] = 5,
		[MARK_NOTARGET] = 5,
		[MARK_KNOWN] = 6,
	};
	return quiet[mark] ? quiet[mark] : MARK_COUNT + (int)mark;
}

static void fold(const struct cell_result **place, const struct cell_result *result)
{
	if (*place == NULL || weight(mark_cell(*place)) < weight(mark_cell(result)))
		*place = result;
}

static void add(struct overview *overview, struct overview_row *row, const struct cell_result *result)
{
	const struct cell *cell = &result->cell;

	fold(&row->shown[cell->mode][cell->cgo], result);
	fold(&row->link[cell->mode][cell->cgo][cell->link], result);
	row->outcome[cell_outcome(result)]++;
	row->count++;
	overview->modes |= 1u << cell->mode;
	overview->links[cell->mode][cell->cgo] |= 1u << cell->link;
}

static int is_run(const struct overview_row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (row->cells[i]->cell.load != LOAD_NONE)
			return 1;
	return 0;
}

static void find_places(struct overview *overview, int several_targets)
{
	size_t run = 0;

	for (size_t i = 0; i < overview->count; i++)
		run += is_run(&overview->row[i]) != 0;
	for (size_t i = 0; i < overview->count; i++) {
		struct overview_row *row = &overview->row[i];
		if ((run <= OVERVIEW_FEW || several_targets) && is_run(row))
			row->place = OVERVIEW_BLOCK;
		else if (*row->cell->variant && row->outcome[OUTCOME_REFUSED] == row->count)
			row->place = OVERVIEW_REFUSED;
	}
}

void overview_make(const struct view *view, struct overview *overview)
{
	const struct cell_result **sorted = xcalloc(view->count + 1, sizeof(*sorted));
	size_t rows = 0;

	for (size_t i = 0; i < view->count; i++)
		sorted[i] = &view->cells[i];
	qsort(sorted, view->count, sizeof(*sorted), compare_results);
	for (size_t i = 0; i < view->count; i++)
		rows += i == 0 || overview_compare(&sorted[i - 1]->cell, &sorted[i]->cell) != 0;
	*overview = (struct overview){ .row = xcalloc(rows + 1, sizeof(*overview->row)), .cells = sorted };
	for (size_t i = 0; i < view->count; i++) {
		if (i == 0 || overview_compare(&sorted[i - 1]->cell, &sorted[i]->cell) != 0)
			overview->row[overview->count++] =
			    (struct overview_row){ .cell = &sorted[i]->cell, .cells = &sorted[i] };
		add(overview, &overview->row[overview->count - 1], sorted[i]);
	}
	find_places(overview, view_many_columns(view));
}

void overview_free(struct overview *overview)
{
	free(overview->row);
	free(overview->cells);
	*overview = (struct overview){ 0 };
}

int overview_wanted(const struct overview *overview)
{
	size_t rows = 0;

	for (size_t i = 0; i < overview->count; i++)
		rows += overview->row[i].place != OVERVIEW_BLOCK;
	return rows > OVERVIEW_FEW;
}

int overview_is_block(const struct overview *overview, const struct cell *cell)
{
	for (size_t i = 0; i < overview->count; i++)
		if (overview->row[i].place == OVERVIEW_BLOCK && overview_compare(overview->row[i].cell, cell) == 0)
			return 1;
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void overview_refused(const struct overview *overview, struct buf *out)
{
	const char **names = xcalloc(overview->count + 1, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < overview->count; i++)
		if (overview->row[i].place == OVERVIEW_REFUSED)
			names[count++] = overview->row[i].cell->variant;
	qsort(names, count, sizeof(*names), compare_names);
	if (count > 0)
		buf_printf(out, "%zu variant%s refused whole and %s no row: ", count, count == 1 ? " is" : "s are",
		    count == 1 ? "has" : "have");
	for (size_t i = 0; i < count; i++)
		if (i == 0 || strcmp(names[i - 1], names[i]) != 0)
			buf_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
	if (count > 0)
		buf_add(out, ".");
	free(names);
}

const char *overview_name(const struct cell *cell, char out[OVERVIEW_NAME_MAX])
{
	char arch[32];

	snprintf(out, OVERVIEW_NAME_MAX, "%s/%s", cell->os, cell_arch(cell, arch));
	return out;
}
