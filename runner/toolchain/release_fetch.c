#include "runner/toolchain/release_fetch.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/version.h"
#include "runner/process/env.h"
#include "runner/process/script.h"
#include "runner/process/supervise.h"
#include "runner/setup/entry.h"
#include "runner/toolchain/release_kept.h"
#include "runner/toolchain/release_tree.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

enum {
	TICK_MS = 200,
	STALL_S = 120,          /* without a byte: the network is gone */
	FETCH_TIMEOUT_S = 3600, /* 60 MB at 17 kB/s */
	LOCAL_TIMEOUT_MS = 600000,
};

/* ---- the go that fetches ----------------------------------------------------------------------------- */

/* GOFLAGS=-modcacherw is 1.14's, and `go mod download` outside of a module 1.16's. */
static int can_fetch(const char *version)
{
	struct version have, need = { .major = 1, .minor = 16, .stage = VERSION_RELEASE };
	return version_parse(version, &have) == 0 && version_compare(&have, &need) >= 0;
}

/* The one under test, else the newest in the cache: malloc'ed; NULL with a line in diag. */
static char *fetcher(const struct setup *setup, struct diag *diag)
{
	char *go = can_fetch(setup->releases[0].version) ? xstrdup(setup->releases[0].go) : NULL;
	struct release_list kept;
	kept_list(setup, &kept);
	for (size_t i = kept.count; i > 0 && !go; i--) {
		struct release release;
		if (can_fetch(kept.name[i - 1]) && kept_release(setup, kept.name[i - 1], &release, diag) == 0) {
			go = xstrdup(release.go);
			release_free(&release);
		}
	}
	release_list_free(&kept);
	if (!go)
		diag_set(diag, ENOENT, "%s: cannot fetch modules: give --go the path of a go that is 1.16 or newer",
		    setup->releases[0].version);
	return go;
}

/* What the user's go says, in his own environment; malloc'ed. */
static char *user_setting(const char *go, const char *name)
{
	const char *const argv[] = { go, "env", name, NULL };
	struct child_spec spec = { .argv = argv, .env = (const char *const *)environ, .timeout_ms = 60000 };
	struct child_result result;
	if (child_run(&spec, &result))
		return xstrdup("");
	char *text = xstrdup(result.how == CHILD_EXITED && result.status == 0 ? result.out.data : "");
	text[strcspn(text, "\n")] = '\0';
	child_result_free(&result);
	return text;
}

static int make_env(const struct setup *setup, const char *go, const char *scratch, struct env *env, struct diag *diag)
{
	static const char *const passed[] = { "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY",
		"NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC" };
	char *home = xprintf("%s/home", setup->places.cache), *proxy = user_setting(go, "GOPROXY"),
	     *database = user_setting(go, "GOSUMDB");
	env_base(env, home);
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		if (getenv(passed[i]))
			env_set(env, passed[i], "%s", getenv(passed[i]));
	env_set(env, "GOENV", "off");
	env_set(env, "GO111MODULE", "on");
	env_set(env, "GOTOOLCHAIN", "local");
	env_set(env, "GOFLAGS", "-modcacherw");
	env_set(env, "GOPROXY", "%s", proxy);
	env_set(env, "GOSUMDB", "%s", database);
	env_set(env, "GOPATH", "%s", scratch);
	env_set(env, "GOCACHE", "%s/gocache", scratch);
	env_set(env, "TMPDIR", "%s", scratch);
	int error = strcmp(database, "off") == 0 ?
	    diag_set(diag, EPERM, "GOSUMDB=off: a toolchain is not taken without its checksum: unset GOSUMDB") :
	    make_folders(home);
	free(database);
	free(proxy);
	free(home);
	return error;
}

/* ---- running it ---------------------------------------------------------------------------------------- */

struct fetching {
	const char *version;
	fetch_say *say;
	char *download; /* where the module's files come to be; NULL: nothing of which there are bytes */
	long long bytes;
	int unpacking;
	double quiet_s; /* since the last byte */
};

