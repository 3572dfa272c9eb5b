#include "runner/toolchain/c_compiler.h"

#include "matrix/base/buf.h"
#include "matrix/filter.h"
#include "runner/debian/pack.h"
#include "runner/process/ask.h"
#include "runner/target/target.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct row {
	const char *where, *command, *package, *ldflags, *missing, *thing;
	int always; /* without cgo too */
};

static const struct row rows[] = {
#define COMPILER(where, command, package, ldflags) { where, command, package, ldflags, NULL, NULL, 0 },
#define NO_COMPILER(where, class, thing) { where, NULL, NULL, "", class, thing, 0 },
#define NO_PART(where, class, thing) { where, NULL, NULL, "", class, thing, 1 },
#include "runner/toolchain/c_compilers.def"
#undef COMPILER
#undef NO_COMPILER
#undef NO_PART
};

enum { ROWS = sizeof rows / sizeof *rows };

/* The row of the machine's own compiler. */
#define GCC "gcc"

/* What was found of a row. */
struct found {
	int asked;
	char *command, *ldflags;
	char key[HASH_HEX];
};

/* ---- looking ----------------------------------------------------------------------------------- */

/* The zig of the wheel in the source tree's Python environment, or in PATH; malloc'ed or NULL. */
static char *find_zig(const struct setup *setup)
{
	char *pattern = xprintf("%s/.venv/lib/python3*/site-packages/ziglang/zig", setup->places.root), *found = NULL;
	glob_t paths;
	if (glob(pattern, 0, NULL, &paths) == 0) {
		found = xstrdup(paths.gl_pathv[0]);
		globfree(&paths);
	}
	free(pattern);
	return found ? found : program_find("zig", NULL);
}

/* What stands in for Apple's SDK is a part of the compiler (c_compilers.def DARWIN). */
static void sign_stand_ins(const struct setup *setup, const struct row *row, struct hash *hash)
{
	static const char folder[] = "cases/port/darwin";
	static const char *const files[] = { "link.sh", "libSystem.tbd", "CoreFoundation.framework/CoreFoundation.tbd",
		"CoreFoundation.framework/Headers/CFBundle.h", "CoreFoundation.framework/Headers/CFString.h" };
	for (size_t i = 0; strstr(row->command, folder) && i < sizeof files / sizeof *files; i++) {
		char *path = xprintf("%s/%s/%s", setup->places.root, folder, files[i]);
		hash_add_text(hash, file_hash(path));
		free(path);
	}
}

/* $ROOT and $ZIG; malloc'ed. */
static char *expand(const struct setup *setup, const char *zig, const char *text)
{
	struct buf out = BUF_INIT;
	const char *slash = zig ? strrchr(zig, '/') : NULL;
	for (; *text; text++) {
		if (strncmp(text, "$ROOT", 5) == 0) {
			buf_add(&out, setup->places.root);
			text += 4;
		} else if (strncmp(text, "$ZIG", 4) == 0 && slash) {
			buf_add_bytes(&out, zig, (size_t)(slash - zig));
			text += 3;
		} else {
			buf_add_bytes(&out, text, 1);
		}
	}
	return buf_take(&out);
}

/* A link named gcc to a program, in a folder of its own in the cache; malloc'ed, NULL when it cannot be made. */
static char *named_gcc(const struct setup *setup, const char *name, const char *path)
{
	char *folder = xprintf("%s/cc/%s", setup->places.cache, name),
	     *link = link_place(folder, "gcc", path) ? NULL : xprintf("%s/gcc", folder);
	free(folder);
	return link;
}

/* What a gcc is besides its driver: the compiler proper and collect2 lie in one folder, assembler and linker beside the
 * driver under its prefix. */
static void sign_gcc(struct hash *hash, const char *name, const char *path)
{
	static const char *const tools[] = { "as", "ld" };
	const char *const argv[] = { path, "-print-prog-name=cc1", NULL };
	char *cc1 = ask_line(argv);
	const char *slash = strrchr(cc1, '/');
	char *collect2 = xprintf("%.*s/collect2", slash ? (int)(slash - cc1) : 0, cc1);
	size_t prefix = strlen(name) - strlen("gcc");
	file_sign(hash, path);
	file_sign(hash, cc1);
	file_sign(hash, collect2);
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		char *tool = xprintf("%.*s%s", (int)prefix, name, tools[i]), *at = program_find(tool, NULL);
		if (at)
			file_sign(hash, at);
		free(at);
		free(tool);
	}
	free(collect2);
	free(cc1);
}

/* The machine's own: gcc or that of --cc, and the linkers of --ld where it looks for them first. */
static void look_own(const struct setup *setup, struct found *found, struct hash *hash)
{
	const char *name = setup->cc ? setup->cc : GCC;
	char *path = setup->cc ? xstrdup(setup->cc) : program_find(name, NULL),
	     *folder = linkers_folder(&setup->linkers, setup->places.cache);
	if (path) {
		found->command = xprintf("%s%s%s", name, folder ? " -B" : "", folder ? folder : "");
		sign_gcc(hash, GCC, path);
	}
	if (setup->cc || folder)
		hash_add_text(hash, found->command ? found->command : "");
	free(folder);
	free(path);
}

