#include "runner/trial/trial.h"

#include "harness/inspect.h"
#include "harness/record.h"
#include "matrix/base/diag.h"
#include "matrix/contract.h"
#include "matrix/needs.h"
#include "runner/build/build.h"
#include "runner/build/hosts.h"
#include "runner/process/script.h"
#include "runner/target/launch.h"
#include "runner/trial/batch.h"
#include "runner/trial/death.h"
#include "runner/trial/judge.h"
#include "runner/trial/pulse.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Limits, in ms, for a machine that is busy; --timeout-scale multiplies them.  A batch gets more than any check, since
 * it is not what is judged.  FIRST_MS is for the first sign of life. */
enum { FIRST_MS = 30000, BATCH_MS = 180000, CHECK_MS = 120000, TRACE_MS = 180000 };

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

/* ---- starting ------------------------------------------------------------------------------------ */

/* A check whose program is one of ours, which is told the file that the cell is about. */
static void add_host(const struct run *run, enum hosts hosts, const char *name, const char *option, struct argv *argv)
{
	char *dir = hosts_dir(run->trial->setup, &run->trial->cell, hosts, run->trial->violation.kind == SABOTAGE);
	argv_add(argv, "%s/%s", dir, name);
	if (option)
		argv_add(argv, "%s", option);
	argv_add(argv, "%s", run->module);
	free(dir);
}

static void add_program(const struct run *run, const struct check *check, struct argv *argv)
{
	if (check && strcmp(check->id, "init.go-loads-go") == 0) {
		add_host(run, HOSTS_GO, "gohost", NULL, argv);
		return;
	}
	if (check && contract_of_program(check->id)) {
		add_host(run, HOSTS_C, "host", "--program", argv);
		return;
	}
	size_t i;
	json_t *word;
	json_array_foreach(json_object_get(run->load, "program"), i, word)
	    argv_add(argv, "%s", json_string_value(word));
}

static void set_env(struct run *run)
{
	const struct trial *trial = run->trial;
	int control = trial->violation.kind == SABOTAGE;
	char *aux_c = hosts_dir(trial->setup, &trial->cell, HOSTS_C, control),
	     *aux_go = hosts_dir(trial->setup, &trial->cell, HOSTS_GO, control);
	char *home = xprintf("%s/home", trial->setup->places.cache);
	int program = trial->cell.mode == MODE_EXE || trial->cell.mode == MODE_PIE;
	const char *load = load_name(trial->cell.load);
	env_base(&run->env, home);
	struct buf slot = BUF_INIT;
	inspect_promise(run->facts, &slot);
	env_set(&run->env, "TLSMATRIX_SLOT", "%s", slot.data);
	buf_free(&slot);
	env_set(&run->env, "TLSMATRIX_MODULE", "%s",
	    program || strcmp(load, "archive") == 0 || strcmp(load, "archive-pie") == 0 ? "" : run->module);
	env_set(&run->env, "TLSMATRIX_NEIGHBOURS", "%s/libneighbours.so", aux_c);
	if (trial->cell.mode == MODE_C_SHARED)
		env_set(&run->env, "TLSMATRIX_SECOND", "%s/libsecond.so", aux_go);
	if (trial->cell.mode == MODE_SHARED) {
		char *dir = xstrdup(run->module);
		*strrchr(dir, '/') = '\0';
		env_set(&run->env, "LD_LIBRARY_PATH", "%s", dir);
		free(dir);
	} else if (!program) {
		env_set(&run->env, "LD_LIBRARY_PATH", "%s:%s", trial->build_dir, aux_c);
	}
	struct argv argv = { NULL, 0 };
	add_program(run, NULL, &argv);
	struct launch launch = { .setup = trial->setup, .target = trial->target, .argv = &argv, .env = &run->env };
	if (launch_front(&launch))
		env_set(&run->env, "TLSMATRIX_FRONT", "%zu", launch_front(&launch));
	argv_free(&argv);
	if (trial->cell.load == LOAD_PRELOAD)
		env_set(&run->env, "LD_PRELOAD", "%s", run->module);
	if (trial->no_pulse)
		env_set(&run->env, "TLSMATRIX_PULSE", "none");
	if (trial->violation.kind == SABOTAGE)
		env_set(&run->env, "TLSMATRIX_CONTROL", "%s", trial->violation.argument);
	free(home);
	free(aux_go);
	free(aux_c);
}

/* With the patience that the machine and the target ask for. */
static double scaled(const struct run *run, int limit_ms)
{
	return limit_ms * run->trial->setup->timeout_scale * (run->trial->target ? run->trial->target->scale : 1.0);
}

