/* toolchain.c - toolchain list|get|add|remove: the Go releases that can be tested. */
#include "runner/cmd/cmd.h"
#include "runner/cmd/fetching.h"

#include "matrix/base/buf.h"
#include "matrix/base/text.h"
#include "matrix/version.h"
#include "runner/cache/use.h"
#include "runner/setup/entry.h"
#include "runner/toolchain/release_fetch.h"
#include "runner/toolchain/release_kept.h"

#include <errno.h>
#include <fts.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int as_json;
static const struct option_row options[] = {
	{ "--json", OPTION_FLAG, NULL, "list: as JSON, sizes in bytes", &as_json },
};

/* -buildmode is 1.5's: nothing of the matrix can be built by what is older. */
static int too_old(const char *name) { return !version_since(name, VERSION_BUILDMODE); }

/* ---- list ------------------------------------------------------------------------------------------- */

struct row {
	const char *version;
	const char *state; /* "tested", "kept", "here", "available" */
	long long size;    /* bytes on the disk; 0: not ours */
	const char *where; /* GOROOT */
	const char *from;  /* where a kept one came from */
	int kept;          /* the cache has one, whatever the state */
};

static long long size_of(const char *folder)
{
	char *const paths[] = { (char *)folder, NULL };
	FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	long long size = 0;
	for (FTSENT *at; tree && (at = fts_read(tree));)
		if (at->fts_info == FTS_F || at->fts_info == FTS_D)
			size += (long long)at->fts_statp->st_blocks * 512;
	if (tree)
		fts_close(tree);
	return size;
}

static void tell(json_t *rows, const struct row *row)
{
	if (as_json) {
		json_array_append_new(rows,
		    json_pack("{s:s, s:s, s:I, s:s?, s:s?, s:b}", "version", row->version, "state", row->state, "size",
			row->size, "goroot", row->where, "from", row->from, "kept", row->kept));
		return;
	}
	char size[24] = "-";
	if (row->size)
		snprintf(size, sizeof(size), "%.0f MB", (double)row->size / 1e6);
	struct buf where = BUF_INIT;
	text_add(&where, row->from && *row->from != '/' ? row->from : row->where, TEXT_ASCII);
	printf("%-19s  %-8s  %7s  %s\n", row->version, row->state, size, where.data);
	buf_free(&where);
}

static void tell_tested(const struct setup *setup, json_t *rows, struct release_list *told)
{
	const struct release *tested = &setup->releases[0];
	struct row row = { tested->version, "tested", .where = tested->goroot };
	struct kept kept;
	row.kept = kept_find(setup, tested->version, &kept) == 0;
	if (row.kept) {
		row.size = size_of(kept.path);
		kept_free(&kept);
	}
	tell(rows, &row);
	release_list_add(told, tested->version);
}

static void tell_kept(const struct setup *setup, json_t *rows, struct release_list *told)
{
	struct release_list list;
	kept_list(setup, &list);
	for (size_t i = 0; i < list.count; i++) {
		struct kept kept;
		if (release_list_find(told, list.name[i]) || kept_find(setup, list.name[i], &kept))
			continue;
		tell(rows, &(struct row){ list.name[i], "kept", size_of(kept.path), kept.goroot, kept.from, 1 });
		kept_free(&kept);
		release_list_add(told, list.name[i]);
	}
	release_list_free(&list);
}

/* Where Debian, golang.org/dl and go.dev's instructions put releases: what lies there can be added. */
static void tell_here(json_t *rows, struct release_list *told)
{
	const char *home = getenv("HOME");
	char *sdk = xprintf("%s/sdk/go*", home ? home : "/nonexistent");
	glob_t found;
	glob(sdk, 0, NULL, &found);
	glob("/usr/lib/go-*", GLOB_APPEND, NULL, &found);
	glob("/usr/local/go", GLOB_APPEND, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct release release;
		struct diag diag = DIAG_INIT;
		char *go = xprintf("%s/bin/go", found.gl_pathv[i]);
		if (release_find(go, &release, &diag) == 0) {
			if (!release_list_find(told, release.version)) {
				tell(rows, &(struct row){ release.version, "here", .where = found.gl_pathv[i] });
				release_list_add(told, release.version);
			}
			release_free(&release);
		}
		free(go);
	}
	globfree(&found);
	free(sdk);
}

