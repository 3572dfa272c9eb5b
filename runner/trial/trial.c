#include "runner/trial/trial.h"

#include "harness/record.h"
#include "matrix/needs.h"
#include "runner/build/build.h"
#include "runner/trial/batch.h"
#include "runner/trial/death.h"
#include "runner/trial/judge.h"
#include "runner/trial/pulse.h"
#include "runner/trial/start.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a process said ---------------------------------------------------------------------------- */

static void take_record(struct check_result *result, const struct record *record)
{
	if (record->kind == RECORD_SKIP)
		judge_skip(result, record->text, record->note);
	else
		judge_observed(result, record->text, record->note);
}

/* ---- LIVE and HOST: one process for as many as possible ------------------------------------------------ */

/* A process that is asked for checks, what became of it, and what it said of them. */
struct batch {
	const struct check *const *asked;
	size_t count, settled;
	struct argv argv;
	struct started started;
	struct child_result child;
	struct records records;
	struct batch_check *said;
	char *message; /* how it ended */
};

/* What begins is ended by batch_end, and stays where it is till then. */
static int batch_begin(
    struct run *run, const struct check *const *asked, size_t count, int limit_ms, struct batch *batch)
{
	*batch = (struct batch){ .asked = asked, .count = count };
	start_program(run, asked[0], &batch->argv);
	for (size_t i = 0; i < count; i++)
		argv_add(&batch->argv, "%s", asked[i]->id);
	int error = start_begin(run, NULL, &batch->argv, limit_ms, &batch->started);
	if (error)
		argv_free(&batch->argv);
	return error;
}

/* Afterwards batch_free is due, unless there was an error. */
static int batch_end(struct run *run, struct batch *batch)
{
	const struct check *const *asked = batch->asked;
	size_t count = batch->count;
	int error = start_end(run, &batch->started, &batch->child);
	argv_free(&batch->argv);
	if (error)
		return error;
	records_read(batch->child.out.data, batch->child.out.len, &batch->records);
	batch->said = xcalloc(count, sizeof(*batch->said));
	batch_read(asked, count, &batch->records, batch->said);
	batch->settled = batch_settled(batch->said, count);
	batch->message = death_message(&batch->child, &batch->records);
	return 0;
}

static void batch_free(struct batch *batch)
{
	free(batch->message);
	free(batch->said);
	records_free(&batch->records);
	child_result_free(&batch->child);
}

/* Did the process end of itself, as one that has come to its end? */
static int batch_left(const struct batch *batch)
{
	return (batch->child.how == CHILD_EXITED || batch->child.how == CHILD_LEAK) && batch->child.status == 0;
}

/* Nothing of it can be judged: every further start would go the same way. */
static void judge_all(struct run *run, const struct batch *batch)
{
	size_t garbled = batch->records.garbled;
	char *told = garbled ? xprintf(RESULT_WHOLE_CELL "all %zu records garbled; %s", garbled, batch->message) :
			       xprintf(RESULT_WHOLE_CELL "ended before its first check: %s", batch->message);
	for (size_t i = 0; i < batch->count; i++)
		judge_status(
		    start_result(run, batch->asked[i]), garbled ? STATUS_MISS : death_status(&batch->child), told);
	if (batch->child.how == CHILD_TIMEOUT && !run->hopeless)
		run->hopeless = xstrdup(told);
	free(told);
}

/* The check in which a process ended that did not come to its end: the one that was open, else the one before, after
 * whose report it went wrong; what that one reported is no pass. */
static size_t batch_culprit(const struct batch *batch)
{
	size_t open = batch->settled;
	return batch->said[open].state == BATCH_OPEN || !open || batch_left(batch) ? open : open - 1;
}

