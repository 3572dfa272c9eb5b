#include "runner/search/search.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/text.h"
#include "matrix/filter.h"
#include "matrix/version.h"
#include "runner/build/make.h"
#include "runner/schedule/run_plan.h"
#include "runner/schedule/tasks.h"
#include "runner/toolchain/commit_build.h"
#include "runner/toolchain/release_kept.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

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
	return search->cell.go;
}

char *search_filter(const struct search *search, size_t i)
{
	const struct cell *cell = &search->cell;
	const char *go = release_of(search, i),
		   *target = search->axis == AXIS_TARGET ? search->candidate[i].name : cell->target;
	char arch[32];
	/* go=1.8 would be all of 1.8. */
	return xprintf("go=%s%s & os=%s & arch=%s%s & mode=%s & cgo=%d & link=%s & "
		       "(target=%s & load=%s | target=none & load=none)",
	    go, version_is_minor(go) ? ".0" : "", cell->os, cell_arch(cell, arch), *cell->variant ? "" : " & !arch=*.*",
	    mode_name(cell->mode), cell->cgo, link_name(cell->link), target, load_name(cell->load));
}

/* The plan of a candidate whose release is there, made once.  0; -ENOENT when there is no such cell; -errno with a line
 * in diag. */
static int plan_of(struct search *search, size_t i, struct diag *diag)
{
	struct plan *plan = &search->plan[i];
	if (plan->count)
		return 0;
	int error = kept_want(search->setup, release_of(search, i), diag);
	if (error)
		return error == -ENOENT ? -ESTALE : error;
	setup_keys(search->setup);
	char *text = search_filter(search, i);
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

/* The check that is compared; NULL: the cell's status. */
static const struct check_result *compared(const struct search *search, const struct cell_result *result)
{
	const struct check_result *one = NULL;
	for (size_t i = 0; i < result->check_count; i++)
		if (strcmp(result->checks[i].id, "build.refused") == 0 ||
		    (search->check_id && strcmp(result->checks[i].id, search->check_id) == 0))
			one = &result->checks[i];
	return one;
}

/* What is compared, malloc'ed; NULL when it was not judged.  Between two commits the rules may change, where the tree
 * begins to call itself the next release: of a check that observes something, that alone is compared. */
static char *value_of(const struct search *search, const struct cell_result *result)
{
	const char *check_id = search->check_id;
	const struct check_result *one = compared(search, result);
	if (one && strcmp(one->id, "build.refused") == 0 && !(check_id && strcmp(check_id, one->id) == 0))
		return xprintf("refused: %s", one->observed ? one->observed : one->message ? one->message : "?");
	enum status status = one ? one->status : result->status;
	if (status == STATUS_INFRA || status == STATUS_NOTRUN || status == STATUS_SKIP || (check_id && !one))
		return check_id && !one ? xstrdup("not planned") : NULL;
	int alone = search->axis == AXIS_COMMIT && one && one->observed;
	struct buf text = BUF_INIT;
	buf_add(&text, alone ? "" : status_name(status));
	if (one && (one->observed || one->message)) {
		buf_add(&text, alone ? "" : " ");
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

/* What the cache or an earlier run knows of it already. */
static void look_up(struct search *search, size_t i)
{
	struct diag diag = DIAG_INIT;
	struct cell_result result;
	int error = search->axis == AXIS_COMMIT && !*search->toolchain[i] ?
	    commit_known(search->setup, &search->commits.commit[i], search->toolchain[i], &diag) :
	    0;
	if (error == -ENOENT) /* a commit that was not tried yet */
		return;
	error = error ? error : plan_of(search, i, &diag);
	if (error == -ENOENT) {
		settle(search, i, xstrdup("no such cell"));
	} else if (error) {
		settle_without(search, i, diag.line);
	} else if (result_load(search->setup, &search->plan[i].cells[0], 0, &result) ||
	    (search->recall && search->recall(search->recall_context, &search->plan[i].cells[0], &result))) {
		settle(search, i, value_of(search, &result));
		search->stored += search->candidate[i].state == BISECT_KNOWN;
		cell_result_free(&result);
	}
}

/* Runs it; its value, malloc'ed, or NULL. */
static char *run_one(struct search *search, size_t i, int again)
{
	const struct plan *plan = &search->plan[i];
	struct cell_result result = { .check_count = 0 };
	const struct run_options how = { .jobs = 0 };
	const struct run_sink sink = { .judged = take_result, .context = &result };
	struct diag diag = DIAG_INIT;
	if (plan_of(search, i, &diag)) /* a merge's, which another search has planned, is planned here now */
		return *diag.line ? NULL : xstrdup("no such cell");
	if (again) {
		char *dir = plan_result_dir(search->setup, &plan->cells[0]);
		remove_tree(dir);
		free(dir);
	}
	search->error = run_plan(search->setup, plan->cells, 1, &how, &sink);
	char *value = search->error ? NULL : value_of(search, &result);
	if (!value && result.check_count)
		snprintf(search->why, sizeof(search->why), "%s",
		    result.checks[0].message    ? result.checks[0].message :
			result.checks[0].reason ? result.checks[0].reason :
						  status_name(result.status));
	cell_result_free(&result);
	return value;
}

/* A commit's toolchain is built first. */
static void evaluate(struct search *search, size_t i)
{
	struct diag diag = DIAG_INIT;
	int error = 0;
	search->evaluated++;
	if (search->axis == AXIS_COMMIT && !*search->toolchain[i]) {
		error = commit_build(search->setup, search->go_tree, &search->commits.commit[i], search->begun,
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

/* The builds of the two that may be next, beside the evaluation: the cache's locks keep them apart from it.  Not of
 * commits: make.bash takes all cores by itself. */
static void build_ahead(struct search *search, size_t at)
{
	size_t ahead[SEARCH_BUILDERS];
	if (search->axis == AXIS_COMMIT)
		return;
	bisect_ahead(search->candidate, search->count, at, ahead);
	fflush(NULL);
	for (size_t k = 0; k < SEARCH_BUILDERS; k++) {
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
	for (size_t k = 0; k < SEARCH_BUILDERS; k++) {
		if (search->builder[k] <= 0)
			continue;
		if (all)
			kill(search->builder[k], SIGKILL);
		if (waitpid(search->builder[k], NULL, all ? 0 : WNOHANG) != 0)
			search->builder[k] = 0;
	}
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
}