/* What can be had: a line of all for each minor; as rows those that have none yet. */
static void tell_available(json_t *rows, const struct release_list *list, const struct release_list *told)
{
	struct version last = { .major = -1 };
	for (size_t i = 0; i < list->count; i++) {
		struct version at;
		if (too_old(list->name[i]) || version_parse(list->name[i], &at))
			continue;
		if (as_json && !release_list_find(told, list->name[i]))
			tell(rows, &(struct row){ .version = list->name[i], .state = "available" });
		if (as_json)
			continue;
		if (at.major != last.major || at.minor != last.minor)
			printf("%s%s",
			    last.major < 0 ? "\nto be had by `tlsmatrix toolchain get VERSION...`:\n    " : "\n    ",
			    version_bare(list->name[i]));
		else
			printf(" %s", version_bare(list->name[i]));
		last = at;
	}
	if (!as_json && last.major >= 0)
		printf("\n");
}

static int list(struct setup *setup)
{
	struct diag diag = DIAG_INIT;
	struct release_list told = RELEASE_LIST_INIT, available;
	json_t *rows = json_array();
	tell_tested(setup, rows, &told);
	tell_kept(setup, rows, &told);
	tell_here(rows, &told);
	if (fetch_list(setup, &available, &diag))
		cmd_fail(&diag, 0);
	tell_available(rows, &available, &told);
	if (as_json) {
		json_dumpf(rows, stdout, JSON_INDENT(1));
		putchar('\n');
	}
	json_decref(rows);
	release_list_free(&available);
	release_list_free(&told);
	return EXIT_OK;
}

/* ---- get -------------------------------------------------------------------------------------------- */

static int get_one(struct setup *setup, const char *version)
{
	struct diag diag = DIAG_INIT;
	struct kept kept;
	int here = kept_find(setup, version, &kept) == 0, error;
	if (here)
		kept_free(&kept);
	error = fetch_release(setup, version, fetching_tell, &diag);
	fetching_done();
	if (error)
		return cmd_fail(&diag, EXIT_INFRA);
	error = kept_find(setup, version, &kept);
	if (!error) {
		printf("%s: %s (%.0f MB, %s)\n", version, here ? "is here" : "fetched",
		    (double)size_of(kept.path) / 1e6, kept.from);
		kept_free(&kept);
	}
	fflush(stdout);
	return EXIT_OK;
}

/* What the words mean among list; 0, or the exit code. */
static int choose(const struct option_words *words, const struct release_list *list, struct release_list *chosen)
{
	struct diag diag = DIAG_INIT;
	for (size_t i = 1; i < words->count; i++) {
		const char *word = words->word[i];
		if (!strpbrk(word, "*") && !strstr(word, "..") && too_old(word) &&
		    release_list_add(chosen, word) == 0) {
			diag_set(
			    &diag, 0, "%s: knows no -buildmode, which came with 1.5: nothing can be built by it", word);
			return cmd_fail(&diag, EXIT_USAGE);
		}
		if (release_list_select(list, word, chosen, &diag))
			return cmd_fail(&diag, EXIT_USAGE);
	}
	return EXIT_OK;
}

/* All words name what is kept already: no network is needed. */
static int all_kept(const struct release_list *kept, const struct option_words *words)
{
	for (size_t i = 1; i < words->count; i++)
		if (!release_list_find(kept, words->word[i]))
			return 0;
	return 1;
}

static int get(struct setup *setup, const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	struct release_list kept, available = RELEASE_LIST_INIT, chosen = RELEASE_LIST_INIT;
	int code = EXIT_OK;
	cache_share(setup->places.cache, 0);
	kept_list(setup, &kept);
	if (!all_kept(&kept, words) && fetch_list(setup, &available, &diag))
		code = cmd_fail(&diag, EXIT_INFRA);
	code = code ? code : choose(words, available.count ? &available : &kept, &chosen);
	for (size_t i = 0; i < chosen.count && !code; i++)
		code = get_one(setup, chosen.name[i]);
	release_list_free(&chosen);
	release_list_free(&available);
	release_list_free(&kept);
	return code;
}

