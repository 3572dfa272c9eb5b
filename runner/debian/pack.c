#include "runner/debian/pack.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/debian/apt_source.h"
#include "runner/process/script.h"
#include "runner/process/supervise.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	LOCK_PATIENCE_S = 1800,   /* somebody else's get of a large pack */
	TOOL_TIMEOUT_MS = 900000, /* one apt or dpkg-deb */
	LISTS_AGE_S = 24 * 3600,
};

/* ---- what is there ------------------------------------------------------------------------------ */

char *pack_dir(const struct setup *setup, const char *name) { return xprintf("%s/pack/%s", setup->places.cache, name); }

static json_t *load(const struct setup *setup, const char *name)
{
	char *path = xprintf("%s/pack/%s/.pack.json", setup->places.cache, name);
	json_t *pack = json_load_file(path, 0, NULL);
	free(path);
	return pack;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

int pack_ready(const struct setup *setup, const char *name, const char *suite, const char *packages)
{
	json_t *pack = load(setup, name);
	int ready =
	    pack && strcmp(text_of(pack, "suite"), suite) == 0 && strcmp(text_of(pack, "wanted"), packages) == 0;
	json_decref(pack);
	return ready;
}

char *pack_version(const struct setup *setup, const char *name)
{
	json_t *pack = load(setup, name);
	const char *version = text_of(json_array_get(json_object_get(pack, "packages"), 0), "version");
	char *text = *version ? xstrdup(version) : NULL;
	json_decref(pack);
	return text;
}

char *pack_contents(const struct setup *setup, const char *name)
{
	json_t *pack = load(setup, name), *entry;
	struct buf out = BUF_INIT;
	size_t i;
	json_array_foreach(json_object_get(pack, "packages"), i, entry)
	    buf_printf(&out, "%s%s %s", i ? ", " : "", text_of(entry, "name"), text_of(entry, "version"));
	char *text = pack ? buf_take(&out) : NULL;
	buf_free(&out);
	json_decref(pack);
	return text;
}

/* ---- one get -------------------------------------------------------------------------------------- */

struct get {
	const struct setup *setup;
	const char *name, *suite;
	struct apt_source source;
	char *state;      /* CACHE/apt/SUITE[-ARCHITECTURE] */
	char *aside;      /* the folder that is being filled */
	json_t *contents; /* of the packages so far */
	struct env env;
	struct diag *diag;
};

/* What a proxy needs; apt knows no other variables. */
static void make_env(struct get *get)
{
	static const char *const passed[] = { "http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy" };
	env_base(&get->env, NULL);
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		if (getenv(passed[i]))
			env_set(&get->env, passed[i], "%s", getenv(passed[i]));
}

/* Runs a program; 0 when it exited 0, with its output in *result for the caller to free; -errno otherwise. */
static int run_tool(struct get *get, const char *cwd, const char *const argv[], struct child_result *result)
{
	struct child_spec spec = {
		.argv = argv, .env = (const char *const *)get->env.list, .cwd = cwd, .timeout_ms = TOOL_TIMEOUT_MS
	};
	int error = child_run(&spec, result);
	if (error)
		return diag_set(get->diag, -error, "%s: cannot start: %s", argv[0], strerror(-error));
	return result->how == CHILD_EXITED && result->status == 0 ? 0 : -EIO;
}

/* The first line of an error that apt printed ("E: ..."), else its last line. */
static char *words_of(const struct child_result *result)
{
	const char *text = result->err.data, *error = strncmp(text, "E: ", 3) == 0 ? text : strstr(text, "\nE: ");
	struct buf words = BUF_INIT;
	if (error) {
		error += *error == '\n' ? 4 : 3;
	} else {
		size_t end = strlen(text);
		while (end && text[end - 1] == '\n')
			end--;
		error = text;
		for (const char *p = text; p < text + end; p++)
			if (*p == '\n')
				error = p + 1;
	}
	if (*error)
		buf_printf(&words, "%.*s", (int)strcspn(error, "\n"), error);
	else
		child_describe(result, &words);
	return buf_take(&words);
}

/* What apt's words mean, and what helps. */
static const struct {
	const char *sign;
	int error;
	const char *means;
} meanings[] = {
	{ "does not have a Release file", ENOENT, "the mirror has no such suite" },
	{ "no longer has a Release file", ENOENT, "the mirror has no such suite any more" },
	{ "NO_PUBKEY", EKEYREJECTED,
	    "the signature is by a key that this machine does not have: install a newer debian-archive-keyring" },
	{ "is not signed", EKEYREJECTED, "the mirror's answer is not signed: nothing was taken from it" },
	{ "couldn't be verified", EKEYREJECTED, "the signature is wrong: nothing was taken from it" },
	{ "GPG error", EKEYREJECTED, "the signature is wrong: nothing was taken from it" },
	{ "Clearsigned file isn't valid", EKEYREJECTED,
	    "the mirror's answer is no signed list: does the network ask for a login?" },
	{ "sqv", EKEYREJECTED, "the signature is wrong: nothing was taken from it" },
	{ "Unable to locate package", ENOENT, "the suite has no such package (any more)" },
	{ "No packages found", ENOENT, "the suite has no such package (any more)" },
	{ "find a source to download", ENOENT, "the suite has no such package (any more)" },
	{ "No space left", ENOSPC, "make room in the cache or name another (--cache)" },
	{ "Unable to fetch", EHOSTUNREACH, "the mirror cannot be reached: check the network" },
	{ "Failed to fetch", EHOSTUNREACH, "the mirror cannot be reached: check the network" },
	{ "Some index files failed", EHOSTUNREACH, "the mirror cannot be reached: check the network" },
};
enum { MEANINGS = sizeof(meanings) / sizeof(meanings[0]) };

/* One line: which pack, which suite of which mirror, what was done, what apt said, what to do. */
static int refuse(struct get *get, const char *what, struct child_result *result)
{
	char *words = words_of(result);
	size_t i = 0;
	while (i < MEANINGS && !strstr(result->err.data, meanings[i].sign))
		i++;
	int timeout = result->how == CHILD_TIMEOUT,
	    error = timeout ? ETIMEDOUT :
	    i < MEANINGS    ? meanings[i].error :
			      EIO;
	diag_set(get->diag, error, "pack %s: %s of suite %s of %s: %s%s%s", get->name, what, get->suite,
	    get->source.uri, words, timeout || i == MEANINGS ? "" : ": ",
	    timeout || i == MEANINGS ? "" : meanings[i].means);
	free(words);
	return -error;
}

/* ---- apt's state ------------------------------------------------------------------------------------ */

/* This machine's Acquire settings: proxies, time-outs and the like. */
static int add_acquire(struct get *get, struct buf *conf)
{
	const char *const argv[] = { "apt-config", "dump", NULL };
	struct child_result result;
	int error = run_tool(get, NULL, argv, &result);
	if (!error) {
		for (char *rest = result.out.data, *line; (line = strsep(&rest, "\n"));)
			if (strncmp(line, "Acquire::", 9) == 0)
				buf_printf(conf, "%s\n", line);
	} else {
		refuse(get, "apt-config dump", &result);
	}
	child_result_free(&result);
	return error;
}

static int write_in(const char *folder, const char *name, const char *text)
{
	char *path = xprintf("%s/%s", folder, name);
	int error = file_write(path, text, strlen(text));
	free(path);
	return error;
}

/* The configuration of a suite's apt: all of its own but Acquire, netrc and the trusted keys. */
static int make_conf(struct get *get, const char *architecture)
{
	struct buf conf = BUF_INIT;
	int error = add_acquire(get, &conf);
	if (!error) {
		if (*architecture)
			buf_printf(&conf,
			    "APT::Architecture \"%s\";\n#clear APT::Architectures;\nAPT::Architectures { \"%s\"; };\n",
			    architecture, architecture);
		buf_printf(&conf,
		    "Dir::Etc::main \"/dev/null\";\nDir::Etc::parts \"/dev/null\";\nDir::Etc::preferences "
		    "\"/dev/null\";\nDir::Etc::preferencesparts \"/dev/null\";\n"
		    "Dir::Etc::sourcelist \"/dev/null\";\nDir::Etc::sourceparts \"%1$s/sources\";\nDir::State "
		    "\"%1$s\";\nDir::State::status \"%1$s/status\";\n"
		    "Dir::State::lists \"%1$s/lists\";\nDir::Cache \"%1$s/cache\";\nDir::Cache::pkgcache "
		    "\"\";\nDir::Cache::srcpkgcache \"\";\nAPT::Sandbox::User \"root\";\nAPT::Update::Error-Mode "
		    "\"any\";\n"
		    "#clear Acquire::Languages;\nAcquire::Languages { \"none\"; "
		    "};\nAcquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\n"
		    "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled \"false\";\nAcquire::Retries "
		    "\"2\";\nAcquire::http::Timeout \"30\";\n",
		    get->state);
		error = write_in(get->state, "apt.conf", conf.data);
	}
	buf_free(&conf);
	return error;
}

/* The state folder of the suite, with this machine's mirror in it. */
static int make_state(struct get *get, const char *architecture)
{
	static const char *const folders[] = { "sources", "lists/partial", "cache/archives/partial" };
	free(get->state);
	get->state =
	    xprintf("%s/apt/%s%s%s", get->setup->places.cache, get->suite, *architecture ? "-" : "", architecture);
	int error = 0;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !error; i++) {
		char *path = xprintf("%s/%s", get->state, folders[i]);
		error = make_folders(path);
		free(path);
	}
	char *text = apt_source_text(&get->source, get->suite);
	error = error ? error : write_in(get->state, "sources/debian.sources", text);
	error = error ? error : write_in(get->state, "status", "");
	free(text);
	if (error)
		return diag_set(get->diag, -error, "%s: cannot write: %s", get->state, strerror(-error));
	env_set(&get->env, "APT_CONFIG", "%s/apt.conf", get->state);
	return make_conf(get, architecture);
}

