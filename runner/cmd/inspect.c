/* inspect.c - inspect: what files ask of a loader, and whether one gives it. */
#include "runner/cmd/cmd.h"

#include "harness/inspect.h"
#include "harness/loader/loaders.h"
#include "harness/pack/members.h"
#include "matrix/base/buf.h"
#include "matrix/base/text.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int as_json, each_member;
static const char *check;
static const struct option_row options[] = {
	{ "--json", OPTION_FLAG, NULL, "the facts as JSON: of one FILE an object, of several an array of them",
	    &as_json },
	{ "--members", OPTION_FLAG, NULL, "of an archive of objects each member, not the archive as one",
	    &each_member },
	{ "--check", OPTION_TEXT, "TARGET", "does that loader take it: musl-dlopen, glibc-2.31, android-28", &check },
};

/* A name that is no UTF-8 has its bytes shown, as in lines. */
static json_t *shown(const char *name)
{
	struct buf text = BUF_INIT;
	text_add(&text, name, TEXT_CONTROLS);
	json_t *made = json_string(text.data);
	buf_free(&text);
	return made;
}

/* What the files were, together. */
struct told {
	const struct loader_target *target; /* NULL: not asked */
	int alone;                          /* one plain FILE was named: its JSON is no array */
	size_t listed;                      /* elements of the array so far */
	uint64_t passed;                    /* files in folders, and members, that are no object */
	int told, refused, unknown, unread;
};

/* One at a time: of what is in a folder nothing is kept. */
static void tell_json(json_t *made, struct told *told)
{
	if (!told->alone)
		fputs(told->listed++ ? ",\n" : "[\n", stdout);
	json_dumpf(made, stdout, JSON_INDENT(1));
	if (told->alone)
		putchar('\n');
	json_decref(made);
}

static void tell(const char *path, json_t *facts, struct told *told)
{
	struct buf text = BUF_INIT;
	json_t *judged = told->target ? loader_judge(facts, told->target) : NULL;
	enum loader_answer answer = judged ? loader_answer(judged) : LOADER_TAKES;
	told->told++;
	told->refused += answer == LOADER_TAKES_NOT;
	told->unknown += answer == LOADER_UNKNOWN;
	if (as_json) {
		json_t *made = json_pack("{s:o}", "file", shown(path));
		json_object_update(made, facts);
		json_object_set_new(made, "loaders", loader_judge_all(facts));
		if (judged)
			json_object_set(made, "check", judged);
		tell_json(made, told);
	} else if (judged) {
		struct buf line = BUF_INIT;
		buf_printf(&line, "%s: %s: ", path, told->target->name);
		loader_line(judged, &line);
		text_add(&text, line.data, 0);
		puts(text.data);
		buf_free(&line);
	} else {
		inspect_print(path, facts, &text);
		fputs(text.data, stdout);
	}
	json_decref(judged);
	buf_free(&text);
}

/* What could not be read has its line on stderr, and its place in the list. */
static void tell_unread(const char *path, const struct diag *diag, struct told *told)
{
	cmd_fail(diag, EXIT_USAGE);
	told->unread++;
	if (as_json && !told->alone)
		tell_json(json_pack("{s:o,s:o}", "file", shown(path), "error", shown(diag->line)), told);
}

static void tell_bytes(const char *name, struct bytes bytes, struct told *told)
{
	struct diag diag = DIAG_INIT;
	json_t *facts;
	if (inspect_bytes(name, bytes, &facts, &diag)) {
		tell_unread(name, &diag, told);
		return;
	}
	tell(name, facts, told);
	json_decref(facts);
}

/* ---- what holds many files ---------------------------------------------------------------- */

static void take_member(void *context, const char *name, struct bytes bytes, const struct diag *why)
{
	if (why)
		tell_unread(name, why, context);
	else
		tell_bytes(name, bytes, context);
}

static int is_packed(struct bytes bytes)
{
	enum members_kind kind = members_kind(bytes);
	return kind == MEMBERS_ARCHIVE ? each_member : kind != MEMBERS_NONE;
}

static void tell_members(const char *path, struct bytes bytes, struct told *told)
{
	struct members members = { .limits = members_limits, .tell = take_member, .context = told };
	struct diag diag = DIAG_INIT;
	if (members_each(&members, path, bytes, &diag))
		tell_unread(path, &diag, told);
	told->passed += members.passed;
}

/* A regular file of a folder. */
static void tell_entry(const char *path, struct told *told)
{
	struct diag diag = DIAG_INIT;
	struct bytes bytes;
	if (bytes_map(path, &bytes, &diag)) {
		tell_unread(path, &diag, told);
		return;
	}
	if (is_packed(bytes))
		tell_members(path, bytes, told);
	else if (inspect_is_known(bytes))
		tell_bytes(path, bytes, told);
	else
		told->passed++;
	bytes_unmap(&bytes);
}

static int by_name(const FTSENT **a, const FTSENT **b) { return strcmp((*a)->fts_name, (*b)->fts_name); }