/* ---- add and remove ------------------------------------------------------------------------------------ */

static int add(struct setup *setup, const struct option_words *words)
{
	int code = EXIT_OK;
	cache_share(setup->places.cache, 0);
	for (size_t i = 1; i < words->count && !code; i++) {
		struct diag diag = DIAG_INIT;
		char version[32];
		int error = fetch_local(setup, words->word[i], version, &diag);
		if (error)
			code = cmd_fail(
			    &diag, error == -ENOENT || error == -EINVAL || error == -EEXIST ? EXIT_USAGE : EXIT_INFRA);
		else
			printf("%s: added from %s\n", version, words->word[i]);
	}
	return code;
}

static int remove_one(const struct setup *setup, const char *version)
{
	struct diag diag = DIAG_INIT;
	char *path = kept_path(setup, version);
	int error = entry_remove(path);
	if (error)
		diag_set(&diag, -error, "%s: cannot remove: %s", path, strerror(-error));
	free(path);
	if (error)
		return cmd_fail(&diag, EXIT_INFRA);
	printf("%s: removed\n", version);
	return EXIT_OK;
}

/* A release may be building something: the cache must be ours alone. */
static int remove_kept(struct setup *setup, const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	struct release_list kept, chosen = RELEASE_LIST_INIT;
	int code = EXIT_OK;
	kept_list(setup, &kept);
	for (size_t i = 1; i < words->count && !code; i++)
		if (release_list_select(&kept, words->word[i], &chosen, &diag)) {
			diag = (struct diag)DIAG_INIT;
			diag_set(&diag, 0, "%s: is not kept: `tlsmatrix toolchain list`", words->word[i]);
			code = cmd_fail(&diag, EXIT_USAGE);
		}
	if (!code && cache_take(setup->places.cache, &diag))
		code = cmd_fail(&diag, EXIT_INFRA);
	for (size_t i = 0; i < chosen.count && !code; i++)
		code = remove_one(setup, chosen.name[i]);
	release_list_free(&chosen);
	release_list_free(&kept);
	return code;
}

/* ---- the command ---------------------------------------------------------------------------------------- */

static int run(struct setup *setup, const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	const char *action = words->count ? words->word[0] : "";
	if (strcmp(action, "list") == 0 && words->count == 1)
		return list(setup);
	if (strcmp(action, "get") == 0 && words->count > 1)
		return get(setup, words);
	if (strcmp(action, "add") == 0 && words->count > 1)
		return add(setup, words);
	if (strcmp(action, "remove") == 0 && words->count > 1)
		return remove_kept(setup, words);
	diag_set(&diag, 0, "toolchain%s%s: takes list, get VERSION..., add PATH... or remove VERSION...",
	    *action ? " " : "", action);
	return cmd_fail(&diag, EXIT_USAGE);
}

const struct command cmd_toolchain = {
	.name = "toolchain",
	.synopsis = "toolchain list|get|add|remove ...",
	.summary = "the Go releases to test: what is there, fetch one, take one that lies here",
	.needs_release = 1,
	.uses = CACHE_UNUSED,
	.help = "toolchain list, toolchain get VERSION..., toolchain add PATH..., toolchain remove VERSION...\n\n"
		"list    the release under test, those that are kept, those found on this machine, what can be had\n"
		"get     fetches releases from the Go module proxy into the cache, checked against Go's checksum\n"
		"        database: 1.6.4, 1.6.* (all of a minor), 1.5..1.27 (first and last of each minor)\n"
		"add     a GOROOT that stays where it is, or a .tar.gz as go.dev has them\n"
		"remove  those that are kept\n"
		"A release is kept only when it has built and run a program.  Exit status 2 for one that cannot be\n"
		"had (its neighbours are named), 3 when it could not be fetched.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
