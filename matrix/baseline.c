#include "matrix/baseline.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- of results ------------------------------------------------------------------------------------ */

static int by_check(const void *a, const void *b)
{
	const struct check *x = *(const struct check *const *)a, *y = *(const struct check *const *)b;
	return (x > y) - (x < y);
}

const struct check_result *baseline_result(const struct cell_result *result, const struct check *check)
{
	/* Large runs have the very ids of checks.def. */
	for (size_t i = 0; i < result->check_count; i++)
		if (result->checks[i].id == check->id)
			return &result->checks[i];
	for (size_t i = 0; i < result->check_count; i++)
		if (strcmp(result->checks[i].id, check->id) == 0)
			return &result->checks[i];
	return NULL;
}

void baseline_sort(const struct check **list, size_t count) { qsort(list, count, sizeof(*list), by_check); }

/* The checks of a result that are in checks.def, in its order; malloc'ed. */
static const struct check **checks_of(const struct cell_result *result, size_t *count)
{
	const struct check **list = xcalloc(result->check_count + 1, sizeof(*list));
	*count = 0;
	for (size_t i = 0; i < result->check_count; i++)
		if (check_find(result->checks[i].id))
			list[(*count)++] = check_find(result->checks[i].id);
	baseline_sort(list, *count);
	return list;
}

void baseline_values(const struct cell_result *result, char out[BASELINE_VALUES])
{
	char hex[HASH_HEX];
	size_t count;
	const struct check **list = checks_of(result, &count);
	struct hash *hash = hash_new();
	for (size_t i = 0; i < count; i++) {
		const struct check_result *check = baseline_result(result, list[i]);
		if (check->status != STATUS_PASS)
			continue;
		hash_add_text(hash, check->id);
		hash_add_text(hash, check->observed ? check->observed : "");
	}
	hash_end(hash, hex);
	snprintf(out, BASELINE_VALUES, "%.16s", hex);
	free(list);
}

char *baseline_observed(const struct check_result *check)
{
	if (check->rate)
		return xprintf(BASELINE_FLAKY "%s", check->rate);
	if (check->status == STATUS_SKIP)
		return xprintf("%.*s", (int)check_skip_class(check), check->reason ? check->reason : "");
	return xstrdup(check->observed ? check->observed : "");
}

static int compare_deviations(const void *a, const void *b)
{
	const struct baseline_deviation *x = a, *y = b;
	return strcmp(x->check ? x->check->id : "*", y->check ? y->check->id : "*");
}

/* Are all checks of the cell as the first one? */
static int is_of_one_piece(const struct baseline_cell *cell, size_t planned)
{
	size_t same = 0;
	for (size_t i = 0; i < cell->count; i++)
		same += cell->deviation[i].status == cell->deviation[0].status &&
		    strcmp(cell->deviation[i].observed, cell->deviation[0].observed) == 0;
	return planned > 1 && same == planned;
}

static void add_deviations(struct baseline_cell *cell, const struct cell_result *result)
{
	cell->deviation = xcalloc(result->check_count + 1, sizeof(*cell->deviation));
	for (size_t i = 0; i < result->check_count; i++) {
		const struct check_result *check = &result->checks[i];
		if (check->status == STATUS_PASS || !check_find(check->id))
			continue;
		cell->deviation[cell->count++] = (struct baseline_deviation){
			.check = check_find(check->id), .status = check->status, .observed = baseline_observed(check)
		};
	}
	qsort(cell->deviation, cell->count, sizeof(*cell->deviation), compare_deviations);
	if (!is_of_one_piece(cell, result->check_count))
		return;
	for (size_t i = 1; i < cell->count; i++)
		free(cell->deviation[i].observed);
	cell->deviation[0].check = NULL;
	cell->count = 1;
}

/* The set of a result's checks, added when it is new: its index. */
static size_t set_of(struct baseline *baseline, const struct cell_result *result)
{
	struct baseline_set set = { .count = 0 };
	char hex[HASH_HEX];
	set.check = checks_of(result, &set.count);
	struct hash *hash = hash_new();
	for (size_t i = 0; i < set.count; i++)
		hash_add_text(hash, set.check[i]->id);
	hash_end(hash, hex);
	snprintf(set.name, sizeof(set.name), "%.8s", hex);
	for (size_t i = 0; i < baseline->set_count; i++)
		if (strcmp(baseline->set[i].name, set.name) == 0) {
			free(set.check);
			return i;
		}
	baseline->set = xrealloc(baseline->set, (baseline->set_count + 1) * sizeof(set));
	baseline->set[baseline->set_count] = set;
	return baseline->set_count++;
}

static int compare_cells(const void *a, const void *b)
{
	const struct baseline_cell *x = a, *y = b;
	return strcmp(x->id, y->id);
}

void baseline_make(
    const struct baseline_about *about, const struct cell_result *results, size_t count, struct baseline *baseline)
{
	*baseline = (struct baseline){ .tool = xstrdup(about->tool),
		.plan = xstrdup(about->plan),
		.keys = xstrdup(about->keys),
		.host = xstrdup(about->host),
		.targets = xcalloc(about->target_count + 1, sizeof(*baseline->targets)),
		.target_count = about->target_count,
		.cell = xcalloc(count + 1, sizeof(*baseline->cell)),
		.count = count };
	for (size_t i = 0; i < about->target_count; i++)
		for (int k = 0; k < 2; k++)
			baseline->targets[i][k] = xstrdup(about->targets[i][k]);
	for (size_t i = 0; i < count; i++) {
		struct baseline_cell *cell = &baseline->cell[i];
		char id[CELL_ID_MAX];
		cell->id = xstrdup(cell_id(&results[i].cell, id));
		cell->result = &results[i];
		cell->set = set_of(baseline, &results[i]);
		baseline_values(&results[i], cell->values);
		add_deviations(cell, &results[i]);
	}
	qsort(baseline->cell, count, sizeof(*baseline->cell), compare_cells);
}

void baseline_free(struct baseline *baseline)
{
	free(baseline->tool);
	free(baseline->plan);
	free(baseline->keys);
	free(baseline->host);
	for (size_t i = 0; i < baseline->target_count; i++)
		for (int k = 0; k < 2; k++)
			free(baseline->targets[i][k]);
	free(baseline->targets);
	for (size_t i = 0; i < baseline->set_count; i++)
		free(baseline->set[i].check);
	free(baseline->set);
	for (size_t i = 0; i < baseline->count; i++) {
		for (size_t k = 0; k < baseline->cell[i].count; k++)
			free(baseline->cell[i].deviation[k].observed);
		free(baseline->cell[i].deviation);
		free(baseline->cell[i].id);
	}
	free(baseline->cell);
	*baseline = (struct baseline){ 0 };
}

/* ---- asking ---------------------------------------------------------------------------------------- */

const struct baseline_cell *baseline_find(const struct baseline *baseline, const char *id)
{
	const struct baseline_cell key = { .id = (char *)id };
	return bsearch(&key, baseline->cell, baseline->count, sizeof(key), compare_cells);
}

int baseline_planned(const struct baseline *baseline, const struct baseline_cell *cell, const struct check *check,
    const struct baseline_deviation **deviation)
{
	const struct baseline_set *set = &baseline->set[cell->set];
	*deviation = NULL;
	if (!bsearch(&check, set->check, set->count, sizeof(*set->check), by_check))
		return 0;
	for (size_t i = 0; i < cell->count; i++)
		if (!cell->deviation[i].check || cell->deviation[i].check == check)
			*deviation = &cell->deviation[i];
	return 1;
}
