/* name.c - the name of a build: a hash of everything that decides it. */
#include "runner/build/name.h"

#include "cases/generate.h"
#include "matrix/base/buf.h"
#include "matrix/check.h"
#include "matrix/version.h"
#include "runner/build/beside.h"
#include "runner/build/hosts.h"
#include "runner/build/recipe.h"
#include "runner/build/sources.h"
#include "runner/setup/sealed.h"
#include "runner/toolchain/go_env.h"

#include <stdlib.h>
#include <string.h>

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
	const char *const generator[] = { "cases/generate.c", NULL };
	hash_add_text(hash, setup->places.root); /* build.log, which is text, names the tree that it was made from */
	hash_add_text(hash, version_since(cell->go, VERSION_MODULES) ? "module" : "gopath");
	add_tree(setup, hash, generator);
	add_tree(setup, hash, files);
	free(files);
	const char **extra = build_sources(cell->mode);
	/* Of a port only what the builds beside it are made of, which lies beside the package. */
	if (build->kind == CASE_PORT) {
		if (cell->mode == MODE_EXE || cell->mode == MODE_PIE)
			add_tree(setup, hash, extra);
		free(extra);
		return;
	}
	struct buf table = BUF_INIT;
	generate_table(cell, &table);
	char *hosts = hosts_dir(setup, cell, HOSTS_C, build->control);
	hash_add_text(hash, strrchr(hosts, '/')); /* libctor.so lies in it */
	free(hosts);
	hash_add_text(hash, build->control ? "control" : "");
	add_tree(setup, hash, extra);
	hash_add_text(hash, table.data);
	buf_free(&table);
	free(extra);
}

/* The commands that make it, as they are whatever lies where: nothing of the tool's own code decides a build but
 * these. */
static void add_commands(const struct setup *setup, const struct build *build, struct hash *hash)
{
	struct build made = build_twisted(build);
	struct script script;
	json_t *runs = json_object();
	made.dir = (char[]){ "@build" };
	made.src = (char[]){ "@src" };
	script_init(&script, 0);
	script.dry = 1;
	go_env(setup, &build->cell, &script.env);
	recipe_case(setup, &made, &script, runs);
	for (enum beside beside = 0; beside < BESIDE_COUNT; beside++)
		if (beside_planned(build, beside))
			beside_recipe(setup, &made, beside, &script);
	json_t *log = json_string(script.log.data), *placeless = sealed_placeless(setup, log);
	hash_add_text(hash, json_string_value(placeless));
	json_decref(placeless);
	json_decref(log);
	json_decref(runs);
	script_free(&script);
}

static void name_kind(
    const struct setup *setup, const struct cell *cell, enum case_kind kind, const char *twist, struct build *build)
{
	build->cell = *cell;
	build->control = kind == CASE_CONTROL;
	build->kind = kind;
	compiler_of(setup, cell, &build->compiler);
	build->twist = twist;
	struct cell plain = *cell;
	snprintf(plain.target, sizeof(plain.target), "none");
	plain.load = LOAD_NONE;
	char id[CELL_ID_MAX], src[HASH_HEX];
	struct hash *hash = hash_new(), *package = hash_new();
	add_package(setup, package, build);
	hash_end(package, src);
	add_commands(setup, build, hash);
	hash_add_text(hash, "build 4");
	hash_add_text(hash, cell_id(&plain, id));
	hash_add_text(hash, src);
	hash_add_text(hash, twist);
	hash_add_text(hash, setup_release(setup, cell)->key);
	hash_add_text(hash, build->compiler.key);
	const struct linker *linker = cell->cgo ? linkers_of(&setup->linkers, cell->link) : NULL;
	if (linker && linker->path)
		file_sign(hash, linker->path);
	struct buf refusal = BUF_INIT;
	const char *source;
	support_refused(cell, &refusal, &source); /* an observation says whether these words were there */
	hash_add_text(hash, refusal.data);
	buf_free(&refusal);
	hash_end(hash, build->key);
	build->dir = xprintf("%s/build/%s", setup->places.cache, build->key);
	build->src = xprintf("%s/src/%s", setup->places.cache, src);
}

void build_name(const struct setup *setup, const struct cell *cell, int control, const char *twist, struct build *build)
{
	enum case_kind kind = control                                           ? CASE_CONTROL :
	    cell->load != LOAD_NONE || machine_is_native(&setup->machine, cell) ? CASE_CHECKS :
										  CASE_PORT;
	name_kind(setup, cell, kind, twist, build);
}

void build_name_bare(const struct setup *setup, const struct cell *cell, struct build *build)
{
	name_kind(setup, cell, CASE_PORT, "", build);
}
