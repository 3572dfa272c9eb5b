/* blame.c - blame: which source files of std or of the tools make the difference between two releases. */
#include "runner/cmd/cmd.h"

#include "matrix/base/buf.h"
#include "matrix/base/text.h"
#include "matrix/bisect.h"
#include "matrix/check.h"
#include "matrix/version.h"
#include "runner/search/blame.h"
#include "runner/toolchain/release_kept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIRMATIONS = 3, DIFF_LINES = 200 };

static int as_json;
static const char *cell_text, *check_id, *good, *bad;
static const struct option_row options[] = {
	{ "--cell", OPTION_TEXT, "CELL", "what is tried, an id as `list` prints it; its release is that of --bad",
	    &cell_text },
	{ "--check", OPTION_TEXT, "ID", "follow one check's observed text (the cell's status)", &check_id },
	{ "--good", OPTION_TEXT, "X", "the release whose files are taken", &good },
	{ "--bad", OPTION_TEXT, "Y", "the release that they are put into", &bad },
	{ "--json", OPTION_FLAG, NULL, "the answer as JSON; what is tried goes to stderr", &as_json },
};

/* Where people are told: with --json that is stderr. */
static FILE *talk;

/* ---- telling ---------------------------------------------------------------------------------------- */

static const char *const answer_words[] = {
	[DELTA_STAYS] = "stays", [DELTA_FLIPS] = "flips", [DELTA_UNRESOLVED] = "neither"
};

/* Of how many files any change is made. */
static size_t count_in(const struct blame *blame, const unsigned char *in)
{
	const struct mix mix = { .files = &blame->files, .in = in };
	size_t count = 0;
	for (size_t i = 0; i < blame->files.count; i++)
		count += mix_changes(&mix, i) > 0;
	return count;
}

/* "runtime/proc.go", or "2 of 7 changes in runtime/proc.go". */
static void add_file(struct buf *out, const struct source_file *file, size_t made)
{
	if (made < file->changes)
		buf_printf(out, "%zu of %zu changes in ", made, file->changes);
	buf_add(out, file->name);
}

/* What a message names below a tree's src, as the files are named here, without what is before it. */
static const char *below_src(const char *said)
{
	const char *tree = strstr(said, "/go/src/"), *bare = strstr(said, " src/");
	return tree ? tree + strlen("/go/src/") : bare ? bare + strlen(" src/") : said;
}

/* "flips  1 of 147 files: runtime/a.s (tried)", and of what is neither what was said. */
static void tell_asked(
    const struct blame *blame, const unsigned char *in, enum delta_answer answer, const char *said, const char *how)
{
	const struct mix mix = { .files = &blame->files, .in = in };
	const struct source_file *first = NULL, *last = NULL;
	struct buf names = BUF_INIT;
	for (size_t i = 0; i < blame->files.count; i++) {
		size_t made = mix_changes(&mix, i);
		if (!made)
			continue;
		last = &blame->files.file[i];
		if (!first)
			add_file(&names, last, made);
		first = first ? first : last;
	}
	fprintf(talk, "  %-8s %4zu of %zu files: %s%s%s (%s)\n", answer_words[answer], count_in(blame, in),
	    blame->files.count, names.data, first == last ? "" : " ... ", first == last ? "" : last->name, how);
	if (answer == DELTA_UNRESOLVED)
		fprintf(talk, "           %.160s\n", below_src(said));
	buf_free(&names);
	fflush(talk);
}

static const char *const stage_names[SOURCES_STAGES] = {
	[SOURCES_STD] = "runtime, syscall and internal",
	[SOURCES_LINK] = "cmd/link",
	[SOURCES_TOOLS] = "cmd/compile, cmd/asm, cmd/link and what they share",
};

static int turn_to(struct blame *blame, enum source_stage stage, struct diag *diag)
{
	static int told[SOURCES_STAGES];
	int error = blame->stage == stage ? 0 : blame_turn(blame, stage, diag);
	if (!error && !told[stage]++)
		fprintf(talk, "%zu files of %s differ; of %s's are put into %s:\n", blame->files.count,
		    stage_names[stage], blame->other, blame->base);
	fflush(talk);
	return error;
}

