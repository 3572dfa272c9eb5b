#include "runner/trial.h"

#include "harness/inspect.h"
#include "harness/record.h"
#include "matrix/base/diag.h"
#include "matrix/known.h"
#include "runner/build.h"
#include "runner/judge.h"
#include "runner/steps.h"
#include "runner/supervise.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Limits, in ms, for a machine that is busy; --timeout-scale multiplies them.  A batch gets more
 * than any check, since it is not what is judged. */
enum { BATCH_MS = 180000, CHECK_MS = 120000, TRACE_MS = 180000, MESSAGE_MAX = 400 };

struct run {
	const struct trial *trial;
	struct cell_result *result;
	struct buf *log;
	struct env env;
	const json_t *load;          /* runs[LOAD] of build.json */
	const json_t *facts;
	const char *module;
};

/* ---- starting ------------------------------------------------------------------------------------ */

static void add_program(const struct run *run, const struct check *check, struct argv *argv)
{
	if (check && strcmp(check->id, "init.go-loads-go") == 0) {
		char *aux = aux_dir(run->trial->setup, AUX_GO, run->trial->control != NULL);
		argv_add(argv, "%s/gohost", aux);
		argv_add(argv, "%s", run->module);
		free(aux);
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
	int control = trial->control != NULL;
	char *aux_c = aux_dir(trial->setup, AUX_C, control), *aux_go = aux_dir(trial->setup, AUX_GO, control);
	char *home = xprintf("%s/home", trial->setup->places.cache);
	int program = trial->cell.mode == MODE_EXE || trial->cell.mode == MODE_PIE;
	const char *load = load_name(trial->cell.load);
	env_base(&run->env, home);
	struct buf slot = BUF_INIT;
	inspect_promise(run->facts, &slot);
	env_set(&run->env, "TLSMATRIX_SLOT", "%s", slot.data);
	buf_free(&slot);
	env_set(&run->env, "TLSMATRIX_MODULE", "%s", program || strcmp(load, "archive") == 0 || strcmp(load, "archive-pie") == 0 ? "" : run->module);
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
	if (trial->cell.load == LOAD_PRELOAD)
		env_set(&run->env, "LD_PRELOAD", "%s", run->module);
	if (trial->control)
		env_set(&run->env, "TLSMATRIX_CONTROL", "%s", trial->control);
	free(home);
	free(aux_go);
	free(aux_c);
}

static int start(struct run *run, const struct argv *argv, int limit_ms, struct child_result *child)
{
	struct child_spec spec = {
		.argv = (const char *const *)argv->word, .env = (const char *const *)run->env.list,
		.timeout_ms = (int)(limit_ms * run->trial->setup->timeout_scale), .output_limit = 1 << 20,
	};
	buf_add(run->log, "$ ");
	env_shell(&run->env, run->log);
	argv_shell(argv, run->log);
	buf_add(run->log, "\n");
	int error = child_run(&spec, child);
	if (error)
		return error;
	run->result->seconds += child->seconds;
	buf_add_bytes(run->log, child->out.data, child->out.len);
	buf_add_bytes(run->log, child->err.data, child->err.len);
	buf_add(run->log, "\n# ");
	child_describe(child, run->log);
	buf_printf(run->log, ", %.2f s\n", child->seconds);
	return 0;
}

/* ---- what a process said ---------------------------------------------------------------------------- */

/* How it ended, and the first line of stderr that says why. */
static char *death_message(const struct child_result *child)
{
	struct buf text = BUF_INIT;
	child_describe(child, &text);
	const char *line = child->err.data;
	while (*line == '\n')
		line++;
	size_t len = strcspn(line, "\n");
	if (len > MESSAGE_MAX)
		len = MESSAGE_MAX;
	if (len) {
		buf_add(&text, ": ");
		for (size_t i = 0; i < len; i++)
			buf_add_bytes(&text, line[i] < 32 || line[i] > 126 ? "?" : &line[i], 1);
	}
	return buf_take(&text);
}

static enum status death_status(const struct child_result *child)
{
	switch (child->how) {
	case CHILD_TIMEOUT:
		return STATUS_TIMEOUT;
	case CHILD_NOT_STARTED:
		return STATUS_INFRA;
	case CHILD_EXITED:
	case CHILD_LEAK:
		return child->status == 0 ? STATUS_MISS : STATUS_CRASH;
	default:
		return STATUS_CRASH;
	}
}

static struct check_result *result_of(struct run *run, const struct check *check)
{
	for (size_t i = 0; i < run->trial->count; i++)
		if (run->trial->checks[i] == check)
			return &run->result->checks[i];
	return NULL;
}

static int take_record(struct run *run, const struct check *check, const struct records *records)
{
	const struct record *record = records_find(records, check->id);
	struct check_result *result = result_of(run, check);
	if (!record)
		return 0;
	if (record->kind == RECORD_SKIP)
		judge_skip(result, record->text, record->note);
	else
		judge_observed(result, record->text, record->note);
	return 1;
}

static void set_repro(struct run *run, const struct check *check, const char *words)
{
	struct check_result *result = result_of(run, check);
	struct buf line = BUF_INIT;
	env_shell(&run->env, &line);
	struct argv argv = { NULL, 0 };
	if (check->pass == PASS_TRACE) {
		argv_add(&argv, "%s/tlstrace", run->trial->setup->places.bin);
		argv_add(&argv, "--module");
		argv_add(&argv, "%s", run->module);
		argv_add(&argv, "%s", check->id);
		argv_add(&argv, "--");
	}
	add_program(run, check, &argv);
	argv_add(&argv, "%s", words);
	argv_shell(&argv, &line);
	argv_free(&argv);
	free(result->repro);
	result->repro = buf_take(&line);
}

/* ---- LIVE and HOST: one process for as many as possible ------------------------------------------------ */

/* Runs checks[0..count) in one process; returns how many of them are judged afterwards: at least one,
 * or 0 with an error when nothing could be started. */
static size_t run_batch(struct run *run, const struct check *const *batch, size_t count, int limit_ms, int *error)
{
	struct argv argv = { NULL, 0 };
	add_program(run, batch[0], &argv);
	for (size_t i = 0; i < count; i++)
		argv_add(&argv, "%s", batch[i]->id);
	struct child_result child;
	*error = start(run, &argv, limit_ms, &child);
	argv_free(&argv);
	if (*error)
		return 0;
	struct records records;
	records_read(child.out.data, child.out.len, &records);
	size_t done = 0;
	while (done < count && take_record(run, batch[done], &records))
		done++;
	char *message = death_message(&child);
	int whole = records.ended && child.how == CHILD_EXITED && child.status == 0;
	if (done == count) {
		/* All reported; but a program that then dies or leaves somebody behind did not end well. */
		if (!whole)
			judge_status(result_of(run, batch[count - 1]), child.how == CHILD_LEAK ? STATUS_LEAK : death_status(&child), child.how == CHILD_LEAK ? child.left : message);
	} else if (child.how == CHILD_TIMEOUT && count > 1) {
		int again;
		run_batch(run, batch + done, 1, CHECK_MS, &again);
		done++;
	} else if (done == 0 && !records.count) {
		/* Every further start would go the same way. */
		char *told = records.garbled ? xprintf(RESULT_WHOLE_CELL "all %zu records garbled; %s", records.garbled, message)
					     : xprintf(RESULT_WHOLE_CELL "ended before its first check: %s", message);
		for (; done < count; done++)
			judge_status(result_of(run, batch[done]), records.garbled ? STATUS_MISS : death_status(&child), told);
		free(told);
	} else {
		int spoiled = records.garbled || records.lost;
		char *told = spoiled ? xprintf("%zu records garbled, %zu lost; %s", records.garbled, records.lost, message) : xstrdup(message);
		judge_status(result_of(run, batch[done]), spoiled ? STATUS_MISS : death_status(&child), told);
		free(told);
		done++;
	}
	free(message);
	records_free(&records);
	child_result_free(&child);
	return done;
}

static int run_pass(struct run *run, unsigned passes, int alone)
{
	const struct trial *trial = run->trial;
	const struct check **batch = xcalloc(trial->count + 1, sizeof(*batch));
	size_t count = 0;
	int error = 0;
	for (size_t i = 0; i < trial->count; i++)
		if (passes & 1u << trial->checks[i]->pass) {
			batch[count++] = trial->checks[i];
			set_repro(run, trial->checks[i], trial->checks[i]->id);
		}
	for (size_t done = 0; !error && done < count;)
		done += run_batch(run, batch + done, alone ? 1 : count - done, alone ? CHECK_MS : BATCH_MS, &error);
	free(batch);
	return error;
}

/* ---- TRACE ------------------------------------------------------------------------------------------------- */

static int run_trace(struct run *run)
{
	const struct trial *trial = run->trial;
	struct argv argv = { NULL, 0 };
	argv_add(&argv, "%s/tlstrace", trial->setup->places.bin);
	argv_add(&argv, "--timeout");
	argv_add(&argv, "%d", (int)(TRACE_MS / 1000 * trial->setup->timeout_scale));
	argv_add(&argv, "--module");
	argv_add(&argv, "%s", run->module);
	if (trial->bend) {
		argv_add(&argv, "--bend");
		argv_add(&argv, "%s", trial->bend);
	}
	size_t count = 0;
	for (size_t i = 0; i < trial->count; i++)
		if (trial->checks[i]->pass == PASS_TRACE) {
			argv_add(&argv, "%s", trial->checks[i]->id);
			set_repro(run, trial->checks[i], TRIAL_WORKLOAD);
			count++;
		}
	argv_add(&argv, "--");
	add_program(run, NULL, &argv);
	argv_add(&argv, TRIAL_WORKLOAD);
	struct child_result child;
	int error = count ? start(run, &argv, TRACE_MS + TRACE_MS / 4, &child) : 0;
	argv_free(&argv);
	if (error || !count)
		return error;
	struct records records;
	records_read(child.out.data, child.out.len, &records);
	char *message = death_message(&child);
	for (size_t i = 0; i < trial->count; i++)
		if (trial->checks[i]->pass == PASS_TRACE && !take_record(run, trial->checks[i], &records))
			judge_status(&run->result->checks[i], death_status(&child), message);
	free(message);
	records_free(&records);
	child_result_free(&child);
	return 0;
}

/* ---- FILE and BUILD ------------------------------------------------------------------------------------------ */

static void judge_file(struct run *run, const struct check *check, struct check_result *result)
{
	struct buf text = BUF_INIT;
	char *note = NULL;
	if (inspect_observe(check->id, run->facts, &text, &note) == 0)
		judge_observed(result, text.data, note);
	free(note);
	buf_free(&text);
	/* What a person looks at instead of our facts: the code for instruction forms, else the tables. */
	static const char *const of_code[] = { "insn", "plt", "le-users", "slot-offset" };
	const char *tool = "readelf -lrdsW ";
	for (size_t i = 0; i < sizeof(of_code) / sizeof(of_code[0]); i++)
		if (strstr(check->id, of_code[i]))
			tool = "objdump -d --no-show-raw-insn ";
	struct buf repro = BUF_INIT;
	buf_add(&repro, tool);
	buf_add_shell(&repro, run->module);
	free(result->repro);
	result->repro = buf_take(&repro);
}

static void judge_still(struct run *run)
{
	const struct trial *trial = run->trial;
	const json_t *missing = json_object_get(trial->build, "missing");
	for (size_t i = 0; i < trial->count; i++) {
		const struct check *check = trial->checks[i];
		judge_start(check, &trial->cell, &run->result->checks[i]);
		if (missing)
			judge_skip(&run->result->checks[i], json_string_value(json_object_get(missing, "class")), json_string_value(json_object_get(missing, "thing")));
		else if (check->pass == PASS_REFUSAL || check->pass == PASS_BUILD)
			judge_build(check, &trial->cell, trial->build, &run->result->checks[i]);
		else if (!run->load)
			judge_status(&run->result->checks[i], STATUS_BROKEN, json_string_value(json_object_get(trial->build, "message")));
		else if (check->pass == PASS_FILE)
			judge_file(run, check, &run->result->checks[i]);
	}
}

static void judge_known(struct cell_result *result)
{
	for (size_t i = 0; i < result->check_count; i++) {
		struct check_result *check = &result->checks[i];
		const struct known *row;
		check->verdict = known_judge(&result->cell, check->id, check->status, &row);
		if (row && !check->reason)
			check->reason = xprintf("%s (%s)", row->reason, row->link);
	}
	cell_result_sum(result);
}

int trial_run(const struct trial *trial, struct cell_result *result, struct buf *log, struct diag *diag)
{
	memset(result, 0, sizeof(*result));
	result->cell = trial->cell;
	result->check_count = trial->count;
	result->checks = xcalloc(trial->count + 1, sizeof(*result->checks));
	struct run run = { .trial = trial, .result = result, .log = log, .env = ENV_INIT };
	run.load = json_object_get(json_object_get(trial->build, "runs"), load_name(trial->cell.load));
	run.module = json_string_value(json_object_get(run.load, "module"));
	if (run.load)
		run.facts = trial->facts ? trial->facts : json_object_get(json_object_get(trial->build, "facts"), run.module);
	judge_still(&run);
	int error = 0;
	if (run.load && trial->cell.load == LOAD_NONE) {
		result->facts = json_incref((json_t *)(uintptr_t)run.facts);
	} else if (run.load) {
		set_env(&run);
		error = run_pass(&run, 1u << PASS_LIVE | 1u << PASS_HOST, 0);
		error = error ? error : run_pass(&run, 1u << PASS_ALONE, 1);
		error = error ? error : run_trace(&run);
		result->facts = json_incref((json_t *)(uintptr_t)run.facts);
	}
	env_free(&run.env);
	if (error)
		return diag_set(diag, -error, "cannot start a process: %s", strerror(-error));
	result->build_seconds = json_real_value(json_object_get(trial->build, "seconds"));
	result->build_status = json_integer_value(json_object_get(trial->build, "exit")) == 0 ? STATUS_PASS : STATUS_FAIL;
	result->build_command = xstrdup(json_string_value(json_object_get(trial->build, "command")));
	judge_known(result);
	return 0;
}
