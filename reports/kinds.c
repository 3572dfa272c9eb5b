#include "reports/kinds.h"

#include "matrix/base/buf.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

static int wanted(const struct check_result *check, enum kinds_of what)
{
	switch (what) {
	case KINDS_KNOWN:
		return check->verdict == VERDICT_KNOWN;
	case KINDS_SKIPPED:
		return check->status == STATUS_SKIP && check->verdict != VERDICT_KNOWN;
	case KINDS_UNEXPECTED:
		break;
	}
	return check_unexpected(check);
}

static int unobserved(const struct check_result *check)
{
	int whole = check->message && strncmp(check->message, RESULT_WHOLE_CELL, strlen(RESULT_WHOLE_CELL)) == 0;
	return whole || check->status == STATUS_BROKEN || check->status == STATUS_INFRA ||
	    check->status == STATUS_NOTRUN;
}

/* Failures, then passes, then what could not be judged, then what did not run. */
static int tier(const struct check_result *check)
{
	if (check->status == STATUS_PASS)
		return 1;
	if (check->status == STATUS_NOTRUN)
		return 3;
	return check->status == STATUS_BROKEN || check->status == STATUS_INFRA ? 2 : 0;
}

/* What follows the class and the name of a target in "CLASS: target NAME: REST"; the whole reason otherwise. */
static const char *reason_rest(const struct check_result *check)
{
	static const char said[] = ": target ";
	const size_t class = check_skip_class(check);
	const char *reason = check->reason ? check->reason : "";

	if (class == 0 || strncmp(reason + class, said, strlen(said)) != 0)
		return reason;
	const char *rest = strstr(reason + class + strlen(said), ": ");
	return rest ? rest + 2 : reason;
}

static int compare_reasons(const struct check_result *a, const struct check_result *b)
{
	const char *x = reason_rest(a), *y = reason_rest(b);
	size_t cut_x = x != a->reason ? check_skip_class(a) : 0, cut_y = y != b->reason ? check_skip_class(b) : 0;

	if (cut_x != cut_y)
		return cut_x < cut_y ? -1 : 1;
	int d = cut_x > 0 ? strncmp(a->reason, b->reason, cut_x) : 0;
	return d != 0 ? d : strcmp(x, y);
}

static int compare_kind(const struct check_result *a, const struct check_result *b)
{
	int d;

	if ((d = (int)a->status - (int)b->status) != 0 || (d = (int)a->verdict - (int)b->verdict) != 0)
		return d;
	if ((d = unobserved(a) - unobserved(b)) != 0)
		return d;
	if (unobserved(a) && a->verdict != VERDICT_KNOWN)
		return text_compare(a->message, b->message);
	if (a->verdict == VERDICT_KNOWN || a->verdict == VERDICT_FIXED || a->status == STATUS_SKIP)
		return compare_reasons(a, b);
	if ((d = text_compare(a->id, b->id)) != 0)
		return d;
	if ((d = text_compare(a->expected, b->expected)) != 0)
		return d;
	return text_compare(a->observed, b->observed);
}

/* Cells lie in one array, in plan order, and so do the checks of a cell. */
static int compare_plan(const struct kind_result *a, const struct kind_result *b)
{
	if (a->cell != b->cell)
		return a->cell < b->cell ? -1 : 1;
	return (a->check > b->check) - (a->check < b->check);
}

static int compare_results(const void *a, const void *b)
{
	const struct kind_result *x = a, *y = b;
	int d = compare_kind(x->check, y->check);

	return d != 0 ? d : compare_plan(x, y);
}

static int compare_kinds(const void *a, const void *b)
{
	const struct kind *x = a, *y = b;
	int d = tier(x->results->check) - tier(y->results->check);

	if (d != 0)
		return d;
	if (x->cells != y->cells)
		return x->cells > y->cells ? -1 : 1;
	return compare_plan(x->results, y->results);
}