static const enum source_stage orders[][SOURCES_STAGES] = {
	[SOURCES_STD] = { SOURCES_STD, SOURCES_LINK, SOURCES_TOOLS },
	[SOURCES_LINK] = { SOURCES_LINK, SOURCES_TOOLS, SOURCES_STD },
	[SOURCES_TOOLS] = { SOURCES_TOOLS, SOURCES_STD, SOURCES_LINK },
};

/* What is looked through first.  What is read in the file that was linked is cmd/link's before it is std's.  Std's
 * files do not fit all together where much has changed, and to try them one by one takes long: then the tools are asked
 * as a whole before, the compiler only of what is read in a file.  -errno; an enum source_stage. */
static int first_stage(struct blame *blame, struct diag *diag)
{
	const struct check *check = check_id ? check_find(check_id) : NULL;
	if (check && strcmp(check->family, "file") == 0)
		return SOURCES_LINK;
	int last = check && check->pass == PASS_FILE ? SOURCES_TOOLS : SOURCES_LINK;
	for (int stage = SOURCES_STD; stage <= last; stage++) {
		int error = turn_to(blame, (enum source_stage)stage, diag);
		int whole = error ? error : blame_whole(blame, diag);
		if (whole < 0 && whole != -ENOENT)
			return whole;
		if (whole == DELTA_FLIPS)
			return stage;
		if (stage == SOURCES_STD && whole == DELTA_STAYS)
			break;
	}
	return SOURCES_STD;
}

/* Stage by stage, as blame_find. */
static int find_in_stages(struct blame *blame, struct diag *diag)
{
	int first = first_stage(blame, diag), error = first < 0 ? first : 0;
	for (int i = 0; i < SOURCES_STAGES && !error; i++) {
		error = turn_to(blame, orders[first][i], diag);
		error = error ? error : blame_find(blame, diag);
		if (error != -ENOENT || *diag->line)
			return error;
		error = 0;
	}
	return error ? error : -ENOENT;
}

/* What lies between them on the ladder of kept releases: bisect would name a nearer pair. */
static void tell_between(const struct setup *setup, const char *const ends[2])
{
	struct release_list list, ladder = RELEASE_LIST_INIT;
	struct version version[2];
	kept_releases(setup, &list);
	for (int side = 0; side < 2; side++) {
		release_list_add(&list, ends[side]);
		version_parse(ends[side], &version[side]);
	}
	int turned = version_compare(&version[0], &version[1]) > 0;
	bisect_ladder(&list, ends[turned], ends[!turned], &ladder);
	if (ladder.count > 2)
		fprintf(talk,
		    "%s and %s are no neighbours, %zu kept releases lie between: `bisect` finds a nearer pair\n",
		    ends[turned], ends[!turned], ladder.count - 2);
	release_list_free(&ladder);
	release_list_free(&list);
}

/* ---- the answer --------------------------------------------------------------------------------------- */

/* diff -u of a file of the base and of the mixture found; malloc'ed. */
static char *diff_of(const struct blame *blame, const char *mixture, const struct source_file *file, size_t made)
{
	const char *const sides[2] = { blame->base, mixture },
			  *const names[2] = { blame->base, made < file->changes ? mixture : blame->other };
	char *path[2], *label[2];
	for (int side = 0; side < 2; side++) {
		path[side] =
		    xprintf("%s/src/%s", setup_release_of(blame->question.setup, sides[side])->goroot, file->name);
		label[side] = xprintf("%s/src/%s", names[side], file->name);
	}
	char *diff = sources_diff("-u", (const char *const *)path, (const char *const *)label);
	for (int side = 0; side < 2; side++) {
		free(path[side]);
		free(label[side]);
	}
	return diff;
}

/* A diff's first lines. */
static void tell_diff(char *diff, const char *name)
{
	char *end = diff;
	struct buf text = BUF_INIT;
	for (int i = 0; *end && i < DIFF_LINES; i++)
		end += strcspn(end, "\n") + (strchr(end, '\n') != NULL);
	int more = *end != '\0';
	*end = '\0';
	text_add(&text, diff, TEXT_LINES);
	fputs(text.data, talk);
	buf_free(&text);
	if (more)
		fprintf(talk, "and more of %s: --json has all of it\n", name);
}