/* Starts argv on the target, with the words of prefix (NULL: none) in front on this machine. */
static int start(
    struct run *run, const char *const *prefix, const struct argv *argv, int limit_ms, struct child_result *child)
{
	int cell_ms = run->trial->setup->cell_ms;
	struct launch launch = {
		.setup = run->trial->setup,
		.target = run->trial->target,
		.argv = argv,
		.env = &run->env,
		.prefix = prefix,
		.timeout_ms = (int)scaled(run, limit_ms < cell_ms ? limit_ms : cell_ms),
		.first_ms = prefix ? 0 : (int)scaled(run, FIRST_MS), /* the tracer reports at the end */
		.output_limit = 1 << 20,
	};
	buf_add(run->log, "$ ");
	launch_shell(&launch, run->log);
	buf_add(run->log, "\n");
	int error = launch_run(&launch, child, &run->infra);
	if (error) {
		buf_printf(run->log, "# %s\n", run->infra.line);
		return error;
	}
	const struct disturbance *by = death_disturbance(child);
	if (by && by->again && !run->result->again)
		run->result->again = xstrdup(by->name);
	run->result->seconds += child->seconds;
	buf_add_bytes(run->log, child->out.data, child->out.len);
	buf_add_bytes(run->log, child->err.data, child->err.len);
	buf_add(run->log, "\n# ");
	child_describe(child, run->log);
	buf_printf(run->log, ", %.2f s\n", child->seconds);
	return 0;
}

/* ---- what a process said ---------------------------------------------------------------------------- */

static struct check_result *result_of(struct run *run, const struct check *check)
{
	for (size_t i = 0; i < run->trial->count; i++)
		if (run->trial->checks[i] == check)
			return &run->result->checks[i];
	return NULL;
}

static void take_record(struct check_result *result, const struct record *record)
{
	if (record->kind == RECORD_SKIP)
		judge_skip(result, record->text, record->note);
	else
		judge_observed(result, record->text, record->note);
}

/* The tracer with what it is to do wrong; its checks and "--" are still to come. */
static void add_tracer(const struct run *run, int timeout_ms, struct argv *argv)
{
	const struct trial *trial = run->trial;
	const char *const options[] = { "--module", run->module, trial->violation.kind == BEND ? "--bend" : NULL,
		trial->violation.argument, trial->cell.load == LOAD_PRELOAD ? "--preload" : NULL, run->module };
	argv_add(argv, "%s/tlstrace", trial->setup->places.bin);
	if (timeout_ms) {
		argv_add(argv, "--timeout");
		argv_add(argv, "%d", (int)(scaled(run, timeout_ms) / 1000));
	}
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i += 2)
		if (options[i]) {
			argv_add(argv, "%s", options[i]);
			argv_add(argv, "%s", options[i + 1]);
		}
}

static void set_repro(struct run *run, const struct check *check, const char *words)
{
	struct check_result *result = result_of(run, check);
	struct buf line = BUF_INIT;
	struct argv argv = { NULL, 0 }, prefix = { NULL, 0 };
	if (check->pass == PASS_TRACE) {
		add_tracer(run, 0, &prefix);
		argv_add(&prefix, "%s", check->id);
		argv_add(&prefix, "--");
	}
	add_program(run, check, &argv);
	argv_add(&argv, "%s", words);
	struct launch launch = {
		.setup = run->trial->setup,
		.target = run->trial->target,
		.argv = &argv,
		.env = &run->env,
		.prefix = (const char *const *)prefix.word,
	};
	launch_shell(&launch, &line);
	argv_free(&argv);
	argv_free(&prefix);
	free(result->repro);
	result->repro = buf_take(&line);
}

/* ---- LIVE and HOST: one process for as many as possible ------------------------------------------------ */

/* What became of a process, and what it said of its checks. */
struct batch {
	const struct check *const *asked;
	size_t count, settled;
	struct child_result child;
	struct records records;
	struct batch_check *said;
	char *message; /* how it ended */
};

static int batch_start(
    struct run *run, const struct check *const *asked, size_t count, int limit_ms, struct batch *batch)
{
	struct argv argv = { NULL, 0 };
	*batch = (struct batch){ .asked = asked, .count = count };
	add_program(run, asked[0], &argv);
	for (size_t i = 0; i < count; i++)
		argv_add(&argv, "%s", asked[i]->id);
	int error = start(run, NULL, &argv, limit_ms, &batch->child);
	argv_free(&argv);
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
		    result_of(run, batch->asked[i]), garbled ? STATUS_MISS : death_status(&batch->child), told);
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
		struct check_result *result = result_of(run, batch->asked[i]);
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
	judge_status(result_of(run, batch->asked[batch->count - 1]),
	    child->how == CHILD_LEAK ? STATUS_LEAK : death_status(child),
	    child->how == CHILD_LEAK ? child->left : batch->message);
}

