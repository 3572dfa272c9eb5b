#include "runner/search/question.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/text.h"
#include "matrix/filter.h"
#include "matrix/version.h"
#include "runner/schedule/run_plan.h"
#include "runner/schedule/tasks.h"
#include "runner/toolchain/release_kept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the cell ---------------------------------------------------------------------------------------- */

char *question_filter(const struct question *question, const char *go, const char *target)
{
	const struct cell *cell = &question->cell;
	/* A release that refuses a cell has it there alone; one that is not run is nowhere else. */
	static const char none[] = "target=none & load=none";
	char arch[32],
	    *where = cell->load == LOAD_NONE ?
	    xstrdup(none) :
	    xprintf("(target=%s & load=%s | %s)", target, load_name(cell->load), none);
	/* go=1.8 would be all of 1.8. */
	char *filter = xprintf("go=%s%s & os=%s & arch=%s%s & mode=%s & cgo=%d & link=%s & %s", go,
	    version_is_minor(go) ? ".0" : "", cell->os, cell_arch(cell, arch), *cell->variant ? "" : " & !arch=*.*",
	    mode_name(cell->mode), cell->cgo, link_name(cell->link), where);
	free(where);
	return filter;
}

int question_plan(
    const struct question *question, const char *go, const char *target, struct plan *plan, struct diag *diag)
{
	int error = kept_want(question->setup, go, diag);
	if (error)
		return error == -ENOENT ? -ESTALE : error;
	setup_keys(question->setup);
	char *cell = question_filter(question, go, target), *text = cell;
	struct filter *filter = NULL;
	if (question->one_clause && question->check_id)
		text = xprintf("%s & (check=%s | !check=contract.*,signal.*)", cell, question->check_id);
	error = filter_parse(text, &filter, diag);
	if (!error)
		error = plan_make(question->setup, filter, text, plan, diag);
	if (!error)
		plan_name(question->setup, plan);
	filter_free(filter);
	if (text != cell)
		free(text);
	free(cell);
	return error;
}

/* ---- its value --------------------------------------------------------------------------------------- */

/* The check that is compared; NULL: the cell's status. */
static const struct check_result *compared(const char *check_id, const struct cell_result *result)
{
	const struct check_result *one = NULL;
	for (size_t i = 0; i < result->check_count; i++)
		if (strcmp(result->checks[i].id, "build.refused") == 0 ||
		    (check_id && strcmp(result->checks[i].id, check_id) == 0))
			one = &result->checks[i];
	return one;
}

/* malloc'ed; NULL when it was not judged. */
static char *value_of(const struct question *question, const struct cell_result *result)
{
	const char *check_id = question->check_id;
	const struct check_result *one = compared(check_id, result);
	if (one && strcmp(one->id, "build.refused") == 0 && !(check_id && strcmp(check_id, one->id) == 0))
		return xprintf("refused: %s", one->observed ? one->observed : one->message ? one->message : "?");
	enum status status = one ? one->status : result->status;
	if (status == STATUS_INFRA || status == STATUS_NOTRUN || status == STATUS_SKIP || (check_id && !one))
		return check_id && !one ? xstrdup("not planned") : NULL;
	int alone = question->observed_alone && one && one->observed;
	struct buf text = BUF_INIT;
	buf_add(&text, alone ? "" : status_name(status));
	if (one && (one->observed || one->message)) {
		buf_add(&text, alone ? "" : " ");
		text_add(&text, one->observed ? one->observed : one->message, 0);
	}
	return buf_take(&text);
}

static void take_rest(const struct cell_result *result, struct question_rest *rest)
{
	if (!rest)
		return;
	*rest = (struct question_rest){ .seconds = result->seconds };
	for (size_t i = 0; i < result->check_count; i++)
		rest->passes += result->checks[i].status == STATUS_PASS;
}

int question_known(const struct question *question, const struct plan *plan, char **value, struct question_rest *rest)
{
	const struct plan_cell *cell = &plan->cells[0];
	struct cell_result result;
	if (!result_load(question->setup, cell, 0, &result) &&
	    !(question->recall && question->recall(question->recall_context, cell, &result)))
		return -ENOENT;
	*value = value_of(question, &result);
	take_rest(&result, rest);
	cell_result_free(&result);
	return 0;
}

static char *take_result(const struct plan_cell *cell, struct cell_result *result, int cached, void *context)
{
	(void)cell, (void)cached;
	*(struct cell_result *)context = *result;
	memset(result, 0, sizeof(*result));
	return NULL;
}

char *question_ask(const struct question *question, const struct plan *plan, int again, struct question_rest *rest,
    char why[400], int *error)
{
	struct cell_result result = { .check_count = 0 };
	const struct run_options how = { .silent = 1 };
	const struct run_sink sink = { .judged = take_result, .context = &result };
	if (again) {
		char *dir = plan_result_dir(question->setup, &plan->cells[0]);
		remove_tree(dir);
		free(dir);
	}
	int before = question->setup->cell_ms;
	question->setup->cell_ms = question->cell_ms ? question->cell_ms : before;
	*error = run_plan(question->setup, plan->cells, 1, &how, &sink);
	question->setup->cell_ms = before;
	char *value = *error ? NULL : value_of(question, &result);
	take_rest(&result, rest);
	if (!value && result.check_count)
		snprintf(why, 400, "%s",
		    result.checks[0].message    ? result.checks[0].message :
			result.checks[0].reason ? result.checks[0].reason :
						  status_name(result.status));
	cell_result_free(&result);
	return value;
}

char *question_said(const struct question *question, const struct plan *plan)
{
	json_t *build = build_load(question->setup, &plan->cells[0].build);
	const char *said = json_string_value(json_object_get(build, "output"));
	char *copy = xstrdup(said ? said : "");
	json_decref(build);
	return copy;
}
