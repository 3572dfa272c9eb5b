/* selfcheck.c - selfcheck: every check is made to fail by its control.
 *
 * Each control (controls.h) is tried twice in one cell: as it is, when the check must become what
 * the control's row says; and without the wrong thing, when the check must pass, so that a control
 * build that is broken by itself proves nothing. */
#include "runner/cmd/cmd.h"

#include "harness/inspect.h"
#include "harness/mutate.h"
#include "matrix/base/buf.h"
#include "matrix/filter.h"
#include "runner/build/facts.h"
#include "runner/build/hosts.h"
#include "runner/build/name.h"
#include "runner/setup/sealed.h"
#include "runner/setup/stages.h"
#include "runner/schedule/tasks.h"
#include "runner/target/target.h"
#include "runner/trial/controls.h"
#include "runner/trial/judge.h"
#include "runner/trial/trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int jobs, force, verbose;
static double timeout_scale = 1.0;
static const struct option_row options[] = {
	{ "-j", OPTION_NUMBER, "N", "processes at once (default: the number of cores)", &jobs },
	{ "--force", OPTION_FLAG, NULL, "try every control again, also where nothing changed", &force },
	{ "--verbose", OPTION_FLAG, NULL, "print every control, not only those that prove nothing", &verbose },
	{ "--timeout-scale", OPTION_FACTOR, "X", "multiply every time limit, for a slow machine (1.0)",
	    &timeout_scale },
};

enum { WITH, WITHOUT, TRIES };

/* One control in one cell. */
struct attempt {
	const struct setup *setup;
	const struct control *control;
	const struct check *check;
	const struct plan_cell *cell; /* NULL: no cell of this machine matches */
	struct build build[TRIES];
	char *dir[TRIES]; /* of the results */
};

struct try_argument {
	const struct attempt *attempt;
	int try;
};

/* ---- one try, in its task's process ----------------------------------------------------------------- */

static const char *module_of(const json_t *build, const struct cell *cell)
{
	return json_string_value(
	    json_object_get(json_object_get(json_object_get(build, "runs"), load_name(cell->load)), "module"));
}

/* Facts of the module with the control's mutation. */
static int mutated_facts(
    const struct attempt *attempt, const json_t *build, const char *dir, json_t **facts, struct diag *diag)
{
	const char *module = module_of(build, &attempt->cell->cell);
	if (!module)
		return diag_set(diag, ENOENT, "%s: the build has no module to change", attempt->control->check);
	char *copy = xprintf("%s/module", dir);
	int error = make_folders(dir);
	error = error ? error : file_copy(module, copy);
	if (error)
		diag_set(diag, -error, "%s: cannot write: %s", copy, strerror(-error));
	error = error ? error : mutate_file(copy, attempt->control->argument, diag);
	error = error ? error : inspect_file(copy, facts, diag);
	unlink(copy);
	free(copy);
	return error;
}

static int run_try(const void *argument, struct diag *diag)
{
	const struct try_argument *order = argument;
	const struct attempt *attempt = order->attempt;
	const struct control *control = attempt->control;
	int with = order->try == WITH;
	const char *dir = attempt->dir[order->try];
	json_t *build = build_load(attempt->setup, &attempt->build[order->try]), *facts = NULL;
	if (!build)
		return diag_set(diag, EIO, "%s: the build left no build.json", attempt->build[order->try].dir);
	struct trial trial = {
		.setup = attempt->setup,
		.cell = attempt->cell->cell,
		.target = attempt->cell->target,
		.build = build,
		.build_dir = attempt->build[order->try].dir,
		.checks = &attempt->check,
		.count = 1,
		.control = control->kind == SABOTAGE ? (with ? control->argument : "none") : NULL,
		.bend = control->kind == BEND && with ? control->argument : NULL,
	};
	int error = build_facts(attempt->setup, &attempt->build[order->try], build, diag);
	if (!error && control->kind == MUTATE && with)
		error = mutated_facts(attempt, build, dir, &facts, diag);
	trial.facts = facts;
	struct cell_result result = { .checks = NULL };
	struct buf log = BUF_INIT;
	error = error ? error : trial_run(&trial, &result, &log, diag);
	error = error ? error : result_store(attempt->setup, dir, &result, &log, diag);
	cell_result_free(&result);
	buf_free(&log);
	json_decref(facts);
	json_decref(build);
	return error;
}

/* ---- what to try ---------------------------------------------------------------------------------------- */

static const struct plan_cell *find_cell(
    const struct plan *plan, const struct control *control, const struct check *check)
{
	for (size_t i = 0; i < plan->count; i++) {
		struct filter_subject subject = { .cell = &plan->cells[i].cell };
		if (check_planned(check, &plan->cells[i].cell) && filter_text_match(control->where, &subject))
			return &plan->cells[i];
	}
	return NULL;
}

