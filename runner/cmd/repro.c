/* repro - a folder that shows one check of one cell without tlsmatrix.
 *
 * The commands are those that the cell was built and run with (build log, make.log of the hosts, the check's repro),
 * with places instead of this machine's paths:
 *
 *   DIR/README          cell, check, what is expected and was observed, on what
 *   DIR/run.sh          the commands; $GOROOT is the Go to use
 *   DIR/root/           C sources and headers that the commands name
 *   DIR/work/KIND/KEY/  as in the cache: src/ the Go packages; build/ and hosts/ are made by run.sh
 *
 * What needs anything else of the cache (a fetched target, a private GOROOT, a fetched C compiler), or the tracer, is
 * refused: it would be no folder for somebody else. */
#include "runner/cmd/cmd.h"

#include "matrix/base/buf.h"
#include "matrix/check.h"
#include "runner/cmd/against.h"
#include "runner/cmd/relocate.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *check_id, *to;
static const struct option_row options[] = {
	{ "--check", OPTION_TEXT, "ID", "the check to show (else the first that is not as it should be)", &check_id },
	{ "-o", OPTION_TEXT, "DIR", "the folder to make; it must not be there yet", &to },
};

struct repro {
	const struct setup *setup;
	const struct view *view;
	const struct cell_result *cell;
	const struct check_result *result;
	const struct check *check;
	struct buf commands; /* of run.sh: shell lines, with places */
	struct diag *diag;
};

/* ---- commands --------------------------------------------------------------------------------------------- */

/* A folder of the cache that run.sh makes or has, as it is below work/. */
static int is_carried(const char *kind, size_t len)
{
	static const char *const kinds[] = { "src", "build", "hosts", "home", "tmp", "gopath", "gocache", "zig" };
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i]) == len && strncmp(kind, kinds[i], len) == 0)
			return 1;
	return 0;
}

static int check_carried(const struct repro *repro, const char *line)
{
	const char *cache = repro->setup->places.cache, *bin = repro->setup->places.bin;
	size_t len = strlen(cache);
	char *tracer = xprintf("%s/tlstrace", bin);
	int traced = strstr(line, tracer) != NULL;
	free(tracer);
	if (traced)
		return diag_set(repro->diag, ENOTSUP,
		    "repro: %s: is judged by tlstrace, which is tlsmatrix's own: `show` has its command",
		    repro->result->id);
	for (const char *at = line; (at = strstr(at, cache)); at += len) {
		const char *kind = at + len + 1;
		size_t word = strcspn(kind, "/ :'");
		if (at[len] == '/' && !is_carried(kind, word))
			return diag_set(repro->diag, ENOTSUP,
			    "repro: the cell needs %s/%.*s of this machine: only what gcc, Go and the host run can be "
			    "told elsewhere",
			    cache, (int)word, kind);
	}
	return 0;
}

/* Only mode=shared has a GOROOT in its build (runner/build/go_shared.c): links to the user's, and what is installed
 * there; a kept release lies elsewhere in the cache, and is what run.sh is given. */
static int check_goroot(const struct repro *repro, const char *goroot)
{
	char *builds = xprintf("%s/build/", repro->setup->places.cache);
	int own = goroot && strncmp(goroot, builds, strlen(builds)) == 0;
	free(builds);
	return own ?
	    diag_set(repro->diag, ENOTSUP,
		"repro: the cell is built in a GOROOT of its own, where -buildmode=shared installs std: `show` has "
		"its commands") :
	    0;
}

/* A command, with places for what differs elsewhere; root: the source tree that it was run with. */
static int add_command(struct repro *repro, const char *line, const char *root)
{
	const char *start = strstr(line, " GOROOT=");
	char *goroot = start ? xprintf("%.*s", (int)strcspn(start + 8, " "), start + 8) : NULL;
	const struct relocation places[] = { { repro->setup->places.cache, "W" }, { goroot, "GOROOT" }, { root, "R" } };
	int error = check_goroot(repro, goroot);
	error = error ? error : check_carried(repro, line);
	if (!error) {
		buf_add(&repro->commands, "(");
		relocate(line, places, sizeof(places) / sizeof(places[0]), &repro->commands);
		buf_add(&repro->commands, ")\n");
	}
	free(goroot);
	return error;
}

