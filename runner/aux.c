/* aux.c - the programs and libraries of ours that serve all builds. */
#include "runner/build.h"

#include "matrix/base/diag.h"
#include "runner/compile.h"
#include "runner/pieces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { AUX_TIMEOUT_MS = 600000 };

static const char *const second_files[] = { "cases/init/second/main.go", "cases/init/second/slot.c", NULL };
static const char *const gohost_files[] = {
	"cases/hosts/gohost/main.go",
	"cases/hosts/gohost/gohost.c",
	"cases/hosts/gohost/gohost.h",
	"cases/core/record.go",
	"cases/core/check.go",
	NULL,
};

/* Their counterparts on Windows. */
static const char *const second_windows[] = { "cases/init/second/main.go", "cases/windows/slot_windows.c", NULL };
static const char *const gohost_windows[] = {
	"cases/hosts/gohost/main.go",
	"cases/windows/gohost_windows.c",
	"cases/hosts/gohost/gohost.h",
	"cases/core/record.go",
	"cases/core/check.go",
	NULL,
};

/* The Go ones are built with cgo and the default external linker; the cell gives port, variant and target. */
static struct cell aux_cell(const struct cell *of)
{
	struct cell cell = *of;
	cell.mode = MODE_C_SHARED;
	cell.cgo = 1;
	cell.link = LINK_EXTERNAL;
	cell.load = LOAD_DLOPEN;
	return cell;
}

int aux_serves(const struct cell *cell) { return strcmp(cell->os, "js") != 0 && strcmp(cell->os, "wasip1") != 0; }

static void add_files(const struct setup *setup, struct hash *hash, const char *const *files)
{
	for (size_t i = 0; files[i]; i++) {
		char *path = xprintf("%s/%s", setup->places.root, files[i]);
		hash_add_text(hash, file_hash(path));
		free(path);
	}
}

char *aux_dir(const struct setup *setup, const struct cell *cell, enum aux aux, int control)
{
	/* Asked for every cell of a plan: the name is worked out once for each port, compiler and kind. */
	static struct known { char *of, key[HASH_HEX]; } *known;
	static size_t count;
	struct compiler compiler;
	char arch[32];
	compiler_of_hosts(setup, cell, &compiler);
	char *of = xprintf("%s %s %s %d %d", compiler.key, cell->os, cell_arch(cell, arch), (int)aux, control != 0);
	size_t i = 0;
	while (i < count && strcmp(known[i].of, of) != 0)
		i++;
	if (i < count) {
		free(of);
		return xprintf("%s/aux/%s", setup->places.cache, known[i].key);
	}
	struct hash *hash = hash_new();
	hash_add_text(hash, "aux 3");
	hash_add_text(hash, of);
	hash_add_text(hash, setup->self_key);
	hash_add_text(hash, setup->places.root);
	add_files(setup, hash, piece_c_files);
	if (build_is_windows(cell))
		add_files(setup, hash, compile_windows_files());
	if (aux == AUX_GO) {
		hash_add_text(hash, setup->toolchain.go_key);
		add_files(setup, hash, build_is_windows(cell) ? second_windows : second_files);
		add_files(setup, hash, build_is_windows(cell) ? gohost_windows : gohost_files);
	}
	known = xrealloc(known, (count + 1) * sizeof(*known));
	known[count].of = of;
	hash_end(hash, known[count].key);
	return xprintf("%s/aux/%s", setup->places.cache, known[count++].key);
}

static char *mark_path(const char *dir) { return xprintf("%s/complete", dir); }

int aux_ready(const struct setup *setup, const struct cell *cell, enum aux aux, int control)
{
	char *dir = aux_dir(setup, cell, aux, control), *mark = mark_path(dir);
	int ready = file_exists(mark);
	free(mark);
	free(dir);
	return ready;
}

