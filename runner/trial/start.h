/* start.h - how the programs of a cell are started: their words, environment and limits, and what the log has of them.
 *
 * A process is begun and ended in two steps, between which others of the same cell may run.  What it printed and how it
 * ended is appended to the log of the cell when it ends, so that the log has one process after the other. */
#ifndef TLSMATRIX_RUNNER_TRIAL_START_H
#define TLSMATRIX_RUNNER_TRIAL_START_H

#include "matrix/base/diag.h"
#include "runner/process/env.h"
#include "runner/process/script.h"
#include "runner/target/launch.h"
#include "runner/trial/trial.h"

/* Limits, in ms, for a machine that is busy; --timeout-scale multiplies them.  A batch gets more than any check, since
 * it is not what is judged.  FIRST_MS is for the first sign of life.  BENT_MS is for a program that a control bends,
 * and that may hang then: what the tracer saw of it by that time counts. */
enum { FIRST_MS = 30000, BATCH_MS = 180000, CHECK_MS = 120000, TRACE_MS = 180000, BENT_MS = 20000 };

/* A trial that runs. */
struct run {
	const struct trial *trial;
	struct cell_result *result;
	struct buf *log;
	struct env env;
	const json_t *load; /* runs[LOAD] of build.json */
	const json_t *facts;
	const char *module;
	struct diag infra; /* what the target did not do */
	char *hopeless;    /* why nothing more is started; NULL: it is */
};

/* Fills run->env, once, before anything else here. */
void start_env(struct run *run);

/* A limit with the patience that the machine and the target ask for; of a whole process, which has more to do the more
 * stress was asked for. */
double start_scaled(const struct run *run, int limit_ms);
double start_limit(const struct run *run, int limit_ms);

/* The words of the program that has the check (NULL: that of the cell); the checks are still to come. */
void start_program(const struct run *run, const struct check *check, struct argv *argv);

/* The tracer with what it is to do wrong; its checks and "--" are still to come.  timeout_ms 0: its own. */
void start_tracer(const struct run *run, int timeout_ms, struct argv *argv);

/* Notes in the check's result how a person starts it alone, with these words. */
void start_repro(struct run *run, const struct check *check, const char *words);

/* One process; argv and prefix are the caller's and outlive it. */
struct started {
	struct launch launch;
	struct launched launched;
	struct buf log;
};

/* Starts argv on the target, with the words of prefix (NULL: none) in front on this machine.  0, or -errno, which
 * run->infra and the log tell: then nothing is to be ended. */
int start_begin(
    struct run *run, const char *const *prefix, const struct argv *argv, int limit_ms, struct started *started);

/* Waits for its end.  0 and *child, or as start_begin. */
int start_end(struct run *run, struct started *started, struct child_result *child);

/* The check's result in run->result. */
struct check_result *start_result(struct run *run, const struct check *check);

#endif
