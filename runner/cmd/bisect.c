/* bisect.c - bisect: where along the releases, or the targets, a cell changes. */
#include "runner/cmd/cmd.h"

#include "matrix/base/buf.h"
#include "matrix/base/text.h"
#include "matrix/bisect.h"
#include "matrix/filter.h"
#include "matrix/version.h"
#include "runner/build/make.h"
#include "runner/schedule/run_plan.h"
#include "runner/schedule/tasks.h"
#include "runner/target/target.h"
#include "runner/toolchain/release_kept.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONFIRMATIONS = 3, BUILDERS = 2 };

static const char *cell_text, *check_id, *axis = "go", *good, *bad;
static const struct option_row options[] = {
	{ "--cell", OPTION_TEXT, "CELL", "what is tried, an id as `list` prints it; its release is one of many",
	    &cell_text },
	{ "--check", OPTION_TEXT, "ID", "follow one check: status and observed text (the cell's status)", &check_id },
	{ "--axis", OPTION_TEXT, "go|target", "along the kept releases, or along targets of one family (go)", &axis },
	{ "--good", OPTION_TEXT, "X", "one end: a release, or a target (the oldest release that is kept)", &good },
	{ "--bad", OPTION_TEXT, "Y", "the other (the newest)", &bad },
};

/* One search. */
struct search {
	struct setup *setup;
	struct cell cell;
	int by_target;
	struct candidate *candidate;
	char **value; /* of each; owned */
	struct plan *plan;
	size_t count;
	size_t evaluated, stored;
	pid_t builder[BUILDERS];
	char why[200]; /* the last one that could not be judged */
	int error;     /* of a run that did not come to its end */
};

/* ---- one candidate --------------------------------------------------------------------------------- */

/* The cell of a candidate: the one that runs, or the one whose build is refused. */
static char *filter_of(const struct search *search, const char *name)
{
	const struct cell *cell = &search->cell;
	const char *go = search->by_target ? cell->go : name;
	char arch[32];
	/* go=1.8 would be all of 1.8. */
	return xprintf("go=%s%s & os=%s & arch=%s%s & mode=%s & cgo=%d & link=%s & "
		       "(target=%s & load=%s | target=none & load=none)",
	    go, version_is_minor(go) ? ".0" : "", cell->os, cell_arch(cell, arch), *cell->variant ? "" : " & !arch=*.*",
	    mode_name(cell->mode), cell->cgo, link_name(cell->link), search->by_target ? name : cell->target,
	    load_name(cell->load));
}

/* The plan of a candidate, made once.  0; -ENOENT when there is no such cell; -errno with a line in diag. */
static int plan_of(struct search *search, size_t i, struct diag *diag)
{
	struct plan *plan = &search->plan[i];
	const char *name = search->candidate[i].name;
	if (plan->count)
		return 0;
	int error = kept_want(search->setup, search->by_target ? search->cell.go : name, diag);
	if (error)
		return error == -ENOENT ? -ESTALE : error;
	setup_keys(search->setup);
	char *text = filter_of(search, name);
	struct filter *filter = NULL;
	error = filter_parse(text, &filter, diag);
	if (!error)
		error = plan_make(search->setup, filter, text, plan, diag);
	if (!error)
		plan_name(search->setup, plan);
	filter_free(filter);
	free(text);
	return error;
}

/* What is compared: status and observed text of a check, or the cell's worst status; NULL when it was not judged. */
static char *value_of(const struct cell_result *result)
{
	const struct check_result *one = NULL;
	for (size_t i = 0; i < result->check_count; i++)
		if (strcmp(result->checks[i].id, "build.refused") == 0 ||
		    (check_id && strcmp(result->checks[i].id, check_id) == 0))
			one = &result->checks[i];
	if (one && strcmp(one->id, "build.refused") == 0 && !(check_id && strcmp(check_id, one->id) == 0))
		return xprintf("refused: %s", one->observed ? one->observed : one->message ? one->message : "?");
	enum status status = one ? one->status : result->status;
	if (status == STATUS_INFRA || status == STATUS_NOTRUN || status == STATUS_SKIP || (check_id && !one))
		return check_id && !one ? xstrdup("not planned") : NULL;
	struct buf text = BUF_INIT;
	buf_add(&text, status_name(status));
	if (one && (one->observed || one->message)) {
		buf_add(&text, " ");
		text_add(&text, one->observed ? one->observed : one->message, 0);
	}
	return buf_take(&text);
}