/* "go1.6.4 with runtime/rt0_linux_amd64.s of go1.7.1"; malloc'ed. */
static char *words_of(const struct blame *blame, const struct mix *mix)
{
	struct buf text = BUF_INIT;
	size_t told = 0, count = count_in(blame, blame->in);
	buf_printf(&text, "%s with ", blame->base);
	for (size_t i = 0; i < blame->files.count && told < 3; i++) {
		size_t made = mix_changes(mix, i);
		if (!made)
			continue;
		buf_add(&text, told++ ? ", " : "");
		add_file(&text, &blame->files.file[i], made);
	}
	if (count > told)
		buf_printf(&text, " and %zu more files", count - told);
	buf_printf(&text, " of %s", blame->other);
	return buf_take(&text);
}

/* The files of the mixture, with their diffs: printed, or as JSON. */
static json_t *tell_files(const struct blame *blame, const struct mix *mix)
{
	char mixture[32];
	json_t *files = json_array();
	mix_name(mix, mixture);
	for (size_t i = 0; i < blame->files.count; i++) {
		const struct source_file *file = &blame->files.file[i];
		size_t made = mix_changes(mix, i);
		if (!made)
			continue;
		char *diff = diff_of(blame, mixture, file, made);
		json_array_append_new(files,
		    json_pack("{s:s, s:s, s:i, s:i, s:s}", "name", file->name, "area", area_name(file->area), "changes",
			(int)made, "of", (int)file->changes, "diff", diff));
		if (!as_json)
			tell_diff(diff, file->name);
		free(diff);
	}
	return files;
}