/* Are the suite's lists from today and from this mirror? */
static int lists_are_fresh(struct get *get)
{
	char *path = xprintf("%s/updated", get->state), *text = NULL;
	struct stat st;
	int fresh = stat(path, &st) == 0 && time(NULL) - st.st_mtim.tv_sec < LISTS_AGE_S &&
	    file_read(path, &text, NULL) == 0 && strcmp(text, get->source.uri) == 0;
	free(text);
	free(path);
	return fresh;
}

static int update_lists(struct get *get)
{
	const char *const argv[] = { "apt-get", "-q", "update", NULL };
	struct child_result result;
	int error = run_tool(get, NULL, argv, &result);
	if (!error)
		error = write_in(get->state, "updated", get->source.uri);
	else if (result.how != CHILD_NOT_STARTED)
		error = refuse(get, "the list", &result);
	child_result_free(&result);
	return error;
}

/* ---- packages ------------------------------------------------------------------------------------------ */

static int download(struct get *get, const char *folder, const struct argv *names, int last)
{
	struct argv argv = { NULL, 0 };
	argv_add(&argv, "apt-get");
	argv_add(&argv, "-q");
	argv_add(&argv, "download");
	for (size_t i = 0; i < names->count; i++)
		argv_add(&argv, "%s", names->word[i]);
	struct child_result result;
	int error = run_tool(get, folder, (const char *const *)argv.word, &result);
	if (error && last)
		error = refuse(get, "package", &result);
	child_result_free(&result);
	argv_free(&argv);
	return error;
}

