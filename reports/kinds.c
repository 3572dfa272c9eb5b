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

/* Is the message what happened, and no detail of it?  What is observed of a build is an exit status. */
static int is_told_by_message(const struct check_result *check)
{
	return check->observed == NULL || strncmp(check->id, "build.", strlen("build.")) == 0;
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
		return text_compare_said(a->message, b->message);
	if (a->verdict == VERDICT_KNOWN || a->verdict == VERDICT_FIXED || a->status == STATUS_SKIP)
		return compare_reasons(a, b);
	if ((d = text_compare(a->id, b->id)) != 0)
		return d;
	if ((d = text_compare(a->expected, b->expected)) != 0)
		return d;
	if ((d = text_compare(a->observed, b->observed)) != 0)
		return d;
	return is_told_by_message(a) ? text_compare_said(a->message, b->message) : 0;
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
	int d = compare_kind(x->cause, y->cause);

	return d != 0 ? d : compare_plan(x, y);
}

static int compare_kinds(const void *a, const void *b)
{
	const struct kind *x = a, *y = b;
	int d = tier(x->results->cause) - tier(y->results->cause);

	if (d != 0)
		return d;
	if (x->cells != y->cells)
		return x->cells > y->cells ? -1 : 1;
	return compare_plan(x->results, y->results);
}

/* Of a cell, the check that says that its build failed, when that is unexpected; else NULL. */
static const struct check_result *failed_build(const struct cell_result *cell)
{
	for (size_t i = 0; i < cell->check_count; i++)
		if (strcmp(cell->checks[i].id, "build.succeeds") == 0)
			return cell->checks[i].status == STATUS_FAIL && check_unexpected(&cell->checks[i]) ?
			    &cell->checks[i] :
			    NULL;
	return NULL;
}

/* A build that failed has printed why, and left no artifact: also where a row of known.def says another status, so that
 * the verdict is "changed". */
static int follows(const struct check_result *check, const struct check_result *build)
{
	return build && check_unexpected(check) && text_compare_said(check->message, build->message) == 0 &&
	    (check->status == STATUS_BROKEN || (check->status == STATUS_FAIL && strcmp(check->id, "build.quiet") == 0));
}

static void collect(const struct view *view, enum kinds_of what, struct kinds *kinds)
{
	size_t room = 0;

	for (size_t i = 0; i < view->count; i++) {
		const struct cell_result *cell = &view->cells[i];
		enum outcome outcome = what == KINDS_SKIPPED ? cell_outcome(cell) : OUTCOME_BUILT;
		if (outcome == OUTCOME_UNBUILDABLE || outcome == OUTCOME_NOTARGET)
			continue;
		const struct check_result *build = what == KINDS_UNEXPECTED ? failed_build(cell) : NULL;
		for (size_t k = 0; k < cell->check_count; k++) {
			if (!wanted(&cell->checks[k], what))
				continue;
			if (kinds->result_count == room) {
				room = room ? 2 * room : 64;
				kinds->results = xrealloc(kinds->results, room * sizeof(*kinds->results));
			}
			const struct check_result *check = &cell->checks[k];
			kinds->results[kinds->result_count++] =
			    (struct kind_result){ cell, check, follows(check, build) ? build : check };
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
		if (last == NULL || compare_kind(last->results->cause, result->cause) != 0) {
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

const char *kind_log(const struct view *view, const struct kind *kind)
{
	const struct kind_result *first = kind->results;
	const struct check *about = view_check(view, first->check->id);
	int still = first->check->status == STATUS_BROKEN ||
	    (about && (about->pass == PASS_REFUSAL || about->pass == PASS_BUILD || about->pass == PASS_FILE));
	return still ? first->cell->build_log : first->cell->log;
}

void kind_followers(const struct kind *kind, struct buf *out)
{
	size_t count = 0;
	for (size_t i = 0; i < kind->count; i++)
		count += kind->results[i].check != kind->results[i].cause;
	if (!count)
		return;
	text_number(out, count, "more check");
	buf_printf(out, " of %s: there is no artifact", kind->cells == 1 ? "this cell" : "these cells");
}

int kind_spans_checks(const struct kind *kind)
{
	for (size_t i = 1; i < kind->count; i++)
		if (strcmp(kind->results[i].cause->id, kind->results->cause->id) != 0)
			return 1;
	return unobserved(kind->results->cause) && kind->results->cause->verdict != VERDICT_KNOWN;
}
