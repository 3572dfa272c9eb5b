#include "runner/build/make.h"

#include "matrix/base/diag.h"
#include "matrix/check.h"
#include "runner/build/beside.h"
#include "runner/build/recipe.h"
#include "runner/process/disturbance.h"
#include "runner/process/script.h"
#include "runner/setup/entry.h"
#include "runner/setup/sealed.h"
#include "runner/toolchain/go_env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUILD_TIMEOUT_MS = 900000, OUTPUT_KEPT = 65536 };

/* ---- what is not Go's fault ---------------------------------------------------------------------- */

/* Why a script failed for a reason of this machine's, or NULL. */
static const struct disturbance *disturbance(const struct script *script)
{
	if (!script->failed)
		return NULL;
	if (script->timeout)
		return &disturbance_late;
	const struct disturbance *sent = disturbance_signal(script->signaled);
	return sent ? sent : disturbance_said(DISTURBED_BUILDS, script->output.data);
}

static int disturbed(
    const struct build *build, const struct script *script, const struct disturbance *why, struct diag *diag)
{
	char *said = script_telling(script->output.data);
	const char *how = why->error == ETIMEDOUT ? "its time is up" :
	    why->error == EINTR                   ? "something killed it" :
						    strerror(why->error);
	int error = diag_set(diag, why->error,
	    "%s: the build was disturbed (%s), which says nothing of Go: %s%.200s: run again", build->dir, how,
	    script->how, *said ? "; " : "");
	free(said);
	return error;
}

/* ---- the record -------------------------------------------------------------------------------------- */

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

/* One of the builds that must fail (beside.h).  *told is a new reference, null where it is not planned; *why is what
 * disturbed it. */
static int make_beside(const struct setup *setup, const struct build *build, enum beside beside, json_t **told,
    const struct disturbance **why, struct diag *diag)
{
	*told = json_null();
	if (!beside_planned(build, beside))
		return 0;
	struct script script;
	script_init(&script, BUILD_TIMEOUT_MS);
	go_env(setup, &build->cell, &script.env);
	struct build made = build_twisted(build);
	beside_recipe(setup, &made, beside, &script);
	int error = script.infra;
	*why = disturbance(&script);
	if (error)
		diag_set(diag, -error, "%s: cannot start the build: %s", build->dir, strerror(-error));
	else if (*why)
		error = disturbed(build, &script, *why, diag);
	else
		*told = json_pack("{s:i, s:o, s:s}", "exit", script.exit, "output",
		    text_json(script.output.data, OUTPUT_KEPT), "command", script.command.data);
	script_free(&script);
	return error;
}

static json_t *script_json(const struct script *script, json_t *runs)
{
	return json_pack("{s:s, s:i, s:f, s:f, s:s, s:s, s:o, s:O}", "how", script->how, "exit", script->exit,
	    "seconds", script->seconds, "cpu_seconds", script->cpu_seconds, "command", script->command.data, "spoke",
	    script->spoke.data, "output", text_json(script->output.data, OUTPUT_KEPT), "runs", runs);
}

/* The Go package: 0 when it is there. */
static int make_package(const struct setup *setup, const struct build *build, struct diag *diag)
{
	struct entry entry;
	int error = entry_begin(build->src, 0, &entry, diag);
	if (error)
		return error == 1 ? 0 : error;
	error = generate_case(setup->places.root, &build->cell, build->kind, entry.aside, diag);
	if (!error && (error = recipe_place(setup, build, entry.aside)))
		diag_set(diag, -error, "%s: cannot make: %s", build->src, strerror(-error));
	return entry_end(&entry, error, diag);
}

static int make_scratch(const struct setup *setup, struct diag *diag)
{
	static const char *const names[] = { "tmp", "home" };
	int error = 0;
	for (size_t i = 0; !error && i < sizeof(names) / sizeof(names[0]); i++) {
		char *path = xprintf("%s/%s", setup->places.cache, names[i]);
		if ((error = make_folders(path)))
			diag_set(diag, -error, "%s: cannot make: %s", path, strerror(-error));
		free(path);
	}
	return error;
}

/* Does the output say that it came to the C compiler, which is not there? */
static int wants_compiler(const char *output)
{
	static const char *const words[] = {
		"C compiler \"" GO_ENV_NO_COMPILER "\" not found", /* cmd/cgo, main.go or gcc.go, since 1.17 */
		"cgo: exec " GO_ENV_NO_COMPILER ": ",              /* cmd/cgo/util.go run, since 1.13 */
		"exec: \"" GO_ENV_NO_COMPILER "\": executable file not found", /* the same, before */
		/* cmd/go asks the compiler first when it is to build with -asan. */
		"-asan: the version of $(go env CC) could not be parsed",
	};
	for (size_t i = 0; output && i < sizeof(words) / sizeof(*words); i++)
		if (strstr(output, words[i]))
			return 1;
	return 0;
}