/* Takes what is settled. */
static void judge_settled(struct run *run, const struct batch *batch)
{
	for (size_t i = 0; i < batch->settled; i++) {
		struct check_result *result = start_result(run, batch->asked[i]);
		char *why = xprintf("%s; %s", batch->said[i].why, batch->message);
		if (batch->said[i].state == BATCH_SAID)
			take_record(result, batch->said[i].record);
		else
			judge_status(result, STATUS_MISS, why);
		free(why);
	}
}

/* All reported; but a program that then dies or leaves somebody behind did not end well. */
static void judge_end(struct run *run, const struct batch *batch)
{
	const struct child_result *child = &batch->child;
	if ((batch->records.ended && child->how == CHILD_EXITED && child->status == 0) ||
	    batch->said[batch->count - 1].state == BATCH_SPOILED)
		return;
	judge_status(start_result(run, batch->asked[batch->count - 1]),
	    child->how == CHILD_LEAK ? STATUS_LEAK : death_status(child),
	    child->how == CHILD_LEAK ? child->left : batch->message);
}

/* Is the check one that the pulse would have helped?  In those of hosts no timer of Go's ticks in any cell. */
static int lacks_pulse(const struct run *run, const struct check *check)
{
	return run->trial->no_pulse && check->pass == PASS_LIVE;
}

static size_t run_batch(struct run *run, const struct check *const *asked, size_t count, int limit_ms, int *error);

/* Returns how many of the checks are judged afterwards: at least one. */
static size_t judge_batch(struct run *run, const struct batch *batch, int *error)
{
	const struct check *const *asked = batch->asked;
	size_t count = batch->count;
	if (!batch->records.count) {
		judge_all(run, batch);
		return count;
	}
	judge_settled(run, batch);
	if (batch->settled == count) {
		judge_end(run, batch);
		return count;
	}
	size_t culprit = batch_culprit(batch);
	if (batch->child.how == CHILD_TIMEOUT && count > 1 && !lacks_pulse(run, asked[culprit]))
		run_batch(run, asked + culprit, 1, CHECK_MS, error);
	else if (batch->said[culprit].state != BATCH_SPOILED)
		judge_status(start_result(run, asked[culprit]), death_status(&batch->child), batch->message);
	return culprit + 1;
}

/* Runs asked[0..count) in one process; returns how many of them are judged afterwards: at least one,
 * or 0 with an error when nothing could be started. */
static size_t run_batch(struct run *run, const struct check *const *asked, size_t count, int limit_ms, int *error)
{
	struct batch batch;
	*error = batch_begin(run, asked, count, limit_ms, &batch);
	*error = *error ? *error : batch_end(run, &batch);
	if (*error)
		return 0;
	size_t done = judge_batch(run, &batch, error);
	batch_free(&batch);
	return done;
}

/* Is nothing more to be started in this cell?  Then the rest is told so. */
static int is_over(struct run *run)
{
	double spent = run->result->seconds * 1000;
	if (!run->hopeless && spent > start_limit(run, run->trial->setup->cell_ms))
		run->hopeless = xprintf(RESULT_WHOLE_CELL "its time is up: %.0f s for all its starts", spent / 1000);
	return run->hopeless != NULL;
}

static void judge_rest(struct run *run, const struct check *const *asked, size_t count)
{
	for (size_t i = 0; i < count; i++)
		judge_status(start_result(run, asked[i]), STATUS_TIMEOUT, run->hopeless);
}

/* Not skipped for what the target lacks. */
static int is_asked(const struct run *run, size_t i) { return run->result->checks[i].status != STATUS_SKIP; }

/* What hung without the pulse, again: the first time that it does not pass is the last. */
static int retry_stalled(struct run *run, const struct check *const *asked, size_t count)
{
	int error = 0;
	for (size_t i = 0; i < count && !error; i++) {
		struct check_result *result = start_result(run, asked[i]);
		int left = lacks_pulse(run, asked[i]) && pulse_is_stalled(result) ? PULSE_RETRIES : 0;
		if (!left)
			continue;
		for (; left && !error && !is_over(run); left--) {
			run_batch(run, asked + i, 1, CHECK_MS, &error);
			if (result->status != STATUS_PASS || pulse_is_stalled(result))
				break;
		}
		if (left && result->status == STATUS_PASS && pulse_is_stalled(result))
			result->status = STATUS_TIMEOUT; /* what it has waited for in vain it did without */
		if (!left)
			pulse_tell(result);
	}
	return error;
}