static void attempt_fill(
    struct attempt *attempt, const struct setup *setup, const struct plan *plan, const struct control *control)
{
	*attempt = (struct attempt){ .setup = setup, .control = control, .check = check_find(control->check) };
	attempt->cell = attempt->check ? find_cell(plan, control, attempt->check) : NULL;
	if (!attempt->cell)
		return;
	const struct cell *cell = &attempt->cell->cell;
	for (int try = 0; try < TRIES; try++) {
		build_name(setup, cell, control->kind == SABOTAGE,
		    control->kind == BUILD && try == WITH ? control->argument : "", &attempt->build[try]);
		char key[HASH_HEX], id[CELL_ID_MAX];
		struct hash *hash = hash_new();
		hash_add_text(hash, "control 1");
		hash_add_text(hash, cell_id(cell, id));
		hash_add_text(hash, attempt->build[try].key);
		hash_add_text(hash, stage_inspect);
		hash_add_text(hash, stage_trial);
		hash_add_text(hash, stage_trace);
		hash_add_text(hash, setup->machine.key);
		hash_add_text(hash, attempt->cell->target ? attempt->cell->target->key : "");
		hash_add_text(hash, control->check);
		hash_add_text(hash, control_kind_name(control->kind));
		hash_add_text(hash, try == WITH ? control->argument : "");
		char *hosts = hosts_dir(setup, cell, HOSTS_GO, control->kind == SABOTAGE);
		hash_add_text(hash, strrchr(hosts, '/'));
		free(hosts);
		hash_end(hash, key);
		attempt->dir[try] = xprintf("%s/control/%s", setup->places.cache, key);
	}
}

static void attempt_free(struct attempt *attempt)
{
	for (int try = 0; attempt->cell && try < TRIES; try++) {
		build_free(&attempt->build[try]);
		free(attempt->dir[try]);
	}
}

/* What came of a try, judged: 1, to be freed, or 0 when it is not there. */
static int try_result(const struct attempt *attempt, int try, struct cell_result *result)
{
	char *path = xprintf("%s/result.json", attempt->dir[try]);
	struct diag diag = DIAG_INIT;
	json_t *json = sealed_read(attempt->setup, path);
	int found = json && cell_result_parse(json, result, &diag) == 0;
	if (found)
		file_used(path);
	json_decref(json);
	free(path);
	if (!found)
		return 0;
	result->cell.port = attempt->cell->cell.port;
	judge_result(result);
	if (result->check_count == 1 && judge_is_final(result))
		return 1;
	cell_result_free(result);
	return 0;
}

static void attempt_tasks(struct attempt *attempt, struct task_list *tasks)
{
	for (int try = 0; attempt->cell && try < TRIES; try++) {
		struct cell_result there;
		if (!force && try_result(attempt, try, &there)) {
			cell_result_free(&there);
			continue;
		}
		size_t build = task_add_build(tasks, &attempt->build[try]);
		size_t second = attempt->cell->cell.mode == MODE_C_SHARED ?
		    task_add_hosts(tasks, &attempt->cell->cell, HOSTS_GO, attempt->build[try].control) :
		    TASK_NONE;
		struct try_argument *argument = xmalloc(sizeof(*argument));
		*argument = (struct try_argument){ attempt, try };
		char *name =
		    xprintf("%s %s", attempt->control->check, try == WITH ? attempt->control->argument : "without");
		task_add(tasks, name, run_try, argument, build, second, TASK_NONE);
		free(name);
	}
}

/* ---- what came out ----------------------------------------------------------------------------------------- */

static const char *text_of(const char *text) { return text ? text : ""; }

/* 1 when the control proves its check: it became what it must, and passes without. */
static int attempt_judge(const struct attempt *attempt)
{
	const struct control *control = attempt->control;
	if (!attempt->cell) {
		printf("NO CELL  %-24s %s %s: '%s' selects no cell that plans it\n", control->check,
		    control_kind_name(control->kind), control->argument, control->where);
		return 0;
	}
	char id[CELL_ID_MAX];
	struct cell_result tries[TRIES];
	const struct check_result *check[TRIES];
	for (int try = 0; try < TRIES; try++)
		check[try] = try_result(attempt, try, &tries[try]) ? tries[try].checks : NULL;
	const char *became = check[WITH] ? status_name(check[WITH]->status) : "nothing",
		   *base = check[WITHOUT] ? status_name(check[WITHOUT]->status) : "nothing";
	int fails = strcmp(became, control->status) == 0, passes = strcmp(base, "pass") == 0;
	if (verbose || !fails || !passes) {
		printf("%s %-24s %s %s: became %s, must become %s; without it: %s\n",
		    fails && passes ? "ok      " :
			fails       ? "NOT BASE" :
				      "GREEN   ",
		    control->check, control_kind_name(control->kind), control->argument, became, control->status, base);
		printf("         in %s\n", cell_id(&attempt->cell->cell, id));
		if (check[WITH])
			printf("         with:    observed %s  %s\n         repro    %s\n",
			    text_of(check[WITH]->observed), text_of(check[WITH]->message), text_of(check[WITH]->repro));
		if (check[WITHOUT] && !passes)
			printf("         without: observed %s  %s\n", text_of(check[WITHOUT]->observed),
			    text_of(check[WITHOUT]->message));
	}
	for (int try = 0; try < TRIES; try++)
		if (check[try])
			cell_result_free(&tries[try]);
	return fails && passes;
}

