/* run_plan.h - builds and runs the cells of a plan and hands out each one's result, judged.
 *
 * What is in the cache is handed out at once; the rest becomes tasks (tasks.h).  A cell that could not be judged has
 * the status infra in every check, with the line that says why.  run, selfcheck, and whoever else tries cells, call
 * this. */
#ifndef TLSMATRIX_RUNNER_SCHEDULE_RUN_PLAN_H
#define TLSMATRIX_RUNNER_SCHEDULE_RUN_PLAN_H

#include "matrix/result.h"
#include "runner/schedule/plan.h"

struct run_options {
	int jobs;   /* at once; 0: as many as there are cores */
	int force;  /* build and run what is there, too */
	int silent; /* what cannot be made (C programs, a target's check) is told by the results alone */
};

struct run_sink {
	/* What the cache holds has been handed out, and the rest is begun: of how many cells, how many are still to do.
	 * May be NULL. */
	void (*begun)(size_t cells, size_t to_do, void *context);
	/* A cell's result, which the sink may take over (by a copy; it then empties *result); cached: it was in the
	 * cache. A line to print above the progress, malloc'ed, or NULL. */
	char *(*judged)(const struct plan_cell *cell, struct cell_result *result, int cached, void *context);
	void *context;
};

/* The cells are named (plan_cell_name).  0; -EINTR when SIGINT or SIGTERM came; -errno when no process could be made.
 * Cells that were not come to are not handed out. */
int run_plan(const struct setup *setup, const struct plan_cell *cells, size_t count, const struct run_options *options,
    const struct run_sink *sink);

/* Says that what the cache holds of these cells is in use (files.h file_used), as run_plan does: for who has their
 * results already and starts nothing. */
void run_plan_used(const struct setup *setup, const struct plan_cell *cells, size_t count);

#endif
