#include "runner/schedule/run_plan.h"

#include "matrix/base/buf.h"
#include "runner/schedule/tasks.h"
#include "runner/setup/entry.h"
#include "runner/setup/files.h"
#include "runner/target/target.h"
#include "runner/trial/judge.h"

#include <stdlib.h>

/* One run: its cells, and which task runs which. */
struct campaign {
	const struct setup *setup;
	const struct plan_cell *cells;
	size_t count, cached;
	const struct run_options *options;
	const struct run_sink *sink;
	struct task_list tasks;
	size_t *cell_of; /* task index -> cell + 1; 0 for other tasks */
};

static char *hand_out(
    const struct campaign *campaign, const struct plan_cell *cell, struct cell_result *result, int cached)
{
	char *line = campaign->sink->judged(cell, result, cached, campaign->sink->context);
	cell_result_free(result);
	return line;
}

/* A cell that could not be judged. */
static void infra_result(const struct plan_cell *cell, const char *line, struct cell_result *result)
{
	*result = (struct cell_result){ .cell = cell->cell, .check_count = cell->count, .build_status = STATUS_INFRA };
	result->checks = xcalloc(cell->count + 1, sizeof(*result->checks));
	for (size_t i = 0; i < cell->count; i++) {
		result->checks[i].id = xstrdup(cell->checks[i]->id);
		result->checks[i].status = STATUS_INFRA;
		result->checks[i].message = xstrdup(line);
	}
	judge_result(result);
}

void run_plan_used(const struct setup *setup, const struct plan_cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *dir = plan_result_dir(setup, &cells[i]), *record = xprintf("%s/result.json", dir);
		file_used(record);
		entry_used(cells[i].build.dir);
		entry_used(cells[i].build.src);
		free(record);
		free(dir);
	}
}

static void make_tasks(struct campaign *campaign)
{
	size_t room = 0;
	for (size_t i = 0; i < campaign->count; i++) {
		const struct plan_cell *cell = &campaign->cells[i];
		struct cell_result result;
		if (!campaign->options->force && result_load(campaign->setup, cell, 0, &result)) {
			free(hand_out(campaign, cell, &result, 1));
			campaign->cached++;
			continue;
		}
		size_t build = cell->target && (cell->target->missing || cell->target->broken) ?
		    TASK_NONE :
		    task_add_build(&campaign->tasks, &cell->build);
		size_t index = task_add_cell(&campaign->tasks, cell, build);
		if (index >= room) {
			size_t more = 2 * index + 64;
			campaign->cell_of = xrealloc(campaign->cell_of, more * sizeof(*campaign->cell_of));
			for (; room < more; room++)
				campaign->cell_of[room] = 0;
		}
		campaign->cell_of[index] = i + 1;
	}
}

static char *on_judged(size_t index, void *context)
{
	const struct campaign *campaign = context;
	const struct task *task = &campaign->tasks.task[index];
	const struct plan_cell *cell = &campaign->cells[campaign->cell_of[index] - 1];
	/* A build that could not be judged says why; its cells only say that it is not there. */
	size_t build = task->after[0];
	const char *line = build != TASK_NONE && campaign->tasks.task[build].error ?
	    campaign->tasks.task[build].diag.line :
	    task->diag.line;
	struct cell_result result;
	if (task->error || !result_load(campaign->setup, cell, 1, &result))
		infra_result(cell,
		    task->error ? line : "the result is not where the task left it: is the cache being removed?",
		    &result);
	return hand_out(campaign, cell, &result, 0);
}

int run_plan(const struct setup *setup, const struct plan_cell *cells, size_t count, const struct run_options *options,
    const struct run_sink *sink)
{
	struct campaign campaign = { .setup = setup, .cells = cells, .count = count, .options = options, .sink = sink };
	task_list_init(&campaign.tasks, setup);
	campaign.tasks.force = options->force;
	campaign.tasks.silent = options->silent;
	run_plan_used(setup, cells, count);
	make_tasks(&campaign);
	if (sink->begun)
		sink->begun(count, count - campaign.cached, sink->context);
	int error = task_list_run(&campaign.tasks, options->jobs, count, campaign.cached, on_judged, &campaign);
	task_list_free(&campaign.tasks);
	free(campaign.cell_of);
	return error;
}