/* The checks of these passes that are to be run; malloc'ed. */
static const struct check **asked_of(struct run *run, unsigned passes, size_t *count)
{
	const struct trial *trial = run->trial;
	const struct check **asked = xcalloc(trial->count + 1, sizeof(*asked));
	*count = 0;
	for (size_t i = 0; i < trial->count; i++)
		if (passes & 1u << trial->checks[i]->pass && is_asked(run, i)) {
			asked[(*count)++] = trial->checks[i];
			start_repro(run, trial->checks[i], trial->checks[i]->id);
		}
	return asked;
}

static int run_together(struct run *run)
{
	size_t count, done = 0;
	int error = 0;
	const struct check **asked = asked_of(run, 1u << PASS_LIVE | 1u << PASS_HOST, &count);
	while (!error && done < count && !is_over(run))
		done += run_batch(run, asked + done, count - done, BATCH_MS, &error);
	if (!error)
		error = retry_stalled(run, asked, done);
	if (!error)
		judge_rest(run, asked + done, count - done);
	free(asked);
	return error;
}

/* ---- ALONE: a process for each -------------------------------------------------------------------------- */

/* Most of them wait more than they compute: for signals, for what must hang, for another start.  So some run at the
 * same time; they disturb each other no more than those of other cells do. */
struct alone {
	struct run *run;
	struct batch place[SETUP_ALONE_MAX];
	struct child *child[SETUP_ALONE_MAX]; /* of the places that are taken; NULL: free, or over already */
	int taken[SETUP_ALONE_MAX];
};

/* A place whose process is over; -1: none is taken. */
static int alone_wait(const struct alone *alone)
{
	int any = 0, over = -1;
	for (int i = 0; i < SETUP_ALONE_MAX; i++) {
		if (alone->taken[i] && !alone->child[i])
			return i;
		any |= alone->taken[i];
	}
	while (any && (over = children_wait(alone->child, SETUP_ALONE_MAX, -1)) < 0)
		; /* a signal to the runner; each child has its own time limit */
	return over;
}

static int alone_begin(struct alone *alone, int at, const struct check *const *asked)
{
	int error = batch_begin(alone->run, asked, 1, CHECK_MS, &alone->place[at]);
	if (error)
		return error;
	alone->taken[at] = 1;
	alone->child[at] = alone->place[at].started.launched.child;
	return 0;
}

static int alone_end(struct alone *alone, int at)
{
	struct batch *batch = &alone->place[at];
	alone->taken[at] = 0;
	alone->child[at] = NULL;
	int error = batch_end(alone->run, batch);
	if (error)
		return error;
	judge_batch(alone->run, batch, &error);
	batch_free(batch);
	return error;
}

/* From the last on: the clauses of the contract, of which some wait for what does not come, stand there, and begun
 * first they are not what all wait for at the end. */
static int run_alone(struct run *run)
{
	struct alone alone = { .run = run };
	size_t count, begun = 0;
	int error = 0, over = -1;
	const struct check **asked = asked_of(run, 1u << PASS_ALONE, &count);
	do {
		if (over >= 0) {
			int failed = alone_end(&alone, over);
			error = error ? error : failed;
		}
		for (int i = 0; i < run->trial->setup->alone && !error && begun < count && !is_over(run); i++)
			if (!alone.taken[i])
				error = alone_begin(&alone, i, &asked[count - ++begun]);
	} while ((over = alone_wait(&alone)) >= 0);
	if (!error)
		judge_rest(run, asked, count - begun);
	free(asked);
	return error;
}

