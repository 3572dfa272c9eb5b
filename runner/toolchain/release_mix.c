#include "runner/toolchain/release_mix.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/hash.h"
#include "matrix/cell.h"
#include "matrix/version.h"
#include "runner/process/script.h"
#include "runner/setup/entry.h"
#include "runner/setup/files.h"
#include "runner/toolchain/go_env.h"
#include "runner/toolchain/release_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of a commit's hash as many are shown (commits.h); a mixture is named alike. */
enum { MIX_DIGITS = 12, TOOL_TIMEOUT_MS = 600000 };

size_t mix_changes(const struct mix *mix, size_t i)
{
	const struct source_file *file = &mix->files->file[i];
	size_t made = 0;
	for (size_t k = 0; k < file->changes; k++)
		made += mix->in[file->first + k] != 0;
	return made;
}

void mix_name(const struct mix *mix, char name[32])
{
	struct hash *hash = hash_new();
	char hex[HASH_HEX];
	hash_add_text(hash, mix->files->key);
	hash_add_text(hash, mix->base);
	for (size_t i = 0; i < mix->files->count; i++) {
		const struct source_file *file = &mix->files->file[i];
		size_t made = mix_changes(mix, i);
		if (made)
			hash_add_text(hash, file->name);
		if (made && made < file->changes)
			hash_add(hash, mix->in + file->first, file->changes);
	}
	hash_end(hash, hex);
	snprintf(name, 32, "%.*s-%.*s", (int)strcspn(mix->base, "-"), mix->base, MIX_DIGITS, hex);
}

/* ---- the tree ------------------------------------------------------------------------------------------- */

/* What is compiled of std: pkg/linux_amd64, pkg/linux_amd64_shared. */
static int is_compiled(const char *name) { return fnmatch("pkg/*_*", name, FNM_PATHNAME) == 0; }

/* A link, or a copy where there can be none: another file system, or a file that is not ours. */
static int link_file(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW) ? file_copy(from, to) : 0;
}

/* goroot's tree as to, of links.  0 or -errno. */
static int link_tree(const char *goroot, const char *to)
{
	char *const paths[] = { (char *)goroot, NULL };
	FTS *tree = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, NULL);
	int error = tree ? 0 : -errno;
	for (FTSENT *at; !error && (at = fts_read(tree));) {
		const char *name = at->fts_path + strlen(goroot);
		name += strspn(name, "/");
		char *path = xprintf("%s/%s", to, name);
		if (at->fts_info == FTS_D && (*name == '.' || is_compiled(name)))
			fts_set(tree, at, FTS_SKIP);
		else if (at->fts_info == FTS_D)
			error = make_folders(path);
		else if (at->fts_info == FTS_F)
			error = link_file(at->fts_path, path);
		else if (at->fts_info != FTS_DP && at->fts_info != FTS_SLNONE)
			error = at->fts_errno ? -at->fts_errno : -EIO;
		free(path);
	}
	if (tree)
		fts_close(tree);
	return error;
}

/* name below src of the tree to becomes what it is in goroot's, or is taken away.  0 or -errno. */
static int exchange(const char *goroot, const char *name, const char *to)
{
	char *from = xprintf("%s/src/%s", goroot, name), *path = xprintf("%s/src/%s", to, name),
	     *folder = xstrdup(path);
	int error = unlink(path) && errno != ENOENT ? -errno : 0;
	if (!error && file_exists(from)) {
		error = make_folders(dirname(folder));
		error = error ? error : link_file(from, path);
	}
	free(folder);
	free(path);
	free(from);
	return error;
}

/* name below src of the tree to gets some of its changes.  0 or -errno. */
static int change(const char *goroot, const struct source_file *file, const unsigned char *in, const char *to)
{
	char *from = xprintf("%s/src/%s", goroot, file->name), *path = xprintf("%s/src/%s", to, file->name),
	     *old = NULL;
	struct buf text = BUF_INIT;
	int error = file_read(from, &old, NULL);
	error = error ? error : hunks_apply(old, file->hunks, file->changes, in + file->first, &text);
	error = error ? error : file_write(path, text.data, text.len);
	buf_free(&text);
	free(old);
	free(path);
	free(from);
	return error;
}

