#include "runner/build/make.h"

#include "harness/inspect.h"
#include "matrix/base/diag.h"
#include "matrix/check.h"
#include "runner/build/recipe.h"
#include "runner/process/script.h"
#include "runner/toolchain/go_env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUILD_TIMEOUT_MS = 900000, OUTPUT_KEPT = 65536 };

/* The first line that says something: go's own "# package" headings do not. */
static char *first_message(const char *output)
{
	const char *line = output;
	while (*line == '#' || *line == '\n') {
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	struct buf text = BUF_INIT;
	buf_add_bytes(&text, line, strcspn(line, "\n"));
	return buf_take(&text);
}

/* Facts of every module once, also where several load modes share it. */
static int inspect_runs(json_t *runs, json_t *facts, struct diag *diag)
{
	const char *load;
	json_t *run;
	json_object_foreach(runs, load, run)
	{
		const char *module = json_string_value(json_object_get(run, "module"));
		json_t *found;
		if (!module || json_object_get(facts, module))
			continue;
		int error = inspect_file(module, &found, diag);
		if (error)
			return error;
		json_object_set_new(facts, module, found);
	}
	return 0;
}

static json_t *text_json(const char *text, size_t limit)
{
	struct buf kept = BUF_INIT;
	for (size_t i = 0; text[i] && i < limit; i++) {
		char c = text[i];
		buf_add_bytes(&kept, (c & 0x80) || (c < 32 && c != '\n' && c != '\t') ? "?" : &c, 1);
	}
	json_t *json = json_string(kept.data);
	buf_free(&kept);
	return json;
}

static int write_json(const struct build *build, json_t *json, struct diag *diag)
{
	char *path = xprintf("%s/build.json", build->dir), *text = json_dumps(json, JSON_INDENT(1) | JSON_SORT_KEYS);
	int error = text ? file_write(path, text, strlen(text)) : -EINVAL;
	if (error)
		diag_set(diag, -error, "%s: cannot write: %s", path, strerror(-error));
	free(text);
	free(path);
	return error;
}

/* The build as its twist makes it. */
static struct build twisted(const struct build *build)
{
	struct build other = *build;
	for (enum link link = 0; link < LINK_COUNT; link++)
		if (strncmp(build->twist, "link=", 5) == 0 && strcmp(build->twist + 5, link_name(link)) == 0)
			other.cell.link = link;
	return other;
}

/* The build of check build.c-tls-internal: a C __thread variable, linked internally. */
static json_t *make_ctls(const struct setup *setup, const struct build *build)
{
	struct cell ran = build->cell;
	ran.load = LOAD_EXEC;
	if (!check_planned(check_find("build.c-tls-internal"), &ran))
		return json_null();
	struct script script;
	script_init(&script, BUILD_TIMEOUT_MS);
	go_env(setup, &build->cell, &script.env);
	struct build made = twisted(build);
	recipe_ctls(setup, &made, &script);
	json_t *json = json_pack("{s:i, s:o, s:s}", "exit", script.exit, "output",
	    text_json(script.output.data, OUTPUT_KEPT), "command", script.command.data);
	script_free(&script);
	return json;
}

static json_t *script_json(const struct script *script, json_t *runs)
{
	char *message = first_message(script->output.data);
	json_t *json = json_pack("{s:s, s:i, s:f, s:f, s:s, s:o, s:o, s:O}", "how", script->how, "exit", script->exit,
	    "seconds", script->seconds, "cpu_seconds", script->cpu_seconds, "command", script->command.data, "message",
	    text_json(message, 1000), "output", text_json(script->output.data, OUTPUT_KEPT), "runs", runs);
	free(message);
	return json;
}

static int make_package(const struct setup *setup, const struct build *build, struct diag *diag)
{
	if (file_exists(build->src))
		return 0;
	int error;
	char *aside = folder_aside(build->src, &error);
	if (aside)
		error = generate_case(setup->places.root, &build->cell, build->kind, aside, diag);
	if (!error)
		error = recipe_place(setup, build, aside);
	error = folder_settle(aside, build->src, error);
	return error ? diag_set(diag, -error, "%s: cannot make: %s", build->src, strerror(-error)) : 0;
}

static int prepare(const struct setup *setup, const struct build *build, struct diag *diag)
{
	char *tmp = xprintf("%s/tmp", setup->places.cache), *home = xprintf("%s/home", setup->places.cache);
	const char *failed = NULL;
	int error = remove_tree(build->dir);
	if (error)
		failed = build->dir;
	const char *const made[] = { build->dir, tmp, home };
	for (size_t i = 0; !error && i < sizeof(made) / sizeof(made[0]); i++)
		if ((error = make_folders(made[i])))
			failed = made[i];
	if (error)
		diag_set(diag, -error, "%s: cannot make: %s", failed, strerror(-error));
	free(tmp);
	free(home);
	return error ? error : make_package(setup, build, diag);
}

/* A build without its C compiler: not started, or begun since Go should refuse it before it needs one,
 * but it did not come to that. */
static void add_missing(const struct build *build, int refused, json_t *json)
{
	const struct compiler *compiler = &build->compiler;
	const char *output = json_string_value(json_object_get(json, "output"));
	if (!compiler->missing ||
	    (refused && !(output && strstr(output, "C compiler \"" GO_ENV_NO_COMPILER "\" not found")) &&
		/* cmd/go asks the compiler first when it is to build with -asan. */
		!(output && strstr(output, "-asan: the version of $(go env CC) could not be parsed"))))
		return;
	struct buf thing = BUF_INIT;
	cell_expand(&build->cell, compiler->thing, &thing);
	json_object_set_new(json, "missing", json_pack("{s:s, s:s}", "class", compiler->missing, "thing", thing.data));
	json_object_set_new(json, "exit", json_integer(-1));
	buf_free(&thing);
}

int build_make(const struct setup *setup, const struct build *build, struct diag *diag)
{
	struct script script;
	script_init(&script, BUILD_TIMEOUT_MS);
	json_t *runs = json_object(), *facts = json_object(), *json = NULL;
	int error = prepare(setup, build, diag);
	int refused = support_row(&build->cell) >= 0;
	if (!error && (refused || !build->compiler.missing)) {
		go_env(setup, &build->cell, &script.env);
		struct build made = twisted(build);
		recipe_case(setup, &made, &script, runs);
		if (script.infra)
			error = diag_set(
			    diag, -script.infra, "%s: cannot start the build: %s", build->dir, strerror(-script.infra));
	}
	if (!error && script.failed && strstr(script.output.data, "no space left on device"))
		error = diag_set(
		    diag, ENOSPC, "%s: disk full while building: free some room and run again", setup->places.cache);
	if (!error && !script.failed)
		error = inspect_runs(runs, facts, diag);
	if (!error) {
		json = script_json(&script, runs);
		add_missing(build, refused, json);
		json_object_set_new(json, "ctls", make_ctls(setup, build));
		json_object_set(json, "facts", facts);
		char *log = xprintf("%s/build.log", build->dir);
		error = file_write(log, script.log.data, script.log.len);
		if (error)
			diag_set(diag, -error, "%s: cannot write: %s", log, strerror(-error));
		free(log);
	}
	if (!error)
		error = write_json(build, json, diag);
	json_decref(json);
	json_decref(runs);
	json_decref(facts);
	script_free(&script);
	return error;
}
