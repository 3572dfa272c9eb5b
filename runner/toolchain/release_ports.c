#include "runner/toolchain/release_ports.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/version.h"
#include "runner/process/script.h"
#include "runner/process/supervise.h"
#include "runner/toolchain/go_env.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ASK_TIMEOUT_MS = 300000 };

/* Where the releases have their table, latest first.  A row holds from that minor release of Go 1 on; releases before
 * the last have their own port only. */
static const struct table_source {
	int since;
	const char *folder;         /* below GOROOT/src */
	const char *const files[3]; /* of the table: the program is compiled with them */
	const char *const ours[5];  /* of cases/ports, beside main.go: what the table does not say */
} table_sources[] = {
	{ 21, "internal/platform", { "supported.go", "zosarch.go" }, { "own_21.go", "table_14.go" } },
	{ 20, "internal/platform", { "supported.go" }, { "external_14.go", "asan_18.go", "rules.go", "table_14.go" } },
	{ 18, "cmd/internal/sys", { "supported.go" }, { "external_14.go", "asan_18.go", "rules.go", "table_14.go" } },
	{ 14, "cmd/internal/sys", { "supported.go" }, { "external_14.go", "asan_5.go", "rules.go", "table_14.go" } },
	{ 5, "", { NULL }, { "own_5.go", "asan_5.go", "rules.go" } },
};

/* The row of a release, or NULL. */
static const struct table_source *source_of(const struct release *release)
{
	for (size_t i = 0; i < sizeof table_sources / sizeof *table_sources; i++)
		if (version_since(release->version, table_sources[i].since))
			return &table_sources[i];
	return NULL;
}

static char *table_file(const struct release *release, const struct table_source *source, const char *file)
{
	return xprintf("%s/src/%s/%s", release->goroot, source->folder, file);
}

static char *our_file(const struct setup *setup, const char *file)
{
	return xprintf("%s/cases/ports/%s", setup->places.root, file);
}

/* Adds what a file has in it; 0 where there is none. */
static int add_file(struct hash *hash, char *path)
{
	int there = file_exists(path);
	hash_add_text(hash, file_hash(path));
	free(path);
	return there;
}

/* CACHE/ports/KEY; NULL when the release has no table. */
static char *table_path(const struct setup *setup, const struct release *release)
{
	const struct table_source *source = source_of(release);
	if (!source)
		return NULL;
	char key[HASH_HEX];
	struct hash *hash = hash_new();
	hash_add_text(hash, "ports 3");
	hash_add_text(hash, release->version);
	hash_add_text(hash, release->go);
	add_file(hash, our_file(setup, "main.go"));
	for (size_t i = 0; source->ours[i]; i++)
		add_file(hash, our_file(setup, source->ours[i]));
	int there = 1;
	for (size_t i = 0; source->files[i]; i++)
		there &= add_file(hash, table_file(release, source, source->files[i]));
	hash_end(hash, key);
	return there ? xprintf("%s/ports/%s", setup->places.cache, key) : NULL;
}

/* ---- asking ------------------------------------------------------------------------------------- */

/* Runs a go or the program; its output, malloc'ed, or NULL with a line in diag. */
static char *ask(const struct setup *setup, const struct release *release, const char *cwd, const char *const argv[],
    struct diag *diag)
{
	struct cell host = { .cgo = 0 };
	struct env env = ENV_INIT;
	snprintf(host.go, sizeof(host.go), "%s", release->version);
	snprintf(host.os, sizeof(host.os), "%s", setup->machine.os);
	snprintf(host.arch, sizeof(host.arch), "%s", setup->machine.arch);
	go_env(setup, &host, &env);
	struct child_spec spec = {
		.argv = argv, .env = (const char *const *)env.list, .cwd = cwd, .timeout_ms = ASK_TIMEOUT_MS
	};
	struct child_result result;
	int error = child_run(&spec, &result);
	env_free(&env);
	if (error) {
		diag_set(diag, -error, "%s: cannot start: %s", argv[0], strerror(-error));
		return NULL;
	}
	char *text = NULL;
	if (result.how == CHILD_EXITED && result.status == 0) {
		text = xstrdup(result.out.data);
	} else {
		struct buf how = BUF_INIT;
		child_describe(&result, &how);
		diag_set(diag, EIO, "%s %s: %s%s%.*s: the release cannot be asked for its ports; is it whole?", argv[0],
		    argv[1] ? argv[1] : "", how.data, *result.err.data ? ": " : "", (int)strcspn(result.err.data, "\n"),
		    result.err.data);
		buf_free(&how);
	}
	child_result_free(&result);
	return text;
}