static void collect(const struct view *view, enum kinds_of what, struct kinds *kinds)
{
	size_t room = 0;

	for (size_t i = 0; i < view->count; i++) {
		const struct cell_result *cell = &view->cells[i];
		enum outcome outcome = what == KINDS_SKIPPED ? cell_outcome(cell) : OUTCOME_BUILT;
		if (outcome == OUTCOME_UNBUILDABLE || outcome == OUTCOME_NOTARGET)
			continue;
		for (size_t k = 0; k < cell->check_count; k++) {
			if (!wanted(&cell->checks[k], what))
				continue;
			if (kinds->result_count == room) {
				room = room ? 2 * room : 64;
				kinds->results = xrealloc(kinds->results, room * sizeof(*kinds->results));
			}
			kinds->results[kinds->result_count++] = (struct kind_result){ cell, &cell->checks[k] };
		}
	}
}

void kinds_find(const struct view *view, enum kinds_of what, struct kinds *kinds)
{
	*kinds = (struct kinds){ 0 };
	collect(view, what, kinds);
	if (kinds->result_count == 0)
		return;
	qsort(kinds->results, kinds->result_count, sizeof(*kinds->results), compare_results);
	kinds->kind = xcalloc(kinds->result_count, sizeof(*kinds->kind));
	for (size_t i = 0; i < kinds->result_count; i++) {
		const struct kind_result *result = &kinds->results[i];
		struct kind *last = kinds->count > 0 ? &kinds->kind[kinds->count - 1] : NULL;
		if (last == NULL || compare_kind(last->results->check, result->check) != 0) {
			kinds->kind[kinds->count++] = (struct kind){ result, 1, 1 };
			continue;
		}
		last->cells += result->cell != last->results[last->count - 1].cell;
		last->count++;
	}
	qsort(kinds->kind, kinds->count, sizeof(*kinds->kind), compare_kinds);
}

void kinds_free(struct kinds *kinds)
{
	free(kinds->kind);
	free(kinds->results);
	*kinds = (struct kinds){ 0 };
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void kind_checks(const struct kind *kind, struct buf *out)
{
	const char **ids = xcalloc(kind->count, sizeof(*ids));
	size_t others = 0;

	for (size_t i = 0; i < kind->count; i++)
		ids[i] = kind->results[i].check->id;
	qsort(ids, kind->count, sizeof(*ids), compare_ids);
	for (size_t i = 1; i < kind->count; i++)
		others += strcmp(ids[i - 1], ids[i]) != 0;
	free(ids);
	buf_add(out, kind->results->check->id);
	if (others)
		buf_printf(out, " and %zu more check%s", others, others == 1 ? "" : "s");
}

enum { TARGETS_NAMED = 6 };

void kind_targets(const struct view *view, const struct kind *kind, struct buf *out)
{
	const char **names = xcalloc(kind->cells, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < kind->count; i++) {
		const struct cell *cell = &kind->results[i].cell->cell;
		size_t at = 0;
		if (cell->load == LOAD_NONE || (i > 0 && kind->results[i].cell == kind->results[i - 1].cell))
			continue;
		while (at < count && strcmp(names[at], cell->target) != 0)
			at++;
		if (at == count)
			names[count++] = cell->target;
	}
	if (!view_many_targets(view))
		count = 0;
	for (size_t i = 0; i < count && i < TARGETS_NAMED; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
	if (count > TARGETS_NAMED)
		buf_printf(out, " and %zu more", count - TARGETS_NAMED);
	free(names);
}

void kind_reason(const struct kind *kind, struct buf *out)
{
	const struct check_result *check = kind->results->check;
	const char *rest = reason_rest(check);

	if (check->reason == NULL)
		buf_add(out, "no reason given");
	else if (rest != check->reason)
		buf_printf(out, "%.*s: %s", (int)check_skip_class(check), check->reason, rest);
	else
		buf_add(out, rest);
}

int kind_spans_checks(const struct kind *kind)
{
	for (size_t i = 1; i < kind->count; i++)
		if (strcmp(kind->results[i].check->id, kind->results->check->id) != 0)
			return 1;
	return unobserved(kind->results->check) && kind->results->check->verdict != VERDICT_KNOWN;
}
