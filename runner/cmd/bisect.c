/* bisect.c - bisect: where along releases, targets or commits a cell changes. */
#include "runner/cmd/cmd.h"
#include "runner/cmd/fetching.h"

#include "matrix/base/buf.h"
#include "matrix/base/text.h"
#include "matrix/check.h"
#include "runner/history/history.h"
#include "runner/history/past.h"
#include "runner/search/along.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIRMATIONS = 3 };

static int as_json, get;
static const char *cell_text, *check_id, *axis = "go", *go_tree, *good, *bad;
static const struct option_row options[] = {
	{ "--cell", OPTION_TEXT, "CELL", "what is tried, an id as `list` prints it; its release is one of many",
	    &cell_text },
	{ "--check", OPTION_TEXT, "ID", "follow one check: status and observed text (the cell's status)", &check_id },
	{ "--axis", OPTION_TEXT, "go|target", "along the kept releases, or along targets of one family (go)", &axis },
	{ "--go-tree", OPTION_TEXT, "DIR", "along the commits of this git checkout of Go", &go_tree },
	{ "--good", OPTION_TEXT, "X", "one end: a release, target or commit (the oldest release that is kept)", &good },
	{ "--bad", OPTION_TEXT, "Y", "the other (the newest; HEAD)", &bad },
	{ "--get", OPTION_FLAG, NULL, "fetch what is not kept when it is its turn; it stays (`toolchain remove`)",
	    &get },
	{ "--json", OPTION_FLAG, NULL, "the answer as JSON; what is tried goes to stderr", &as_json },
};

static const char *const along_words[] = { "releases", "targets", "commits" };

/* Where people are told: with --json that is stderr. */
static FILE *talk;

/* ---- telling ---------------------------------------------------------------------------------------- */

static void tell_candidate(const struct search *search, size_t i, const char *how)
{
	if (search->fetching)
		fetching_done();
	fprintf(talk, "  %-12s %s%s (%s)\n", search->candidate[i].name,
	    search->value[i] ? "" : "cannot be judged: ", search->value[i] ? search->value[i] : search->why, how);
	fflush(talk);
}

static void tell_builds(const char *name, const char *by)
{
	fprintf(stderr, "%s: make.bash with %s, which takes minutes\n", name, by);
}

static void tell_confirmed(const struct search *search, size_t i, int same, int times)
{
	fprintf(talk, "  %-12s %d of %d times the same\n", search->candidate[i].name, same, times);
}

/* A value, and of a commit what it says of itself. */
static void tell_side(const struct search *search, size_t i)
{
	fprintf(talk, "%s: %s\n", search->candidate[i].name, search->value[i]);
	if (search->axis != AXIS_COMMIT)
		return;
	struct buf subject = BUF_INIT;
	text_add(&subject, search->commits.commit[i].subject, 0);
	fprintf(talk, "    %s\n", subject.data);
	buf_free(&subject);
}

/* The ends are alike, or one of them cannot be judged. */
static int tell_no_change(const struct search *search)
{
	struct diag diag = DIAG_INIT;
	int judged = search->value[0] && search->value[search->count - 1];
	if (judged)
		diag_set(&diag, 0, "%s and %s: both %s: nothing changes between them, as far as the ends tell",
		    search->candidate[0].name, search->candidate[search->count - 1].name, search->value[0]);
	else
		diag_set(&diag, 0, "%s: an end that cannot be judged: %s",
		    search->candidate[search->value[0] ? search->count - 1 : 0].name, search->why);
	return cmd_fail(&diag, judged ? EXIT_USAGE : EXIT_INFRA);
}

static void tell_untestable(const struct search *search, const size_t pair[2])
{
	for (size_t i = pair[0] + 1; i < pair[1]; i++)
		fprintf(talk, "between them %s cannot be judged\n", search->candidate[i].name);
}

static json_t *side_json(const struct search *search, size_t i)
{
	char *filter = search_filter(search, i);
	json_t *json = json_pack("{s:s, s:s, s:s, s:s?}", "name", search->candidate[i].name, "value", search->value[i],
	    "again", filter, "subject", search->axis == AXIS_COMMIT ? search->commits.commit[i].subject : NULL);
	free(filter);
	return json;
}