static void look(const struct setup *setup, const struct row *row, struct found *found)
{
	struct hash *hash = hash_new();
	int is_zig = strncmp(row->command, "zig ", 4) == 0;
	char *zig = is_zig ? find_zig(setup) : NULL;
	hash_add_text(hash, row->command);
	hash_add_text(hash, row->ldflags);
	found->ldflags = expand(setup, zig, row->ldflags);
	sign_stand_ins(setup, row, hash);
	if (strcmp(row->command, GCC) == 0) {
		look_own(setup, found, hash);
	} else if (is_zig) {
		if (zig) {
			char *target = expand(setup, zig, row->command + 4);
			found->command = xprintf("%s cc -target %s", zig, target);
			free(target);
			file_sign(hash, zig);
		}
	} else {
		int renamed = strncmp(row->command, "as-gcc ", 7) == 0;
		const char *name = row->command + (renamed ? 7 : 0);
		char *path = program_find(name, NULL);
		if (path) {
			found->command = renamed ? named_gcc(setup, name, path) : xstrdup(name);
			sign_gcc(hash, name, path);
		}
		free(path);
	}
	free(zig);
	hash_add_text(hash, found->command ? "here" : "missing");
	hash_end(hash, found->key);
	found->asked = 1;
}

static void fill(const struct setup *setup, size_t index, struct compiler *compiler)
{
	static struct found known[ROWS];
	const struct row *row = &rows[index];
	struct found *found = &known[index];
	*compiler = (struct compiler){ .name = row->command,
		.package = row->package,
		.ldflags = row->ldflags,
		.missing = row->missing,
		.thing = row->thing };
	if (!row->command) {
		snprintf(compiler->key, sizeof(compiler->key), "none");
		return;
	}
	if (!found->asked)
		look(setup, row, found);
	compiler->command = found->command;
	compiler->ldflags = found->ldflags;
	memcpy(compiler->key, found->key, sizeof(compiler->key));
	if (!found->command) {
		compiler->missing = "not-installed";
		compiler->thing = row->package;
	}
}

/* ---- the compiler of a target --------------------------------------------------------------------- */

/* The first word of a command, malloc'ed. */
static char *program_of(const char *command) { return xprintf("%.*s", (int)strcspn(command, " "), command); }

/* The file of gcc's -specs=, which decides what is linked. */
static void add_specs(struct hash *hash, const char *command)
{
	const char *specs = strstr(command, "-specs=");
	if (!specs)
		return;
	specs += strlen("-specs=");
	char *path = xprintf("%.*s", (int)strcspn(specs, " "), specs);
	file_sign(hash, path);
	free(path);
}

/* One that the target prescribes: a command line with the folders of its packages in it. */
static void prescribed(const struct setup *setup, const char *command, struct target *target, struct compiler *compiler)
{
	target_look(setup, target);
	char *name = program_of(command), *path = program_find(name, NULL);
	struct hash *hash = hash_new();
	hash_add_text(hash, command);
	if (path && strcmp(name, GCC) == 0)
		sign_gcc(hash, name, path);
	else if (path)
		file_sign(hash, path);
	add_specs(hash, command);
	*compiler = (struct compiler){ .command = command, .name = command, .ldflags = "", .missing = NULL };
	size_t at = 0;
	const struct target *pack = target_wants(setup, target, &at);
	for (const char *p = target->wants; p && *p; p += strcspn(p, " "), p += strspn(p, " ")) {
		char *word = program_of(p), *dir = pack_dir(setup, word), *mark = xprintf("%s/.pack.json", dir);
		if (strstr(command, dir))
			file_sign(hash, mark);
		free(mark);
		free(dir);
		free(word);
	}
	if (pack) {
		compiler->missing = "not-fetched";
		compiler->thing = pack->packages;
	} else if (!path) {
		compiler->missing = "not-installed";
		compiler->thing = command;
	}
	hash_add_text(hash, compiler->missing ? compiler->missing : "here");
	hash_end(hash, compiler->key);
	free(path);
	free(name);
}

/* The machine's own port has gcc, whatever the machine is; the last row takes every cell. */
static size_t row_of(const struct setup *setup, const struct cell *cell)
{
	const struct filter_subject subject = { cell, NULL, NULL, NULL };
	int native = machine_is_native(&setup->machine, cell);
	size_t i = 0;
	while (i + 1 < ROWS &&
	    !(native ? rows[i].command && strcmp(rows[i].command, GCC) == 0 :
		       filter_text_match(rows[i].where, &subject)))
		i++;
	return i;
}

void compiler_of(const struct setup *setup, const struct cell *cell, struct compiler *compiler)
{
	struct target *target = target_find(setup->targets, cell->target);
	const char *command = target_cc(target, cell);
	if (!cell->cgo && !rows[row_of(setup, cell)].always) {
		*compiler = (struct compiler){ .command = "", .ldflags = "", .key = "cgo0" };
	} else if (cell->cgo && command) {
		prescribed(setup, command, target, compiler);
	} else {
		fill(setup, row_of(setup, cell), compiler);
	}
}

void compiler_of_hosts(const struct setup *setup, const struct cell *cell, struct compiler *compiler)
{
	struct cell dynamic = *cell;
	dynamic.cgo = 1;
	dynamic.mode = MODE_EXE;
	dynamic.link = LINK_EXTERNAL;
	compiler_of(setup, &dynamic, compiler);
}

char *compiler_version(const struct setup *setup)
{
	struct cell own = { .cgo = 1, .mode = MODE_EXE, .link = LINK_EXTERNAL, .target = "host" };
	struct compiler compiler;
	snprintf(own.os, sizeof(own.os), "%s", setup->machine.os);
	snprintf(own.arch, sizeof(own.arch), "%s", setup->machine.arch);
	compiler_of(setup, &own, &compiler);
	if (!compiler.command)
		return xstrdup("no cc");
	char *program = program_of(compiler.command);
	const char *const argv[] = { program, "--version", NULL };
	char *line = ask_line(argv),
	     *text =
		 setup->cc ? xprintf("cc %s (%s)", ask_version(line), setup->cc) : xprintf("cc %s", ask_version(line));
	free(line);
	free(program);
	return text;
}