/* What a folder of hosts was made with; their make.log names the tree that made them, in -I. */
static int add_hosts(struct repro *repro, const char *dir)
{
	char *path = xprintf("%s/make.log", dir), *aside = xprintf("%s.new", dir), *text = NULL, *save = NULL;
	size_t len;
	int error = file_read(path, &text, &len);
	if (error)
		diag_set(repro->diag, -error, "%s: cannot read: %s: `run` with --force makes it again", path,
		    strerror(-error));
	for (char *line = error ? NULL : strtok_r(text, "\n", &save); line && !error;
	    line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "$ ", 2) != 0)
			continue;
		const char *include = strstr(line, " -I");
		char *root = include ? xprintf("%.*s", (int)strcspn(include + 3, " "), include + 3) : NULL;
		char *settled = xreplace(line + 2, aside, dir);
		error = add_command(repro, settled, root);
		free(settled);
		free(root);
	}
	free(text);
	free(aside);
	free(path);
	return error;
}

/* ---- files ------------------------------------------------------------------------------------------------ */

/* Copies what is text in a folder, with what is below it. */
static int copy_sources(const struct repro *repro, const char *from, const char *into)
{
	DIR *dir = opendir(from);
	struct dirent *entry;
	int error = dir ? make_folders(into) : -errno;
	while (!error && (entry = readdir(dir))) {
		char *path = xprintf("%s/%s", from, entry->d_name), *copy = xprintf("%s/%s", into, entry->d_name),
		     *text;
		struct stat st;
		size_t len;
		if (*entry->d_name == '.' || lstat(path, &st)) {
			/* not ours */
		} else if (S_ISDIR(st.st_mode)) {
			error = copy_sources(repro, path, copy);
		} else if (S_ISREG(st.st_mode) && !strstr(entry->d_name, ".so") && !strstr(entry->d_name, ".log") &&
		    !(error = file_read(path, &text, &len))) {
			error = strlen(text) == len ? file_write(copy, text, len) : 0;
			free(text);
		}
		free(copy);
		free(path);
	}
	if (dir)
		closedir(dir);
	return error ? diag_set(repro->diag, -error, "%s: cannot copy to %s: %s", from, into, strerror(-error)) : 0;
}

/* Each folder CACHE/KIND/KEY that the text names, once: what(repro, path). */
static int each_folder(
    struct repro *repro, const char *text, const char *kind, int (*what)(struct repro *, const char *))
{
	char *prefix = xprintf("%s/%s/", repro->setup->places.cache, kind);
	size_t len = strlen(prefix);
	struct buf seen = BUF_INIT;
	int error = 0;
	for (const char *at = text; !error && (at = strstr(at, prefix)); at += len) {
		char *path = xprintf("%s%.*s", prefix, (int)strcspn(at + len, "/ :'\n"), at + len);
		if (!strstr(seen.data, path)) {
			buf_printf(&seen, "%s\n", path);
			error = what(repro, path);
		}
		free(path);
	}
	buf_free(&seen);
	free(prefix);
	return error;
}

static int copy_source(struct repro *repro, const char *path)
{
	char *into = xprintf("%s/work%s", to, path + strlen(repro->setup->places.cache));
	int error = copy_sources(repro, path, into);
	free(into);
	return error;
}

static int copy_root(const struct repro *repro)
{
	static const char *const folders[] = { "cases", "harness/probe" };
	int error = 0;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !error; i++) {
		char *from = xprintf("%s/%s", repro->setup->places.root, folders[i]);
		char *into = xprintf("%s/root/%s", to, folders[i]);
		error = copy_sources(repro, from, into);
		free(into);
		free(from);
	}
	return error;
}