/* Every candidate that has a value or cannot be judged, and the pair. */
static void print_json(const struct search *search, const size_t pair[2], int sure)
{
	json_t *tried = json_array();
	for (size_t i = 0; i < search->count; i++)
		if (search->candidate[i].state != BISECT_UNKNOWN)
			json_array_append_new(tried,
			    json_pack("{s:s, s:s?}", "name", search->candidate[i].name, "value", search->value[i]));
	json_t *json =
	    json_pack("{s:s, s:s?, s:s, s:o, s:o, s:b, s:i, s:i, s:o}", "cell", cell_text, "check", check_id, "along",
		along_words[search->axis], "before", side_json(search, pair[0]), "after", side_json(search, pair[1]),
		"sure", sure, "evaluated", (int)search->evaluated, "known", (int)search->stored, "candidates", tried);
	json_dumpf(json, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(json);
}

static int tell_change(struct search *search, const size_t pair[2])
{
	int sure = !search->evaluated || search_confirm(search, pair, CONFIRMATIONS, tell_confirmed);
	if (search->error)
		return EXIT_INTERRUPTED;
	fputc('\n', talk);
	for (int side = 0; side < 2; side++)
		tell_side(search, pair[side]);
	tell_untestable(search, pair);
	struct buf ranges = BUF_INIT;
	if (bisect_ranges(search->candidate, search->count, "  ", &ranges) > 2)
		fprintf(talk, "this is the first change of several%s:\n%s",
		    bisect_is_unordered(search->candidate, search->count) ? ", and what was comes back" : "",
		    ranges.data);
	buf_free(&ranges);
	fprintf(talk, "%zu evaluated, %zu known before\n", search->evaluated, search->stored);
	for (int side = 0; side < 2; side++) {
		char *filter = search_filter(search, pair[side]);
		fprintf(talk, "again: tlsmatrix run --force '%s'\n", filter);
		free(filter);
	}
	if (!sure)
		fprintf(talk, "the change does not show each time\n");
	if (as_json)
		print_json(search, pair, sure);
	return sure ? EXIT_OK : EXIT_UNEXPECTED;
}

/* ---- searching -------------------------------------------------------------------------------------------- */

static int look_for(struct search *search, const char *merge);

/* Looks along finer, whose list takes the place of what lies between the pair of search: its exit code, -1 when
 * nothing changes there. */
static int look_closer(struct search *search, struct search *finer, const char *merge)
{
	int code = look_for(finer, merge);
	search->evaluated = finer->evaluated;
	search->stored = finer->stored;
	search->error = finer->error;
	memcpy(search->why, finer->why, sizeof(search->why));
	search_free(finer);
	return code;
}

/* The branch that the merge after the pair brought in. */
static int look_along_branch(struct search *search, const size_t pair[2])
{
	struct search branch = { .count = 0 };
	struct diag diag = DIAG_INIT;
	const char *merge = search->candidate[pair[1]].name;
	if (along_merge(search, pair[1], &branch, &diag)) {
		cmd_fail(&diag, 0);
		search_free(&branch);
		return -1;
	}
	fprintf(talk, "%s is a merge: of the branch that it brought in, %zu commits\n", merge, branch.count - 2);
	tell_untestable(search, pair);
	int code = look_closer(search, &branch, merge);
	if (code < 0)
		fprintf(talk, "where the branch begins it is as after the merge\n");
	return code;
}

/* The releases between the pair that the first list left out.  Where they are not to be learnt the pair is what was
 * found. */
static int look_along_patches(struct search *search, const size_t pair[2])
{
	struct search finer = { .count = 0 };
	struct diag diag = DIAG_INIT;
	int more = along_finer(search, pair, &finer, &diag);
	if (more > 0) {
		fprintf(talk, "between %s and %s, %zu releases\n", search->candidate[pair[0]].name,
		    search->candidate[pair[1]].name, finer.count - 2);
		return look_closer(search, &finer, "");
	}
	if (more < 0)
		cmd_fail(&diag, 0);
	search_free(&finer);
	return -1;
}

/* Searches and tells; merge is the one whose branch this is, or "".  The exit code, or -1 when nothing changes. */
static int look_for(struct search *search, const char *merge)
{
	size_t pair[2];
	if (search_find(search))
		return EXIT_INTERRUPTED;
	if (!bisect_change(search->candidate, search->count, &pair[0], &pair[1]))
		return -1;
	int code = along_is_merge(search, pair[1]) && strcmp(search->candidate[pair[1]].name, merge) != 0 ?
	    look_along_branch(search, pair) :
	    look_along_patches(search, pair);
	return code < 0 ? tell_change(search, pair) : code;
}

static int failed(const struct search *search)
{
	struct diag diag = DIAG_INIT;
	diag_set(&diag, 0, "%s",
	    search->error == -EINTR ? "interrupted: run again to go on where it stopped" :
		*search->why        ? search->why :
				      strerror(-search->error));
	return cmd_fail(&diag, search->error == -EINTR ? EXIT_INTERRUPTED : EXIT_INFRA);
}

/* ---- the command ---------------------------------------------------------------------------------- */

static int check_options(const struct option_words *words, struct search *search, struct diag *diag)
{
	if (words->count || !cell_text)
		return diag_set(diag, EINVAL, "bisect: needs --cell CELL, and no other word%s%s",
		    words->count ? ": " : "", words->count ? words->word[0] : "");
	if (strcmp(axis, "go") != 0 && strcmp(axis, "target") != 0)
		return diag_set(diag, EINVAL, "--axis %s: is neither go nor target", axis);
	if (go_tree && strcmp(axis, "go") != 0)
		return diag_set(diag, EINVAL, "--go-tree %s: is along Go's commits, not --axis %s", go_tree, axis);
	if (get && (go_tree || strcmp(axis, "go") != 0))
		return diag_set(diag, EINVAL, "--get: fetches releases, which is --axis go");
	if (check_id && check_known("--check", check_id, diag))
		return -EINVAL;
	search->axis = go_tree ? AXIS_COMMIT : strcmp(axis, "target") == 0 ? AXIS_TARGET : AXIS_GO;
	search->question.check_id = check_id;
	search->question.observed_alone = search->axis == AXIS_COMMIT;
	search->go_tree = go_tree;
	search->fetching = get ? fetching_tell : NULL;
	return cell_parse(cell_text, &search->question.cell, diag);
}

/* What an earlier run saw of a cell with the same inputs, whose result the cache has not any more. */
static int recall(void *context, const struct plan_cell *cell, struct cell_result *result)
{
	struct diag diag = DIAG_INIT;
	return past_recall(context, &cell->cell, cell->key, result, &diag) > 0;
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct search search = { .question = { .setup = setup }, .tell = tell_candidate, .begun = tell_builds };
	struct diag diag = DIAG_INIT, unknown = DIAG_INIT;
	struct database *database = NULL;
	size_t late;
	talk = as_json ? stderr : stdout;
	int error = check_options(words, &search, &diag), code;
	error = error ? error : along_make(&search, good, bad, &diag);
	if (error) {
		code = cmd_fail(&diag, error == -EINVAL ? EXIT_USAGE : EXIT_INFRA);
	} else {
		setup_keys(setup);
		/* Without a history only the cache is asked. */
		if (!history_open(setup->places.cache, &database, &late, &unknown)) {
			search.question.recall = recall;
			search.question.recall_context = database;
		}
		fprintf(talk, "%zu %s from %s to %s, %s\n", search.count, along_words[search.axis],
		    search.candidate[0].name, search.candidate[search.count - 1].name,
		    check_id ? check_id : "the cell");
		code = look_for(&search, "");
		code = search.error ? failed(&search) : code < 0 ? tell_no_change(&search) : code;
	}
	database_close(database);
	search_free(&search);
	return code;
}

const struct command cmd_bisect = {
	.name = "bisect",
	.synopsis = "bisect --cell CELL [--check ID]",
	.summary = "between which two releases, targets or commits of Go a cell changes",
	.needs_release = 1,
	.uses = CACHE_USED,
	.help = "Tries few of the kept releases (`tlsmatrix toolchain`), none that cache or history know: a search\n"
		"that was cut off goes on. It goes along the first patch of each minor and the patches of the last,\n"
		"with --get then along those of the minor in which it changed. With --go-tree a commit is built by\n"
		"its make.bash, with a kept release a minor older, and kept as go1.16-0123456789ab; of a merge the\n"
		"branch is searched too; the rules are those of the release it was to become. Exit status 1 when the\n"
		"change does not show three times, 2 when both ends are alike, 3 when one cannot be judged or had.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