static int ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), tail = strlen(end);
	return len >= tail && strcmp(name + len - tail, end) == 0;
}

static void look(struct fetching *at)
{
	long long bytes = 0;
	struct dirent **entries;
	int n = at->download ? scandir(at->download, &entries, NULL, NULL) : -1;
	for (int i = 0; i < n; i++) {
		char *path = xprintf("%s/%s", at->download, entries[i]->d_name);
		struct stat st;
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			bytes += st.st_size;
		/* The module is checked, and then unpacked (cmd/go/internal/modfetch). */
		at->unpacking |= ends_with(path, ".ziphash");
		free(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	at->quiet_s = bytes > at->bytes || at->unpacking ? 0 : at->quiet_s + TICK_MS / 1000.0;
	at->bytes = bytes > at->bytes ? bytes : at->bytes;
	if (at->say)
		at->say(at->version, at->unpacking ? "unpacking" : "fetching", at->bytes);
}

/* Its output in out, whatever it ended with.  0, or -errno with a line in diag when it did not end by itself. */
static int run(struct fetching *at, const struct env *env, const char *cwd, const char *const argv[],
    struct child_result *result, struct diag *diag)
{
	struct child_spec spec = {
		.argv = argv, .env = (const char *const *)env->list, .cwd = cwd, .timeout_ms = FETCH_TIMEOUT_S * 1000
	};
	struct child *child;
	int error = child_start(&spec, &child), stalled = 0;
	if (error)
		return diag_set(diag, -error, "%s: cannot start: %s", argv[0], strerror(-error));
	while (children_wait(&child, 1, TICK_MS) < 0) {
		look(at);
		if (!stalled && at->quiet_s > STALL_S) {
			stalled = 1;
			child_kill(child);
		}
	}
	child_finish(child, result);
	if (!stalled && result->how == CHILD_EXITED)
		return 0;
	error = diag_set(diag, ETIMEDOUT, "%s: the module proxy sent nothing more after %.1f MB: try again",
	    at->version, (double)at->bytes / 1e6);
	child_result_free(result);
	return error;
}

/* What go has to say: the Error of its JSON, else the end of stderr; in one line. */
static int go_failed(
    const char *what, const struct child_result *result, const json_t *json, int error, struct diag *diag)
{
	const char *said = json_string_value(json_object_get(json, "Error"));
	struct buf last = BUF_INIT;
	buf_add_last(&last, said ? said : result->err.data, said ? strlen(said) : result->err.len, 500);
	error = diag_set(diag, error, "%s: not fetched: %s", what, last.data);
	buf_free(&last);
	return error;
}

/* ---- the list -------------------------------------------------------------------------------------------- */

/* "v0.0.1-go1.6.4.linux-amd64", where it is of this port. */
static void add_version(const struct setup *setup, const char *module, struct release_list *list)
{
	char *end = xprintf(".%s-%s", setup->machine.os, setup->machine.arch);
	static const char start[] = "v0.0.1-";
	if (strncmp(module, start, strlen(start)) == 0 && ends_with(module, end)) {
		char *name =
		    xprintf("%.*s", (int)(strlen(module) - strlen(start) - strlen(end)), module + strlen(start));
		release_list_add(list, name);
		free(name);
	}
	free(end);
}

/* A folder of its own below CACHE/tmp, malloc'ed; NULL with a line in diag. */
static char *make_scratch(const struct setup *setup, struct diag *diag)
{
	char *tmp = xprintf("%s/tmp", setup->places.cache), *scratch = xprintf("%s/fetch-XXXXXX", tmp);
	int error = make_folders(tmp);
	if (error || !mkdtemp(scratch)) {
		diag_set(
		    diag, error ? -error : errno, "%s: cannot make: %s", scratch, strerror(error ? -error : errno));
		free(scratch);
		scratch = NULL;
	}
	free(tmp);
	return scratch;
}

static int ask_list(
    const struct setup *setup, const char *go, const char *scratch, struct release_list *list, struct diag *diag)
{
	const char *const argv[] = { go, "list", "-m", "-versions", "-json", "golang.org/toolchain", NULL };
	struct env env = ENV_INIT;
	struct fetching at = { .version = "golang.org/toolchain" };
	struct child_result result;
	int error = make_env(setup, go, scratch, &env, diag);
	error = error ? error : run(&at, &env, scratch, argv, &result, diag);
	env_free(&env);
	if (error)
		return error;
	json_t *json = json_loads(result.out.data, 0, NULL), *version;
	size_t i;
	json_array_foreach(json_object_get(json, "Versions"), i, version)
	    add_version(setup, json_string_value(version), list);
	if (!list->count)
		error = go_failed("the list of toolchains", &result, json, EIO, diag);
	json_decref(json);
	child_result_free(&result);
	return error;
}

int fetch_list(const struct setup *setup, struct release_list *list, struct diag *diag)
{
	*list = (struct release_list)RELEASE_LIST_INIT;
	char *go = fetcher(setup, diag), *scratch = go ? make_scratch(setup, diag) : NULL;
	int error = scratch ? ask_list(setup, go, scratch, list, diag) : -EIO;
	if (scratch)
		remove_tree(scratch);
	free(scratch);
	free(go);
	return error;
}

/* ---- one release ------------------------------------------------------------------------------------------ */

/* The module's tree as folder/go.  *sum, malloc'ed, is what the database says. */
static int download(const struct setup *setup, const char *go, const char *version, const char *folder, fetch_say *say,
    char **sum, struct diag *diag)
{
	char *scratch = xprintf("%s/fetch", folder),
	     *module = xprintf("golang.org/toolchain@v0.0.1-%s.%s-%s", version, setup->machine.os, setup->machine.arch),
	     *tree = xprintf("%s/go", folder);
	const char *const argv[] = { go, "mod", "download", "-json", module, NULL };
	struct fetching at = { .version = version, .say = say };
	at.download = xprintf("%s/pkg/mod/cache/download/golang.org/toolchain/@v", scratch);
	struct env env = ENV_INIT;
	struct child_result result;
	int error = make_folders(scratch);
	error = error ? diag_set(diag, -error, "%s: cannot make: %s", scratch, strerror(-error)) :
			make_env(setup, go, scratch, &env, diag);
	error = error ? error : run(&at, &env, scratch, argv, &result, diag);
	if (!error) {
		json_t *json = json_loads(result.out.data, 0, NULL);
		const char *dir = json_string_value(json_object_get(json, "Dir"));
		if (result.status || !dir)
			error = go_failed(version, &result, json, EIO, diag);
		else if (rename(dir, tree))
			error = diag_set(diag, errno, "%s: cannot move: %s", dir, strerror(errno));
		else
			*sum = xstrdup(json_string_value(json_object_get(json, "Sum")));
		json_decref(json);
		child_result_free(&result);
	}
	remove_tree(scratch);
	env_free(&env);
	free(at.download);
	free(tree);
	free(module);
	free(scratch);
	return error;
}

static int fetch_into(
    const struct setup *setup, const char *version, const char *folder, fetch_say *say, struct diag *diag)
{
	char *go = fetcher(setup, diag), *sum = NULL, *tree = xprintf("%s/go", folder), got[32];
	int error = go ? download(setup, go, version, folder, say, &sum, diag) : -ENOENT;
	if (!error) {
		if (say)
			say(version, "checking that it starts", 0);
		error = tree_trim(tree);
		if (error)
			diag_set(diag, -error, "%s: cannot change: %s", tree, strerror(-error));
	}
	error = error ? error : kept_prove(setup, folder, NULL, version, "module golang.org/toolchain", sum, got, diag);
	free(tree);
	free(sum);
	free(go);
	return error;
}

int fetch_release(const struct setup *setup, const char *version, fetch_say *say, struct diag *diag)
{
	char *path = kept_path(setup, version);
	struct entry entry;
	int error = entry_begin(path, 0, &entry, diag);
	if (error == 0)
		error = entry_end(&entry, fetch_into(setup, version, entry.aside, say, diag), diag);
	free(path);
	return error > 0 ? 0 : error;
}

/* ---- one that lies here ------------------------------------------------------------------------------------ */

/* Runs tar; its output, malloc'ed, or NULL with a line in diag. */
static char *tar(const char *file, const char *cwd, const char *const argv[], struct diag *diag)
{
	struct script script;
	script_init(&script, LOCAL_TIMEOUT_MS);
	env_base(&script.env, NULL);
	char *output = step(&script, cwd, argv) ? buf_take(&script.output) : NULL;
	if (!output) {
		struct buf last = BUF_INIT;
		buf_add_last(&last, script.output.data, script.output.len, 400);
		diag_set(diag, EINVAL, "%s: is no .tar.gz of a Go release, as go.dev has them: %s", file, last.data);
		buf_free(&last);
	}
	script_free(&script);
	return output;
}

/* The first line of VERSION. */
static int version_of(const char *path, int is_folder, char version[32], struct diag *diag)
{
	struct version parsed;
	char *text = NULL;
	if (is_folder) {
		char *file = xprintf("%s/VERSION", path);
		int error = file_read(file, &text, NULL);
		free(file);
		if (error)
			return diag_set(diag, ENOENT, "%s: holds no VERSION: give the GOROOT of a Go release", path);
	} else {
		const char *const argv[] = { "tar", "-xzOf", path, "go/VERSION", NULL };
		text = tar(path, "/", argv, diag);
		if (!text)
			return -EINVAL;
	}
	text[strcspn(text, " \n")] = '\0';
	int error = version_parse(text, &parsed) || strlen(text) >= 32 || strncmp(text, "go", 2) != 0 ?
	    diag_set(diag, EINVAL, "%s: its VERSION says '%s', which is no release such as go1.6.4", path, text) :
	    0;
	if (!error)
		snprintf(version, 32, "%s", text);
	free(text);
	return error;
}

static int add_into(const struct setup *setup, const char *path, int is_folder, const char *version, const char *folder,
    struct diag *diag)
{
	char got[32];
	if (is_folder)
		return kept_prove(setup, folder, path, version, path, NULL, got, diag);
	const char *const argv[] = { "tar", "-xzf", path, "--no-same-owner", "go", NULL };
	char *output = tar(path, folder, argv, diag), *tree = xprintf("%s/go", folder);
	int error = output ? tree_trim(tree) : -EINVAL;
	if (output && error)
		diag_set(diag, -error, "%s: cannot change: %s", tree, strerror(-error));
	free(tree);
	free(output);
	return error ? error : kept_prove(setup, folder, NULL, version, path, NULL, got, diag);
}

int fetch_local(const struct setup *setup, const char *path, char version[32], struct diag *diag)
{
	char *real = realpath(path, NULL), *place = NULL;
	struct stat st;
	struct kept kept;
	struct entry entry;
	if (!real || stat(real, &st)) {
		free(real);
		return diag_set(diag, ENOENT, "%s: %s: give a GOROOT or a .tar.gz of a release", path, strerror(errno));
	}
	int error = version_of(real, S_ISDIR(st.st_mode), version, diag);
	if (!error && kept_find(setup, version, &kept) == 0) {
		if (strcmp(kept.from, real) != 0)
			error = diag_set(diag, EEXIST,
			    "%s: is kept already, from %s: `tlsmatrix toolchain remove %s` first", version, kept.from,
			    version + 2);
		kept_free(&kept);
	}
	if (!error) {
		place = kept_path(setup, version);
		error = entry_begin(place, 1, &entry, diag);
	}
	if (!error)
		error = entry_end(&entry, add_into(setup, real, S_ISDIR(st.st_mode), version, entry.aside, diag), diag);
	free(place);
	free(real);
	return error;
}