static char *take_result(const struct plan_cell *cell, struct cell_result *result, int cached, void *context)
{
	(void)cell, (void)cached;
	*(struct cell_result *)context = *result;
	memset(result, 0, sizeof(*result));
	return NULL;
}

static void settle(struct search *search, size_t i, char *value)
{
	search->value[i] = value;
	search->candidate[i].value = value;
	search->candidate[i].state = value ? BISECT_KNOWN : BISECT_UNTESTABLE;
}

/* What the cache knows of it already. */
static void look_up(struct search *search, size_t i)
{
	struct diag diag = DIAG_INIT;
	struct cell_result result;
	int error = plan_of(search, i, &diag);
	if (error == -ENOENT) {
		settle(search, i, xstrdup("no such cell"));
	} else if (error) {
		cmd_fail(&diag, 0);
		settle(search, i, NULL);
	} else if (result_load(search->setup, &search->plan[i].cells[0], 0, &result)) {
		settle(search, i, value_of(&result));
		search->stored += search->candidate[i].state == BISECT_KNOWN;
		cell_result_free(&result);
	}
}

/* Runs it; its value, malloc'ed, or NULL. */
static char *evaluate(struct search *search, size_t i, int again)
{
	const struct plan *plan = &search->plan[i];
	struct cell_result result = { .check_count = 0 };
	const struct run_options how = { .jobs = 0 };
	const struct run_sink sink = { .judged = take_result, .context = &result };
	if (again) {
		char *dir = plan_result_dir(search->setup, &plan->cells[0]);
		remove_tree(dir);
		free(dir);
	}
	search->error = run_plan(search->setup, plan->cells, 1, &how, &sink);
	char *value = search->error ? NULL : value_of(&result);
	if (!value && result.check_count)
		snprintf(search->why, sizeof(search->why), "%s",
		    result.checks[0].message    ? result.checks[0].message :
			result.checks[0].reason ? result.checks[0].reason :
						  status_name(result.status));
	cell_result_free(&result);
	return value;
}

/* ---- building ahead ------------------------------------------------------------------------------------ */

/* The builds of the two that may be next, beside the evaluation: the cache's locks keep them apart from it. */
static void build_ahead(struct search *search, size_t at)
{
	size_t ahead[BUILDERS];
	bisect_ahead(search->candidate, search->count, at, ahead);
	fflush(NULL);
	for (size_t k = 0; k < BUILDERS; k++) {
		struct diag diag = DIAG_INIT;
		pid_t caller = getpid();
		if (search->builder[k] > 0 || ahead[k] == search->count || plan_of(search, ahead[k], &diag))
			continue;
		pid_t pid = fork();
		if (pid == 0) {
			struct diag quiet = DIAG_INIT;
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() != caller)
				_exit(1);
			if (nice(5) == -1)
				errno = 0;
			_exit(build_make(search->setup, &search->plan[ahead[k]].cells[0].build, 0, &quiet) != 0);
		}
		search->builder[k] = pid;
	}
}

/* Takes those that are done; all of them with their trees (supervise.h: a reaper ends with its caller). */
static void end_builders(struct search *search, int all)
{
	for (size_t k = 0; k < BUILDERS; k++) {
		if (search->builder[k] <= 0)
			continue;
		if (all)
			kill(search->builder[k], SIGKILL);
		if (waitpid(search->builder[k], NULL, all ? 0 : WNOHANG) != 0)
			search->builder[k] = 0;
	}
}

/* ---- searching -------------------------------------------------------------------------------------------- */

static void tell_candidate(const struct search *search, size_t i, const char *how)
{
	printf("  %-12s %s%s (%s)\n", search->candidate[i].name,
	    search->value[i] ? "" : "cannot be judged: ", search->value[i] ? search->value[i] : search->why, how);
	fflush(stdout);
}

static int find(struct search *search)
{
	size_t next;
	for (size_t i = 0; i < search->count; i++) {
		look_up(search, i);
		if (search->candidate[i].state == BISECT_KNOWN)
			tell_candidate(search, i, "known");
	}
	while ((next = bisect_next(search->candidate, search->count)) < search->count && !search->error) {
		build_ahead(search, next);
		settle(search, next, evaluate(search, next, 0));
		search->evaluated++;
		end_builders(search, 0);
		if (!search->error)
			tell_candidate(search, next, "tried");
	}
	end_builders(search, 1);
	return search->error;
}

