/* The history of cells, as text. */
#include "reports/history.h"

#include "matrix/base/buf.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_CHECKS = 3, MOST_FACTS = 3, MOST_MOVES = 10, DAY = sizeof "2026-11-29" - 1 };

#define INDENT "                    "
enum { INDENT_WIDTH = sizeof INDENT - 1 };

/* "2026-11-29 05:58" of "2026-11-29T05:58:08Z". */
static void when(struct buf *out, const char *started)
{
	if (started && strlen(started) > DAY + 6)
		buf_printf(out, "%.*s %.5s", DAY, started, started + DAY + 1);
	else
		buf_printf(out, "%-16s", "?");
}

static const struct past_check *only(const struct past_result *result, const char *check)
{
	for (size_t i = 0; i < result->count; i++)
		if (strcmp(result->check[i].id, check) == 0)
			return &result->check[i];
	return NULL;
}

/* What it is now: of one check its status and what was observed, of a cell its status. */
static void what(struct buf *out, const struct past *past, const char *check)
{
	const struct past_check *one = check ? only(past->result, check) : NULL;
	buf_printf(out, "%-8s", check && !one ? "-" : status_name(one ? one->status : past->result->status));
	if (one && (one->rate || one->observed)) {
		buf_add(out, " ");
		text_add(out, one->rate ? one->rate : one->observed, TEXT_ASCII);
	} else if (!check) {
		buf_add(out, " ");
		text_number(out, past->result->count, "check");
	}
}

static void first(struct buf *out, const struct past *past, const char *check)
{
	buf_add(out, "  ");
	when(out, past->started);
	buf_add(out, "  ");
	what(out, past, check);
	buf_add(out, "\n" INDENT);
	text_add(out, past->host, TEXT_ASCII);
	buf_printf(out, ", tlsmatrix %s", past->tool ? past->tool : "?");
	if (past->target && *past->target) {
		buf_add(out, "; the target: ");
		text_add(out, past->target, TEXT_ASCII);
	}
	buf_add(out, "\n");
}

static void moves(struct buf *out, const struct past_result *was, const struct past_result *is, const char *check)
{
	struct past_move *list;
	size_t count = history_moves(was, is, check, &list);
	for (size_t i = 0; i < count && i < MOST_MOVES && !check; i++) {
		buf_printf(out, INDENT "%s:", list[i].way);
		for (size_t k = 0; k < list[i].count && k < MOST_CHECKS; k++)
			buf_printf(out, " %s", list[i].check[k]);
		if (list[i].count > MOST_CHECKS)
			buf_printf(out, " and %zu more", list[i].count - MOST_CHECKS);
		buf_add(out, "\n");
	}
	if (count > MOST_MOVES && !check)
		buf_printf(out, INDENT "and %zu more ways\n", count - MOST_MOVES);
	history_moves_free(list, count);
	char *facts = check ? NULL : history_facts(was->facts, is->facts, MOST_FACTS);
	if (facts)
		buf_printf(out, INDENT "facts: %s\n", facts);
	free(facts);
}

static void change(struct buf *out, const struct past *was, const struct past *is, const char *check)
{
	char *with = history_with(was, is);
	buf_add(out, "  ");
	when(out, is->started);
	buf_add(out, "  ");
	what(out, is, check);
	buf_printf(out, "\n" INDENT "with %s\n", with);
	moves(out, was->result, is->result, check);
	free(with);
}

static size_t changes(const struct past_cell *cell, const char *check)
{
	size_t count = 0;
	for (size_t i = 1; i < cell->count; i++)
		count += (size_t)history_moved(cell->past[i - 1].result, cell->past[i].result, check);
	return count;
}

static void tell(struct buf *out, const struct past_cell *cell, const char *check, size_t changed)
{
	const struct past *last = &cell->past[cell->count - 1];
	buf_printf(out, "%s%s%s\n  in ", cell->id, check ? " " : "", check ? check : "");
	text_number(out, cell->count, "run");
	if (strncmp(cell->past[0].started, last->started, DAY) == 0)
		buf_printf(out, " on %.*s, ", DAY, last->started);
	else
		buf_printf(out, " from %.*s to %.*s, ", DAY, cell->past[0].started, DAY, last->started);
	if (changed)
		text_number(out, changed, "change");
	else
		buf_add(out, "always the same");
	buf_add(out, "\n");
	if (cell->before && history_moved(cell->before->result, cell->past[0].result, check))
		change(out, cell->before, &cell->past[0], check);
	else
		first(out, &cell->past[0], check);
	for (size_t i = 1; i < cell->count; i++)
		if (history_moved(cell->past[i - 1].result, cell->past[i].result, check))
			change(out, &cell->past[i - 1], &cell->past[i], check);
}

/* Ends the pen with its lines broken at width. */
static int end_folded(struct pen *pen, size_t indent, size_t width)
{
	struct buf whole = pen->text;
	pen->text = (struct buf)BUF_INIT;
	if (whole.len)
		text_fold(&pen->text, whole.data, indent, width);
	buf_free(&whole);
	return pen_end(pen);
}

int report_history(const struct past_cell *cells, size_t count, const char *check, FILE *out, size_t width)
{
	struct pen pen = PEN_INIT(out);
	size_t same = 0;
	for (size_t i = 0; i < count; i++) {
		const struct past_cell *cell = &cells[i];
		size_t changed = changes(cell, check);
		if (count > 1 && !changed &&
		    (!cell->before || !history_moved(cell->before->result, cell->past[0].result, check))) {
			same++;
			continue;
		}
		tell(&pen.text, cell, check, changed);
		buf_add(&pen.text, count > 1 ? "\n" : "");
	}
	if (same) {
		text_number(&pen.text, same, "cell");
		buf_printf(&pen.text, " of %zu always the same\n", count);
	}
	return end_folded(&pen, INDENT_WIDTH, width);
}

int report_flaky(const struct past_flaky *flaky, size_t count, FILE *out, size_t width)
{
	struct pen pen = PEN_INIT(out);
	const char *cell = "";
	for (size_t i = 0; i < count; i++) {
		const char *comma = "";
		size_t runs = 0;
		if (strcmp(cell, flaky[i].cell) != 0)
			buf_printf(&pen.text, "%s\n", cell = flaky[i].cell);
		buf_printf(&pen.text, "  %-26s", flaky[i].check);
		for (int status = 0; status < STATUS_COUNT; status++) {
			if (!flaky[i].times[status])
				continue;
			buf_printf(
			    &pen.text, "%s %s %zu", comma, status_name((enum status)status), flaky[i].times[status]);
			runs += flaky[i].times[status];
			comma = ",";
		}
		if (runs)
			buf_printf(&pen.text, " of %zu runs", runs);
		if (flaky[i].values > 1)
			buf_printf(&pen.text, ", %zu values", flaky[i].values);
		if (flaky[i].rate)
			buf_printf(&pen.text, "%s repeated: %s", runs ? ";" : "", flaky[i].rate);
		buf_add(&pen.text, "; last ");
		when(&pen.text, flaky[i].last);
		buf_add(&pen.text, "\n");
	}
	if (!count)
		buf_add(&pen.text, "nothing came out otherwise with the same inputs\n");
	return end_folded(&pen, INDENT_WIDTH, width);
}
