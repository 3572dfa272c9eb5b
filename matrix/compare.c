#include "matrix/compare.h"

#include "matrix/base/buf.h"
#include "matrix/known.h"

#include <stdlib.h>
#include <string.h>

static const char *keep(struct comparison *comparison, char *text)
{
	comparison->text = xrealloc(comparison->text, (comparison->texts + 1) * sizeof(*comparison->text));
	return comparison->text[comparison->texts++] = text;
}

static void add(struct comparison *comparison, const struct difference *difference)
{
	size_t count = comparison->count++;
	if ((count & (count - 1)) == 0)
		comparison->difference =
		    xrealloc(comparison->difference, (count ? 2 * count : 1) * sizeof(*difference));
	comparison->difference[count] = *difference;
	comparison->by[difference->verdict]++;
	comparison->worse += difference->worse != 0;
}

static enum verdict verdict_of(enum status was, enum status is)
{
	if (was == STATUS_PASS && is != STATUS_SKIP)
		return VERDICT_REGRESSED;
	return is == STATUS_PASS && was != STATUS_SKIP ? VERDICT_FIXED : VERDICT_CHANGED;
}

static int is_flaky(const char *observed) { return strncmp(observed, BASELINE_FLAKY, strlen(BASELINE_FLAKY)) == 0; }

/* What a check that was not the same each time then is told as now.  1 when that is settled here. */
static int compare_flaky(struct comparison *comparison, struct difference *difference)
{
	if (!is_flaky(difference->was_observed))
		return 0;
	if (is_flaky(difference->is_observed)) {
		if (difference->is > difference->was)
			return 0;
	} else if (comparison->times > 1) {
		/* Always the same now: of what it was at its worst then, that is worse. */
		difference->worse = difference->is != STATUS_PASS && difference->is >= difference->was;
		difference->verdict = difference->is == STATUS_PASS ? VERDICT_FIXED : VERDICT_CHANGED;
		add(comparison, difference);
		return 1;
	} else if (difference->is == STATUS_PASS) {
		return 1;
	} else if (!strstr(difference->was_observed, status_name(difference->is))) {
		return 0;
	}
	difference->verdict = VERDICT_FLAKY;
	difference->worse = 0;
	add(comparison, difference);
	return 1;
}

/* One check that was planned then and is judged now.  1 when the passing ones are not the same any more. */
static int compare_check(struct comparison *comparison, const struct cell_result *result, const char *id,
    const struct check_result *now, const struct baseline_deviation *deviation)
{
	struct difference difference = { .cell = id,
		.result = result,
		.check = check_find(now->id),
		.was = deviation ? deviation->status : STATUS_PASS,
		.is = now->status,
		.was_observed = deviation ? deviation->observed : "" };
	if (difference.was == STATUS_PASS && difference.is == STATUS_PASS)
		return 0;
	char *observed = now->status == STATUS_PASS ? xstrdup("") : baseline_observed(now);
	int same = difference.was == difference.is && strcmp(observed, difference.was_observed) == 0;
	int moved = (difference.was == STATUS_PASS) != (difference.is == STATUS_PASS);
	if (same || (now->verdict == VERDICT_KNOWN && known_is_at_times(&result->cell, now->id))) {
		free(observed);
		return moved;
	}
	difference.is_observed = keep(comparison, observed);
	if (compare_flaky(comparison, &difference))
		return moved;
	difference.verdict = verdict_of(difference.was, difference.is);
	difference.worse = difference.is > difference.was;
	add(comparison, &difference);
	return moved;
}

