/* repeat.h - every cell several times, and what is not the same each time. */
#ifndef TLSMATRIX_RUNNER_SCHEDULE_REPEAT_H
#define TLSMATRIX_RUNNER_SCHEDULE_REPEAT_H

#include "runner/schedule/run_plan.h"

/* As run_plan, but what runs is run so many times (2 or more), one pass over the cells after the other, never from the
 * cache; builds are made once.  A cell is handed out in the last pass, with the worst that each check came to, the log
 * of the first pass that was worse than those before (result->log, an absolute path that is gone when the sink has
 * returned), and in check_result.rate how often it came to what, when that was not always the same.  What could not be
 * judged in one pass (infra) does not count there. */
int run_repeated(const struct setup *setup, const struct plan_cell *cells, size_t count,
    const struct run_options *options, int times, const struct run_sink *sink);

#endif