/* Name, version and architecture as the package itself says them, added to the contents. */
static int note_package(struct get *get, const char *folder, const char *file)
{
	const char *const argv[] = { "dpkg-deb", "--show", "--showformat=${Package}\n${Version}\n${Architecture}\n",
		file, NULL };
	struct child_result result;
	int error = run_tool(get, folder, argv, &result);
	char *rest = result.out.data, *field[3];
	for (size_t i = 0; i < 3; i++) {
		field[i] = strsep(&rest, "\n");
		error = error ? error : field[i] && *field[i] ? 0 : -EIO;
	}
	if (!error)
		json_array_append_new(get->contents,
		    json_pack("{s:s, s:s, s:s}", "name", field[0], "version", field[1], "architecture", field[2]));
	else
		refuse(get, file, &result);
	child_result_free(&result);
	return error;
}

static int unpack(struct get *get, const char *folder, const char *file)
{
	const char *const argv[] = { "dpkg-deb", "--extract", file, get->aside, NULL };
	struct child_result result;
	int error = run_tool(get, folder, argv, &result);
	if (error)
		refuse(get, file, &result);
	child_result_free(&result);
	return error ? error : note_package(get, folder, file);
}

/* The .deb of a package among the files that apt put into a folder: NAME_VERSION_ARCHITECTURE.deb. */
static char *file_of(const char *folder, const char *name)
{
	struct dirent **entries;
	char *found = NULL;
	size_t len = strlen(name);
	int n = scandir(folder, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (!found && strncmp(entries[i]->d_name, name, len) == 0 && entries[i]->d_name[len] == '_')
			found = xstrdup(entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return found;
}

/* All packages of one architecture ("": this machine's own).  Lists that are not from today, or do not lead to the
 * packages (a newer version is on the mirror), are fetched first. */
static int get_architecture(struct get *get, const char *architecture, const struct argv *names)
{
	char *folder = xprintf("%s/.debs%s%s", get->aside, *architecture ? "-" : "", architecture);
	int error = make_state(get, architecture), fresh = !error && lists_are_fresh(get);
	if (!error && make_folders(folder))
		error = diag_set(get->diag, EIO, "%s: cannot be made", folder);
	if (!error && !fresh)
		error = update_lists(get);
	if (!error) {
		error = download(get, folder, names, !fresh);
		if (error && fresh) {
			error = update_lists(get);
			error = error ? error : download(get, folder, names, 1);
		}
	}
	for (size_t i = 0; i < names->count && !error; i++) {
		char *file = file_of(folder, names->word[i]);
		error = file ?
		    unpack(get, folder, file) :
		    diag_set(get->diag, ENOENT,
			"pack %s: package %s of suite %s: apt fetched no such file: is it a virtual package?",
			get->name, names->word[i], get->suite);
		free(file);
	}
	remove_tree(folder);
	free(folder);
	return error;
}

/* The architecture of "NAME:ARCHITECTURE", "" for NAME. */
static const char *architecture_of(const char *word)
{
	const char *colon = strchr(word, ':');
	return colon ? colon + 1 : "";
}

/* Splits the list into its architectures, in the order in which they come. */
static int get_all(struct get *get, const char *packages)
{
	struct argv words = { NULL, 0 };
	for (const char *p = packages + strspn(packages, " "); *p; p += strcspn(p, " "), p += strspn(p, " "))
		argv_add(&words, "%.*s", (int)strcspn(p, " "), p);
	int error = words.count ? 0 : diag_set(get->diag, EINVAL, "pack %s: names no package", get->name);
	for (size_t i = 0; i < words.count && !error; i++) {
		const char *architecture = architecture_of(words.word[i]);
		struct argv names = { NULL, 0 };
		size_t before = 0;
		while (before < i && strcmp(architecture_of(words.word[before]), architecture) != 0)
			before++;
		for (size_t k = i; k < words.count && before == i; k++)
			if (strcmp(architecture_of(words.word[k]), architecture) == 0)
				argv_add(&names, "%.*s", (int)strcspn(words.word[k], ":"), words.word[k]);
		error = names.count ? get_architecture(get, architecture, &names) : 0;
		argv_free(&names);
	}
	argv_free(&words);
	return error;
}

/* ---- the whole --------------------------------------------------------------------------------------- */

static int take_lock(struct get *get, int *fd)
{
	char *folder = xprintf("%s/apt", get->setup->places.cache), *path = xprintf("%s/lock", folder);
	int error = make_folders(folder);
	*fd = error ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	error = error ? error : *fd < 0 ? -errno : 0;
	if (error)
		diag_set(get->diag, -error, "%s: cannot write: %s", path, strerror(-error));
	for (int tries = 0; !error && flock(*fd, LOCK_EX | LOCK_NB); tries++) {
		const struct timespec wait = { 0, 200000000 };
		if (errno != EWOULDBLOCK && errno != EINTR)
			error = diag_set(get->diag, errno, "%s: cannot be locked: %s", path, strerror(errno));
		else if (tries > LOCK_PATIENCE_S * 5)
			error = diag_set(get->diag, ETIMEDOUT, "%s: another tlsmatrix has been fetching for %d minutes",
			    path, LOCK_PATIENCE_S / 60);
		else
			nanosleep(&wait, NULL);
	}
	free(path);
	free(folder);
	return error;
}

/* What a get that was killed left; the lock is ours, so nobody is filling it. */
static void remove_stale(const char *dir)
{
	char *parent = xstrdup(dir), *slash = strrchr(parent, '/');
	*slash = '\0';
	char *start = xprintf("%s.new-", slash + 1);
	struct dirent **entries;
	int n = scandir(parent, &entries, NULL, NULL);
	for (int i = 0; i < n; i++) {
		char *path = xprintf("%s/%s", parent, entries[i]->d_name);
		if (strncmp(entries[i]->d_name, start, strlen(start)) == 0)
			remove_tree(path);
		free(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	free(start);
	free(parent);
}

static int finish(struct get *get, const char *packages)
{
	json_t *pack = json_pack("{s:s, s:s, s:O}", "suite", get->suite, "wanted", packages, "packages", get->contents);
	char *text = json_dumps(pack, JSON_INDENT(1));
	int error = pack_arrange(get->aside);
	error = error ? error : write_in(get->aside, ".pack.json", text);
	if (error)
		diag_set(get->diag, -error, "%s: cannot write: %s", get->aside, strerror(-error));
	free(text);
	json_decref(pack);
	return error;
}

static int make_pack(struct get *get, const char *packages)
{
	char *dir = pack_dir(get->setup, get->name);
	int error = 0;
	remove_stale(dir);
	get->aside = folder_aside(dir, &error);
	if (error)
		diag_set(get->diag, -error, "%s: cannot be made: %s", dir, strerror(-error));
	error = error ? error : get_all(get, packages);
	error = error ? error : finish(get, packages);
	if (!error)
		remove_tree(dir);
	int settled = folder_settle(get->aside, dir, error);
	if (settled && !error)
		diag_set(get->diag, -settled, "%s: cannot be moved into place: %s", dir, strerror(-settled));
	free(dir);
	return settled;
}

int pack_get(const struct setup *setup, const char *name, const char *suite, const char *packages, struct diag *diag)
{
	static const char *const programs[] = { "apt-get", "apt-config", "dpkg-deb" };
	struct get get = { .setup = setup, .name = name, .suite = suite, .env = ENV_INIT, .diag = diag };
	int fd = -1, error = 0;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]) && !error; i++) {
		char *path = program_find(programs[i], NULL);
		if (!path)
			error = diag_set(diag, ENOENT,
			    "pack %s: %s is not here: packages of Debian's suites are fetched by apt; elsewhere, "
			    "describe the loader yourself in a --targets file",
			    name, programs[i]);
		free(path);
	}
	error = error ? error : apt_source_find("/etc/apt", "/etc/os-release", &get.source, diag);
	error = error ? error : take_lock(&get, &fd);
	if (!error && !pack_ready(setup, name, suite, packages)) {
		make_env(&get);
		get.contents = json_array();
		error = make_pack(&get, packages);
		json_decref(get.contents);
		env_free(&get.env);
	}
	if (fd >= 0)
		close(fd);
	free(get.state);
	apt_source_free(&get.source);
	return error;
}
