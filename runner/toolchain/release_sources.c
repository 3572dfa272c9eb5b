#include "runner/toolchain/release_sources.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/process/script.h"
#include "runner/setup/files.h"
#include "runner/toolchain/go_env.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_TIMEOUT_MS = 120000, DIFF_TIMEOUT_MS = 60000 };

/* The first row that a name matches is its area; a star stands for a slash too. */
static const struct {
	const char *pattern;
	enum source_area area;
} areas[] = {
	{ "runtime/cgo/*", AREA_CGO },
	{ "runtime/*.[sh]", AREA_ASSEMBLY },
	{ "internal/runtime/*.[sh]", AREA_ASSEMBLY },
	{ "runtime/*", AREA_RUNTIME },
	{ "internal/runtime/*", AREA_RUNTIME },
	{ "syscall/*", AREA_SYSCALL },
	{ "internal/*", AREA_SYSCALL },
	{ "cmd/link/*", AREA_LINK },
	{ "cmd/internal/*", AREA_OBJ },
	{ "cmd/asm/*", AREA_OBJ },
	{ "cmd/compile/*", AREA_COMPILE },
};

/* What make.bash writes (cmd/dist/buildgo.go, buildruntime.go, buildtool.go). */
static const char *const generated[] = { "zversion.go", "zbootstrap.go", "zdefaultcc.go", "zosarch.go", "zcgo.go",
	"zgoarch_*", "zgoos_*", "zasm_*", "zruntime*" };

const char *area_name(enum source_area area)
{
	static const char *const names[AREA_COUNT] = {
		[AREA_ASSEMBLY] = "the runtime's assembly",
		[AREA_CGO] = "runtime/cgo",
		[AREA_RUNTIME] = "the runtime's Go",
		[AREA_SYSCALL] = "syscall and internal",
		[AREA_LINK] = "cmd/link",
		[AREA_OBJ] = "cmd/internal and cmd/asm",
		[AREA_COMPILE] = "cmd/compile",
	};
	return names[area];
}

static int is_generated(const char *name)
{
	const char *base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	for (size_t i = 0; i < sizeof(generated) / sizeof(generated[0]); i++)
		if (fnmatch(generated[i], base, 0) == 0)
			return 1;
	return 0;
}

static enum source_area area_of(const char *name)
{
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
		if (fnmatch(areas[i].pattern, name, 0) == 0)
			return areas[i].area;
	return AREA_COUNT;
}

/* ---- what a release has --------------------------------------------------------------------------------- */

static int by_area(const void *a, const void *b)
{
	const struct source_file *x = a, *y = b;
	return x->area != y->area ? (x->area > y->area) - (x->area < y->area) : strcmp(x->name, y->name);
}

static void add(struct source_list *list, const char *name, size_t len)
{
	char *copy = xprintf("%.*s", (int)len, name);
	enum source_area area = area_of(copy);
	if (area == AREA_COUNT || is_generated(copy)) {
		free(copy);
		return;
	}
	list->file = xrealloc(list->file, (list->count + 1) * sizeof(*list->file));
	list->file[list->count++] = (struct source_file){ .name = copy, .area = area };
}

static const char *const packages[SOURCES_STAGES][4] = {
	[SOURCES_STD] = { "runtime/...", "syscall", "internal/..." },
	[SOURCES_LINK] = { "cmd/link/..." },
	[SOURCES_TOOLS] = { "cmd/compile", "cmd/asm", "cmd/link" },
};

/* Says what go list prints of packages of a release in a form.  malloc'ed; NULL with a line in diag. */
static char *go_list(const struct setup *setup, const struct cell *cell, enum source_stage stage, const char *version,
    const char *form, const struct argv *of, struct diag *diag)
{
	struct cell of_release = *cell;
	struct script script;
	struct argv argv = { NULL, 0 };
	char *said = NULL;
	strcpy(of_release.go, version);
	script_init(&script, LIST_TIMEOUT_MS);
	go_env(setup, &of_release, &script.env);
	env_set(&script.env, "GO111MODULE", "off");
	const struct release *release = setup_release(setup, &of_release);
	argv_add(&argv, "%s", release->go);
	argv_add(&argv, "list");
	argv_add(&argv, "-f");
	argv_add(&argv, "%s", form);
	for (size_t i = 0; i < of->count; i++)
		argv_add(&argv, "%s", of->word[i]);
	if (stage != SOURCES_STD) {
		env_set(&script.env, "GOOS", "%s", setup->machine.os);
		env_set(&script.env, "GOARCH", "%s", setup->machine.arch);
	}
	if (step(&script, release->goroot, (const char *const *)argv.word))
		said = xstrdup(script.output.data ? script.output.data : "");
	else
		diag_set(diag, EIO, "%s: `go list` of std fails (%s): %.200s", version,
		    script.infra ? strerror(-script.infra) : script.how, script.output.data ? script.output.data : "");
	argv_free(&argv);
	script_free(&script);
	return said;
}

