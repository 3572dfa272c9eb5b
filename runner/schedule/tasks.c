#include "runner/schedule/tasks.h"

#include "runner/build/facts.h"
#include "runner/build/hosts.h"
#include "runner/build/make.h"
#include "runner/build/told.h"
#include "runner/schedule/progress.h"
#include "runner/setup/sealed.h"
#include "runner/trial/judge.h"
#include "runner/trial/target_check.h"
#include "runner/trial/trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void task_list_init(struct task_list *list, const struct setup *setup) { *list = (struct task_list){ .setup = setup }; }

void task_list_free(struct task_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->argument[i]);
		free(list->makes[i]);
	}
	free(list->makes);
	free(list->argument);
	free(list->build);
	free(list->task);
}

size_t task_add(struct task_list *list, const char *name, int (*run)(const void *, struct diag *), void *argument,
    size_t a, size_t b, size_t c)
{
	list->task = xrealloc(list->task, (list->count + 1) * sizeof(*list->task));
	list->argument = xrealloc(list->argument, (list->count + 1) * sizeof(*list->argument));
	list->build = xrealloc(list->build, (list->count + 1) * sizeof(*list->build));
	list->makes = xrealloc(list->makes, (list->count + 1) * sizeof(*list->makes));
	list->build[list->count] = NULL;
	list->makes[list->count] = NULL;
	struct task *task = &list->task[list->count];
	*task = (struct task){
		.run = run, .argument = argument, .after = { a, b, c }, .first = { "", "", "" }, .pipe = -1
	};
	snprintf(task->name, sizeof(task->name), "%s", name);
	list->argument[list->count] = argument;
	return list->count++;
}

/* The one copy of a name; it stays for the life of the process: some hundred. */
static const char *name_kept(const char *name)
{
	static struct {
		char **name;
		size_t count;
	} kept;
	for (size_t i = 0; i < kept.count; i++)
		if (strcmp(kept.name[i], name) == 0)
			return kept.name[i];
	kept.name = xrealloc(kept.name, (kept.count + 1) * sizeof(*kept.name));
	return kept.name[kept.count++] = xstrdup(name);
}

/* The file that says that a std is in GOCACHE; malloc'ed. */
static char *variant_mark(const struct setup *setup, const struct cell *cell, const char *name)
{
	return xprintf("%s/variant/%s-%s", setup->places.cache, setup_release(setup, cell)->key, name);
}

/* What of std a build of the cell compiles first, if it is not there yet. */
static void add_first(struct task *task, const struct setup *setup, const struct cell *cell)
{
	struct build_variant variant;
	build_variant(cell, &variant);
	const char *const names[] = { variant.std, variant.cgo };
	for (size_t i = 0; i < 2; i++) {
		char *mark = variant_mark(setup, cell, names[i]);
		if (*names[i] && !file_exists(mark))
			task->first[i] = name_kept(names[i]);
		free(mark);
	}
}

/* ---- hosts ------------------------------------------------------------------------------------------- */

/* The task that makes what name says, or TASK_NONE. */
static size_t find_maker(const struct task_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->makes[i] && strcmp(list->makes[i], name) == 0)
			return i;
	return TASK_NONE;
}

struct hosts_argument {
	const struct setup *setup;
	struct cell cell;
	enum hosts hosts;
	int control;
};

static int run_hosts(const void *argument, struct diag *diag)
{
	const struct hosts_argument *hosts = argument;
	return hosts_make(hosts->setup, &hosts->cell, hosts->hosts, hosts->control, diag);
}

size_t task_add_hosts(struct task_list *list, const struct cell *cell, enum hosts hosts, int control)
{
	struct compiler compiler;
	compiler_of_hosts(list->setup, cell, &compiler);
	if (!hosts_serve(cell) || compiler.missing)
		return TASK_NONE;
	char *makes = hosts_dir(list->setup, cell, hosts, control);
	size_t there = find_maker(list, makes);
	if (there != TASK_NONE || hosts_ready(list->setup, cell, hosts, control)) {
		free(makes);
		return there;
	}
	struct hosts_argument *argument = xmalloc(sizeof(*argument));
	*argument = (struct hosts_argument){ list->setup, *cell, hosts, control };
	size_t index = task_add(
	    list, hosts == HOSTS_C ? "hosts" : "second library", run_hosts, argument, TASK_NONE, TASK_NONE, TASK_NONE);
	list->makes[index] = makes;
	list->task[index].priority = 4;
	if (hosts == HOSTS_GO) {
		struct cell library = *cell;
		library.mode = MODE_C_SHARED;
		library.cgo = 1;
		add_first(&list->task[index], list->setup, &library);
	}
	return index;
}