/* By name.  Links are not followed, so that no file is told twice; they count as passed over. */
static void tell_folder(const char *path, struct told *told)
{
	char *const roots[] = { (char *)(uintptr_t)path, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, by_name);
	for (FTSENT *entry; tree && (entry = fts_read(tree));) {
		struct diag diag = DIAG_INIT;
		if (entry->fts_info == FTS_F) {
			tell_entry(entry->fts_path, told);
		} else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS || entry->fts_info == FTS_ERR) {
			diag_set(&diag, entry->fts_errno, "%s: cannot open: %s", entry->fts_path,
			    strerror(entry->fts_errno));
			tell_unread(entry->fts_path, &diag, told);
		} else if (entry->fts_info != FTS_D && entry->fts_info != FTS_DP) {
			told->passed++;
		}
	}
	if (tree)
		fts_close(tree);
}

/* ---- what was named ----------------------------------------------------------------------- */

/* Standard input, whole: what it may be is read from its end as well. */
static int read_input(struct buf *input, struct diag *diag)
{
	char step[1 << 16];
	for (ssize_t got; (got = read(STDIN_FILENO, step, sizeof step)) != 0;) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return diag_set(diag, errno, "-: cannot read standard input: %s", strerror(errno));
		buf_add_bytes(input, step, (size_t)got);
		if (input->len > members_limits.member)
			return diag_set(diag, E2BIG, "-: more than %llu bytes on standard input: name the file",
			    (unsigned long long)members_limits.member);
	}
	return 0;
}

static void tell_named_bytes(const char *path, struct bytes bytes, struct told *told)
{
	if (is_packed(bytes)) {
		told->alone = 0;
		tell_members(path, bytes, told);
	} else {
		tell_bytes(path, bytes, told);
	}
}

static void tell_plain(const char *path, struct told *told)
{
	struct diag diag = DIAG_INIT;
	struct buf input = BUF_INIT;
	struct bytes bytes;
	if (strcmp(path, "-")) {
		if (bytes_map(path, &bytes, &diag)) {
			tell_unread(path, &diag, told);
			return;
		}
		tell_named_bytes(path, bytes, told);
		bytes_unmap(&bytes);
	} else if (read_input(&input, &diag)) {
		tell_unread(path, &diag, told);
	} else {
		tell_named_bytes(path, (struct bytes){ (const unsigned char *)input.data, input.len, 0 }, told);
	}
	buf_free(&input);
}

/* A folder or packed file without an object is not what was meant: as bad as a file that is none. */
static void tell_named(const char *path, struct told *told)
{
	struct stat status;
	struct diag diag = DIAG_INIT;
	const uint64_t passed = told->passed;
	const int told_before = told->told, unread = told->unread;
	if (strcmp(path, "-") && !stat(path, &status) && S_ISDIR(status.st_mode)) {
		told->alone = 0;
		tell_folder(path, told);
	} else {
		tell_plain(path, told);
	}
	if (told->told == told_before && told->unread == unread) {
		diag_set(&diag, ENOENT, "%s: no program, library, object file or archive in it", path);
		tell_unread(path, &diag, told);
	} else if (told->passed > passed) {
		unsigned long long more = told->passed - passed;
		diag_set(&diag, 0, "%s: %llu file%s in it %s no program, library, object file or archive: passed over",
		    path, more, more == 1 ? "" : "s", more == 1 ? "is" : "are");
		cmd_fail(&diag, EXIT_OK);
	}
}

static int run(struct setup *setup, const struct option_words *words)
{
	(void)setup;
	struct diag usage = DIAG_INIT;
	struct loader_target target;
	if (!words->count)
		diag_set(&usage, 0, "inspect: no file: tlsmatrix inspect FILE...");
	else if (check)
		loader_parse(check, &target, &usage);
	if (*usage.line)
		return cmd_fail(&usage, EXIT_USAGE);
	struct told told = { .target = check ? &target : NULL, .alone = words->count == 1 };
	for (size_t i = 0; i < words->count; i++)
		tell_named(words->word[i], &told);
	if (as_json && !told.alone)
		puts(told.listed ? "\n]" : "[]");
	return told.unread ? EXIT_USAGE : told.refused ? EXIT_UNEXPECTED : told.unknown ? EXIT_INFRA : EXIT_OK;
}

const struct command cmd_inspect = {
	.name = "inspect",
	.synopsis = "inspect FILE...",
	.summary = "who loads a file; how code reaches TLS, relocations, initializers, what it needs at least",
	.help = "Reads ELF, PE, COFF, Mach-O, XCOFF, Plan 9 a.out and wasm files of every machine that Go has, and\n"
		"archives of objects; nothing is run.  Of an archive the member with Go's code is told.  FILE may\n"
		"be a folder, a .whl, .zip, .deb, .rpm or .tar.gz, a thin archive: what is in it is told, members as\n"
		"FILE!MEMBER; - is standard input.\n"
		"--check: 0 it runs (while what is told holds), 1 it does not, 3 the file does not say, 2 not read.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.anywhere = 1,
	.run = run,
};