/* Adds the packages of cmd that the tools import. */
static int add_imported(
    const struct setup *setup, const struct cell *cell, const char *version, struct argv *of, struct diag *diag)
{
	char *said = go_list(setup, cell, SOURCES_TOOLS, version, "{{range .Deps}}{{.}}\n{{end}}", of, diag);
	for (const char *line = said; line && *line; line += strcspn(line, "\n"), line += *line == '\n') {
		/* "cmd/compile/internal/abi [cmd/compile]": compiled for a program with a profile (since 1.21). */
		size_t len = strcspn(line, " \n"), i = 0;
		if (strncmp(line, "cmd/", 4) != 0 || strncmp(line, "cmd/vendor/", 11) == 0)
			continue;
		while (i < of->count && (strncmp(of->word[i], line, len) != 0 || of->word[i][len]))
			i++;
		if (i == of->count)
			argv_add(of, "%.*s", (int)len, line);
	}
	free(said);
	return said ? 0 : -EIO;
}

/* Adds what go list says of one release. */
static int list_side(const struct setup *setup, const struct cell *cell, enum source_stage stage, const char *version,
    struct source_list *list, struct diag *diag)
{
	static const char each[] = "{{$p := .ImportPath}}"
				   "{{range .GoFiles}}{{$p}}/{{.}}\n{{end}}{{range .CgoFiles}}{{$p}}/{{.}}\n{{end}}"
				   "{{range .CFiles}}{{$p}}/{{.}}\n{{end}}{{range .HFiles}}{{$p}}/{{.}}\n{{end}}"
				   "{{range .SFiles}}{{$p}}/{{.}}\n{{end}}";
	struct argv of = { NULL, 0 };
	for (const char *const *name = packages[stage]; *name; name++)
		argv_add(&of, "%s", *name);
	int error = stage == SOURCES_TOOLS ? add_imported(setup, cell, version, &of, diag) : 0;
	char *said = error ? NULL : go_list(setup, cell, stage, version, each, &of, diag);
	for (const char *line = said; line && *line; line += *line == '\n') {
		size_t len = strcspn(line, "\n");
		if (len)
			add(list, line, len);
		line += len;
	}
	free(said);
	argv_free(&of);
	return said ? 0 : -EIO;
}

/* ---- where they differ ---------------------------------------------------------------------------------- */

char *sources_diff(const char *option, const char *const paths[2], const char *const labels[2])
{
	struct script script;
	struct argv argv = { NULL, 0 };
	script_init(&script, DIFF_TIMEOUT_MS);
	env_base(&script.env, "/");
	argv_add(&argv, "diff");
	argv_add(&argv, "--text");
	argv_add(&argv, "--new-file");
	argv_add(&argv, "%s", option);
	for (int side = 0; labels && side < 2; side++)
		argv_add(&argv, "--label=%s", labels[side]);
	for (int side = 0; side < 2; side++)
		argv_add(&argv, "%s", paths[side]);
	step(&script, "/", (const char *const *)argv.word); /* it exits 1 where they differ */
	char *text = xstrdup(script.output.data);
	argv_free(&argv);
	script_free(&script);
	return text;
}

/* How a file differs: 1 with its changes, 0 when it does not. */
static int differs(const struct setup *setup, const char *const versions[2], struct source_file *file)
{
	char *path[2];
	const char *hash[2];
	for (int side = 0; side < 2; side++) {
		path[side] = xprintf("%s/src/%s", setup_release_of(setup, versions[side])->goroot, file->name);
		hash[side] = file_hash(path[side]);
	}
	int alike = *hash[0] && strcmp(hash[0], hash[1]) == 0;
	file->changes = 1;
	if (!alike && *hash[0] && *hash[1]) {
		char *diff = sources_diff("-n", (const char *const *)path, NULL);
		size_t count;
		if (hunks_read(diff, &file->hunks, &count) == 0)
			file->changes = count;
		free(diff);
	}
	free(path[0]);
	free(path[1]);
	return !alike;
}

int sources_differ(const struct setup *setup, const struct cell *cell, enum source_stage stage,
    const char *const versions[2], struct source_list *list, struct diag *diag)
{
	struct source_list all = { .count = 0 };
	*list = all;
	struct hash *hash = hash_new();
	for (int side = 0; side < 2; side++)
		hash_add_text(hash, setup_release_of(setup, versions[side])->key);
	hash_end(hash, list->key);
	int error = list_side(setup, cell, stage, versions[0], &all, diag);
	error = error ? error : list_side(setup, cell, stage, versions[1], &all, diag);
	if (all.count)
		qsort(all.file, all.count, sizeof(*all.file), by_area);
	for (size_t i = 0; i < all.count; i++) {
		struct source_file *file = &all.file[i];
		if (i + 1 < all.count && strcmp(file->name, file[1].name) == 0) {
			free(file->name); /* it is in both: the next one is looked at */
		} else if (!error && differs(setup, versions, file)) {
			file->first = list->changes;
			list->changes += file->changes;
			list->file = xrealloc(list->file, (list->count + 1) * sizeof(*list->file));
			list->file[list->count++] = *file;
		} else {
			free(file->name);
		}
	}
	free(all.file);
	return error;
}

void sources_free(struct source_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->file[i].name);
		if (list->file[i].hunks)
			hunks_free(list->file[i].hunks, list->file[i].changes);
	}
	free(list->file);
	*list = (struct source_list){ .count = 0 };
}