/* Is the check one that the pulse would have helped?  In those of hosts no timer of Go's ticks in any cell. */
static int lacks_pulse(const struct run *run, const struct check *check)
{
	return run->trial->no_pulse && check->pass == PASS_LIVE;
}

/* Runs asked[0..count) in one process; returns how many of them are judged afterwards: at least one,
 * or 0 with an error when nothing could be started. */
static size_t run_batch(struct run *run, const struct check *const *asked, size_t count, int limit_ms, int *error)
{
	struct batch batch;
	*error = batch_start(run, asked, count, limit_ms, &batch);
	if (*error)
		return 0;
	size_t done = count;
	if (!batch.records.count) {
		judge_all(run, &batch);
	} else {
		judge_settled(run, &batch);
		if (batch.settled == count) {
			judge_end(run, &batch);
		} else {
			size_t culprit = batch_culprit(&batch);
			done = culprit + 1;
			if (batch.child.how == CHILD_TIMEOUT && count > 1 && !lacks_pulse(run, asked[culprit]))
				run_batch(run, asked + culprit, 1, CHECK_MS, error);
			else if (batch.said[culprit].state != BATCH_SPOILED)
				judge_status(result_of(run, asked[culprit]), death_status(&batch.child), batch.message);
		}
	}
	batch_free(&batch);
	return done;
}

/* Is nothing more to be started in this cell?  Then the rest is told so. */
static int is_over(struct run *run)
{
	double spent = run->result->seconds * 1000;
	if (!run->hopeless && spent > scaled(run, run->trial->setup->cell_ms))
		run->hopeless = xprintf(RESULT_WHOLE_CELL "its time is up: %.0f s for all its starts", spent / 1000);
	return run->hopeless != NULL;
}

static void judge_rest(struct run *run, const struct check *const *asked, size_t count)
{
	for (size_t i = 0; i < count; i++)
		judge_status(result_of(run, asked[i]), STATUS_TIMEOUT, run->hopeless);
}

/* Not skipped for what the target lacks. */
static int is_asked(const struct run *run, size_t i) { return run->result->checks[i].status != STATUS_SKIP; }

/* What hung without the pulse, again: the first time that it does not pass is the last. */
static int retry_stalled(struct run *run, const struct check *const *asked, size_t count)
{
	int error = 0;
	for (size_t i = 0; i < count && !error; i++) {
		struct check_result *result = result_of(run, asked[i]);
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

static int run_pass(struct run *run, unsigned passes, int alone)
{
	const struct trial *trial = run->trial;
	const struct check **batch = xcalloc(trial->count + 1, sizeof(*batch));
	size_t count = 0;
	int error = 0;
	for (size_t i = 0; i < trial->count; i++)
		if (passes & 1u << trial->checks[i]->pass && is_asked(run, i)) {
			batch[count++] = trial->checks[i];
			set_repro(run, trial->checks[i], trial->checks[i]->id);
		}
	size_t done = 0;
	while (!error && done < count && !is_over(run))
		done += run_batch(run, batch + done, alone ? 1 : count - done, alone ? CHECK_MS : BATCH_MS, &error);
	if (!error)
		error = retry_stalled(run, batch, done);
	if (!error)
		judge_rest(run, batch + done, count - done);
	free(batch);
	return error;
}

/* ---- TRACE ------------------------------------------------------------------------------------------------- */

static int run_trace(struct run *run)
{
	const struct trial *trial = run->trial;
	struct argv prefix = { NULL, 0 }, argv = { NULL, 0 };
	add_tracer(run, TRACE_MS, &prefix);
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
			set_repro(run, trial->checks[i], forks ? TRIAL_FORKS : TRIAL_WORKLOAD);
			count++;
			forking |= forks;
		}
	argv_add(&prefix, "--");
	add_program(run, NULL, &argv);
	argv_add(&argv, TRIAL_WORKLOAD);
	if (forking)
		argv_add(&argv, TRIAL_FORKS);
	struct child_result child;
	int error = count ? start(run, (const char *const *)prefix.word, &argv, TRACE_MS + TRACE_MS / 4, &child) : 0;
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

static void judge_still(struct run *run)
{
	const struct trial *trial = run->trial;
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
	}
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
		set_env(&run);
		error = run_pass(&run, 1u << PASS_LIVE | 1u << PASS_HOST, 0);
		error = error ? error : run_pass(&run, 1u << PASS_ALONE, 1);
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