static int write_file(const struct repro *repro, const char *name, const struct buf *text, int executable)
{
	char *path = xprintf("%s/%s", to, name);
	int error = file_write(path, text->data, text->len);
	if (!error && executable && chmod(path, 0755))
		error = -errno;
	if (error)
		diag_set(repro->diag, -error, "%s: cannot write: %s", path, strerror(-error));
	free(path);
	return error;
}

/* ---- the folder ------------------------------------------------------------------------------------------- */

static void add_field(struct buf *out, const char *name, const char *value)
{
	if (value)
		buf_printf(out, "%-10s%s\n", name, value);
}

static int write_readme(const struct repro *repro)
{
	struct buf text = BUF_INIT;
	char id[CELL_ID_MAX];
	add_field(&text, "cell", cell_id(&repro->cell->cell, id));
	add_field(&text, "check", repro->result->id);
	add_field(&text, "means", repro->check ? repro->check->meaning : NULL);
	add_field(&text, "matters", repro->check ? repro->check->why : NULL);
	add_field(&text, "expected", repro->result->expected);
	add_field(&text, "observed", repro->result->observed);
	add_field(&text, "message", repro->result->message);
	add_field(&text, "known", repro->result->reason);
	add_field(&text, "source", repro->result->source);
	add_field(&text, "seen on", repro->view->host);
	buf_printf(&text, "%-10stlsmatrix %s\n", "by", repro->view->tool ? repro->view->tool : "?");
	buf_printf(&text,
	    "\n./run.sh builds it and shows it.  It takes the Go of GOROOT, else of `go env GOROOT`: give it %s.\n"
	    "What a program observed is in the line that begins with #tlsm and names the check; of a file it is in "
	    "what\n"
	    "readelf or objdump prints; of a build it is what go says.  run.sh needs what the commands in it name, "
	    "and\n"
	    "writes below work/ alone.\n",
	    repro->cell->cell.go);
	int error = write_file(repro, "README", &text, 0);
	buf_free(&text);
	return error;
}

static int write_script(const struct repro *repro)
{
	struct buf text = BUF_INIT;
	buf_add(&text,
	    "#!/bin/sh\n# Builds and shows it: README.\nset -e\nD=$(cd \"$(dirname \"$0\")\" && pwd)\n"
	    "W=$D/work R=$D/root\n: \"${GOROOT:=$(go env GOROOT)}\"\nset -x\n");
	buf_add(&text, "mkdir -p \"$W/home\" \"$W/tmp\" \"$W/build\" \"$W/hosts\"\n");
	buf_add(&text, repro->commands.data);
	int error = write_file(repro, "run.sh", &text, 1);
	buf_free(&text);
	return error;
}

/* Folders that commands write to. */
static int add_folder(struct repro *repro, const char *path)
{
	buf_printf(&repro->commands, "mkdir -p \"$W\"%s\n", path + strlen(repro->setup->places.cache));
	return 0;
}

/* Some packages are linked with a library of the hosts, which lies in them. */
static int add_libraries(struct repro *repro, const char *path)
{
	static const char *const names[] = { "libctor.so", "libneeded.so" };
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *library = xprintf("%s/%s", path, names[i]);
		if (file_exists(library))
			buf_printf(&repro->commands, "cp \"$W\"/hosts/*/%s \"$W\"%s/\n", names[i],
			    path + strlen(repro->setup->places.cache));
		free(library);
	}
	return 0;
}

/* All that was run for the cell's build, as text, each line a command. */
static void build_lines(const struct cell_result *cell, struct buf *out)
{
	json_t *line;
	size_t i;
	json_array_foreach(cell->build_commands, i, line) buf_printf(out, "%s\n", json_string_value(line));
	if (!cell->build_commands && cell->build_command)
		buf_printf(out, "%s\n", cell->build_command);
}

static int add_lines(struct repro *repro, const char *lines)
{
	int error = 0;
	size_t size = 0;
	for (const char *at = lines; *at && !error; at += size, at += *at == '\n') { /* the last may have no end */
		size = strcspn(at, "\n");
		char *line = xprintf("%.*s", (int)size, at);
		error = add_command(repro, line, repro->setup->places.root);
		free(line);
	}
	return error;
}

