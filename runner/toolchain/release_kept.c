#include "runner/toolchain/release_kept.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/filter.h"
#include "matrix/version.h"
#include "runner/process/script.h"
#include "runner/setup/files.h"
#include "runner/toolchain/go_env.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROOF_TIMEOUT_MS = 600000 };

/* ---- what is there ------------------------------------------------------------------------------- */

char *kept_path(const struct setup *setup, const char *version)
{
	return xprintf("%s/release/%s", setup->places.cache, version);
}

void kept_list(const struct setup *setup, struct release_list *list)
{
	char *folder = xprintf("%s/release", setup->places.cache);
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort);
	*list = (struct release_list)RELEASE_LIST_INIT;
	for (int i = 0; i < n; i++) {
		char *record = xprintf("%s/%s/release.json", folder, entries[i]->d_name);
		if (file_exists(record))
			release_list_add(list, entries[i]->d_name);
		free(record);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	free(folder);
}

void kept_releases(const struct setup *setup, struct release_list *list)
{
	struct release_list kept;
	kept_list(setup, &kept);
	*list = (struct release_list)RELEASE_LIST_INIT;
	for (size_t i = 0; i < kept.count; i++)
		if (!*version_suffix(kept.name[i]))
			release_list_add(list, kept.name[i]);
	release_list_free(&kept);
}

int kept_find(const struct setup *setup, const char *version, struct kept *kept)
{
	char *path = kept_path(setup, version), *record = xprintf("%s/release.json", path);
	json_t *json = json_load_file(record, 0, NULL);
	const char *goroot, *from, *key;
	int error = json_unpack(json, "{s:s, s:s, s:s}", "goroot", &goroot, "from", &from, "key", &key) ? -ENOENT : 0;
	if (!error)
		*kept = (struct kept){
			.path = xstrdup(path),
			.goroot = *goroot == '/' ? xstrdup(goroot) : xprintf("%s/%s", path, goroot),
			.from = xstrdup(from),
			.key = xstrdup(key),
		};
	json_decref(json);
	free(record);
	free(path);
	return error;
}

void kept_free(struct kept *kept)
{
	free(kept->path);
	free(kept->goroot);
	free(kept->from);
	free(kept->key);
	memset(kept, 0, sizeof(*kept));
}

int kept_release(const struct setup *setup, const char *version, struct release *release, struct diag *diag)
{
	struct kept kept;
	struct diag why = DIAG_INIT;
	if (kept_find(setup, version, &kept))
		return diag_set(diag, ENOENT, "%s: is not here: `tlsmatrix toolchain get %s`", version, version + 2);
	char *go = xprintf("%s/bin/go", kept.goroot);
	int error = release_find(go, release, &why);
	if (error) {
		error = diag_set(diag, ESTALE,
		    "%s: %s: is gone or spoiled: `tlsmatrix toolchain remove %s`, then get it again", version,
		    kept.goroot, version + 2);
	} else {
		release_key(release, &setup->machine);
		if (strcmp(release->key, kept.key) != 0) {
			error = diag_set(diag, ESTALE,
			    "%s: %s is not what was put into the cache: `tlsmatrix toolchain remove %s`, then get or "
			    "add it again",
			    version, kept.goroot, version + 2);
			release_free(release);
		}
	}
	free(go);
	kept_free(&kept);
	return error;
}

/* ---- what a filter asks for ------------------------------------------------------------------------ */

struct naming {
	const struct setup *setup;
	struct diag *diag;
};

/* Does one of the releases have this name, or lie in this range? */
static int check_named(const char *text, int bound, void *data)
{
	struct naming *naming = data;
	struct version low, high, at;
	int own = *version_suffix(text) && version_parse(text, &low) == 0;
	if (bound || (!own && version_range(text, &low, &high)))
		return 0;
	for (size_t i = 0; i < naming->setup->release_count; i++) {
		const char *version = naming->setup->releases[i].version;
		if (own ? version_order(version, text) == 0 :
			  version_parse(version, &at) == 0 && version_compare(&at, &low) >= 0 &&
			    version_compare(&at, &high) <= 0)
			return 0;
	}
	if (own)
		return diag_set(
		    naming->diag, ENOENT, "go=%s: is not here: `tlsmatrix toolchain list` says what is", text);
	return diag_set(naming->diag, ENOENT,
	    "go=%s: is not here: `tlsmatrix toolchain get %s%s`, `tlsmatrix toolchain list` has what can be had", text,
	    text, version_is_minor(text) ? ".*" : "");
}

/* -1 when the text is the name of that build. */
static int is_named(const char *text, int bound, void *name)
{
	return !bound && version_order(text, name) == 0 ? -1 : 0;
}

int kept_want(struct setup *setup, const char *version, struct diag *diag)
{
	struct release release;
	if (setup_find_release(setup, version))
		return 0;
	int error = kept_release(setup, version, &release, diag);
	if (!error)
		setup_add_release(setup, &release);
	return error;
}