/* A build without its C compiler: not started, or begun since Go should refuse it before it needs one,
 * but it did not come to that. */
static void add_missing(const struct build *build, int refused, json_t *json)
{
	const struct compiler *compiler = &build->compiler;
	if (!compiler->missing || (refused && !wants_compiler(json_string_value(json_object_get(json, "output")))))
		return;
	struct buf thing = BUF_INIT;
	cell_expand(&build->cell, compiler->thing, &thing);
	json_object_set_new(json, "missing", json_pack("{s:s, s:s}", "class", compiler->missing, "thing", thing.data));
	json_object_set_new(json, "exit", json_integer(-1));
	buf_free(&thing);
}

/* ---- making one ------------------------------------------------------------------------------------ */

/* A build is made beside its place; what is told of it names its place.  In the words of tools that place is an
 * absolute or a relative path, which differs in its last part only. */
static const char *aside_name(const struct build *build) { return strrchr(build->dir, '/') + 1; }

/* Into build->dir.  0 with *json, or -errno and *why when it was disturbed. */
static int try_build(const struct setup *setup, const struct build *build, json_t **json,
    const struct disturbance **why, struct diag *diag)
{
	struct script script;
	script_init(&script, BUILD_TIMEOUT_MS);
	json_t *runs = json_object();
	int refused = support_row(&build->cell) >= 0, error = 0;
	if (refused || !build->compiler.missing) {
		go_env(setup, &build->cell, &script.env);
		struct build made = build_twisted(build);
		recipe_case(setup, &made, &script, runs);
		*why = disturbance(&script);
		if (script.infra)
			error = diag_set(
			    diag, -script.infra, "%s: cannot start the build: %s", build->dir, strerror(-script.infra));
		else if (*why)
			error = disturbed(build, &script, *why, diag);
	}
	char *log = xprintf("%s/build.log", build->dir),
	     *text = xreplace(script.log.data, aside_name(build), build->key);
	if (!error && (error = file_write(log, text, strlen(text))))
		diag_set(diag, -error, "%s: cannot write: %s", log, strerror(-error));
	free(text);
	free(log);
	if (!error) {
		*json = script_json(&script, runs);
		add_missing(build, refused, *json);
	}
	json_decref(runs);
	script_free(&script);
	return error;
}

/* One try, into build->dir: all that build.json tells. */
static int try_all(const struct setup *setup, const struct build *build, json_t **json, const struct disturbance **why,
    struct diag *diag)
{
	*why = NULL;
	int error = try_build(setup, build, json, why, diag);
	if (error)
		return error;
	for (enum beside beside = 0; beside < BESIDE_COUNT && !error; beside++) {
		json_t *told;
		error = make_beside(setup, build, beside, &told, why, diag);
		if (!error)
			json_object_set_new(*json, beside_name(beside), told);
	}
	if (error) {
		json_decref(*json);
		*json = NULL;
	}
	return error;
}

/* Into build->dir, an empty folder.  What disturbed the first try may be gone; a failure without such a reason is
 * believed. */
static int make_all(const struct setup *setup, const struct build *build, struct diag *diag)
{
	json_t *json = NULL;
	const struct disturbance *first, *second;
	struct diag disturbed_by = DIAG_INIT;
	int error = try_all(setup, build, &json, &first, &disturbed_by);
	int again = error && first && first->again && !remove_tree(build->dir) && !make_folders(build->dir);
	if (again)
		error = try_all(setup, build, &json, &second, diag);
	else if (error)
		diag_set(diag, -error, "%s", disturbed_by.line);
	if (!error) {
		if (again)
			json_object_set_new(json, "again", json_string(first->name));
		json_t *settled = sealed_replace(json, build->dir, "@build"),
		       *placeless = sealed_replace(settled, aside_name(build), build->key);
		json_decref(settled);
		char *path = xprintf("%s/build.json", build->dir);
		if ((error = sealed_write(setup, path, placeless)))
			diag_set(diag, -error, "%s: cannot write: %s", path, strerror(-error));
		free(path);
		json_decref(placeless);
	}
	json_decref(json);
	return error;
}

int build_make(const struct setup *setup, const struct build *build, int again, struct diag *diag)
{
	struct entry entry;
	/* Without its C compiler nothing is tried but what Go should refuse, and hosts for the package are not made. */
	int tried = !build->compiler.missing || support_row(&build->cell) >= 0;
	int error = make_scratch(setup, diag);
	error = error || !tried ? error : make_package(setup, build, diag);
	error = error ? error : entry_begin(build->dir, again, &entry, diag);
	if (error)
		return error == 1 ? 0 : error;
	struct build aside = *build;
	aside.dir = entry.aside;
	return entry_end(&entry, make_all(setup, &aside, diag), diag);
}
