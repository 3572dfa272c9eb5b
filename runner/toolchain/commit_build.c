#include "runner/toolchain/commit_build.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/version.h"
#include "runner/process/script.h"
#include "runner/setup/entry.h"
#include "runner/toolchain/release_kept.h"
#include "runner/toolchain/release_tree.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Four minutes on two cores; an hour is a machine that does something else. */
enum { MAKE_TIMEOUT_MS = 3600000 };

/* ---- what is known ------------------------------------------------------------------------------------ */

/* The entry of a commit, whatever version it stands under: its path, malloc'ed, and its name; NULL for none. */
static char *entry_of(const struct setup *setup, const struct commit *commit, char name[32])
{
	char *folder = kept_path(setup, ""), *path = NULL;
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		const char *entry = entries[i]->d_name, *suffix = version_suffix(entry);
		if (!path && strlen(suffix) == 1 + COMMIT_DIGITS && strlen(entry) < 32 &&
		    strncmp(suffix + 1, commit->hash, COMMIT_DIGITS) == 0) {
			path = xprintf("%s%s", folder, entry);
			snprintf(name, 32, "%s", entry);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	free(folder);
	return path;
}

/* What it is built with: of the kept releases and the one under test; malloc'ed, NULL for none. */
static char *builder_of(const struct setup *setup, const char *name)
{
	struct version version;
	struct release_list list;
	kept_list(setup, &list);
	release_list_add(&list, setup->releases[0].version);
	const char *found = version_parse(name, &version) ? NULL : release_list_bootstrap(&list, version.minor);
	char *builder = found ? xstrdup(found) : NULL;
	release_list_free(&list);
	return builder;
}

/* "go1.5.4" where the entry says that make.bash failed with that; malloc'ed, NULL where it did not. */
static char *failed_by(const char *entry)
{
	char *path = xprintf("%s/by", entry), *by = NULL;
	if (file_read(path, &by, NULL))
		by = NULL;
	free(path);
	return by;
}

/* -ENOEXEC with the line that tells most. */
static int does_not_build(const char *entry, const char *by, struct diag *diag)
{
	char *path = xprintf("%s/make.log", entry), *log = NULL;
	if (file_read(path, &log, NULL))
		log = xstrdup("");
	char *line = script_telling(log);
	int error = diag_set(diag, ENOEXEC, "make.bash fails with %s: %.200s (%s)", by, line, path);
	free(line);
	free(log);
	free(path);
	return error;
}

int commit_known(const struct setup *setup, const struct commit *commit, char name[32], struct diag *diag)
{
	char *entry = entry_of(setup, commit, name);
	if (!entry)
		return -ENOENT;
	char *by = failed_by(entry), *builder = by ? builder_of(setup, name) : NULL;
	int error = !by ? 0 : builder && strcmp(by, builder) != 0 ? -ENOENT : does_not_build(entry, by, diag);
	free(builder);
	free(by);
	free(entry);
	return error;
}

/* ---- building ------------------------------------------------------------------------------------------- */

static int put(const char *folder, const char *name, const char *text, struct diag *diag)
{
	char *path = xprintf("%s/%s", folder, name);
	int error = file_write(path, text, strlen(text));
	if (error)
		diag_set(diag, -error, "%s: cannot write: %s", path, strerror(-error));
	free(path);
	return error;
}

/* Without cgo: std's packages that have C in them are compiled for the cells anew, and nothing else of the toolchain
 * asks for a C compiler. */
static void make_env(const struct setup *setup, const char *folder, const char *bootstrap, struct env *env)
{
	char *home = xprintf("%s/home", setup->places.cache);
	env_base(env, home);
	env_set(env, "TMPDIR", "%s", folder);
	env_set(env, "GOROOT_BOOTSTRAP", "%s", bootstrap);
	env_set(env, "CGO_ENABLED", "0");
	env_set(env, "GOENV", "off");
	env_set(env, "GOTOOLCHAIN", "local");
	env_set(env, "GOPROXY", "off");
	env_set(env, "GO111MODULE", "auto");
	env_set(env, "GOCACHE", "%s/gocache", folder);
	free(home);
}

/* make.bash of folder/go.  0; -ENOEXEC when it fails, with make.log in folder; -errno with a line in diag. */
static int make(const struct setup *setup, const char *folder, const char *bootstrap, struct diag *diag)
{
	char *src = xprintf("%s/go/src", folder);
	struct script script;
	script_init(&script, MAKE_TIMEOUT_MS);
	make_env(setup, folder, bootstrap, &script.env);
	int made = step(&script, src, (const char *const[]){ "bash", "make.bash", NULL });
	int error = script.infra ?
	    diag_set(diag, -script.infra, "make.bash: cannot start: %s", strerror(-script.infra)) :
	    put(folder, "make.log", script.log.data, diag);
	if (!error && !made)
		error = script.exit > 0 ? -ENOEXEC : diag_set(diag, EIO, "make.bash: %s", script.how);
	script_free(&script);
	free(src);
	return error;
}

/* Fills the entry's folder.  0, also when it does not build; -errno with a line in diag. */
static int build_into(const struct setup *setup, const char *tree, const struct commit *commit, const char *name,
    const char *by, const char *bootstrap, const char *folder, struct diag *diag)
{
	char *go = xprintf("%s/go", folder), *cache = xprintf("%s/gocache", folder), got[32],
	     *from = xprintf("commit %.*s %s", COMMIT_DIGITS, commit->hash, commit->subject);
	int error = make_folders(go);
	if (error)
		diag_set(diag, -error, "%s: cannot make: %s", go, strerror(-error));
	error = error ? error : commit_unpack(tree, commit->hash, go, diag);
	error = error ? error : put(go, "VERSION", name, diag);
	error = error ? error : make(setup, folder, bootstrap, diag);
	remove_tree(cache);
	if (error == -ENOEXEC) {
		error = put(folder, "by", by, diag);
		remove_tree(go);
	} else if (!error) {
		error = tree_trim(go);
		if (error)
			diag_set(diag, -error, "%s: cannot change: %s", go, strerror(-error));
		error = error ? error : kept_prove(setup, folder, NULL, name, from, NULL, got, diag);
	}
	free(from);
	free(cache);
	free(go);
	return error;
}

/* The GOROOT of a release that is kept or under test, malloc'ed; NULL with a line in diag. */
static char *goroot_of(const struct setup *setup, const char *version, struct diag *diag)
{
	struct release release;
	if (strcmp(version, setup->releases[0].version) == 0)
		return xstrdup(setup->releases[0].goroot);
	if (kept_release(setup, version, &release, diag))
		return NULL;
	char *goroot = xstrdup(release.goroot);
	release_free(&release);
	return goroot;
}

static int build_by(const struct setup *setup, const char *tree, const struct commit *commit, const char *name,
    const char *by, void (*begun)(const char *name, const char *by), struct diag *diag)
{
	char *bootstrap = goroot_of(setup, by, diag), *path = kept_path(setup, name), *failed = failed_by(path);
	struct entry entry;
	int error = bootstrap ? 0 : -ESTALE;
	if (failed && !error)
		entry_remove(path); /* it was tried with another */
	error = error ? error : entry_begin(path, 0, &entry, diag);
	if (error == 0) {
		if (begun)
			begun(name, by);
		error =
		    entry_end(&entry, build_into(setup, tree, commit, name, by, bootstrap, entry.aside, diag), diag);
	}
	free(failed);
	free(path);
	free(bootstrap);
	return error > 0 ? 0 : error; /* 1: another process has just made it */
}

int commit_build(const struct setup *setup, const char *tree, const struct commit *commit,
    void (*begun)(const char *name, const char *by), char name[32], struct diag *diag)
{
	int error = commit_known(setup, commit, name, diag);
	if (error != -ENOENT)
		return error;
	error = commit_name(tree, commit->hash, name, diag);
	if (error)
		return error;
	char *by = builder_of(setup, name);
	if (!by)
		error = diag_set(diag, ENOENT,
		    "%s: no release that is kept can build it: `tlsmatrix toolchain get` one a minor older", name);
	error = error ? error : build_by(setup, tree, commit, name, by, begun, diag);
	free(by);
	return error ? error : commit_known(setup, commit, name, diag);
}