/* ---- TRACE ------------------------------------------------------------------------------------------------- */

static int run_trace(struct run *run)
{
	const struct trial *trial = run->trial;
	struct argv prefix = { NULL, 0 }, argv = { NULL, 0 };
	int limit_ms = trial->violation.kind == BEND ? BENT_MS : TRACE_MS;
	start_tracer(run, limit_ms, &prefix);
	int preload = trial->cell.load == LOAD_PRELOAD;
	if (preload)
		env_set(&run->env, "LD_PRELOAD", "%s", "");
	size_t count = 0;
	int forking = 0;
	for (size_t i = 0; i < trial->count; i++)
		if (trial->checks[i]->pass == PASS_TRACE && is_asked(run, i) && is_over(run)) {
			judge_rest(run, &trial->checks[i], 1);
		} else if (trial->checks[i]->pass == PASS_TRACE && is_asked(run, i)) {
			argv_add(&prefix, "%s", trial->checks[i]->id);
			int forks = strcmp(trial->checks[i]->id, "thread.fork-signals") == 0 ||
			    strcmp(trial->checks[i]->id, "thread.pidfd-probe") == 0;
			start_repro(run, trial->checks[i], forks ? TRIAL_FORKS : TRIAL_WORKLOAD);
			count++;
			forking |= forks;
		}
	argv_add(&prefix, "--");
	start_program(run, NULL, &argv);
	argv_add(&argv, TRIAL_WORKLOAD);
	if (forking)
		argv_add(&argv, TRIAL_FORKS);
	struct child_result child;
	struct started started;
	int error = 0;
	if (count)
		error = start_begin(run, (const char *const *)prefix.word, &argv, limit_ms + limit_ms / 4, &started);
	if (count && !error)
		error = start_end(run, &started, &child);
	argv_free(&argv);
	argv_free(&prefix);
	if (preload)
		env_set(&run->env, "LD_PRELOAD", "%s", run->module);
	if (error || !count)
		return error;
	struct records records;
	records_read(child.out.data, child.out.len, &records);
	char *message = death_message(&child, &records);
	for (size_t i = 0; i < trial->count; i++) {
		const struct record *record = records_find(&records, trial->checks[i]->id);
		if (trial->checks[i]->pass != PASS_TRACE || !is_asked(run, i))
			continue;
		if (record)
			take_record(&run->result->checks[i], record);
		else
			judge_status(&run->result->checks[i], death_status(&child), message);
	}
	free(message);
	records_free(&records);
	child_result_free(&child);
	return 0;
}

/* ---- FILE and BUILD ------------------------------------------------------------------------------------------ */

/* Reports know a missing target by these words. */
static void judge_target_missing(const struct target *target, struct check_result *result)
{
	char *reason = xprintf("target %s: %s", target->name, target->thing);
	judge_skip(result, target->missing, reason);
	free(reason);
}

static void judge_lacking(
    const struct target *target, const struct need *need, const char *why, struct check_result *result)
{
	char *reason = xprintf("target %s: %s%s%s", target->name, need->meaning, *why ? ": " : "", why);
	judge_skip(result, need->skip_class, reason);
	free(reason);
}

/* The same of a program whose dynamic loader the target has not; NULL when it has. */
static char *lacking_loader(const struct run *run)
{
	const struct trial *trial = run->trial;
	struct argv argv = { NULL, 0 };
	if (!trial->target || !run->load)
		return NULL;
	start_program(run, NULL, &argv);
	struct launch launch = { .setup = trial->setup, .target = trial->target, .argv = &argv, .env = &run->env };
	char *path = launch_lacks(&launch), *reason = NULL;
	if (path)
		reason = xprintf("target %s: %s is not there, which the program asks for (Debian's libc6-*-cross)",
		    trial->target->name, path);
	argv_free(&argv);
	free(path);
	return reason;
}

