#include "runner/search/search.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/search/ahead.h"
#include "runner/toolchain/commit_build.h"
#include "runner/toolchain/release_kept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one candidate --------------------------------------------------------------------------------- */

/* The release of a candidate; "" where it is not there yet. */
static const char *release_of(const struct search *search, size_t i)
{
	switch (search->axis) {
	case AXIS_GO:
		return search->candidate[i].name;
	case AXIS_COMMIT:
		return search->toolchain[i];
	case AXIS_TARGET:
		break;
	}
	return search->question.cell.go;
}

static const char *target_of(const struct search *search, size_t i)
{
	return search->axis == AXIS_TARGET ? search->candidate[i].name : search->question.cell.target;
}

char *search_filter(const struct search *search, size_t i)
{
	return question_filter(&search->question, release_of(search, i), target_of(search, i));
}

/* The plan of a candidate whose release is there, made once; as question_plan. */
static int plan_of(struct search *search, size_t i, struct diag *diag)
{
	struct plan *plan = &search->plan[i];
	return plan->count ? 0 :
			     question_plan(&search->question, release_of(search, i), target_of(search, i), plan, diag);
}

/* value passes to the candidate; NULL: it cannot be judged. */
static void settle(struct search *search, size_t i, char *value)
{
	search->value[i] = value;
	search->candidate[i].value = value;
	search->candidate[i].state = value ? BISECT_KNOWN : BISECT_UNTESTABLE;
}

void search_settle(struct search *search, size_t i, const char *value) { settle(search, i, xstrdup(value)); }

static void settle_without(struct search *search, size_t i, const char *why)
{
	snprintf(search->why, sizeof(search->why), "%.*s", (int)sizeof(search->why) - 1, why);
	settle(search, i, NULL);
}

/* A release that is not kept yet, where such are fetched. */
static int is_to_fetch(const struct search *search, size_t i)
{
	struct kept kept;
	if (search->axis != AXIS_GO || !search->fetching ||
	    strcmp(search->candidate[i].name, search->question.setup->releases[0].version) == 0)
		return 0;
	int is_kept = kept_find(search->question.setup, search->candidate[i].name, &kept) == 0;
	if (is_kept)
		kept_free(&kept);
	return !is_kept;
}

/* What the cache or an earlier run knows of it already. */
static void look_up(struct search *search, size_t i)
{
	struct diag diag = DIAG_INIT;
	char *value;
	if (is_to_fetch(search, i))
		return;
	int error = search->axis == AXIS_COMMIT && !*search->toolchain[i] ?
	    commit_known(search->question.setup, &search->commits.commit[i], search->toolchain[i], &diag) :
	    0;
	if (error == -ENOENT) /* a commit that was not tried yet */
		return;
	error = error ? error : plan_of(search, i, &diag);
	if (error == -ENOENT) {
		settle(search, i, xstrdup("no such cell"));
	} else if (error) {
		settle_without(search, i, diag.line);
	} else if (question_known(&search->question, &search->plan[i], &value, NULL) == 0) {
		settle(search, i, value);
		search->stored += value != NULL;
	}
}

/* Runs it; its value, malloc'ed, or NULL. */
static char *run_one(struct search *search, size_t i, int again)
{
	struct diag diag = DIAG_INIT;
	if (plan_of(search, i, &diag)) /* a merge's, which another search has planned, is planned here now */
		return *diag.line ? NULL : xstrdup("no such cell");
	return question_ask(&search->question, &search->plan[i], again, NULL, search->why, &search->error);
}

/* A network that fails ends the search: another release would not come either. */
static void fetch(struct search *search, size_t i)
{
	struct diag diag = DIAG_INIT;
	search->error = fetch_release(search->question.setup, search->candidate[i].name, search->fetching, &diag);
	if (search->error)
		snprintf(search->why, sizeof(search->why), "%.*s", (int)sizeof(search->why) - 1, diag.line);
}

/* A commit's toolchain is built first, a release that is not kept is fetched. */
static void evaluate(struct search *search, size_t i)
{
	struct diag diag = DIAG_INIT;
	int error = 0;
	if (is_to_fetch(search, i))
		fetch(search, i);
	if (search->error)
		return;
	search->evaluated++;
	if (search->axis == AXIS_COMMIT && !*search->toolchain[i]) {
		error = commit_build(search->question.setup, search->go_tree, &search->commits.commit[i], search->begun,
		    search->toolchain[i], &diag);
		error = error ? error : plan_of(search, i, &diag);
	}
	if (error == -ENOENT && !*diag.line)
		settle(search, i, xstrdup("no such cell"));
	else if (error)
		settle_without(search, i, diag.line);
	else
		settle(search, i, run_one(search, i, 0));
}

/* ---- building ahead ------------------------------------------------------------------------------------ */

/* The builds of the two that may be next, beside the evaluation.  Not of commits: make.bash takes all cores by
 * itself. */
static void build_ahead(struct search *search, size_t at)
{
	size_t ahead[SEARCH_BUILDERS];
	if (search->axis == AXIS_COMMIT)
		return;
	bisect_ahead(search->candidate, search->count, at, ahead);
	for (size_t k = 0; k < SEARCH_BUILDERS; k++) {
		struct diag diag = DIAG_INIT;
		if (search->builder[k] <= 0 && ahead[k] < search->count && plan_of(search, ahead[k], &diag) == 0)
			search->builder[k] =
			    ahead_start(search->question.setup, &search->plan[ahead[k]].cells[0].build);
	}
}

static void end_builders(struct search *search, int all)
{
	for (size_t k = 0; k < SEARCH_BUILDERS; k++)
		ahead_end(&search->builder[k], all);
}

/* ---- searching -------------------------------------------------------------------------------------------- */

int search_find(struct search *search)
{
	size_t next;
	for (size_t i = 0; i < search->count; i++) {
		if (search->candidate[i].state == BISECT_UNKNOWN)
			look_up(search, i);
		if (search->candidate[i].state != BISECT_UNKNOWN)
			search->tell(search, i, "known");
	}
	while ((next = bisect_next(search->candidate, search->count)) < search->count && !search->error) {
		build_ahead(search, next);
		evaluate(search, next);
		end_builders(search, 0);
		if (!search->error)
			search->tell(search, next, "tried");
	}
	end_builders(search, 1);
	return search->error;
}

int search_confirm(struct search *search, const size_t pair[2], int times,
    void (*said)(const struct search *search, size_t i, int same, int times))
{
	for (int side = 0; side < 2; side++) {
		int same = 1;
		for (int i = 1; i < times && !search->error; i++) {
			char *value = run_one(search, pair[side], 1);
			same += value && strcmp(value, search->value[pair[side]]) == 0;
			free(value);
		}
		if (search->error)
			return 0;
		said(search, pair[side], same, times);
		if (same < times)
			return 0;
	}
	return 1;
}

void search_free(struct search *search)
{
	for (size_t i = 0; i < search->count; i++) {
		free((char *)search->candidate[i].name);
		free(search->value[i]);
		plan_free(&search->plan[i]);
	}
	free(search->candidate);
	free(search->value);
	free(search->plan);
	free(search->toolchain);
	commits_free(&search->commits);
	if (search->available && !search->borrows) {
		release_list_free(search->available);
		free(search->available);
	}
}