/* ---- its tools -------------------------------------------------------------------------------------------- */

static const char *const tools[] = { "link", "asm", "compile" };
enum { LINK_ALONE = 1, TOOLS = sizeof(tools) / sizeof(*tools) };

/* How many of the tools are built. */
static size_t count_tools(const struct mix *mix)
{
	size_t count = 0;
	for (size_t i = 0; i < mix->files->count; i++) {
		if (!mix_changes(mix, i))
			continue;
		if (mix->files->file[i].area == AREA_OBJ || mix->files->file[i].area == AREA_COMPILE)
			return TOOLS;
		if (mix->files->file[i].area == AREA_LINK)
			count = LINK_ALONE;
	}
	return count;
}

/* What makes a tool call itself name (-V=full), and write so into what it makes: the variable's own value is the
 * base's, in a file that make.bash wrote.  Before 1.10 cmd/go asks no tool, and keeps nothing. */
static char *stamp(const char *base, const char *name)
{
	if (!version_since(base, VERSION_GOCACHE))
		return xstrdup("-ldflags=");
	return xprintf("-ldflags=-X %s.Version=%s",
	    version_since(base, VERSION_BUILDCFG) ? "internal/buildcfg" : "cmd/internal/objabi", name);
}

/* cmd/TOOL of the tree go as to, built for this machine by the base's tools.  1; 0 when it does not build, with what
 * was said added to said; -errno. */
static int build_tool(const struct setup *setup, const struct mix *mix, const char *go, const char *tool,
    const char *flags, const char *to, struct buf *said)
{
	const struct machine *machine = &setup->machine;
	char *id = xprintf("%s/%s/%s/exe/cgo0/internal@none", mix->base, machine->os, machine->arch),
	     *command = xprintf("%s/bin/go", go), *package = xprintf("cmd/%s", tool);
	/* All that is wrong, and not the first ten: each names a change. */
	const char *all = version_since(mix->base, VERSION_GOCACHE) ? "-gcflags=cmd/...=-e" : "-gcflags=-e";
	const char *const argv[] = { command, "build", all, flags, "-o", to, package, NULL };
	struct cell cell;
	struct script script;
	struct diag diag = DIAG_INIT;
	script_init(&script, TOOL_TIMEOUT_MS);
	int error = cell_parse(id, &cell, &diag), done = 0;
	if (!error) {
		go_env(setup, &cell, &script.env);
		env_set(&script.env, "GOROOT", "%s", go);
		env_set(&script.env, "GO111MODULE", "off");
		done = step(&script, go, argv);
		error = script.infra;
		if (!error && !done)
			buf_add_bytes(said, script.output.data, script.output.len);
	}
	script_free(&script);
	free(package);
	free(command);
	free(id);
	return error ? error : done;
}

/* The tools in the place of the base's.  Where one does not build the base's are taken away, so that they are not taken
 * for the mixture's, and what all of them said is written to the file said.  0 or -errno. */
static int build_tools(
    const struct setup *setup, const struct mix *mix, const char *name, const char *go, const char *said)
{
	const struct machine *machine = &setup->machine;
	size_t count = count_tools(mix);
	char *flags = count == TOOLS ? stamp(mix->base, name) : xstrdup("-ldflags="), *tool[TOOLS], *built[TOOLS];
	struct buf wrong = BUF_INIT;
	int all = 1, error = 0;
	for (size_t i = 0; i < count; i++) {
		tool[i] = xprintf("%s/pkg/tool/%s_%s/%s", go, machine->os, machine->arch, tools[i]);
		built[i] = xprintf("%s.new", tool[i]);
		int done = error ? 0 : build_tool(setup, mix, go, tools[i], flags, built[i], &wrong);
		error = done < 0 ? done : error;
		all &= done > 0;
	}
	/* None takes part in the building of another. */
	for (size_t i = 0; i < count; i++) {
		if (!error && (all ? rename(built[i], tool[i]) : unlink(tool[i])))
			error = -errno;
		if (!all)
			unlink(built[i]);
		free(tool[i]);
		free(built[i]);
	}
	if (!error && !all)
		error = file_write(said, wrong.data, wrong.len);
	buf_free(&wrong);
	free(flags);
	return error;
}