/* Passing checks that observe something else than before: one by one where the results are at hand. */
static void compare_passes(
    struct comparison *comparison, const struct baseline_cell *before, const struct cell_result *result)
{
	struct difference difference = { VERDICT_CHANGED, 0, before->id, result, NULL, STATUS_PASS, STATUS_PASS, "",
		"" };
	char values[BASELINE_VALUES];
	baseline_values(result, values);
	if (strcmp(values, before->values) == 0)
		return;
	if (!before->result)
		add(comparison, &difference);
	for (size_t i = 0; before->result && i < result->check_count; i++) {
		const struct check_result *now = &result->checks[i], *then;
		difference.check = check_find(now->id);
		then = difference.check ? baseline_result(before->result, difference.check) : NULL;
		if (!then || then->status != STATUS_PASS || now->status != STATUS_PASS)
			continue;
		difference.was_observed = then->observed ? then->observed : "";
		difference.is_observed = now->observed ? now->observed : "";
		if (strcmp(difference.was_observed, difference.is_observed) != 0)
			add(comparison, &difference);
	}
}

/* Checks that were planned in the cell and are not now. */
static void compare_gone(struct comparison *comparison, const struct baseline_set *set,
    const struct baseline_cell *before, const struct cell_result *result)
{
	for (size_t i = 0; i < set->count; i++)
		if (!baseline_result(result, set->check[i]))
			add(comparison,
			    &(struct difference){ VERDICT_GONE, 0, before->id, result, set->check[i], STATUS_NOTRUN,
				STATUS_NOTRUN, "", "" });
}

static void compare_cell(struct comparison *comparison, const struct baseline *was, const struct baseline_cell *before,
    const struct cell_result *result)
{
	const struct baseline_set *set = &was->set[before->set];
	size_t planned = 0, unsaid = 0, added = 0;
	int moved = 0;
	for (size_t i = 0; i < result->check_count; i++) {
		const struct check_result *now = &result->checks[i];
		const struct check *check = check_find(now->id);
		const struct baseline_deviation *deviation;
		if (!check)
			continue;
		if (!baseline_planned(was, before, check, &deviation)) {
			add(comparison,
			    &(struct difference){ VERDICT_NEW, 0, before->id, result, check, STATUS_NOTRUN, now->status,
				"", now->observed ? now->observed : "" });
			added++;
			continue;
		}
		planned++;
		comparison->infra += now->status == STATUS_INFRA;
		comparison->notrun += now->status == STATUS_NOTRUN;
		if (now->status == STATUS_INFRA || now->status == STATUS_NOTRUN) {
			unsaid++;
			continue;
		}
		comparison->results++;
		moved |= compare_check(comparison, result, before->id, now, deviation);
	}
	comparison->cells += planned > unsaid;
	if (planned < set->count)
		compare_gone(comparison, set, before, result);
	/* The hash is of the same checks, or of results at hand. */
	if (before->result || (!moved && !unsaid && !added && planned == set->count))
		compare_passes(comparison, before, result);
}

void compare_results(const struct baseline *was, const struct cell_result *results, size_t count, int times,
    struct comparison *comparison)
{
	unsigned char *seen = xcalloc(was->count + 1, 1);
	*comparison = (struct comparison){ .times = times };
	for (size_t i = 0; i < count; i++) {
		char id[CELL_ID_MAX];
		const struct baseline_cell *before = baseline_find(was, cell_id(&results[i].cell, id));
		if (before) {
			seen[before - was->cell] = 1;
			compare_cell(comparison, was, before, &results[i]);
			continue;
		}
		add(comparison,
		    &(struct difference){ VERDICT_NEW, 0, keep(comparison, xstrdup(id)), &results[i], NULL,
			STATUS_NOTRUN, results[i].status, "", "" });
	}
	for (size_t i = 0; i < was->count; i++)
		if (!seen[i])
			add(comparison,
			    &(struct difference){
				VERDICT_GONE, 0, was->cell[i].id, NULL, NULL, STATUS_NOTRUN, STATUS_NOTRUN, "", "" });
	free(seen);
}

void comparison_free(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->texts; i++)
		free(comparison->text[i]);
	free(comparison->text);
	free(comparison->difference);
	*comparison = (struct comparison){ .count = 0 };
}
