#include "runner/schedule/repeat.h"

#include "matrix/base/buf.h"
#include "runner/trial/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a check came to. */
struct tally {
	unsigned times[STATUS_COUNT];
	int differs; /* the same status with another observed text */
};

/* A cell over its passes: the worst of each check. */
struct merged {
	struct cell_result result;
	struct tally *tally; /* of each check */
	char *log;           /* of the worst pass, in CACHE/tmp; NULL: the last pass has it */
	int seen;
};

struct repeat {
	const struct setup *setup;
	const struct plan_cell *cells;
	const struct run_sink *sink;
	struct merged *merged; /* of each cell */
	int last;              /* this is the last pass */
};

static int is_said(enum status status) { return status != STATUS_INFRA && status != STATUS_NOTRUN; }

static void count(struct tally *tally, const struct check_result *now, const struct check_result *worst)
{
	tally->times[now->status]++;
	tally->differs |= worst->status == now->status && worst->observed && now->observed &&
	    strcmp(worst->observed, now->observed) != 0;
}

static void swap_checks(struct check_result *a, struct check_result *b)
{
	struct check_result c = *a;
	*a = *b;
	*b = c;
}

/* Keeps the log of this pass beside the cache's, which the next pass writes over. */
static void keep_log(const struct repeat *repeat, size_t i)
{
	struct merged *merged = &repeat->merged[i];
	char *dir = plan_result_dir(repeat->setup, &repeat->cells[i]), *from = xprintf("%s/run.log", dir),
	     *to = xprintf("%s/tmp/repeat-%d-%zu.log", repeat->setup->places.cache, (int)getpid(), i);
	if (file_copy(from, to) == 0) {
		free(merged->log);
		merged->log = to;
	} else {
		free(to);
	}
	free(from);
	free(dir);
}

/* What the pass came to goes into what the passes came to; result is emptied or holds what is not wanted. */
static void merge(struct repeat *repeat, size_t i, struct cell_result *result)
{
	struct merged *merged = &repeat->merged[i];
	int worse = 0;
	if (!merged->seen) {
		merged->seen = 1;
		merged->result = *result;
		merged->tally = xcalloc(result->check_count + 1, sizeof(*merged->tally));
		memset(result, 0, sizeof(*result));
		for (size_t k = 0; k < merged->result.check_count; k++)
			count(&merged->tally[k], &merged->result.checks[k], &merged->result.checks[k]);
		keep_log(repeat, i);
		return;
	}
	for (size_t k = 0; k < merged->result.check_count && k < result->check_count; k++) {
		struct check_result *now = &result->checks[k], *worst = &merged->result.checks[k];
		count(&merged->tally[k], now, worst);
		if (!is_said(now->status) || (is_said(worst->status) && now->status <= worst->status))
			continue;
		swap_checks(now, worst);
		worse = 1;
	}
	merged->result.seconds += result->seconds;
	if (worse)
		keep_log(repeat, i);
}

/* "pass 7, crash 3 of 10", malloc'ed; NULL when it was always the same. */
static char *rate_of(const struct tally *tally)
{
	struct buf out = BUF_INIT;
	unsigned total = 0, kinds = 0;
	for (int s = 0; s < STATUS_COUNT; s++) {
		if (!tally->times[s] || !is_said((enum status)s))
			continue;
		total += tally->times[s];
		buf_printf(&out, "%s%s %u", kinds++ ? ", " : "", status_name((enum status)s), tally->times[s]);
	}
	if (kinds < 2 && !tally->differs) {
		buf_free(&out);
		return NULL;
	}
	buf_printf(&out, " of %u%s", total, kinds < 2 ? ", not always the same" : "");
	return buf_take(&out);
}

static char *hand_out(struct repeat *repeat, size_t i)
{
	struct merged *merged = &repeat->merged[i];
	for (size_t k = 0; k < merged->result.check_count; k++)
		merged->result.checks[k].rate = rate_of(&merged->tally[k]);
	judge_result(&merged->result);
	if (merged->log) {
		free(merged->result.log);
		merged->result.log = xstrdup(merged->log);
	}
	char *line = repeat->sink->judged(&repeat->cells[i], &merged->result, 0, repeat->sink->context);
	cell_result_free(&merged->result);
	return line;
}

static char *on_judged(const struct plan_cell *cell, struct cell_result *result, int cached, void *context)
{
	struct repeat *repeat = context;
	size_t i = (size_t)(cell - repeat->cells);
	if (cell->cell.load == LOAD_NONE)
		return repeat->sink->judged(cell, result, cached, repeat->sink->context);
	merge(repeat, i, result);
	return repeat->last ? hand_out(repeat, i) : NULL;
}

static void on_begun(size_t cells, size_t to_do, void *context)
{
	const struct repeat *repeat = context;
	if (repeat->sink->begun)
		repeat->sink->begun(cells, to_do, repeat->sink->context);
}

/* What runs, first in the array: how many, so that a pass is over the front of it. */
static size_t running_first(struct plan_cell *cells, size_t count)
{
	size_t front = 0;
	for (size_t i = 0; i < count; i++) {
		if (cells[i].cell.load == LOAD_NONE)
			continue;
		struct plan_cell cell = cells[i];
		memmove(&cells[front + 1], &cells[front], (i - front) * sizeof(*cells));
		cells[front++] = cell;
	}
	return front;
}

/* The cell's result is not to be taken from the cache. */
static void forget(const struct setup *setup, const struct plan_cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *dir = plan_result_dir(setup, &cells[i]);
		remove_tree(dir);
		free(dir);
	}
}

int run_repeated(const struct setup *setup, const struct plan_cell *cells, size_t count,
    const struct run_options *options, int times, const struct run_sink *sink)
{
	struct plan_cell *ordered = xcalloc(count + 1, sizeof(*ordered));
	if (count)
		memcpy(ordered, cells, count * sizeof(*cells));
	struct repeat repeat = {
		.setup = setup, .cells = ordered, .sink = sink, .merged = xcalloc(count + 1, sizeof(*repeat.merged))
	};
	struct run_sink merging = { .begun = on_begun, .judged = on_judged, .context = &repeat };
	struct run_options how = *options;
	size_t running = running_first(ordered, count);
	int error = 0;
	for (int pass = 0; pass < times && !error; pass++) {
		repeat.last = pass == times - 1;
		forget(setup, ordered, running);
		error = run_plan(setup, ordered, pass ? running : count, &how, &merging);
		how.force = 0; /* builds once */
		merging.begun = NULL;
	}
	for (size_t i = 0; i < count; i++) {
		struct merged *merged = &repeat.merged[i];
		if (merged->log)
			unlink(merged->log);
		free(merged->log);
		free(merged->tally);
		cell_result_free(&merged->result);
	}
	free(repeat.merged);
	free(ordered);
	return error;
}