static int make(struct repro *repro)
{
	struct buf build = BUF_INIT, all = BUF_INIT;
	build_lines(repro->cell, &build);
	/* A check of the build is what the build says: its command is one of these. */
	const char *last =
	    repro->result->repro && !strstr(build.data, repro->result->repro) ? repro->result->repro : "";
	buf_printf(&all, "%s%s\n", build.data, last);
	int error = each_folder(repro, all.data, "build", add_folder);
	error = error ? error : each_folder(repro, all.data, "hosts", add_folder);
	error = error ? error : each_folder(repro, all.data, "hosts", add_hosts);
	error = error ? error : each_folder(repro, all.data, "src", add_libraries);
	error = error ? error : add_lines(repro, build.data);
	error = error ? error : add_lines(repro, last);
	if (!error && (error = make_folders(to)))
		diag_set(repro->diag, -error, "%s: cannot make: %s", to, strerror(-error));
	error = error ? error : each_folder(repro, all.data, "src", copy_source);
	error = error ? error : each_folder(repro, all.data, "hosts", copy_source);
	error = error ? error : copy_root(repro);
	error = error ? error : write_readme(repro);
	error = error ? error : write_script(repro);
	buf_free(&all);
	buf_free(&build);
	return error;
}

/* The check that is asked for, or the first that is not ok; NULL: there is none. */
static const struct check_result *find(const struct cell_result *cell)
{
	for (size_t i = 0; i < cell->check_count; i++) {
		const struct check_result *result = &cell->checks[i];
		if (check_id ? strcmp(result->id, check_id) == 0 :
			       result->verdict != VERDICT_OK && result->status != STATUS_SKIP)
			return result;
	}
	return NULL;
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	struct cell cell;
	if (words->count != 1 || !to) {
		diag_set(&diag, EINVAL, "repro: needs one cell id and -o DIR: `tlsmatrix list` prints the ids");
		return cmd_fail(&diag, EXIT_USAGE);
	}
	if (cell_parse(words->word[0], &cell, &diag))
		return cmd_fail(&diag, EXIT_USAGE);
	if (file_exists(to)) {
		diag_set(&diag, EEXIST, "%s: is there already: name a folder that is to be made", to);
		return cmd_fail(&diag, EXIT_USAGE);
	}
	struct session session;
	int code = last_run(setup, &session);
	if (code)
		return code;
	struct repro repro = { .setup = setup, .view = &session.view, .commands = BUF_INIT, .diag = &diag };
	repro.cell = session_find(&session, words->word[0]);
	repro.result = repro.cell ? find(repro.cell) : NULL;
	if (repro.cell && !repro.result && check_id && check_known("--check", check_id, &diag)) {
		code = cmd_fail(&diag, EXIT_USAGE);
	} else if (!repro.result) {
		diag_set(&diag, ENOENT, "%s: %s (%s/plan.json): %s", words->word[0],
		    !repro.cell  ? "not in the last run" :
			check_id ? "has no such check in the last run" :
				   "all of its checks are as they should be in the last run",
		    setup->places.out, repro.cell ? "name one by --check; `show` has them all" : "`tlsmatrix run` it");
		code = cmd_fail(&diag, EXIT_NOTHING);
	} else if (!repro.result->repro || !*repro.result->repro) {
		diag_set(&diag, ENOENT, "%s: %s: nothing was run for it", words->word[0], repro.result->id);
		code = cmd_fail(&diag, EXIT_NOTHING);
	} else {
		repro.check = check_find(repro.result->id);
		int error = make(&repro);
		code = error ? cmd_fail(&diag, error == -ENOTSUP ? EXIT_INFRA : EXIT_REPORT) : EXIT_OK;
		if (!error)
			printf("%s: %s, in %s: README and run.sh\n", to, repro.result->id, words->word[0]);
	}
	buf_free(&repro.commands);
	session_free(&session);
	return code;
}

const struct command cmd_repro = {
	.name = "repro",
	.synopsis = "repro CELL [--check ID] -o DIR",
	.summary = "a folder that shows a check of a cell without tlsmatrix, for a bug report",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