/* files passes to it. */
static void print_json(const struct blame *blame, json_t *files, int same, const char *reverse, const char *filter)
{
	json_t *json =
	    json_pack("{s:s, s:s?, s:{s:s, s:s}, s:{s:s, s:s}, s:O, s:i, s:s, s:i, s:i, s:s?, s:i, s:i, s:s}", "cell",
		cell_text, "check", check_id, "bad", "release", blame->base, "value", blame->value[0], "good",
		"release", blame->other, "value", blame->value[1], "files", files, "differ", (int)blame->files.count,
		"all", answer_words[blame->all[blame->stage]], "same", same, "times", CONFIRMATIONS, "reverse", reverse,
		"evaluated", (int)blame->evaluated, "known", (int)blame->stored, "again", filter);
	json_dumpf(json, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(json);
}

/* The mixture is kept, seen again, turned around, and told. */
static int tell_found(struct blame *blame, struct diag *diag)
{
	struct mix mix = { .base = blame->base, .other = blame->other, .files = &blame->files, .in = blame->in };
	char *words = words_of(blame, &mix);
	int same = blame_confirm(blame, CONFIRMATIONS, diag), error = same < 0 ? same : 0;
	char *reverse = error ? NULL : blame_reverse(blame, diag), *filter = blame_filter(blame);
	error = error ? error : *diag->line ? -EIO : mix_keep(blame->question.setup, &mix, words, diag);
	if (!error) {
		fprintf(talk, "\n%s: %s, as %s (%d of %d times)\n", words, blame->value[1], blame->other, same,
		    CONFIRMATIONS);
		fprintf(talk, "the other way around, %s with what %s has: %s\n", blame->other, blame->base,
		    reverse ? reverse : blame->why);
		json_t *files = tell_files(blame, &mix);
		fprintf(talk, "%zu evaluated, %zu known before\nagain: tlsmatrix run --force '%s'\n", blame->evaluated,
		    blame->stored, filter);
		if (as_json)
			print_json(blame, files, same, reverse, filter);
		json_decref(files);
	}
	free(filter);
	free(reverse);
	free(words);
	if (error)
		return error;
	return same == CONFIRMATIONS ? EXIT_OK : EXIT_UNEXPECTED;
}

/* Nothing was found: what all of them together make of it tells where to look. */
static int tell_none(const struct blame *blame)
{
	struct diag diag = DIAG_INIT;
	struct buf text = BUF_INIT;
	size_t misfits = 0;
	for (int stage = 0; stage < SOURCES_STAGES; stage++) {
		const char *where = stage_names[stage];
		buf_add(&text, stage ? "; " : "");
		if (!blame->differ[stage])
			buf_printf(&text, "no file of %s differs", where);
		else if (blame->all[stage] == DELTA_STAYS)
			buf_printf(
			    &text, "all %zu files that differ in %s leave it as it was", blame->differ[stage], where);
		else
			buf_printf(&text,
			    "the %zu files that differ in %s do not fit %s all together, and no part of them that was "
			    "tried and fits makes the difference",
			    blame->differ[stage], where, blame->base);
		misfits += blame->differ[stage] && blame->all[stage] != DELTA_STAYS;
	}
	diag_set(&diag, 0, "%s%s", text.data,
	    misfits ? "" : ": it is another package's doing, or of std and the tools together");
	buf_free(&text);
	return cmd_fail(&diag, EXIT_UNEXPECTED);
}

/* ---- the command ---------------------------------------------------------------------------------- */

/* A release that is kept or under test, by its whole name. */
static const char *end_of(struct setup *setup, const char *option, const char *text, char name[32], struct diag *diag)
{
	struct diag why = DIAG_INIT;
	snprintf(name, 32, "%s%s", strncmp(text, "go", 2) == 0 ? "" : "go", text);
	int error = strlen(text) >= 30 ? -ENOENT : kept_want(setup, name, &why);
	if (error == -ENOENT)
		diag_set(diag, EINVAL, "%s %s: is not kept: `tlsmatrix toolchain get %s` or `tlsmatrix toolchain list`",
		    option, text, text);
	else if (error)
		diag_set(diag, -error, "%s", why.line);
	return *diag->line ? NULL : name;
}

static int check_options(
    struct setup *setup, const struct option_words *words, struct blame *blame, char names[2][32], struct diag *diag)
{
	if (words->count || !cell_text || !good || !bad)
		return diag_set(diag, EINVAL, "blame: needs --cell CELL, --good X and --bad Y, and no other word%s%s",
		    words->count ? ": " : "", words->count ? words->word[0] : "");
	if (check_id && check_known("--check", check_id, diag))
		return -EINVAL;
	blame->base = end_of(setup, "--bad", bad, names[0], diag);
	blame->other = blame->base ? end_of(setup, "--good", good, names[1], diag) : NULL;
	if (!blame->other)
		return -EINVAL;
	if (strcmp(names[0], names[1]) == 0)
		return diag_set(diag, EINVAL, "--good %s: is the release of --bad", good);
	blame->question =
	    (struct question){ .setup = setup, .check_id = check_id, .observed_alone = 1, .one_clause = 1 };
	blame->tell = tell_asked;
	return cell_parse(cell_text, &blame->question.cell, diag);
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct blame blame = { .evaluated = 0 };
	struct diag diag = DIAG_INIT;
	char names[2][32];
	talk = as_json ? stderr : stdout;
	int error = check_options(setup, words, &blame, names, &diag), code;
	if (error)
		return cmd_fail(&diag, EXIT_USAGE);
	tell_between(setup, (const char *const[]){ blame.base, blame.other });
	error = blame_begin(&blame, &diag);
	if (!error) {
		fprintf(talk, "%s: %s\n%s: %s\n", blame.base, blame.value[0], blame.other, blame.value[1]);
		error = find_in_stages(&blame, &diag);
	}
	if (error == -ENOENT && !*diag.line)
		code = tell_none(&blame);
	else
		code = error ? error : tell_found(&blame, &diag);
	if (code < 0)
		code = cmd_fail(&diag,
		    blame.error == -EINTR ? EXIT_INTERRUPTED :
			code == -EALREADY ? EXIT_USAGE :
					    EXIT_INFRA);
	blame_free(&blame);
	return code;
}

const struct command cmd_blame = {
	.name = "blame",
	.synopsis = "blame --good X --bad Y --cell CELL",
	.summary = "which source files of std or of Go's tools make the difference",
	.needs_release = 1,
	.uses = CACHE_USED,
	.help = "Puts files of X into the tree of Y, and looks for the smallest set that makes the cell what it is\n"
		"with X: of runtime, runtime/cgo, syscall and internal, those that differ and that the port has,\n"
		"assembly first, then of cmd/link (of it first for file.*), then of cmd/compile, cmd/asm and what\n"
		"the tools share. What does not build is neither. The mixture that is found is kept as a release,\n"
		"go1.6.4-0123456789ab, to be run and shown; it is run three times, and turned around: the files of\n"
		"Y in X. What was tried is not tried again.\n"
		"X and Y are kept releases (`tlsmatrix toolchain`), best those that `bisect` ends with.\n"
		"Exit status 1 when no files are found or the difference does not show each time, 2 when both\n"
		"releases are alike, 3 when one cannot be judged.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