/* ---- targets ----------------------------------------------------------------------------------------- */

struct target_argument {
	const struct setup *setup;
	const struct target *target;
};

static int run_target(const void *argument, struct diag *diag)
{
	const struct target_argument *order = argument;
	return target_check(order->setup, order->target, diag);
}

size_t task_add_target(struct task_list *list, struct target *target)
{
	char *makes = xprintf("target %s", target->name);
	size_t there = find_maker(list, makes);
	json_t *checked = there == TASK_NONE ? target_check_load(list->setup, target) : NULL;
	if (there != TASK_NONE || (checked && !json_is_string(json_object_get(checked, "message")))) {
		json_decref(checked);
		free(makes);
		return there;
	}
	json_decref(checked);
	struct target_argument *argument = xmalloc(sizeof(*argument));
	*argument = (struct target_argument){ list->setup, target };
	size_t index = task_add(list, makes, run_target, argument, TASK_NONE, TASK_NONE, TASK_NONE);
	list->makes[index] = makes;
	list->task[index].priority = 4;
	return index;
}

/* ---- build ------------------------------------------------------------------------------------------- */

struct build_argument {
	const struct setup *setup;
	const struct build *build;
	int again;
};

static int run_build(const void *argument, struct diag *diag)
{
	const struct build_argument *build = argument;
	return build_make(build->setup, build->build, build->again, diag);
}

size_t task_add_build(struct task_list *list, const struct build *build)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->build[i] && strcmp(list->build[i]->key, build->key) == 0)
			return i;
	/* What runs beside the artifact is made of other files, and may be another one since. */
	size_t hosts =
	    build->kind == CASE_PORT ? TASK_NONE : task_add_hosts(list, &build->cell, HOSTS_C, build->control);
	if (!list->force && build_is_ready(list->setup, build))
		return hosts;
	char id[CELL_ID_MAX], name[300];
	struct cell cell = build->cell;
	snprintf(cell.target, sizeof(cell.target), "none");
	cell.load = LOAD_NONE;
	snprintf(name, sizeof(name), "build %s", cell_id(&cell, id));
	struct build_argument *argument = xmalloc(sizeof(*argument));
	*argument = (struct build_argument){ list->setup, build, list->force };
	size_t index = task_add(list, name, run_build, argument, hosts, TASK_NONE, TASK_NONE);
	list->build[index] = build;
	list->task[index].priority = build->cell.mode == MODE_SHARED && build->cell.cgo ? 3 : 2;
	add_first(&list->task[index], list->setup, &build->cell);
	list->task[index].first[2] = build->src;
	return index;
}

/* 1 when the std of a finished build is in GOCACHE from now on. */
static int build_warmed(const struct setup *setup, const struct build *build)
{
	json_t *json = build_load(setup, build);
	int built = json && json_integer_value(json_object_get(json, "exit")) == 0;
	json_decref(json);
	if (!built)
		return 0;
	struct build_variant variant;
	build_variant(&build->cell, &variant);
	const char *const names[] = { variant.std, variant.cgo };
	char *dir = xprintf("%s/variant", setup->places.cache);
	for (size_t i = 0; i < 2 && make_folders(dir) == 0; i++) {
		char *mark = variant_mark(setup, &build->cell, names[i]);
		if (*names[i])
			file_write(mark, "", 0);
		free(mark);
	}
	free(dir);
	return 1;
}

/* ---- judging -------------------------------------------------------------------------------------------- */

struct cell_argument {
	const struct setup *setup;
	const struct plan_cell *cell;
};

/* Nothing is judged on a target that could not be fetched, or did not pass its own check.  *checked is a new reference
 * to what that found out, or NULL. */
static int is_believed(const struct setup *setup, const struct target *target, json_t **told, struct diag *diag)
{
	if (target->broken)
		return diag_set(diag, EIO, "%s", target->broken);
	if (target->missing)
		return 0;
	json_t *checked = target_check_load(setup, target);
	const char *message = json_string_value(json_object_get(checked, "message"));
	int error = !checked || message ?
	    target_disbelieved(target,
		message ? message : "its check did not come to an end: `tlsmatrix target check` shows it", diag) :
	    0;
	if (error)
		json_decref(checked);
	else
		*told = checked;
	return error;
}

