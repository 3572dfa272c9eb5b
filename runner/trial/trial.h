/* trial.h - the run part of one cell: inspect, run, watch, judge.
 *
 * All LIVE and HOST checks of a cell run in one process, in the order of checks.def; when it dies
 * in check k it is started again with the checks after k, so that one crash costs one check.  Each
 * ALONE check has a process of its own, of which a few run at once (setup.h); all TRACE checks share one process under
 * tlstrace.
 *
 * A check that was planned and did not report is a miss.  A batch that ran out of time says nothing
 * about the check it was cut in: that one runs again by itself with a limit of its own.
 *
 * A check that hung in a cell without the pulse (pulse.h) is run again before it is judged.
 *
 * A target that does not do its part (launch.h) ends the cell: what it did not judge by then is infra. */
#ifndef TLSMATRIX_RUNNER_TRIAL_TRIAL_H
#define TLSMATRIX_RUNNER_TRIAL_TRIAL_H

#include "matrix/base/buf.h"
#include "matrix/check.h"
#include "matrix/result.h"
#include "runner/setup/setup.h"
#include "runner/target/target.h"
#include "runner/trial/violation.h"

struct trial {
	const struct setup *setup;
	struct cell cell;
	const struct target *target; /* NULL: this machine itself, or nothing runs */
	const json_t *target_facts;  /* what its check found out (target_check.h "facts"); NULL: nothing */
	const json_t *build;         /* of the cell's build: build.json and what follows from it (told.h) */
	const char *build_dir;
	const struct check *const *checks; /* to judge, in order */
	size_t count;
	int no_pulse;               /* its programs run without the pulse (pulse.h) */
	struct violation violation; /* what is done wrong on purpose */
	const char *mutated;        /* the module that a MUTATE violation was done to; NULL: the build's own */
	const json_t *facts;        /* of that one; NULL: the build's */
};

/* Runs and judges.  Fills *result (cell_result_free) with one check_result per check, verdicts
 * included; what the programs printed is appended to log.  0 or -errno with a line in diag when
 * nothing could be judged. */
int trial_run(const struct trial *trial, struct cell_result *result, struct buf *log, struct diag *diag);

/* tlstrace's workload: the LIVE check that makes threads; with a TRACE check of forked processes also the one that
 * forks them. */
#define TRIAL_WORKLOAD "tls.slot-distinct"
#define TRIAL_FORKS "thread.fork-exec"

#endif