/* 0 or -errno with a line in diag. */
static int mix_into(
    const struct setup *setup, const struct mix *mix, const char *name, const char *folder, struct diag *diag)
{
	char *go = xprintf("%s/go", folder), *version = xprintf("%s/VERSION", go);
	const char *base = setup_release_of(setup, mix->base)->goroot,
		   *other = setup_release_of(setup, mix->other)->goroot;
	int error = link_tree(base, go);
	for (size_t i = 0; i < mix->files->count && !error; i++) {
		const struct source_file *file = &mix->files->file[i];
		size_t made = mix_changes(mix, i);
		if (made == file->changes)
			error = exchange(other, file->name, go);
		else if (made)
			error = change(base, file, mix->in, go);
	}
	error = error ? error : file_write(version, name, strlen(name));
	if (!error) {
		char *said = xprintf("%s/said", folder);
		error = build_tools(setup, mix, name, go, said);
		free(said);
	}
	if (error)
		diag_set(diag, -error, "%s: cannot make the mixture: %s", go, strerror(-error));
	free(version);
	free(go);
	return error;
}

/* ---- in the setup, in the cache --------------------------------------------------------------------------- */

/* The entry at path; kept says what it is, or is NULL for one that is no release of the user's.  The release is to be
 * freed.  0 or -errno with a line in diag. */
static int make(const struct setup *setup, const struct mix *mix, const char *path, const char *kept,
    struct release *release, struct diag *diag)
{
	char name[32], *go = xprintf("%s/go/bin/go", path), *aside = NULL;
	struct entry entry;
	mix_name(mix, name);
	int error = entry_begin(path, 0, &entry, diag);
	if (error == 0) {
		error = mix_into(setup, mix, name, entry.aside, diag);
		aside = xprintf("%s/go/bin/go", entry.aside);
		if (!error && kept)
			error = release_find(aside, release, diag);
		if (!error && kept) {
			release_key(release, &setup->machine);
			error = kept_record(entry.aside, release, "go", kept, NULL, diag);
			release_free(release);
		}
		error = entry_end(&entry, error, diag);
	}
	error = error < 0 ? error : release_find(go, release, diag);
	if (!error)
		release_key(release, &setup->machine);
	free(aside);
	free(go);
	return error;
}

int mix_want(struct setup *setup, const struct mix *mix, char **said, struct diag *diag)
{
	char name[32], *path, *log;
	struct release release;
	mix_name(mix, name);
	if (setup_find_release(setup, name))
		return 0;
	path = xprintf("%s/mix/%s", setup->places.cache, name);
	log = xprintf("%s/said", path);
	int error = make(setup, mix, path, NULL, &release, diag);
	if (!error && file_exists(log)) {
		release_free(&release);
		error = file_read(log, said, NULL);
		error = error ? diag_set(diag, -error, "%s: %s", log, strerror(-error)) : -ENOEXEC;
	} else if (!error) {
		snprintf(release.ports_of, sizeof(release.ports_of), "%s", mix->base);
		setup_add_release(setup, &release);
	}
	free(log);
	free(path);
	return error;
}

void mix_said(const char *said, char *line, size_t size)
{
	char *telling = script_telling(said);
	snprintf(line, size, "a tool of it does not build: %s", telling);
	free(telling);
}

int mix_keep(const struct setup *setup, const struct mix *mix, const char *from, struct diag *diag)
{
	char name[32];
	struct release release;
	mix_name(mix, name);
	char *path = kept_path(setup, name);
	int error = make(setup, mix, path, from, &release, diag);
	if (!error)
		release_free(&release);
	free(path);
	return error;
}