/* Did nothing of a program come back, and nobody knows why? */
static int is_silent(const struct cell_result *result)
{
	for (size_t i = 0; i < result->check_count; i++) {
		const struct check_result *check = &result->checks[i];
		if (check_unexpected(check) && check->message &&
		    strncmp(check->message, RESULT_WHOLE_CELL, strlen(RESULT_WHOLE_CELL)) == 0)
			return 1;
	}
	return 0;
}

/* What the cell's MUTATE violation makes of its module, beside the result that tells of it. */
static int mutated_facts(
    const struct plan_cell *cell, const json_t *build, const char *copy, json_t **facts, struct diag *diag)
{
	const json_t *load = json_object_get(json_object_get(build, "runs"), load_name(cell->cell.load));
	const char *module = json_string_value(json_object_get(load, "module"));
	if (!module)
		return diag_set(diag, ENOENT, "%s: the build has no module to change", cell->checks[0]->id);
	char *caller = build_caller(&cell->cell, cell->build.dir);
	int error = violation_facts(&cell->violation, module, caller, copy, facts, diag);
	free(caller);
	return error;
}

/* A trial that was disturbed by what may be gone is made again, once, and both are told. */
static int try_trial(const struct trial *trial, struct cell_result *result, struct buf *log, struct diag *diag)
{
	const char *build = json_string_value(json_object_get(trial->build, "again"));
	int error = trial_run(trial, result, log, diag);
	char *first = error ? NULL : result->again;
	if (first) {
		result->again = NULL;
		cell_result_free(result);
		buf_printf(log, "# once more, since that was disturbed (%s)\n", first);
		error = trial_run(trial, result, log, diag);
	}
	if (!error && (first || build)) {
		free(result->again);
		result->again = xstrdup(first ? first : build);
	}
	free(first);
	return error;
}

/* Runs the cell with what was built and found out before, and stores what came of it. */
static int judge_cell(const struct setup *setup, const struct plan_cell *cell, const json_t *build,
    const json_t *target_facts, struct diag *diag)
{
	struct trial trial = {
		.setup = setup,
		.cell = cell->cell,
		.target = cell->target,
		.target_facts = target_facts,
		.build = build,
		.build_dir = cell->build.dir,
		.checks = cell->checks,
		.count = cell->count,
		.violation = cell->violation,
		.no_pulse = cell->no_pulse,
	};
	struct cell_result result = { .checks = NULL };
	struct buf log = BUF_INIT;
	json_t *mutated = NULL;
	char *dir = plan_result_dir(setup, cell), *copy = xprintf("%s/module", dir);
	int error = cell->violation.kind == MUTATE ? mutated_facts(cell, build, copy, &mutated, diag) : 0;
	trial.facts = mutated;
	trial.mutated = mutated ? copy : NULL;
	error = error ? error : try_trial(&trial, &result, &log, diag);
	int elsewhere = cell->target && !cell->target->missing && cell->target->kind != TARGET_HOST;
	if (!error && elsewhere && is_silent(&result))
		error = target_check_again(setup, cell->target, diag);
	if (!error)
		error = result_store(setup, dir, &result, &log, diag);
	free(copy);
	free(dir);
	cell_result_free(&result);
	buf_free(&log);
	json_decref(mutated);
	return error;
}

static int run_cell(const void *argument, struct diag *diag)
{
	const struct cell_argument *order = argument;
	const struct plan_cell *cell = order->cell;
	int missing = cell->target && cell->target->missing;
	json_t *told = NULL;
	int error = cell->target ? is_believed(order->setup, cell->target, &told, diag) : 0;
	if (error)
		return error;
	json_t *build = missing ? json_object() : build_told(order->setup, &cell->build);
	if (!build)
		error = diag_set(diag, EIO, "%s: the build left no build.json", cell->build.dir);
	error = error || missing ? error : build_facts(order->setup, &cell->build, build, diag);
	if (cell->target)
		target_facts_take(json_object_get(told, "facts"), &cell->target->facts);
	error = error ? error : judge_cell(order->setup, cell, build, json_object_get(told, "facts"), diag);
	json_decref(build);
	json_decref(told);
	return error;
}