/* "GOOS/GOARCH/CGO" of every port of `go tool dist list -json`, added to argv. */
static int add_list(const struct setup *setup, const struct release *release, struct argv *argv, struct diag *diag)
{
	const char *const command[] = { release->go, "tool", "dist", "list", "-json", NULL };
	char *text = ask(setup, release, release->goroot, command, diag);
	json_t *list = text ? json_loads(text, 0, NULL) : NULL;
	int error = text && !json_array_size(list) ?
	    diag_set(diag, EIO, "%s tool dist list -json: printed no list of ports", release->go) :
	    text ? 0 :
		   -EIO;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *port = json_array_get(list, i);
		const char *os = json_string_value(json_object_get(port, "GOOS")),
			   *arch = json_string_value(json_object_get(port, "GOARCH"));
		if (os && arch)
			argv_add(argv, "%s/%s/%d", os, arch, json_is_true(json_object_get(port, "CgoSupported")));
	}
	json_decref(list);
	free(text);
	return error;
}

/* from is freed. */
static int copy_into(const char *folder, const char *file, char *from)
{
	char *to = xprintf("%s/%s", folder, file);
	int error = file_copy(from, to);
	free(to);
	free(from);
	return error;
}

/* The program's package in folder. */
static int make_program(const struct setup *setup, const struct release *release, const char *folder)
{
	static const char module[] = "module tlsmatrix.ports\n\ngo 1.21\n";
	const struct table_source *source = source_of(release);
	char *mod = xprintf("%s/go.mod", folder), *below = xprintf("%s/platform", folder);
	int error = make_folders(below);
	error = error ? error : file_write(mod, module, strlen(module));
	error = error ? error : copy_into(folder, "main.go", our_file(setup, "main.go"));
	for (size_t i = 0; source->ours[i] && !error; i++)
		error = copy_into(folder, source->ours[i], our_file(setup, source->ours[i]));
	for (size_t i = 0; source->files[i] && !error; i++)
		error = copy_into(below, source->files[i], table_file(release, source, source->files[i]));
	free(below);
	free(mod);
	return error;
}

/* The table's text, malloc'ed, or NULL with a line in diag; folder is scratch. */
static char *ask_release(
    const struct setup *setup, const struct release *release, const char *folder, struct diag *diag)
{
	int error = make_program(setup, release, folder);
	if (error) {
		diag_set(diag, -error, "%s: cannot write: %s", folder, strerror(-error));
		return NULL;
	}
	const char *const build[] = { release->go, "build", "-o", "ports", ".", NULL };
	char *silence = ask(setup, release, folder, build, diag), *text = NULL;
	struct argv argv = { NULL, 0 };
	argv_add(&argv, "%s/ports", folder);
	int has_list = version_since(release->version, VERSION_DIST_LIST);
	if (silence && (!has_list || !add_list(setup, release, &argv, diag)))
		text = ask(setup, release, folder, (const char *const *)argv.word, diag);
	argv_free(&argv);
	free(silence);
	return text;
}

/* Asks, and keeps the answer at path.  The text, or NULL with a line in diag. */
static char *make_table(const struct setup *setup, const struct release *release, const char *path, struct diag *diag)
{
	char *parent = xprintf("%s/ports", setup->places.cache), *tmp = xprintf("%s/tmp", setup->places.cache),
	     *home = xprintf("%s/home", setup->places.cache), *text = NULL;
	const char *const folders[] = { parent, tmp, home };
	int error = 0;
	for (size_t i = 0; i < 3 && !error; i++)
		error = make_folders(folders[i]);
	char *scratch = error ? NULL : folder_aside(path, &error);
	if (scratch) {
		/* Once for each release; a go that hangs is seen to be what is waited for. */
		fprintf(stderr, "%s: asking which ports it builds\n", release->go);
		text = ask_release(setup, release, scratch, diag);
		remove_tree(scratch);
		free(scratch);
	} else {
		diag_set(diag, -error, "%s: cannot make: %s", path, strerror(-error));
	}
	if (text && (error = file_write(path, text, strlen(text)))) {
		diag_set(diag, -error, "%s: cannot write: %s", path, strerror(-error));
		free(text);
		text = NULL;
	}
	free(home);
	free(tmp);
	free(parent);
	return text;
}

int ports_load(const struct setup *setup, const struct release *release, struct ports *ports, struct diag *diag)
{
	if (*release->ports_of)
		release = setup_release_of(setup, release->ports_of);
	char *path = table_path(setup, release), *text = NULL;
	if (!path) {
		*ports = (struct ports){ NULL, 0 };
		return 0;
	}
	if (file_read(path, &text, NULL))
		text = make_table(setup, release, path, diag);
	int error = text ? ports_parse(path, text, ports, diag) : -EIO;
	free(text);
	free(path);
	return error;
}
