#include "runner/trial/target_program.h"

#include "cases/target/library.h"
#include "matrix/base/diag.h"
#include "runner/build/commands.h"
#include "runner/setup/stages.h"
#include "runner/toolchain/go_env.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BUILD_MS = 300000 };

static const char *const c_files[] = {
	"cases/target/target.c",
	"cases/target/facts.c",
	"cases/target/facts.h",
	"cases/target/library.c",
	"cases/target/library.h",
	"cases/target/start.c",
	"cases/target/traced.c",
	"harness/probe/record.c",
	"harness/probe/probe.h",
	NULL,
};
static const char *const windows_files[] = {
	"cases/target/target.c",
	"cases/target/facts_windows.c",
	"cases/target/facts.h",
	"harness/probe/record.c",
	"harness/probe/probe.h",
	NULL,
};
static const char *const go_files[] = { "cases/target/main.go", NULL };

const struct target_start target_starts[] = {
	{ "start-init", "initializer-at-start", "START_INIT", "-ltarget" },
	{ "start-ie", "ie-needed", "START_IE", "-lblock32-0" },
	{ "start-align", "tls-alignment", "START_ALIGN", NULL },
	{ NULL, NULL, NULL, NULL },
};

const char target_traced[] = "traced";

/* ---- names ------------------------------------------------------------------------------------------- */

static void first_of(const char *list, const char *fallback, char *out, size_t size)
{
	if (list)
		snprintf(out, size, "%.*s", (int)strcspn(list, ", "), list);
	else
		snprintf(out, size, "%s", fallback);
}

int target_cell(const struct setup *setup, const struct target *target, int in_c, struct cell *cell, struct diag *diag)
{
	char os[32], arch[48];
	first_of(target->goos, setup->machine.os, os, sizeof(os));
	first_of(target->goarch, setup->machine.arch, arch, sizeof(arch));
	char *id = xprintf("%s/%s/%s/exe/cgo%d/%s@%s:exec", setup->releases->version, os, arch, in_c,
	    in_c ? "external" : "internal", target->name);
	int error = cell_parse(id, cell, diag);
	free(id);
	return error;
}

static void add_files(const struct setup *setup, struct hash *hash, const char *const *files)
{
	for (size_t i = 0; files[i]; i++) {
		char *path = xprintf("%s/%s", setup->places.root, files[i]);
		hash_add_text(hash, file_hash(path));
		free(path);
	}
}

/* stage_trial: the commands that make it are in this file. */
static char *program_dir(const struct setup *setup, const struct cell *cell, int in_c)
{
	char key[HASH_HEX], id[CELL_ID_MAX];
	struct compiler compiler;
	struct cell build = *cell;
	struct hash *hash = hash_new();
	snprintf(build.target, sizeof(build.target), "any");
	hash_add_text(hash, cell_id(&build, id));
	hash_add_text(hash, stage_trial);
	add_files(setup, hash, !in_c ? go_files : cell_is_windows(cell) ? windows_files : c_files);
	if (in_c) {
		compiler_of_hosts(setup, cell, &compiler);
		hash_add_text(hash, compiler.key);
	} else {
		hash_add_text(hash, setup_release(setup, cell)->key);
	}
	hash_end(hash, key);
	return xprintf("%s/target/%s-%s", setup->places.cache, in_c ? "c" : "go", key);
}

void target_program_hash(const struct setup *setup, const struct target *target, struct hash *hash)
{
	struct diag diag = DIAG_INIT;
	for (int in_c = 0; in_c < 2; in_c++) {
		struct cell cell;
		if (target_cell(setup, target, in_c, &cell, &diag))
			continue;
		char *dir = program_dir(setup, &cell, in_c);
		hash_add_text(hash, strrchr(dir, '/'));
		free(dir);
	}
}

/* ---- building ------------------------------------------------------------------------------------------ */

/* One command of the C compiler; the lists end with NULL. */
static int compile(const struct setup *setup, const struct cell *cell, struct script *script, const char *dir,
    const char *out, const char *const *flags, const char *const *sources, const char *const *libraries)
{
	struct argv argv = { NULL, 0 };
	command_cc(setup, cell, "", &argv);
	for (; *flags; flags++)
		if (**flags)
			argv_add(&argv, "%s", *flags);
	argv_add(&argv, "-o");
	argv_add(&argv, "%s/%s", dir, out);
	for (; *sources; sources++)
		argv_add(&argv, "%s/%s", setup->places.root, *sources);
	argv_add(&argv, "-L%s", dir);
	for (; *libraries; libraries++)
		argv_add(&argv, "%s", *libraries);
	return command_run(script, dir, &argv);
}

static const char *const none[] = { NULL };

static int make_blocks(
    const struct setup *setup, const struct cell *cell, struct script *script, const char *dir, int size, int count)
{
	char define[32], name[32];
	snprintf(define, sizeof(define), "-DBYTES=%d", size);
	snprintf(name, sizeof(name), "libblock%d-0.so", size);
	const char *const flags[] = { "-shared", "-fPIC", define, NULL },
			  *const sources[] = { "cases/target/library.c", NULL };
	int made = compile(setup, cell, script, dir, name, flags, sources, none);
	char *from = xprintf("%s/%s", dir, name);
	for (int i = 1; made && i < count; i++) {
		char *to = xprintf("%s/libblock%d-%d.so", dir, size, i);
		made = file_copy(from, to) == 0;
		free(to);
	}
	free(from);
	return made;
}

