#include "runner/build/hosts.h"

#include "cases/generate.h"
#include "matrix/base/diag.h"
#include "runner/build/commands.h"
#include "runner/build/hosts_windows.h"
#include "runner/build/sources.h"
#include "runner/setup/entry.h"
#include "runner/setup/sealed.h"
#include "runner/toolchain/go_env.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOSTS_TIMEOUT_MS = 600000 };

/* The Go ones are built with cgo and the default external linker; the cell gives port, variant and target.  In those of
 * C there is nothing of Go: a mixture's are its base's, or each that a search tries would compile them again. */
static struct cell hosts_cell(const struct setup *setup, const struct cell *of, enum hosts hosts)
{
	struct cell cell = *of;
	const struct release *release = setup_find_release(setup, of->go);
	if (hosts == HOSTS_C && release && *release->ports_of)
		snprintf(cell.go, sizeof(cell.go), "%s", release->ports_of);
	cell.mode = MODE_C_SHARED;
	cell.cgo = 1;
	cell.link = LINK_EXTERNAL;
	cell.load = LOAD_DLOPEN;
	return cell;
}

int hosts_serve(const struct cell *cell) { return strcmp(cell->os, "js") != 0 && strcmp(cell->os, "wasip1") != 0; }

int hosts_needed(const struct cell *cell)
{
	const char **files = generate_sources(cell, CASE_CHECKS);
	int needed = 0;
	for (size_t i = 0; files[i]; i++)
		needed |= strcmp(files[i], "cases/hosts/needed.h") == 0;
	free(files);
	return needed;
}

static void add_files(const struct setup *setup, struct hash *hash, const char *const *files)
{
	for (size_t i = 0; files[i]; i++) {
		char *path = xprintf("%s/%s", setup->places.root, files[i]);
		hash_add_text(hash, file_hash(path));
		free(path);
	}
}

static void make_library(const struct setup *setup, const struct cell *cell, const char *dir, struct script *script,
    const char *name, const char *flag, const char *source, const char *more)
{
	struct argv argv = { NULL, 0 };
	command_cc(setup, cell, "", &argv);
	argv_add(&argv, "-shared");
	argv_add(&argv, "-fPIC");
	argv_add(&argv, "%s", flag);
	argv_add(&argv, "-o");
	argv_add(&argv, "%s/%s", dir, name);
	argv_add(&argv, "%s/%s", setup->places.root, source);
	if (more)
		argv_add(&argv, "%s/%s", setup->places.root, more);
	/* In a namespace of its own it must bring what libc has apart before glibc 2.34. */
	argv_add(&argv, "-Wl,--as-needed");
	argv_add(&argv, "-ldl");
	argv_add(&argv, "-lpthread");
	command_run(script, dir, &argv);
}

static void make_c(
    const struct setup *setup, const struct cell *cell, int control, const char *dir, struct script *script)
{
	make_library(setup, cell, dir, script, "libctor.so", "-fvisibility=hidden", "cases/hosts/ctor.c",
	    command_control(control));
	make_library(setup, cell, dir, script, "libneighbours.so", "-ftls-model=global-dynamic",
	    "harness/probe/neighbours.c", NULL);
	make_library(setup, cell, dir, script, "libfiller256.so", "-DFILLER_BYTES=256", "cases/hosts/filler.c", NULL);
	make_library(setup, cell, dir, script, "libfiller8.so", "-DFILLER_BYTES=8", "cases/hosts/filler.c", NULL);
	make_library(setup, cell, dir, script, "libopens.so", "-fvisibility=hidden", "cases/hosts/opens.c",
	    command_control(control));
	make_library(
	    setup, cell, dir, script, "libneeded.so", "-Wl,-soname,libneeded.so", "cases/hosts/needed.c", NULL);
	struct argv argv = { NULL, 0 };
	command_cc(setup, cell, "", &argv);
	argv_add(&argv, "-o");
	argv_add(&argv, "%s/host", dir);
	command_host(setup, control, &argv);
	argv_add(&argv, "-ldl");
	command_run(script, dir, &argv);
	/* The same for programs that the library is linked into: compiled once, linked by every linker. */
	command_cc(setup, cell, "", &argv);
	argv_add(&argv, "-DHOST_LINKED");
	argv_add(&argv, "-fPIE");
	argv_add(&argv, "-r");
	argv_add(&argv, "-o");
	argv_add(&argv, "%s/" COMMAND_LINKED_HOST, dir);
	command_host(setup, control, &argv);
	command_run(script, dir, &argv);
}

static void make_go(const struct setup *setup, const struct cell *cell, const char *dir, struct script *script)
{
	struct build build = { .cell = *cell, .kind = CASE_CHECKS, .twist = "" };
	compiler_of(setup, cell, &build.compiler);
	char *second = xprintf("%s/second-src", dir), *library = xprintf("%s/libsecond.so", dir);
	char *gohost = xprintf("%s/gohost-src", dir), *program = xprintf("%s/gohost", dir);
	int windows = cell_is_windows(cell);
	command_go_files(setup, &build, script, windows ? source_second_windows : source_second_files, second,
	    "-buildmode=c-shared", library);
	command_go_files(setup, &build, script, windows ? source_gohost_windows : source_gohost_files, gohost,
	    "-buildmode=exe", program);
	if (!windows) {
		char *silent = xprintf("%s/silent-src", dir), *mute = xprintf("%s/libsilent.so", dir);
		command_go_files(setup, &build, script, source_silent_files, silent, "-buildmode=c-shared", mute);
		free(mute);
		free(silent);
	}
	free(program);
	free(gohost);
	free(library);
	free(second);
}