static void make_library(const struct setup *setup, const struct cell *cell, const char *dir, struct steps *steps,
    const char *name, const char *flag, const char *source, const char *more)
{
	struct argv argv = { NULL, 0 };
	piece_cc(setup, cell, "", &argv);
	argv_add(&argv, "-shared");
	argv_add(&argv, "-fPIC");
	argv_add(&argv, "%s", flag);
	argv_add(&argv, "-o");
	argv_add(&argv, "%s/%s", dir, name);
	argv_add(&argv, "%s/%s", setup->places.root, source);
	if (more)
		argv_add(&argv, "%s/%s", setup->places.root, more);
	piece_run(steps, dir, &argv);
}

static void make_c(
    const struct setup *setup, const struct cell *cell, int control, const char *dir, struct steps *steps)
{
	make_library(
	    setup, cell, dir, steps, "libctor.so", "-fvisibility=hidden", "cases/hosts/ctor.c", piece_control(control));
	make_library(setup, cell, dir, steps, "libneighbours.so", "-ftls-model=global-dynamic",
	    "harness/probe/neighbours.c", NULL);
	struct argv argv = { NULL, 0 };
	piece_cc(setup, cell, "", &argv);
	argv_add(&argv, "-o");
	argv_add(&argv, "%s/host", dir);
	piece_host(setup, control, &argv);
	argv_add(&argv, "-ldl");
	piece_run(steps, dir, &argv);
	/* The same for programs that the library is linked into: compiled once, linked by every linker. */
	piece_cc(setup, cell, "", &argv);
	argv_add(&argv, "-DHOST_LINKED");
	argv_add(&argv, "-fPIE");
	argv_add(&argv, "-r");
	argv_add(&argv, "-o");
	argv_add(&argv, "%s/" PIECE_LINKED_HOST, dir);
	piece_host(setup, control, &argv);
	piece_run(steps, dir, &argv);
}

static void make_go(const struct setup *setup, const struct cell *cell, const char *dir, struct steps *steps)
{
	struct build build = { .cell = *cell, .kind = CASE_CHECKS, .twist = "" };
	compiler_of(setup, cell, &build.compiler);
	char *second = xprintf("%s/second-src", dir), *library = xprintf("%s/libsecond.so", dir);
	char *gohost = xprintf("%s/gohost-src", dir), *program = xprintf("%s/gohost", dir);
	int windows = build_is_windows(cell);
	piece_go_files(
	    setup, &build, steps, windows ? second_windows : second_files, second, "-buildmode=c-shared", library);
	piece_go_files(
	    setup, &build, steps, windows ? gohost_windows : gohost_files, gohost, "-buildmode=exe", program);
	free(program);
	free(gohost);
	free(library);
	free(second);
}

int aux_make(const struct setup *setup, const struct cell *of, enum aux aux, int control, struct diag *diag)
{
	struct cell cell = aux_cell(of);
	struct steps steps;
	steps_init(&steps, AUX_TIMEOUT_MS);
	build_env(setup, &cell, &steps.env);
	char *dir = aux_dir(setup, &cell, aux, control), *mark = mark_path(dir), *log = xprintf("%s/make.log", dir),
	     *tmp = xprintf("%s/tmp", setup->places.cache);
	int error = remove_tree(dir);
	error = error ? error : make_folders(dir);
	error = error ? error : make_folders(tmp);
	if (error) {
		diag_set(diag, -error, "%s: cannot make: %s", dir, strerror(-error));
	} else {
		if (aux == AUX_C && build_is_windows(&cell))
			compile_windows_aux(setup, &cell, control, dir, &steps);
		else if (aux == AUX_C)
			make_c(setup, &cell, control, dir, &steps);
		else
			make_go(setup, &cell, dir, &steps);
		error = steps.infra;
		if (steps.failed || error)
			error = diag_set(diag, EIO, "%s: %s: %.600s", steps.command.data,
			    error ? strerror(-error) : steps.how, steps.output.data);
	}
	/* The commands stay beside what they made, for people and for `make bench`. */
	if (!error && ((error = file_write(log, steps.log.data, steps.log.len)) || (error = file_write(mark, "", 0))))
		diag_set(diag, -error, "%s: cannot write: %s", mark, strerror(-error));
	free(log);
	free(tmp);
	free(mark);
	free(dir);
	steps_free(&steps);
	return error;
}
