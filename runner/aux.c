/* aux.c - the programs and libraries of ours that serve all builds. */
#include "runner/build.h"

#include "matrix/base/diag.h"
#include "runner/pieces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { AUX_TIMEOUT_MS = 600000 };

static const char *const second_files[] = { "cases/init/second/main.go", "cases/init/second/slot.c", NULL };
static const char *const gohost_files[] = {
	"cases/hosts/gohost/main.go", "cases/hosts/gohost/gohost.c", "cases/hosts/gohost/gohost.h", "cases/core/record.go", "cases/core/check.go", NULL,
};

/* The Go ones are built once, with cgo and the default external linker. */
static struct cell aux_cell(const struct setup *setup)
{
	struct cell cell = { .mode = MODE_C_SHARED, .cgo = 1, .link = LINK_EXTERNAL, .target = "none", .load = LOAD_NONE };
	snprintf(cell.go, sizeof(cell.go), "%s", setup->toolchain.version);
	snprintf(cell.os, sizeof(cell.os), "%s", setup->toolchain.os);
	snprintf(cell.arch, sizeof(cell.arch), "%s", setup->toolchain.arch);
	return cell;
}

static void add_files(const struct setup *setup, struct hash *hash, const char *const *files)
{
	for (size_t i = 0; files[i]; i++) {
		char *path = xprintf("%s/%s", setup->places.root, files[i]);
		hash_add_text(hash, file_hash(path));
		free(path);
	}
}

char *aux_dir(const struct setup *setup, enum aux aux, int control)
{
	static char keys[AUX_COUNT][2][HASH_HEX];
	char *key = keys[aux][control != 0];
	if (!*key) {
		struct hash *hash = hash_new();
		hash_add_text(hash, aux == AUX_C ? "aux c 2" : "aux go 2");
		hash_add_text(hash, setup->self_key);
		hash_add_text(hash, setup->places.root);
		hash_add_text(hash, setup->toolchain.cc_key);
		hash_add_text(hash, control ? "control" : "");
		add_files(setup, hash, piece_c_files);
		if (aux == AUX_GO) {
			hash_add_text(hash, setup->toolchain.go_key);
			add_files(setup, hash, second_files);
			add_files(setup, hash, gohost_files);
		}
		hash_end(hash, key);
	}
	return xprintf("%s/aux/%s", setup->places.cache, key);
}

static char *mark_path(const char *dir)
{
	return xprintf("%s/complete", dir);
}

int aux_ready(const struct setup *setup, enum aux aux, int control)
{
	char *dir = aux_dir(setup, aux, control), *mark = mark_path(dir);
	int ready = file_exists(mark);
	free(mark);
	free(dir);
	return ready;
}

static void make_library(const struct setup *setup, const char *dir, struct steps *steps, const char *name, const char *flag, const char *source, const char *more)
{
	struct argv argv = { NULL, 0 };
	piece_gcc(setup, "", &argv);
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

static void make_c(const struct setup *setup, int control, const char *dir, struct steps *steps)
{
	make_library(setup, dir, steps, "libctor.so", "-fvisibility=hidden", "cases/hosts/ctor.c", piece_control(control));
	make_library(setup, dir, steps, "libneighbours.so", "-ftls-model=global-dynamic", "harness/probe/neighbours.c", NULL);
	struct argv argv = { NULL, 0 };
	piece_gcc(setup, "", &argv);
	argv_add(&argv, "-o");
	argv_add(&argv, "%s/host", dir);
	piece_host(setup, control, &argv);
	argv_add(&argv, "-ldl");
	piece_run(steps, dir, &argv);
	/* The same for programs that the library is linked into: compiled once, linked by every linker. */
	piece_gcc(setup, "", &argv);
	argv_add(&argv, "-DHOST_LINKED");
	argv_add(&argv, "-fPIE");
	argv_add(&argv, "-r");
	argv_add(&argv, "-o");
	argv_add(&argv, "%s/" PIECE_LINKED_HOST, dir);
	piece_host(setup, control, &argv);
	piece_run(steps, dir, &argv);
}

static void make_go(const struct setup *setup, const char *dir, struct steps *steps)
{
	struct build build = { .cell = aux_cell(setup), .twist = "" };
	char *second = xprintf("%s/second-src", dir), *library = xprintf("%s/libsecond.so", dir);
	char *gohost = xprintf("%s/gohost-src", dir), *program = xprintf("%s/gohost", dir);
	piece_go_files(setup, &build, steps, second_files, second, "-buildmode=c-shared", library);
	piece_go_files(setup, &build, steps, gohost_files, gohost, "-buildmode=exe", program);
	free(program);
	free(gohost);
	free(library);
	free(second);
}

int aux_make(const struct setup *setup, enum aux aux, int control, struct diag *diag)
{
	struct cell cell = aux_cell(setup);
	struct steps steps;
	steps_init(&steps, AUX_TIMEOUT_MS);
	build_env(setup, &cell, &steps.env);
	char *dir = aux_dir(setup, aux, control), *mark = mark_path(dir), *log = xprintf("%s/make.log", dir), *tmp = xprintf("%s/tmp", setup->places.cache);
	int error = remove_tree(dir);
	error = error ? error : make_folders(dir);
	error = error ? error : make_folders(tmp);
	if (error) {
		diag_set(diag, -error, "%s: cannot make: %s", dir, strerror(-error));
	} else {
		if (aux == AUX_C)
			make_c(setup, control, dir, &steps);
		else
			make_go(setup, dir, &steps);
		error = steps.infra;
		if (steps.failed || error)
			error = diag_set(diag, EIO, "%s: %s: %.600s", steps.command.data, error ? strerror(-error) : steps.how, steps.output.data);
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