size_t task_add_cell(struct task_list *list, const struct plan_cell *cell, size_t build)
{
	char id[CELL_ID_MAX];
	struct cell_argument *argument = xmalloc(sizeof(*argument));
	*argument = (struct cell_argument){ list->setup, cell };
	int runs = cell->target && !cell->target->missing;
	size_t second = runs && cell->cell.mode == MODE_C_SHARED ?
	    task_add_hosts(list, &cell->cell, HOSTS_GO, cell->build.control) :
	    TASK_NONE;
	size_t target = runs ? task_add_target(list, cell->target) : TASK_NONE;
	char *name = xprintf("%s%s%s", cell_id(&cell->cell, id), cell->violation.kind ? " " : "",
	    cell->violation.kind ? cell->violation.argument : "");
	size_t index = task_add(list, name, run_cell, argument, build, second, target);
	free(name);
	if (!runs)
		list->task[index].priority = 5; /* only judged: milliseconds */
	return index;
}

/* ---- running ------------------------------------------------------------------------------------------------- */

struct running {
	struct task_list *list;
	struct progress *progress;
	struct progress_counts counts;
	char *(*judged)(size_t index, void *context);
	void *context;
};

static void on_started(struct task *task, void *context)
{
	struct running *running = context;
	progress_running(running->progress, (size_t)(task - running->list->task), task->name);
}

static int on_done(struct task *task, void *context)
{
	struct running *running = context;
	size_t index = (size_t)(task - running->list->task);
	progress_running(running->progress, index, NULL);
	if (running->list->build[index])
		return build_warmed(running->list->setup, running->list->build[index]);
	if (running->list->makes[index]) {
		if (task->error && !running->list->silent)
			progress_line(running->progress, "tlsmatrix: %s", task->diag.line);
		return !task->error;
	}
	char *line = running->judged(index, running->context);
	running->counts.done++;
	running->counts.failed += line != NULL;
	progress_done(running->progress, &running->counts);
	if (line)
		progress_line(running->progress, "%s", line);
	free(line);
	return 0;
}

static void on_tick(void *context)
{
	struct running *running = context;
	progress_tick(running->progress);
}

int task_list_run(struct task_list *list, int jobs, size_t total, size_t cached,
    char *(*judged)(size_t index, void *context), void *context)
{
	if (!list->count)
		return 0;
	struct progress_options options = { .out = stderr, .total = total };
	struct running running = {
		.list = list, .counts = { .done = cached, .cached = cached }, .judged = judged, .context = context
	};
	struct schedule schedule = {
		.tasks = list->task,
		.count = list->count,
		.slots = jobs ? jobs : (int)sysconf(_SC_NPROCESSORS_ONLN),
		.started = on_started,
		.done = on_done,
		.tick = on_tick,
		.context = &running,
	};
	running.progress = progress_new(&options);
	progress_done(running.progress, &running.counts);
	int error = schedule_run(&schedule);
	progress_end(running.progress);
	return error;
}

/* ---- results in the cache ---------------------------------------------------------------------------------- */

/* Does the result hold the checks of the cell? */
static int is_of_cell(const struct cell_result *result, const struct plan_cell *cell)
{
	int same = result->check_count == cell->count;
	for (size_t i = 0; same && i < cell->count; i++)
		same = strcmp(result->checks[i].id, cell->checks[i]->id) == 0;
	return same;
}

int result_load(const struct setup *setup, const struct plan_cell *cell, int fresh, struct cell_result *result)
{
	char *dir = plan_result_dir(setup, cell), *path = xprintf("%s/result.json", dir);
	struct diag diag = DIAG_INIT;
	struct cell_result read;
	json_t *json = sealed_read(setup, path);
	int found = json && cell_result_parse(json, &read, &diag) == 0;
	json_decref(json);
	free(path);
	free(dir);
	if (!found)
		return 0;
	read.cell.port = cell->cell.port;
	read.cell.facts = cell->cell.facts;
	if (cell->target)
		target_learn(setup, cell->target);
	judge_result(&read);
	/* Rules ask what the target is: one whose check is not here is checked first, and then runs its cells anew. */
	int known = !cell->target || cell->target->missing || cell->target->facts.known;
	if (is_of_cell(&read, cell) && (fresh || (known && judge_is_final(&read)))) {
		*result = read;
		return 1;
	}
	cell_result_free(&read);
	return 0;
}

int result_store(const struct setup *setup, const char *dir, const struct cell_result *result, const struct buf *log,
    struct diag *diag)
{
	char *path = xprintf("%s/result.json", dir), *log_path = xprintf("%s/run.log", dir);
	json_t *json = cell_observed_json(result);
	int error = make_folders(dir);
	error = error ? error : file_write(log_path, log->data, log->len);
	error = error ? error : sealed_write(setup, path, json);
	if (error)
		diag_set(diag, -error, "%s: cannot write: %s", path, strerror(-error));
	json_decref(json);
	free(log_path);
	free(path);
	return error;
}
