#include "runner/build.h"

#include "cases/generate.h"
#include "harness/inspect.h"
#include "matrix/base/diag.h"
#include "matrix/check.h"
#include "matrix/port.h"
#include "runner/compile.h"
#include "runner/steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* CC where there is none: go says that it does not find it. */
#define NO_COMPILER "no-c-compiler"

enum { BUILD_TIMEOUT_MS = 900000, OUTPUT_KEPT = 65536 };

/* ---- names ------------------------------------------------------------------------------------ */

static void add_tree(const struct setup *setup, struct hash *hash, const char *const *files)
{
	for (size_t i = 0; files[i]; i++) {
		char *path = xprintf("%s/%s", setup->places.root, files[i]);
		hash_add_text(hash, files[i]);
		hash_add_text(hash, file_hash(path));
		free(path);
	}
}

/* The Go package of a cell: what is generated, and what else lies in it or beside it. */
static void add_package(const struct setup *setup, struct hash *hash, const struct build *build)
{
	const struct cell *cell = &build->cell;
	const char **files = generate_sources(cell, build->kind);
	hash_add_text(hash, setup->places.root);
	add_tree(setup, hash, files);
	free(files);
	const char **extra = compile_sources(cell->mode);
	/* Of a port only what build.c-tls-internal is made of, which lies beside the package. */
	if (build->kind == CASE_PORT) {
		if (cell->mode == MODE_EXE || cell->mode == MODE_PIE)
			add_tree(setup, hash, extra);
		free(extra);
		return;
	}
	struct buf table = BUF_INIT;
	generate_table(cell, &table);
	hash_add_text(hash, setup->self_key);
	struct compiler hosts;
	compiler_of_hosts(setup, cell, &hosts);
	hash_add_text(hash, hosts.key); /* libctor.so lies in it */
	hash_add_text(hash, build->control ? "control" : "");
	add_tree(setup, hash, extra);
	hash_add_text(hash, table.data);
	buf_free(&table);
	free(extra);
}

void build_name(const struct setup *setup, const struct cell *cell, int control, const char *twist, struct build *build)
{
	build->cell = *cell;
	build->control = control;
	build->kind = control                                     ? CASE_CONTROL :
	    cell->load != LOAD_NONE || build_is_host(setup, cell) ? CASE_CHECKS :
								    CASE_PORT;
	compiler_of(setup, cell, &build->compiler);
	build->twist = twist;
	struct cell plain = *cell;
	snprintf(plain.target, sizeof(plain.target), "none");
	plain.load = LOAD_NONE;
	char id[CELL_ID_MAX], src[HASH_HEX];
	struct hash *hash = hash_new(), *package = hash_new();
	add_package(setup, package, build);
	hash_end(package, src);
	hash_add_text(hash, "build 2");
	hash_add_text(hash, cell_id(&plain, id));
	hash_add_text(hash, src);
	hash_add_text(hash, twist);
	hash_add_text(hash, setup->toolchain.go_key);
	hash_add_text(hash, build->compiler.key);
	hash_add_text(hash, setup->self_key);
	struct buf message = BUF_INIT;
	const char *source;
	support_refused(cell, &message, &source);
	hash_add_text(hash, message.data);
	buf_free(&message);
	hash_end(hash, build->key);
	build->dir = xprintf("%s/build/%s", setup->places.cache, build->key);
	build->src = xprintf("%s/src/%s", setup->places.cache, src);
}

void build_free(struct build *build)
{
	free(build->dir);
	free(build->src);
	build->dir = build->src = NULL;
}

json_t *build_load(const struct build *build)
{
	char *path = xprintf("%s/build.json", build->dir);
	json_t *json = json_load_file(path, 0, NULL);
	free(path);
	return json;
}

/* How cmd/go compiles std for a buildmode (cmd/go/internal/work/init.go buildModeInit: codegenArg). */
static const char *flavour_of(const struct cell *cell)
{
	static const char *const never[] = { "windows", "aix", "js", "wasip1", "plan9" },
				 *const apple[] = { "darwin", "ios" };
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (strcmp(cell->os, never[i]) == 0)
			return "";
	for (size_t i = 0; i < sizeof(apple) / sizeof(apple[0]); i++)
		if (strcmp(cell->os, apple[i]) == 0 && cell->mode == MODE_C_SHARED)
			return "";
	switch (cell->mode) {
	case MODE_PIE:
	case MODE_C_ARCHIVE:
	case MODE_C_SHARED:
		return "-shared";
	case MODE_SHARED:
	case MODE_PLUGIN:
		return "-dynlink";
	default:
		return "";
	}
}

void build_variant(const struct cell *cell, struct build_variant *variant)
{
	char arch[32];
	snprintf(variant->std, sizeof(variant->std), "%s-%s%s", cell->os, cell_arch(cell, arch), flavour_of(cell));
	snprintf(variant->cgo, sizeof(variant->cgo), "%s%s", cell->cgo ? variant->std : "", cell->cgo ? "-cgo" : "");
}