int kept_select(struct setup *setup, const struct filter *filter, struct diag *diag)
{
	struct release_list kept;
	int error = 0;
	if (!filter_each_release(filter, NULL, NULL))
		return 0;
	kept_list(setup, &kept);
	for (size_t i = 0; i < kept.count && !error; i++)
		if (filter_takes_release(filter, kept.name[i]) &&
		    (!*version_suffix(kept.name[i]) || filter_each_release(filter, is_named, kept.name[i]) < 0))
			error = kept_want(setup, kept.name[i], diag);
	release_list_free(&kept);
	struct naming naming = { setup, diag };
	int named = error ? error : filter_each_release(filter, check_named, &naming);
	return named < 0 ? named : 0;
}

/* ---- putting it there ------------------------------------------------------------------------------ */

/* Builds and runs a program in folder that tells its release's version. */
static int prove(const struct setup *setup, struct release *release, const char *folder, struct diag *diag)
{
	static const char source[] = "package main\n\nimport \"runtime\"\n\nfunc main() { print(runtime.Version()) }\n";
	struct setup with = *setup;
	struct cell cell = { .cgo = 0 };
	struct script script;
	with.releases = release;
	with.release_count = 1;
	snprintf(cell.go, sizeof(cell.go), "%s", release->version);
	snprintf(cell.os, sizeof(cell.os), "%s", setup->machine.os);
	snprintf(cell.arch, sizeof(cell.arch), "%s", setup->machine.arch);
	script_init(&script, PROOF_TIMEOUT_MS);
	go_env(&with, &cell, &script.env);
	env_set(&script.env, "GO111MODULE", "off");
	env_set(&script.env, "TMPDIR", "%s", folder);
	char *file = xprintf("%s/hello.go", folder), *program = xprintf("%s/hello", folder);
	const char *const build[] = { release->go, "build", "-o", program, file, NULL };
	const char *const run[] = { program, NULL };
	int error = file_write(file, source, strlen(source));
	if (error)
		diag_set(diag, -error, "%s: cannot write: %s", file, strerror(-error));
	else if (step(&script, folder, build))
		buf_clear(&script.output);
	if (!error && (!step(&script, folder, run) || strcmp(script.output.data, release->version) != 0)) {
		struct buf last = BUF_INIT;
		buf_add_last(&last, script.output.data, script.output.len, 400);
		error = diag_set(diag, EIO, "%s: %s does not build a program that says so (%s): %s", release->version,
		    release->goroot, script.infra ? strerror(-script.infra) : script.how, last.data);
		buf_free(&last);
	}
	script_free(&script);
	free(program);
	free(file);
	return error;
}

int kept_record(const char *folder, const struct release *release, const char *goroot, const char *from,
    const char *sum, struct diag *diag)
{
	char *path = xprintf("%s/release.json", folder);
	json_t *json = json_pack("{s:s, s:s, s:s, s:s*, s:s}", "version", release->version, "goroot", goroot, "from",
	    from, "sum", sum, "key", release->key);
	char *text = json_dumps(json, JSON_INDENT(1));
	int error = file_write(path, text, strlen(text));
	if (error)
		diag_set(diag, -error, "%s: cannot write: %s", path, strerror(-error));
	free(text);
	json_decref(json);
	free(path);
	return error;
}

/* The same, with scratch to do it in, and home and tmp for go to begin with. */
static int prove_aside(const struct setup *setup, struct release *release, const char *folder, struct diag *diag)
{
	char *scratch = xprintf("%s/proof", folder), *home = xprintf("%s/home", setup->places.cache);
	int error = make_folders(scratch);
	error = error ? error : make_folders(home);
	if (error)
		diag_set(diag, -error, "%s: cannot make: %s", scratch, strerror(-error));
	error = error ? error : prove(setup, release, scratch, diag);
	remove_tree(scratch);
	free(home);
	free(scratch);
	return error;
}

int kept_prove(const struct setup *setup, const char *folder, const char *goroot, const char *wish, const char *from,
    const char *sum, char version[32], struct diag *diag)
{
	char *go = goroot ? xprintf("%s/bin/go", goroot) : xprintf("%s/go/bin/go", folder);
	struct release release;
	int error = release_find(go, &release, diag);
	free(go);
	if (error)
		return error;
	if (wish && strcmp(release.version, wish) != 0)
		error = diag_set(diag, EIO, "%s: what came is %s: not taken", wish, release.version);
	error = error ? error : prove_aside(setup, &release, folder, diag);
	if (!error) {
		release_key(&release, &setup->machine);
		error = kept_record(folder, &release, goroot ? release.goroot : "go", from, sum, diag);
	}
	if (!error)
		snprintf(version, sizeof(release.version), "%s", release.version);
	release_free(&release);
	return error;
}
