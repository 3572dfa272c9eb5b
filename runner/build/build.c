#include "runner/build/build.h"

#include "cases/generate.h"
#include "matrix/base/buf.h"
#include "matrix/check.h"
#include "matrix/port.h"
#include "runner/build/sources.h"

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
	hash_add_text(hash, setup->places.root);
	add_tree(setup, hash, files);
	free(files);
	const char **extra = build_sources(cell->mode);
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
	build->kind = control                                                   ? CASE_CONTROL :
	    cell->load != LOAD_NONE || machine_is_native(&setup->machine, cell) ? CASE_CHECKS :
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
	hash_add_text(hash, setup_release(setup, cell)->key);
	hash_add_text(hash, build->compiler.key);
	const struct linker *linker = cell->cgo ? linkers_of(&setup->linkers, cell->link) : NULL;
	if (linker && linker->path)
		file_sign(hash, linker->path);
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
