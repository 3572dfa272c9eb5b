#include "runner/target/target.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/check.h"
#include "matrix/filter.h"
#include "runner/debian/pack.h"
#include "runner/process/env.h"
#include "runner/setup/setup.h"
#include "runner/target/ini.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- reading ---------------------------------------------------------------------------------- */

struct expanding {
	const struct setup *setup;
	const struct targets *targets;
	struct target *target;
	struct buf wants;
	struct diag *diag;
	int error;
};

/* What {NAME} stands for, malloc'ed; NULL when it stays as it is ({argv}) or is wrong. */
static char *meaning(struct expanding *expanding, const char *name)
{
	const struct setup *setup = expanding->setup;
	const struct {
		const char *name, *value;
	} places[] = {
		{ "root", setup->places.root },
		{ "cache", setup->places.cache },
		{ "machine", setup->machine.arch },
		{ "goroot", setup->release_count ? setup->releases->goroot : "" },
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(name, places[i].name) == 0)
			return xstrdup(places[i].value);
	if (strcmp(name, "argv") == 0)
		return NULL;
	const struct target *pack = target_find(expanding->targets, name);
	if (!pack || !pack->packages) {
		if (!expanding->error && pack && pack->user && !expanding->target->user)
			expanding->error = diag_set(expanding->diag, EINVAL,
			    "%s:%d: [%s] would take the place of a section whose packages [%s] needs: give it another "
			    "name",
			    pack->file, pack->line, name, expanding->target->name);
		else if (!expanding->error)
			expanding->error = diag_set(expanding->diag, EINVAL,
			    "%s:%d: {%s} in [%s]: no section of that name has packages", expanding->target->file,
			    expanding->target->line, name, expanding->target->name);
		return NULL;
	}
	buf_printf(&expanding->wants, "%s ", name);
	return pack_dir(setup, name);
}

/* {NAME} and "./". */
static char *expand(char *text, void *context)
{
	struct expanding *expanding = context;
	const char *slash = strrchr(expanding->target->file, '/');
	struct buf out = BUF_INIT;
	for (const char *p = text; *p; p++) {
		const char *close = *p == '{' ? strchr(p, '}') : NULL;
		int starts = p == text || p[-1] == ' ' || p[-1] == ':';
		char *name = close ? xprintf("%.*s", (int)(close - p - 1), p + 1) : NULL,
		     *value = name ? meaning(expanding, name) : NULL;
		if (value) {
			buf_add(&out, value);
			p = close;
		} else if (starts && p[0] == '.' && p[1] == '/') {
			buf_printf(&out, "%.*s/", slash ? (int)(slash - expanding->target->file) : 1,
			    slash ? expanding->target->file : ".");
			p++;
		} else {
			buf_add_bytes(&out, p, 1);
		}
		free(value);
		free(name);
	}
	free(text);
	return buf_take(&out);
}

/* What a section leaves to the environment: where the user's OSv is. */
static void take_tree(struct target *target)
{
	const char *named = getenv("TLSMATRIX_OSV_TREE");
	if (target->kind == TARGET_OSV && !target->tree && named && *named)
		target->tree = xstrdup(named);
}

/* 0, or -EINVAL with a line: a fault needs a target that runs what it runs, and is without it. */
static int check_without(const struct targets *targets, const struct target *target, struct diag *diag)
{
	const struct target *without = target->without ? target_find(targets, target->without) : NULL;
	if (!target->without || (without && without != target && without->kind != TARGET_PACK))
		return 0;
	return diag_set(diag, EINVAL, "%s:%d: without = %s in [%s]: not the name of another target in which things run",
	    target->file, target->line, target->without, target->name);
}

int targets_load(const struct setup *setup, const char *file, struct targets *targets, struct diag *diag)
{
	static char *known, *absolute;
	struct targets made = { NULL, 0 };
	free(known);
	free(absolute);
	known = xprintf("%s/runner/target/targets.ini", setup->places.root);
	absolute = file ? realpath(file, NULL) : NULL;
	int error = target_ini_read(known, 0, &made, diag);
	if (!error && file)
		error = absolute ?
		    target_ini_read(absolute, 1, &made, diag) :
		    diag_set(diag, errno, "%s: cannot read: %s: --targets takes an INI file", file, strerror(errno));
	for (size_t i = 0; i < made.count && !error; i++) {
		struct expanding expanding = {
			.setup = setup, .targets = &made, .target = &made.target[i], .wants = BUF_INIT, .diag = diag
		};
		if (made.target[i].packages)
			buf_printf(&expanding.wants, "%s ", made.target[i].name);
		take_tree(&made.target[i]);
		target_texts(&made.target[i], expand, &expanding);
		made.target[i].wants = buf_take(&expanding.wants);
		error = expanding.error ? expanding.error : check_without(&made, &made.target[i], diag);
	}
	if (error)
		targets_free(&made);
	else
		*targets = made;
	return error;
}