/* Both sides of the change again, without building: how often each came out as before. */
static int confirm(struct search *search, const size_t pair[2])
{
	for (int side = 0; side < 2; side++) {
		int same = 1;
		for (int i = 1; i < CONFIRMATIONS && !search->error; i++) {
			char *value = evaluate(search, pair[side], 1);
			same += value && strcmp(value, search->value[pair[side]]) == 0;
			free(value);
		}
		if (search->error)
			return 0;
		printf("  %-12s %d of %d times the same\n", search->candidate[pair[side]].name, same, CONFIRMATIONS);
		if (same < CONFIRMATIONS)
			return 0;
	}
	return 1;
}

static int tell(struct search *search)
{
	struct diag diag = DIAG_INIT;
	size_t pair[2];
	if (!bisect_change(search->candidate, search->count, &pair[0], &pair[1])) {
		int judged = search->value[0] && search->value[search->count - 1];
		if (judged)
			diag_set(&diag, 0, "%s and %s: both %s: nothing changes between them, as far as the ends tell",
			    search->candidate[0].name, search->candidate[search->count - 1].name, search->value[0]);
		else
			diag_set(&diag, 0, "%s: an end that cannot be judged: %s",
			    search->candidate[search->value[0] ? search->count - 1 : 0].name, search->why);
		return cmd_fail(&diag, judged ? EXIT_USAGE : EXIT_INFRA);
	}
	int sure = !search->evaluated || confirm(search, pair);
	if (search->error)
		return EXIT_INTERRUPTED;
	printf("\n%s: %s\n%s: %s\n", search->candidate[pair[0]].name, search->value[pair[0]],
	    search->candidate[pair[1]].name, search->value[pair[1]]);
	for (size_t i = pair[0] + 1; i < pair[1]; i++)
		printf("between them %s cannot be judged\n", search->candidate[i].name);
	struct buf ranges = BUF_INIT;
	if (bisect_ranges(search->candidate, search->count, "  ", &ranges) > 2)
		printf("this is the first change of several%s:\n%s",
		    bisect_is_unordered(search->candidate, search->count) ? ", and what was comes back" : "",
		    ranges.data);
	buf_free(&ranges);
	printf("%zu evaluated, %zu known before\n", search->evaluated, search->stored);
	for (int side = 0; side < 2; side++) {
		char *filter = filter_of(search, search->candidate[pair[side]].name);
		printf("again: tlsmatrix run --force '%s'\n", filter);
		free(filter);
	}
	if (!sure)
		printf("the change does not show each time\n");
	return sure ? EXIT_OK : EXIT_UNEXPECTED;
}

/* ---- the candidates ------------------------------------------------------------------------------------------ */

/* Kept releases and the one under test, from one end to the other.  0 or -EINVAL with a line in diag. */
static int releases_between(const struct search *search, struct release_list *ladder, struct diag *diag)
{
	struct release_list list;
	kept_list(search->setup, &list);
	release_list_add(&list, search->setup->releases[0].version);
	const char *ends[2] = { good ? good : list.name[0], bad ? bad : list.name[list.count - 1] };
	int error = 0;
	for (int i = 0; i < 2 && !error; i++) {
		const char *found = release_list_find(&list, ends[i]);
		if (!found)
			error = diag_set(diag, EINVAL,
			    "--%s %s: is not kept: `tlsmatrix toolchain get %s` or `tlsmatrix toolchain list`",
			    i ? "bad" : "good", ends[i], ends[i]);
		ends[i] = found;
	}
	struct version first, last;
	if (!error) {
		version_parse(ends[0], &first);
		version_parse(ends[1], &last);
		int turned = version_compare(&first, &last) > 0;
		bisect_ladder(&list, ends[turned], ends[!turned], ladder);
	}
	release_list_free(&list);
	return error;
}

/* "glibc-" of glibc-2.31: what comes before the first digit. */
static size_t family_length(const char *name) { return strcspn(name, "0123456789"); }

/* Targets of the same family in the order in which they are described; names go into a list.  0 or -EINVAL. */
static int targets_between(const struct search *search, const char ***names, size_t *count, struct diag *diag)
{
	const struct targets *targets = search->setup->targets;
	const char *family = good ? good : search->cell.target;
	int inside = 0, ends = 0;
	*names = xcalloc(targets->count + 1, sizeof(**names));
	*count = 0;
	for (size_t i = 0; i < targets->count; i++) {
		const char *name = targets->target[i].name;
		int is_end = (good && strcmp(name, good) == 0) || (bad && strcmp(name, bad) == 0);
		ends += is_end;
		if (targets->target[i].kind != TARGET_PACK && family_length(name) == family_length(family) &&
		    strncmp(name, family, family_length(family)) == 0 && (!good || !bad || inside || is_end))
			(*names)[(*count)++] = name;
		inside ^= is_end;
	}
	if (bad && strncmp(bad, family, family_length(family)) != 0)
		ends = 0;
	if (ends != (good != NULL) + (bad != NULL) || *count < 2)
		return diag_set(diag, EINVAL,
		    "--axis target: %s and %s are no two targets of one family: `tlsmatrix target list` names them",
		    good ? good : "the first", bad ? bad : "the last");
	return 0;
}