static int takes(const struct filter *filter, const struct check *check, const struct cell *cell)
{
	return filter_match(filter, &(struct filter_subject){ .cell = cell, .check = check->id });
}

/* Does the filter take the check in some cell that plans it? */
static int takes_anywhere(const struct filter *filter, const struct plan *plan, const struct check *check)
{
	for (size_t i = 0; i < plan->count; i++)
		if (check_planned(check, &plan->cells[i].cell) && takes(filter, check, &plan->cells[i].cell))
			return 1;
	return 0;
}

/* A control is tried when the filter takes its check in its cell; one whose check or cell does not
 * exist is always looked at where it could be meant, since it proves nothing. */
static int is_selected(const struct filter *filter, const struct plan *plan, const struct attempt *attempt)
{
	if (!attempt->check)
		return 1;
	return attempt->cell ? takes(filter, attempt->check, &attempt->cell->cell) :
			       takes_anywhere(filter, plan, attempt->check);
}

static size_t count_bare(
    const struct filter *filter, const struct plan *plan, const struct attempt *attempts, size_t count)
{
	size_t bare = 0;
	for (size_t i = 0; i < checks_count; i++) {
		int has = 0;
		for (size_t k = 0; k < count && !has; k++)
			has = attempts[k].check == &checks[i];
		if (!has && takes_anywhere(filter, plan, &checks[i])) {
			printf("BARE     %-24s has no control\n", checks[i].id);
			bare++;
		}
	}
	return bare;
}

/* ---- the command ---------------------------------------------------------------------------------------------- */

struct selfcheck {
	struct task_list tasks;
	size_t broken;
};

static char *on_judged(size_t index, void *context)
{
	struct selfcheck *self = context;
	const struct task *task = &self->tasks.task[index];
	self->broken += task->error != 0;
	return task->error ? xprintf("tlsmatrix: %s: %s", task->name, task->diag.line) : NULL;
}

static int try_all(struct setup *setup, const struct plan *plan, const struct filter *filter, const char *text)
{
	struct attempt *attempts = xcalloc(control_count, sizeof(*attempts));
	struct selfcheck self = { .broken = 0 };
	size_t count = 0, good = 0;
	task_list_init(&self.tasks, setup);
	for (size_t i = 0; i < control_count; i++) {
		attempt_fill(&attempts[count], setup, plan, &controls[i]);
		if (is_selected(filter, plan, &attempts[count]))
			count++;
		else
			attempt_free(&attempts[count]);
	}
	for (size_t i = 0; i < count; i++)
		attempt_tasks(&attempts[i], &self.tasks);
	int error = task_list_run(&self.tasks, jobs, TRIES * count, 0, on_judged, &self), code = EXIT_OK;
	for (size_t i = 0; !error && i < count; i++)
		good += (size_t)attempt_judge(&attempts[i]);
	size_t bare = error ? 0 : count_bare(filter, plan, attempts, count);
	if (error) {
		code = error == -EINTR ? EXIT_INTERRUPTED : EXIT_INFRA;
	} else if (!count && !bare) {
		fprintf(stderr, "tlsmatrix: '%s' selects no check that is planned here\n", text);
		code = EXIT_NOTHING;
	} else {
		printf("%zu of %zu controls make their check fail, %zu of %zu checks have no control\n", good, count,
		    bare, checks_count);
		code = self.broken ? EXIT_INFRA : good == count && !bare ? EXIT_OK : EXIT_UNEXPECTED;
	}
	for (size_t i = 0; i < count; i++)
		attempt_free(&attempts[i]);
	task_list_free(&self.tasks);
	free(attempts);
	return code;
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct filter *filter, *every;
	char *text, host[80];
	struct diag diag = DIAG_INIT;
	struct plan plan;
	setup->timeout_scale = timeout_scale;
	int code = cmd_filter(words, plan_host_filter(setup, host), &filter, &text);
	if (code)
		return code;
	setup_keys(setup);
	/* A control finds its cell among all of them, and is tried where the filter takes that cell. */
	if (filter_parse("", &every, &diag) || plan_make(setup, every, "", &plan, &diag)) {
		code = cmd_fail(&diag, EXIT_INFRA);
	} else {
		plan_name(setup, &plan);
		code = try_all(setup, &plan, filter, text);
		plan_free(&plan);
		filter_free(every);
	}
	filter_free(filter);
	free(text);
	return code;
}

const struct command cmd_selfcheck = {
	.name = "selfcheck",
	.synopsis = "selfcheck [FILTER]",
	.summary = "every check is made to fail by its control",
	.needs_release = 1,
	.uses = CACHE_SWEPT,
	.help = "Exit status 1 when a check stays green under its control, passes only with it, or has none.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