static void judge_still(struct run *run)
{
	const struct trial *trial = run->trial;
	char *lacking = lacking_loader(run);
	const json_t *missing = json_object_get(trial->build, "missing");
	for (size_t i = 0; i < trial->count; i++) {
		const struct check *check = trial->checks[i];
		const struct need *need;
		const char *why;
		judge_start(check, &trial->cell, &run->result->checks[i]);
		if (trial->target && trial->target->missing)
			judge_target_missing(trial->target, &run->result->checks[i]);
		else if (missing)
			judge_skip(&run->result->checks[i], json_string_value(json_object_get(missing, "class")),
			    json_string_value(json_object_get(missing, "thing")));
		else if (check->pass == PASS_REFUSAL || check->pass == PASS_BUILD)
			judge_build(check, &trial->cell, trial->build, &run->result->checks[i]);
		else if (!run->load)
			judge_status(&run->result->checks[i], STATUS_BROKEN,
			    json_string_value(json_object_get(trial->build, "message")));
		else if (check->pass == PASS_FILE)
			judge_file(check, run->facts, run->module, trial->mutated, &run->result->checks[i]);
		else if ((need = need_unmet(check, &trial->cell, trial->target_facts, &why)))
			judge_lacking(trial->target, need, why, &run->result->checks[i]);
		else if (lacking)
			judge_skip(&run->result->checks[i], "not-installed", lacking);
	}
	free(lacking);
}

/* The target did not do its part: what is not judged yet cannot be. */
static void judge_infra(struct run *run)
{
	for (size_t i = 0; i < run->trial->count; i++) {
		struct check_result *result = &run->result->checks[i];
		if (result->status == STATUS_MISS && !result->message)
			judge_status(result, STATUS_INFRA, run->infra.line);
	}
}

int trial_run(const struct trial *trial, struct cell_result *result, struct buf *log, struct diag *diag)
{
	memset(result, 0, sizeof(*result));
	result->cell = trial->cell;
	result->no_pulse = trial->no_pulse;
	result->check_count = trial->count;
	result->checks = xcalloc(trial->count + 1, sizeof(*result->checks));
	struct run run = { .trial = trial, .result = result, .log = log, .env = ENV_INIT };
	run.load = json_object_get(json_object_get(trial->build, "runs"), load_name(trial->cell.load));
	run.module = json_string_value(json_object_get(run.load, "module"));
	if (run.load)
		run.facts =
		    trial->facts ? trial->facts : json_object_get(json_object_get(trial->build, "facts"), run.module);
	judge_still(&run);
	int error = 0;
	if (run.load && trial->cell.load != LOAD_NONE) {
		start_env(&run);
		error = run_together(&run);
		error = error ? error : run_alone(&run);
		error = error ? error : run_trace(&run);
	}
	if (error && trial->target && trial->target->kind != TARGET_HOST) {
		judge_infra(&run);
		error = 0;
	}
	result->facts = json_incref((json_t *)(uintptr_t)run.facts);
	env_free(&run.env);
	free(run.hopeless);
	if (error)
		return diag_set(diag, -error, "%s", run.infra.line);
	result->build_seconds = json_real_value(json_object_get(trial->build, "seconds"));
	result->build_status = trial->target && trial->target->missing     ? STATUS_SKIP :
	    json_integer_value(json_object_get(trial->build, "exit")) == 0 ? STATUS_PASS :
									     STATUS_FAIL;
	result->build_command = xstrdup(json_string_value(json_object_get(trial->build, "command")) ?
		json_string_value(json_object_get(trial->build, "command")) :
		"");
	/* Where one command is all there is, that one says it. */
	json_t *commands = json_object_get(trial->build, "commands");
	result->build_commands = json_array_size(commands) > 1 ? json_incref(commands) : NULL;
	judge_result(result);
	return 0;
}
