/* plan.h - what a run is going to do, written down before anything runs.
 *
 * A plan is the cells that a filter selects, the checks planned in each, and for each the names of
 * its build and of its result: hashes of everything that decides them.  A result with that name in
 * the cache is the result; nothing needs to run.
 *
 * out/plan.json:
 *
 * {"schema":1,"plan":HASH,"keys":HASH,"full":BOOL,"forbidden":TEXT,"started","tool","go","host",
 *  "filter":TEXT, "targets":FILE of --targets or null, "microsecond":N of started, "repeat":N,
 *  "forget":true when it is not kept for the history (left out when it is),
 *  "ports":{GO:[LINE]} of each release (matrix/port.h), which its cells are judged by,
 *  "cells":[{"id","build","key","checks":[ID]}]} */
#ifndef TLSMATRIX_RUNNER_SCHEDULE_PLAN_H
#define TLSMATRIX_RUNNER_SCHEDULE_PLAN_H

#include "matrix/check.h"
#include "matrix/filter.h"
#include "matrix/port.h"
#include "runner/build/build.h"
#include "runner/trial/violation.h"

struct target;

struct plan_cell {
	struct cell cell;
	const struct check **checks;
	size_t count;
	struct target *target;      /* NULL where nothing runs */
	struct violation violation; /* what is done wrong on purpose; none in a run */
	int no_pulse;               /* its programs run without the pulse (runner/trial/pulse.h) */
	struct build build;
	char key[HASH_HEX]; /* of the result */
};

struct plan {
	struct ports *ports; /* of each release of the setup; the cells point into them */
	size_t release_count;
	struct plan_cell *cells;
	size_t count, checks;
	int repeat;            /* how often each cell is run; 0 is once */
	int forget;            /* it is not kept for the history */
	const char *filter;    /* its text, as the plan was made with it; the caller's */
	const char *forbidden; /* classes of --forbid-skip, "" for none */
	int full;              /* it takes everything that there is */
	char hash[HASH_HEX];   /* of what is planned: ids of cells and checks */
	char keys[HASH_HEX];   /* of all result keys: of everything that decides the results */
};

/* All cells that the filter selects, without the names of builds and results.  0; with a line in diag -ENOENT when it
 * selects nothing, -errno when a release cannot be asked for its ports.  Free with plan_free. */
int plan_make(const struct setup *setup, const struct filter *filter, const char *filter_text, struct plan *plan,
    struct diag *diag);
void plan_free(struct plan *plan);

/* Leaves those cells in the plan for which keep[i] is not 0, in their order: the plan is another then, and not full. */
void plan_keep(struct plan *plan, const char *keep);

/* Names one cell's build and result, which nothing else in plan must have been. */
void plan_cell_name(const struct setup *setup, struct plan_cell *cell);

/* Makes it a cell of a port's small program (cases/port) that is built and inspected, whichever cell of the port it is,
 * and names it: for who runs the program itself. */
void plan_cell_name_bare(const struct setup *setup, struct plan_cell *cell);

/* Names builds and results: for what is to be built or looked up.  Needs setup_keys, and looks at the targets:
 * fetch what they want first. */
void plan_name(const struct setup *setup, struct plan *plan);

/* Every cell that there is of a release, before any filter: the host matrix, the ports, the targets.  Free with
 * cells_free. */
struct cells;
int plan_cells(const struct setup *setup, const struct release *release, const struct ports *ports, struct cells *cells,
    struct diag *diag);

/* The filter of the host matrix, in out: what `run` takes without a FILTER. */
const char *plan_host_filter(const struct setup *setup, char out[80]);

/* "linux/amd64, Linux 6.18 x86_64, glibc 2.36, cc 12.2.0, ...": the host in a line, malloc'ed. */
char *plan_host(const struct setup *setup);

/* Writes PATH.  0 or -errno. */
int plan_write(const struct setup *setup, const struct plan *plan, const char *path);

/* The folder of a cell's cached result: result.json and run.log; malloc'ed. */
char *plan_result_dir(const struct setup *setup, const struct plan_cell *cell);

#endif