int build_is_host(const struct setup *setup, const struct cell *cell)
{
	return !*cell->variant && strcmp(cell->os, setup->toolchain.os) == 0 &&
	    strcmp(cell->arch, setup->toolchain.arch) == 0;
}

int build_is_windows(const struct cell *cell) { return strcmp(cell->os, "windows") == 0; }

/* ---- the environment -------------------------------------------------------------------------- */

void build_env(const struct setup *setup, const struct cell *cell, struct env *env)
{
	const char *cache = setup->places.cache;
	char *home = xprintf("%s/home", cache);
	env_base(env, home);
	free(home);
	env_set(env, "TMPDIR", "%s/tmp", cache);
	env_set(env, "GOROOT", "%s", setup->toolchain.goroot);
	env_set(env, "GOENV", "off");
	env_set(env, "GOFLAGS", "%s", "");
	env_set(env, "GOTOOLCHAIN", "local");
	env_set(env, "GOPROXY", "off");
	env_set(env, "GOSUMDB", "off");
	env_set(env, "GOWORK", "off");
	env_set(env, "GO111MODULE", "on");
	env_set(env, "GOPATH", "%s/gopath", cache);
	env_set(env, "GOCACHE", "%s/gocache", cache);
	env_set(env, "GOOS", "%s", cell->os);
	env_set(env, "GOARCH", "%s", cell->arch);
	env_set(env, "CGO_ENABLED", "%d", cell->cgo);
	struct compiler compiler;
	compiler_of(setup, cell, &compiler);
	/* Go names a compiler that it does not find; a cell that is refused anyhow need not have one. */
	env_set(env, "CC", "%s", compiler.missing ? NO_COMPILER : *compiler.command ? compiler.command : "gcc");
	env_set(env, "ZIG_GLOBAL_CACHE_DIR", "%s/zig", cache);
	env_set(env, "ZIG_LOCAL_CACHE_DIR", "%s/zig", cache);
	const struct variant *variant = variant_of(cell);
	if (variant && variant->env) {
		char name[32];
		const char *equals = strchr(variant->env, '=');
		snprintf(name, sizeof(name), "%.*s", (int)(equals - variant->env), variant->env);
		env_set(env, name, "%s", equals + 1);
	}
}

/* ---- making ------------------------------------------------------------------------------------ */

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
	struct steps steps;
	steps_init(&steps, BUILD_TIMEOUT_MS);
	build_env(setup, &build->cell, &steps.env);
	struct build made = twisted(build);
	compile_ctls(setup, &made, &steps);
	json_t *json = json_pack("{s:i, s:o, s:s}", "exit", steps.exit, "output",
	    text_json(steps.output.data, OUTPUT_KEPT), "command", steps.command.data);
	steps_free(&steps);
	return json;
}

static json_t *steps_json(const struct steps *steps, json_t *runs)
{
	char *message = first_message(steps->output.data);
	json_t *json = json_pack("{s:s, s:i, s:f, s:f, s:s, s:o, s:o, s:O}", "how", steps->how, "exit", steps->exit,
	    "seconds", steps->seconds, "cpu_seconds", steps->cpu_seconds, "command", steps->command.data, "message",
	    text_json(message, 1000), "output", text_json(steps->output.data, OUTPUT_KEPT), "runs", runs);
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
		error = compile_place(setup, build, aside);
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
	    (refused && !(output && strstr(output, "C compiler \"" NO_COMPILER "\" not found")) &&
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
	struct steps steps;
	steps_init(&steps, BUILD_TIMEOUT_MS);
	json_t *runs = json_object(), *facts = json_object(), *json = NULL;
	int error = prepare(setup, build, diag);
	int refused = support_row(&build->cell) >= 0;
	if (!error && (refused || !build->compiler.missing)) {
		build_env(setup, &build->cell, &steps.env);
		struct build made = twisted(build);
		compile_case(setup, &made, &steps, runs);
		if (steps.infra)
			error = diag_set(
			    diag, -steps.infra, "%s: cannot start the build: %s", build->dir, strerror(-steps.infra));
	}
	if (!error && steps.failed && strstr(steps.output.data, "no space left on device"))
		error = diag_set(
		    diag, ENOSPC, "%s: disk full while building: free some room and run again", setup->places.cache);
	if (!error && !steps.failed)
		error = inspect_runs(runs, facts, diag);
	if (!error) {
		json = steps_json(&steps, runs);
		add_missing(build, refused, json);
		json_object_set_new(json, "ctls", make_ctls(setup, build));
		json_object_set(json, "facts", facts);
		char *log = xprintf("%s/build.log", build->dir);
		error = file_write(log, steps.log.data, steps.log.len);
		if (error)
			diag_set(diag, -error, "%s: cannot write: %s", log, strerror(-error));
		free(log);
	}
	if (!error)
		error = write_json(build, json, diag);
	json_decref(json);
	json_decref(runs);
	json_decref(facts);
	steps_free(&steps);
	return error;
}