/* The commands that make them into dir, run or only written down. */
static void make(const struct setup *setup, const struct cell *cell, enum hosts hosts, int control, const char *dir,
    struct script *script)
{
	go_env(setup, cell, &script->env);
	if (hosts == HOSTS_GO)
		make_go(setup, cell, dir, script);
	else if (cell_is_windows(cell))
		hosts_windows_make(setup, cell, control, dir, script);
	else
		make_c(setup, cell, control, dir, script);
}

/* ---- names ------------------------------------------------------------------------------------------ */

/* What decides them: their files and the commands, without places. */
static void name(const struct setup *setup, const struct cell *of, enum hosts hosts, int control, char key[HASH_HEX])
{
	struct cell cell = hosts_cell(setup, of, hosts);
	struct script script;
	struct hash *hash = hash_new();
	int windows = cell_is_windows(&cell);
	script_init(&script, 0);
	script.dry = 1;
	make(setup, &cell, hosts, control, "@hosts", &script);
	json_t *log = json_string(script.log.data), *placeless = sealed_placeless(setup, log);
	hash_add_text(hash, "hosts 4");
	hash_add_text(hash, json_string_value(placeless));
	add_files(setup, hash, source_c_files);
	if (windows)
		add_files(setup, hash, source_windows_host_files);
	if (hosts == HOSTS_GO) {
		hash_add_text(hash, setup_release(setup, &cell)->key);
		add_files(setup, hash, windows ? source_second_windows : source_second_files);
		add_files(setup, hash, windows ? source_gohost_windows : source_gohost_files);
		add_files(setup, hash, source_silent_files);
	}
	hash_end(hash, key);
	json_decref(placeless);
	json_decref(log);
	script_free(&script);
}

char *hosts_dir(const struct setup *setup, const struct cell *asked, enum hosts hosts, int control)
{
	const struct cell served = hosts_cell(setup, asked, hosts), *cell = &served;
	/* Asked for every cell of a plan: the name is worked out once for each release, port, compiler and kind. */
	static struct known { char *of, key[HASH_HEX]; } *known;
	static size_t count;
	struct compiler compiler;
	char arch[32];
	compiler_of_hosts(setup, cell, &compiler);
	char *of = xprintf(
	    "%s %s %s %s %d %d", compiler.key, cell->go, cell->os, cell_arch(cell, arch), (int)hosts, control != 0);
	size_t i = 0;
	while (i < count && strcmp(known[i].of, of) != 0)
		i++;
	if (i < count) {
		free(of);
		return xprintf("%s/hosts/%s", setup->places.cache, known[i].key);
	}
	char key[HASH_HEX];
	struct hash *hash = hash_new();
	name(setup, cell, hosts, control, key);
	hash_add_text(hash, key);
	hash_add_text(hash, of);
	known = xrealloc(known, (count + 1) * sizeof(*known));
	known[count].of = of;
	hash_end(hash, known[count].key);
	return xprintf("%s/hosts/%s", setup->places.cache, known[count++].key);
}

int hosts_ready(const struct setup *setup, const struct cell *cell, enum hosts hosts, int control)
{
	/* Looked at once: a run makes what is not there itself. */
	static struct seen {
		char *dir;
		int whole;
	} *seen;
	static size_t count;
	char *dir = hosts_dir(setup, cell, hosts, control);
	for (size_t i = 0; i < count; i++)
		if (strcmp(seen[i].dir, dir) == 0) {
			free(dir);
			return seen[i].whole;
		}
	seen = xrealloc(seen, (count + 1) * sizeof(*seen));
	seen[count] = (struct seen){ dir, entry_is_whole(dir) };
	return seen[count++].whole;
}

/* ---- making ----------------------------------------------------------------------------------------- */

int hosts_make(const struct setup *setup, const struct cell *of, enum hosts hosts, int control, struct diag *diag)
{
	struct cell cell = hosts_cell(setup, of, hosts);
	char *dir = hosts_dir(setup, &cell, hosts, control), *tmp = xprintf("%s/tmp", setup->places.cache);
	struct entry entry;
	int error = make_folders(tmp);
	if (error)
		diag_set(diag, -error, "%s: cannot make: %s", tmp, strerror(-error));
	error = error ? error : entry_begin(dir, 0, &entry, diag);
	free(tmp);
	free(dir);
	if (error)
		return error == 1 ? 0 : error;
	struct script script;
	script_init(&script, HOSTS_TIMEOUT_MS);
	make(setup, &cell, hosts, control, entry.aside, &script);
	if (script.failed || script.infra) {
		char *said = script_telling(script.output.data ? script.output.data : "");
		error = diag_set(diag, EIO, "%s: cannot be made (%s): %.300s: %s", entry.path,
		    script.infra ? strerror(-script.infra) : script.how, said, script.command.data);
		free(said);
	}
	/* The commands stay beside what they made, for people and for `make bench`. */
	char *log = xprintf("%s/make.log", entry.aside);
	if (!error && (error = file_write(log, script.log.data, script.log.len)))
		diag_set(diag, -error, "%s: cannot write: %s", log, strerror(-error));
	free(log);
	script_free(&script);
	return entry_end(&entry, error, diag);
}
