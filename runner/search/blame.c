#include "runner/search/blame.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/search/ahead.h"
#include "runner/toolchain/release_kept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one release, one mixture ------------------------------------------------------------------------------ */

/* The value on a release that the setup has: from the cache or by running.  0, value NULL: it cannot be judged; with a
 * line in diag -errno. */
static int value_on(
    struct blame *blame, const char *go, int again, char **value, size_t *passes, int *known, struct diag *diag)
{
	struct plan plan = { .count = 0 };
	int error = question_plan(&blame->question, go, blame->question.cell.target, &plan, diag);
	*known = 0;
	*value = NULL;
	if (error) {
		plan_free(&plan);
		return error == -ENOENT && !*diag->line ? diag_set(diag, ENOENT, "%s: has no such cell", go) : error;
	}
	*known = !again && question_known(&blame->question, &plan, value, passes) == 0;
	if (!*known) {
		blame->evaluated++;
		*value = question_ask(&blame->question, &plan, again, passes, blame->why, &blame->error);
	}
	blame->stored += *known;
	plan_free(&plan);
	if (blame->error)
		return diag_set(diag, -blame->error, "%s: %s", go,
		    blame->error == -EINTR ? "interrupted: run again to go on where it stopped" :
					     strerror(-blame->error));
	return 0;
}

static struct mix mix_of(const struct blame *blame, const unsigned char *in)
{
	return (struct mix){ .base = blame->base, .other = blame->other, .files = &blame->files, .in = in };
}

static enum delta_answer answer_of(const struct blame *blame, const char *value, size_t passes)
{
	if (!value || passes * 2 < blame->passes)
		return DELTA_UNRESOLVED;
	for (int side = 0; side < 2; side++)
		if (strcmp(value, blame->value[side]) == 0)
			return side ? DELTA_FLIPS : DELTA_STAYS;
	return DELTA_UNRESOLVED;
}

struct asking {
	struct blame *blame;
	struct diag *diag;
};

/* delta.h ask */
static int ask(void *context, const unsigned char *in)
{
	struct asking *asking = context;
	struct blame *blame = asking->blame;
	struct mix mix = mix_of(blame, in);
	char name[32], *value;
	size_t passes = 0;
	int known;
	mix_name(&mix, name);
	int error = mix_want(blame->question.setup, &mix, asking->diag);
	error = error ? error : value_on(blame, name, 0, &value, &passes, &known, asking->diag);
	ahead_end(&blame->builder, error != 0);
	if (error)
		return error;
	enum delta_answer answer = answer_of(blame, value, passes);
	blame->tell(blame, in, answer, value ? value : blame->why, known ? "known" : "tried");
	free(value);
	return (int)answer;
}

/* delta.h ahead: its build, beside the run. */
static void build_ahead(void *context, const unsigned char *in)
{
	struct asking *asking = context;
	struct blame *blame = asking->blame;
	struct mix mix = mix_of(blame, in);
	struct plan plan = { .count = 0 };
	struct diag quiet = DIAG_INIT;
	char name[32];
	mix_name(&mix, name);
	if (blame->builder <= 0 && mix_want(blame->question.setup, &mix, &quiet) == 0 &&
	    question_plan(&blame->question, name, blame->question.cell.target, &plan, &quiet) == 0)
		blame->builder = ahead_start(blame->question.setup, &plan.cells[0].build);
	plan_free(&plan);
}

/* ---- the search -------------------------------------------------------------------------------------------- */

int blame_begin(struct blame *blame, struct diag *diag)
{
	const char *const ends[2] = { blame->base, blame->other };
	int known, error = 0;
	for (int side = 0; side < 2 && !error; side++) {
		size_t passes = 0;
		error = value_on(blame, ends[side], 0, &blame->value[side], &passes, &known, diag);
		if (!error && !blame->value[side])
			error = diag_set(diag, EIO, "%s: cannot be judged: %s", ends[side], blame->why);
		if (side == 0)
			blame->passes = passes;
	}
	if (!error && strcmp(blame->value[0], blame->value[1]) == 0)
		error = diag_set(diag, EALREADY, "%s and %s: both %s: nothing to blame a file for", blame->base,
		    blame->other, blame->value[0]);
	error = error ? error : sources_differ(blame->question.setup, &blame->question.cell, ends, &blame->files, diag);
	blame->in = xcalloc(blame->files.count + 1, 1);
	blame->group = xcalloc(blame->files.count + 1, sizeof(*blame->group));
	for (size_t i = 0; i < blame->files.count; i++)
		blame->group[i] = blame->files.file[i].area;
	return error;
}

int blame_find(struct blame *blame, struct diag *diag)
{
	struct asking asking = { blame, diag };
	struct delta delta = {
		.count = blame->files.count, .group = blame->group, .ask = ask, .ahead = build_ahead, .context = &asking
	};
	int error = blame->files.count ? delta_find(&delta, blame->in, &blame->all) : -ENOENT;
	ahead_end(&blame->builder, 1);
	delta_free(&delta);
	return error;
}

int blame_confirm(struct blame *blame, int times, struct diag *diag)
{
	struct mix mix = mix_of(blame, blame->in);
	char name[32], *value;
	size_t passes = 0;
	int same = 1, known, error = 0;
	mix_name(&mix, name);
	for (int i = 1; i < times && !error; i++) {
		error = value_on(blame, name, 1, &value, &passes, &known, diag);
		same += !error && answer_of(blame, value, passes) == DELTA_FLIPS;
		free(value);
	}
	return error ? error : same;
}

char *blame_reverse(struct blame *blame, struct diag *diag)
{
	struct mix mix = mix_of(blame, blame->in);
	char name[32], *value = NULL;
	size_t passes;
	int known;
	mix.base = blame->other;
	mix.other = blame->base;
	mix_name(&mix, name);
	if (mix_want(blame->question.setup, &mix, diag) == 0)
		value_on(blame, name, 0, &value, &passes, &known, diag);
	return value;
}

char *blame_filter(const struct blame *blame)
{
	struct mix mix = mix_of(blame, blame->in);
	char name[32];
	mix_name(&mix, name);
	return question_filter(&blame->question, name, blame->question.cell.target);
}

void blame_free(struct blame *blame)
{
	sources_free(&blame->files);
	free(blame->value[0]);
	free(blame->value[1]);
	free(blame->in);
	free(blame->group);
}