static int make_candidates(struct search *search, struct diag *diag)
{
	struct release_list ladder = RELEASE_LIST_INIT;
	const char **names = NULL;
	int error = search->by_target ? targets_between(search, &names, &search->count, diag) :
					releases_between(search, &ladder, diag);
	if (!search->by_target)
		search->count = ladder.count;
	search->candidate = xcalloc(search->count + 1, sizeof(*search->candidate));
	search->value = xcalloc(search->count + 1, sizeof(*search->value));
	search->plan = xcalloc(search->count + 1, sizeof(*search->plan));
	for (size_t i = 0; i < search->count; i++)
		search->candidate[i].name = xstrdup(search->by_target ? names[i] : ladder.name[i]);
	if (!error && search->count < 2)
		error = diag_set(diag, EINVAL,
		    "%s: is the only one that is kept: `tlsmatrix toolchain get 1.5..1.27` gets more",
		    search->count ? search->candidate[0].name : "?");
	release_list_free(&ladder);
	free(names);
	return error;
}

static void search_free(struct search *search)
{
	for (size_t i = 0; i < search->count; i++) {
		free((char *)search->candidate[i].name);
		free(search->value[i]);
		plan_free(&search->plan[i]);
	}
	free(search->candidate);
	free(search->value);
	free(search->plan);
}

/* ---- the command ---------------------------------------------------------------------------------- */

static int check_options(const struct option_words *words, struct search *search, struct diag *diag)
{
	if (words->count || !cell_text)
		return diag_set(diag, EINVAL, "bisect: needs --cell CELL, and no other word%s%s",
		    words->count ? ": " : "", words->count ? words->word[0] : "");
	if (strcmp(axis, "go") != 0 && strcmp(axis, "target") != 0)
		return diag_set(diag, EINVAL, "--axis %s: is neither go nor target", axis);
	if (check_id && !check_find(check_id))
		return diag_set(
		    diag, EINVAL, "--check %s: no such check: `tlsmatrix list --checks` has them", check_id);
	search->by_target = strcmp(axis, "target") == 0;
	return cell_parse(cell_text, &search->cell, diag);
}

static int run(struct setup *setup, const struct option_words *words)
{
	struct search search = { .setup = setup };
	struct diag diag = DIAG_INIT;
	int error = check_options(words, &search, &diag);
	error = error ? error : make_candidates(&search, &diag);
	if (error) {
		search_free(&search);
		return cmd_fail(&diag, EXIT_USAGE);
	}
	setup_keys(setup);
	printf("%zu %s from %s to %s, %s\n", search.count, search.by_target ? "targets" : "releases",
	    search.candidate[0].name, search.candidate[search.count - 1].name, check_id ? check_id : "the cell");
	int code = EXIT_INTERRUPTED;
	if (find(&search) == 0)
		code = tell(&search);
	if (search.error) {
		diag_set(&diag, 0, "%s",
		    search.error == -EINTR ? "interrupted: run again to go on where it stopped" :
					     strerror(-search.error));
		code = cmd_fail(&diag, search.error == -EINTR ? EXIT_INTERRUPTED : EXIT_INFRA);
	}
	search_free(&search);
	return code;
}

const struct command cmd_bisect = {
	.name = "bisect",
	.synopsis = "bisect --cell CELL [--check ID]",
	.summary = "between which two releases, or targets, a cell changes",
	.needs_release = 1,
	.uses = CACHE_USED,
	.help = "Tries as few of the kept releases (`tlsmatrix toolchain`) as it takes; what the cache knows is not\n"
		"tried again, so that a search that was cut off goes on. The ends may stand in either order. It goes\n"
		"along the main line, the first patch of each minor, and along the patches of the last one.\n"
		"The change is seen three times. Exit status 1 when it does not show each time, 2 when both ends\n"
		"are alike, 3 when one cannot be judged.",
	.options = options,
	.option_count = sizeof(options) / sizeof(options[0]),
	.run = run,
};