/* -static: what mingw brings is no part of Windows. */
static void make_windows(const struct setup *setup, const struct cell *cell, struct script *script, const char *dir)
{
	static const char *const flags[] = { "-static", NULL },
				 *const sources[] = { "cases/target/target.c", "cases/target/facts_windows.c",
					 "harness/probe/record.c", NULL };
	compile(setup, cell, script, dir, "target.exe", flags, sources, none);
}

/* Only the first must succeed: where there is no dlopen, or no shared library, a fact is not known. */
static void make_c(const struct setup *setup, const struct cell *cell, struct script *script, const char *dir)
{
	static const char *const plain[] = { "", NULL }, *const shared[] = { "-shared", "-fPIC", NULL };
	static const char *const program[] = { "cases/target/target.c", "cases/target/facts.c",
		"harness/probe/record.c", NULL };
	static const char *const library[] = { "cases/target/library.c", NULL },
				 *const start[] = { "cases/target/start.c", "harness/probe/record.c", NULL };
	static const char *const dl[] = { "-ldl", NULL };
	if (!compile(setup, cell, script, dir, "target", plain, program, dl))
		return;
	compile(setup, cell, script, dir, "libtarget.so", shared, library, none);
	script->failed = 0;
	make_blocks(setup, cell, script, dir, 256, TARGET_BLOCKS_256);
	script->failed = 0;
	make_blocks(setup, cell, script, dir, 32, TARGET_BLOCKS_32);
	for (const struct target_start *at = target_starts; at->file; at++) {
		char define[32];
		snprintf(define, sizeof(define), "-D%s", at->define);
		const char *const flags[] = { define, NULL },
				  *const libraries[] = { "-Wl,--no-as-needed", at->library, NULL };
		script->failed = 0;
		compile(setup, cell, script, dir, at->file, flags, start, at->library ? libraries : none);
	}
	static const char *const traced[] = { "cases/target/traced.c", NULL };
	script->failed = 0;
	compile(setup, cell, script, dir, target_traced, plain, traced, none);
	script->failed = 0;
}

static void make_go(const struct setup *setup, const struct cell *cell, struct script *script, const char *dir)
{
	struct build build = { .cell = *cell, .kind = CASE_CHECKS, .twist = "" };
	compiler_of(setup, cell, &build.compiler);
	char *src = xprintf("%s/src", dir), *out = xprintf("%s/target", dir);
	command_go_files(setup, &build, script, go_files, src, "-buildmode=exe", out);
	free(out);
	free(src);
}

/* The line that tells most of what a compiler printed, malloc'ed. */
static char *first_error(const struct script *script)
{
	const char *line = strstr(script->output.data, "error");
	while (line && line > script->output.data && line[-1] != '\n')
		line--;
	line = line ? line : script->output.data;
	return xprintf("%s: %.*s", script->how, (int)strcspn(line, "\n") > 300 ? 300 : (int)strcspn(line, "\n"), line);
}

static int make(
    const struct setup *setup, const struct cell *cell, int in_c, struct target_program *program, struct diag *diag)
{
	struct script script;
	int error;
	char *aside = folder_aside(program->dir, &error), *tmp = xprintf("%s/tmp", setup->places.cache);
	error = error ? error : make_folders(tmp);
	free(tmp);
	if (error) {
		free(aside);
		return diag_set(diag, -error, "%s: cannot make: %s", program->dir, strerror(-error));
	}
	script_init(&script, (int)(BUILD_MS * setup->timeout_scale));
	go_env(setup, cell, &script.env);
	if (in_c && cell_is_windows(cell))
		make_windows(setup, cell, &script, aside);
	else if (in_c)
		make_c(setup, cell, &script, aside);
	else
		make_go(setup, cell, &script, aside);
	error = script.infra;
	if (script.failed)
		program->why = first_error(&script);
	char *log = xprintf("%s/make.log", aside);
	error = error ? error : file_write(log, script.log.data, script.log.len);
	free(log);
	script_free(&script);
	error = folder_settle(aside, program->dir, error ? error : program->why ? -ECANCELED : 0);
	return !error || error == -ECANCELED ?
	    0 :
	    diag_set(diag, -error, "%s: cannot make: %s", program->dir, strerror(-error));
}

int target_program_make(
    const struct setup *setup, const struct target *target, int in_c, struct target_program *program, struct diag *diag)
{
	struct cell cell;
	*program = (struct target_program){ .is_c = in_c };
	int error = target_cell(setup, target, in_c, &cell, diag);
	if (error)
		return error;
	struct compiler compiler;
	compiler_of_hosts(setup, &cell, &compiler);
	if (in_c && (!compiler.command || compiler.missing))
		program->why = xprintf("no C compiler for %s/%s", cell.os, cell.arch);
	else if (in_c && strcmp(cell.os, "linux") != 0 && !cell_is_windows(&cell))
		program->why = xprintf("the prober in C is for linux and windows, not %s", cell.os);
	if (program->why)
		return 0;
	program->dir = program_dir(setup, &cell, in_c);
	char *path = xprintf("%s/target%s", program->dir, in_c && cell_is_windows(&cell) ? ".exe" : "");
	if (!file_exists(path))
		error = make(setup, &cell, in_c, program, diag);
	if (!error && !program->why)
		program->path = path;
	else
		free(path);
	if (error)
		target_program_free(program);
	return error;
}

void target_program_free(struct target_program *program)
{
	free(program->dir);
	free(program->path);
	free(program->why);
	memset(program, 0, sizeof(*program));
}
