/* quick.h - the cells of a plan that `run --quick` takes: few, and nothing that the plan checks is left unchecked.
 *
 * Chosen cells together make, of each Go release, target and GOOS/GOARCH of the plan on its own:
 *
 *   - every check that any cell of it plans, and
 *   - every way to load that any cell of it takes: a buildmode with CGO_ENABLED and a load mode, a row of the grid.
 *
 * What passes on one loader, release or port says nothing of another.  The ways are there because checks alone do not
 * ask for them: all of a plugin's are a library's, too, and a loader can be wrong in LD_PRELOAD only.  Linkers and
 * variants of a port (GOARM=5) are not told apart, beyond what checks ask for them; a filter does that.
 *
 * The least number of cells is set cover, which nobody computes quickly.  This is the greedy choice: the cell with most
 * that is not made yet, of those the one with the fewest checks, since each takes its time, of those the first of the
 * plan; and of the chosen, from the last of the plan on, those are put back whose all the others make.  It goes by the
 * plan alone, neither by what is in the cache nor by how long anything took: the same plan, the same choice, on every
 * machine, so that baselines of quick runs are of one plan. */
#ifndef TLSMATRIX_RUNNER_SCHEDULE_QUICK_H
#define TLSMATRIX_RUNNER_SCHEDULE_QUICK_H

#include "runner/schedule/plan.h"

#include <stdio.h>

/* chosen[i] becomes 1 for the cells that are chosen, 0 for the others; it has room for count.  Pure: asks nothing of a
 * cell but its axes and its checks. */
void quick_choose(const struct plan_cell *cells, size_t count, char *chosen);

/* Leaves the chosen cells in a plan that is not named yet (plan_name), and says so in a line:
 * "quick: 17 of 108 cells make all checks (78) and take all ways to load (16)". */
void quick_plan(struct plan *plan, FILE *told);

#endif
