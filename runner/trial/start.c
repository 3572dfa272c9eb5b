#include "runner/trial/start.h"

#include "harness/inspect.h"
#include "matrix/contract.h"
#include "runner/build/hosts.h"
#include "runner/trial/death.h"

#include <stdlib.h>
#include <string.h>

double start_scaled(const struct run *run, int limit_ms)
{
	return limit_ms * run->trial->setup->timeout_scale * (run->trial->target ? run->trial->target->scale : 1.0);
}

static int stress(const struct run *run) { return run->trial->setup->stress > 1 ? run->trial->setup->stress : 1; }

double start_limit(const struct run *run, int limit_ms) { return start_scaled(run, limit_ms) * stress(run); }

struct check_result *start_result(struct run *run, const struct check *check)
{
	for (size_t i = 0; i < run->trial->count; i++)
		if (run->trial->checks[i] == check)
			return &run->result->checks[i];
	return NULL;
}

/* ---- words and environment ---------------------------------------------------------------------- */

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

void start_program(const struct run *run, const struct check *check, struct argv *argv)
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
	json_t *word, *alone = check && check->pass == PASS_ALONE ? json_object_get(run->load, "alone") : NULL;
	json_array_foreach(alone ? alone : json_object_get(run->load, "program"), i, word)
	    argv_add(argv, "%s", json_string_value(word));
}

void start_env(struct run *run)
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
	if (trial->cell.mode == MODE_C_SHARED) {
		env_set(&run->env, "TLSMATRIX_SECOND", "%s/libsecond.so", aux_go);
		env_set(&run->env, "TLSMATRIX_SILENT", "%s/libsilent.so", aux_go);
	}
	if (trial->cell.mode == MODE_SHARED) {
		char *dir = xstrdup(run->module);
		*strrchr(dir, '/') = '\0';
		env_set(&run->env, "LD_LIBRARY_PATH", "%s", dir);
		free(dir);
	} else if (!program) {
		env_set(&run->env, "LD_LIBRARY_PATH", "%s:%s", trial->build_dir, aux_c);
	} else if (hosts_needed(&trial->cell)) {
		env_set(&run->env, "LD_LIBRARY_PATH", "%s", aux_c);
	}
	struct argv argv = { NULL, 0 };
	start_program(run, NULL, &argv);
	struct launch launch = { .setup = trial->setup, .target = trial->target, .argv = &argv, .env = &run->env };
	if (launch_front(&launch))
		env_set(&run->env, "TLSMATRIX_FRONT", "%zu", launch_front(&launch));
	argv_free(&argv);
	if (trial->cell.load == LOAD_PRELOAD)
		env_set(&run->env, "LD_PRELOAD", "%s", run->module);
	if (start_scaled(run, 1) != 1)
		env_set(&run->env, "TLSMATRIX_SCALE", "%g", start_scaled(run, 1));
	if (stress(run) > 1)
		env_set(&run->env, "TLSMATRIX_STRESS", "%d", stress(run));
	if (trial->no_pulse)
		env_set(&run->env, "TLSMATRIX_PULSE", "none");
	if (trial->violation.kind == SABOTAGE)
		env_set(&run->env, "TLSMATRIX_CONTROL", "%s", trial->violation.argument);
	free(home);
	free(aux_go);
	free(aux_c);
}

void start_tracer(const struct run *run, int timeout_ms, struct argv *argv)
{
	const struct trial *trial = run->trial;
	const char *const options[] = { "--module", run->module, trial->violation.kind == BEND ? "--bend" : NULL,
		trial->violation.argument, trial->cell.load == LOAD_PRELOAD ? "--preload" : NULL, run->module };
	argv_add(argv, "%s/tlstrace", trial->setup->places.bin);
	if (timeout_ms) {
		argv_add(argv, "--timeout");
		argv_add(argv, "%d", (int)(start_limit(run, timeout_ms) / 1000));
	}
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i += 2)
		if (options[i]) {
			argv_add(argv, "%s", options[i]);
			argv_add(argv, "%s", options[i + 1]);
		}
}

void start_repro(struct run *run, const struct check *check, const char *words)
{
	struct check_result *result = start_result(run, check);
	struct buf line = BUF_INIT;
	struct argv argv = { NULL, 0 }, prefix = { NULL, 0 };
	if (check->pass == PASS_TRACE) {
		start_tracer(run, 0, &prefix);
		argv_add(&prefix, "%s", check->id);
		argv_add(&prefix, "--");
	}
	start_program(run, check, &argv);
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

/* ---- processes -------------------------------------------------------------------------------------- */

/* The log of a process that is over goes into the cell's. */
static void log_take(struct run *run, struct started *started)
{
	buf_add_bytes(run->log, started->log.data, started->log.len);
	buf_free(&started->log);
}

int start_begin(
    struct run *run, const char *const *prefix, const struct argv *argv, int limit_ms, struct started *started)
{
	int cell_ms = run->trial->setup->cell_ms;
	*started = (struct started){
		.launch = {
			.setup = run->trial->setup,
			.target = run->trial->target,
			.argv = argv,
			.env = &run->env,
			.prefix = prefix,
			.timeout_ms = (int)start_limit(run, limit_ms < cell_ms ? limit_ms : cell_ms),
			.first_ms = prefix ? 0 : (int)start_limit(run, FIRST_MS), /* the tracer reports at the end */
			.output_limit = 1 << 20,
		},
		.log = BUF_INIT,
	};
	buf_add(&started->log, "$ ");
	launch_shell(&started->launch, &started->log);
	buf_add(&started->log, "\n");
	int error = launch_start(&started->launch, &started->launched, &run->infra);
	if (error) {
		buf_printf(&started->log, "# %s\n", run->infra.line);
		log_take(run, started);
	}
	return error;
}

int start_end(struct run *run, struct started *started, struct child_result *child)
{
	struct buf *log = &started->log;
	int error = launch_finish(&started->launch, &started->launched, child, &run->infra);
	if (error) {
		buf_printf(log, "# %s\n", run->infra.line);
		log_take(run, started);
		return error;
	}
	const struct disturbance *by = death_disturbance(child);
	if (by && by->again && !run->result->again)
		run->result->again = xstrdup(by->name);
	run->result->seconds += child->seconds;
	buf_add_bytes(log, child->out.data, child->out.len);
	buf_add_bytes(log, child->err.data, child->err.len);
	buf_add(log, "\n# ");
	child_describe(child, log);
	buf_printf(log, ", %.2f s\n", child->seconds);
	log_take(run, started);
	return 0;
}