void targets_free(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++)
		target_clear(&targets->target[i]);
	free(targets->target);
	*targets = (struct targets){ NULL, 0 };
}

struct target *target_find(const struct targets *targets, const char *name)
{
	for (size_t i = 0; targets && i < targets->count; i++)
		if (strcmp(targets->target[i].name, name) == 0)
			return &targets->target[i];
	return NULL;
}

/* ---- packages --------------------------------------------------------------------------------- */

/* Is the word in a list of words? */
static int has_word(const char *list, const char *word)
{
	size_t len = strlen(word);
	for (const char *p = list; p && *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (strcspn(p, " ") == len && strncmp(p, word, len) == 0)
			return 1;
	return 0;
}

/* The first word of the command that starts things, malloc'ed; NULL: the target needs none. */
static char *starter(const struct target *target)
{
	const char *command = target->kind == TARGET_QEMU_USER ? target->qemu :
	    target->kind == TARGET_WRAPPER                     ? target->command :
	    target->kind == TARGET_SSH                         ? (target->ssh ? target->ssh : "ssh") :
	    target->kind == TARGET_OSV                         ? "qemu-system-x86_64" :
								 NULL;
	return command ? xprintf("%.*s", (int)strcspn(command, " "), command) : NULL;
}

static int here(const char *path) { return access(path, X_OK) == 0; }

char *target_program(const struct setup *setup, const struct target *target, const char *name)
{
	if (strchr(name, '/'))
		return here(name) ? xstrdup(name) : NULL;
	char *found = program_find(name, NULL);
	for (const char *p = target->uses; p && *p && !found; p += strcspn(p, " "), p += strspn(p, " ")) {
		char *word = xprintf("%.*s", (int)strcspn(p, " "), p), *dir = pack_dir(setup, word),
		     *path = xprintf("%s/usr/bin/%s", dir, name);
		found = here(path) ? xstrdup(path) : NULL;
		free(path);
		free(dir);
		free(word);
	}
	return found;
}

const struct target *target_wants(const struct setup *setup, const struct target *target, size_t *at)
{
	char *program = starter(target),
	     *found = program && target->uses ? target_program(setup, target, program) : NULL;
	int uses = program && target->uses && !found;
	free(found);
	free(program);
	for (; *at < setup->targets->count; ++*at) {
		const struct target *pack = &setup->targets->target[*at];
		int wanted = pack->packages &&
		    (has_word(target->wants, pack->name) || (uses && has_word(target->uses, pack->name)));
		if (wanted && !pack_ready(setup, pack->name, pack->suite, pack->packages))
			return &setup->targets->target[(*at)++];
	}
	return NULL;
}

/* ---- what is here ------------------------------------------------------------------------------- */

static void miss(struct target *target, const char *class, char *thing)
{
	if (target->missing) {
		free(thing);
		return;
	}
	target->missing = xstrdup(class);
	target->thing = thing;
}

/* Size and time of all that lies in a folder: enough to see that a library was exchanged. */
static void add_folder(struct hash *hash, const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		char *path = xprintf("%s/%s", folder, entries[i]->d_name);
		struct stat st;
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
			long facts[3] = { (long)st.st_size, (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec };
			hash_add_text(hash, entries[i]->d_name);
			hash_add(hash, facts, sizeof(facts));
		}
		free(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static void add_library_path(struct hash *hash, const char *list)
{
	while (list && *list) {
		size_t len = strcspn(list, ":");
		char *folder = xprintf("%.*s", (int)len, list);
		add_folder(hash, folder);
		free(folder);
		list += len + (list[len] == ':');
	}
}

static char *hash_text(char *text, void *context)
{
	hash_add_text(context, text);
	return text;
}

/* A package of PyPI, in the environment that ci/setup.sh makes. */
static void look_pypi(const struct setup *setup, struct target *target, struct hash *hash)
{
	char *pattern =
	    xprintf("%s/.venv/lib/python3*/site-packages/%s-*.dist-info/RECORD", setup->places.root, target->pypi);
	glob_t found;
	if (glob(pattern, 0, NULL, &found) == 0) {
		hash_add_text(hash, file_hash(found.gl_pathv[0]));
		globfree(&found);
	} else {
		miss(target, "not-installed", xprintf("PyPI's %s: ci/setup.sh targets", target->pypi));
	}
	free(pattern);
}

/* What starts things; one that is there and cannot be executed fails the target's check. */
static void look_programs(const struct setup *setup, struct target *target, struct hash *hash)
{
	char *first = starter(target),
	     *programs = xprintf("%s %s", first ? first : "", target->needs ? target->needs : "");
	struct buf absent = BUF_INIT;
	for (char *rest = programs, *word; (word = strsep(&rest, " "));) {
		char *path = *word ? target_program(setup, target, word) : NULL;
		if (path)
			hash_add_text(hash, file_hash(path));
		else if (*word && !(strchr(word, '/') && file_exists(word)))
			buf_printf(&absent, "%s%s", absent.len ? ", " : "", word);
		free(path);
	}
	if (absent.len)
		miss(target, "not-installed",
		    target->debian ? xprintf("%s: apt-get install %s", absent.data, target->debian) :
				     xprintf("%s: not in PATH, or not there", absent.data));
	buf_free(&absent);
	free(programs);
	free(first);
}

/* The command's words that are files: what a wrapper runs decides with it. */
static void look_command(const struct target *target, struct hash *hash)
{
	for (const char *p = target->command; p && *p; p += strcspn(p, " "), p += strspn(p, " ")) {
		char *word = xprintf("%.*s", (int)strcspn(p, " "), p);
		if (*word == '/' && file_exists(word))
			hash_add_text(hash, file_hash(word));
		free(word);
	}
}

static void look_loader(struct target *target, struct hash *hash)
{
	if (!here(target->interpreter))
		miss(target, "not-installed", xprintf("%s is not there or cannot be executed", target->interpreter));
	hash_add_text(hash, file_hash(target->interpreter));
	add_library_path(hash, target->library_path);
}

static void look_osv(struct target *target, struct hash *hash)
{
	if (!target->tree) {
		miss(target, "no-tree",
		    xstrdup("no OSv tree is given: build one as OSv's documentation says, and name its folder by tree "
			    "= DIR in a --targets file or by TLSMATRIX_OSV_TREE"));
		return;
	}
	char *kernel = xprintf("%s/build/last/loader-stripped.elf", target->tree);
	if (!file_exists(kernel))
		miss(target, "no-tree",
		    xprintf("%s is not there: is %s the folder of a built OSv?", kernel, target->tree));
	hash_add_text(hash, target->tree);
	hash_add_text(hash, file_hash(kernel));
	free(kernel);
}

/* Is not even there what starts things: the interpreter, the command's first word? */
static int lacks_start(const struct setup *setup, const struct target *target)
{
	if (target->kind == TARGET_LOADER)
		return !here(target->interpreter);
	char *word = starter(target), *path = word ? target_program(setup, target, word) : NULL;
	int lacks = word && !path && !(strchr(word, '/') && file_exists(word));
	free(path);
	free(word);
	return lacks;
}

char *target_place(const struct target *target)
{
	return target->user ? xprintf("%s:%d: ", target->file, target->line) : xstrdup("");
}

void target_look(const struct setup *setup, struct target *target)
{
	if (target->looked)
		return;
	target->looked = 1;
	struct hash *hash = hash_new();
	hash_add_text(hash, "target 1");
	hash_add_text(hash, target->name);
	hash_add_text(hash, target_kind_name(target->kind));
	hash_add_text(hash, setup->machine.kernel);
	hash_add_text(hash, setup->machine.key);
	hash_add(hash, &target->scale, sizeof(target->scale));
	hash_add(hash, &target->trace, sizeof(target->trace));
	target_texts(target, hash_text, hash);
	size_t at = 0;
	const struct target *pack = target_wants(setup, target, &at);
	if (pack) {
		target->gettable = 1;
		miss(target, "not-fetched",
		    xprintf("%s of Debian %s: tlsmatrix target get %s", pack->packages, pack->suite, target->name));
	}
	look_programs(setup, target, hash);
	if (target->pypi)
		look_pypi(setup, target, hash);
	look_command(target, hash);
	if (target->kind == TARGET_LOADER)
		look_loader(target, hash);
	if (target->kind == TARGET_QEMU_USER && target->root) {
		char *lib = xprintf("%s/lib", target->root);
		add_library_path(hash, lib);
		free(lib);
	}
	if (target->kind == TARGET_OSV)
		look_osv(target, hash);
	/* Who describes a target means it: a name that leads nowhere is no reason to judge nothing and be content. */
	if (target->user && !target->broken && target->missing && strcmp(target->missing, "not-installed") == 0 &&
	    lacks_start(setup, target)) {
		char *place = target_place(target);
		target->broken = xprintf("%starget %s: %s", place, target->name, target->thing);
		free(place);
	}
	hash_add_text(hash, target->missing ? target->missing : "here");
	hash_end(hash, target->key);
}

void targets_forget(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++) {
		struct target *target = &targets->target[i];
		free(target->missing);
		free(target->thing);
		target->missing = target->thing = NULL;
		target->looked = target->gettable = 0;
	}
}

const char *target_cc(const struct target *target, const struct cell *cell)
{
	if (!target)
		return NULL;
	return link_is_static(cell->link) && target->cc_static ? target->cc_static : target->cc;
}
