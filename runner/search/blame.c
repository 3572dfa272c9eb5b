#include "runner/search/blame.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/hunk_symbol.h"
#include "runner/search/ahead.h"
#include "runner/setup/files.h"
#include "runner/toolchain/release_kept.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one release, one mixture ------------------------------------------------------------------------------ */

/* What is known of a release or mixture. */
struct found {
	char *value, *said; /* owned; value NULL: it cannot be judged.  said: what its build printed */
	struct question_rest rest;
	int known;
};

static void found_free(struct found *found)
{
	free(found->value);
	free(found->said);
}

/* The value on a release that the setup has: from the cache or by running.  0; with a line in diag -errno.  To be freed
 * either way. */
static int value_on(struct blame *blame, const char *go, int again, struct found *found, struct diag *diag)
{
	struct plan plan = { .count = 0 };
	*found = (struct found){ .value = NULL };
	int error = question_plan(&blame->question, go, blame->question.cell.target, &plan, diag);
	if (error) {
		plan_free(&plan);
		return error == -ENOENT && !*diag->line ? diag_set(diag, ENOENT, "%s: has no such cell", go) : error;
	}
	found->known = !again && question_known(&blame->question, &plan, &found->value, &found->rest) == 0;
	if (!found->known) {
		blame->evaluated++;
		found->value = question_ask(&blame->question, &plan, again, &found->rest, blame->why, &blame->error);
	}
	found->said = question_said(&blame->question, &plan);
	blame->stored += (size_t)found->known;
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

static enum delta_answer answer_of(const struct blame *blame, const struct found *found)
{
	if (!found->value || found->rest.passes * 2 < blame->passes)
		return DELTA_UNRESOLVED;
	for (int side = 0; side < 2; side++)
		if (strcmp(found->value, blame->value[side]) == 0)
			return side ? DELTA_FLIPS : DELTA_STAYS;
	return DELTA_UNRESOLVED;
}

/* A file as one of the two releases has it, malloc'ed; "" where that has none. */
static char *text_of(const struct blame *blame, const struct source_file *file, const char *release)
{
	char *text = NULL,
	     *path = xprintf("%s/src/%s", setup_release_of(blame->question.setup, release)->goroot, file->name);
	if (file_read(path, &text, NULL))
		text = xstrdup("");
	free(path);
	return text;
}

/* The changes of a file of which the build says something at a line: those that add it, or those to which a function
 * that ends there lost a label. */
static void add_culprits_at(const struct blame *blame, const struct source_file *file, size_t line, const char *said,
    const unsigned char *in, unsigned char *culprit)
{
	char label[80];
	in += file->first;
	culprit += file->first;
	if (file->hunks && missing_label(said, label, sizeof(label))) {
		char *old = text_of(blame, file, blame->base);
		hunks_lose_label(old, file->hunks, file->changes, in, line, label, culprit);
		free(old);
		return;
	}
	size_t hunk = file->hunks ? hunks_at(file->hunks, file->changes, in, line) : 0;
	if (hunk < file->changes && in[hunk])
		culprit[hunk] = 1;
}

/* How much is taken to be wrong where a build names a line. */
enum reach { REACH_CHANGE, REACH_FILE, REACH_FOLDER };

/* The changes of a file that are wrong by the lines that the build names, "runtime/proc.go:85: ...". */
static void add_culprits(const struct blame *blame, const struct source_file *file, enum reach reach, const char *said,
    const unsigned char *in, unsigned char *culprit)
{
	const char *base = strrchr(file->name, '/') + 1;
	char *name = xprintf("/%.*s", (int)(reach == REACH_FOLDER ? base - file->name : 1000), file->name), *end = NULL;
	for (const char *at = said; (at = strstr(at, name));) {
		at += strlen(name);
		at += reach == REACH_FOLDER ? strcspn(at, "/: \n") : 0;
		if (at[0] != ':' || at[1] < '0' || at[1] > '9')
			continue;
		size_t line = strtoul(at + 1, &end, 10);
		if (reach == REACH_CHANGE)
			add_culprits_at(blame, file, line, end, in, culprit);
		else
			memset(culprit + file->first, 1, file->changes);
	}
	free(name);
}

/* The changes of a file to which a symbol is lost; how many.  One that comes or goes as a whole is one change. */
static size_t add_lost(const struct blame *blame, const struct source_file *file, const char *symbol,
    enum symbol_loss loss, const unsigned char *in, unsigned char *culprit)
{
	char *old = text_of(blame, file, blame->base),
	     *new = file->hunks ? xstrdup("") : text_of(blame, file, blame->other);
	const struct hunk whole = { .after = 0, .deletes = (size_t)-1, .adds = new };
	size_t found = hunks_lose(old, file->hunks ? file->hunks : &whole, file->changes, in + file->first, symbol,
	    loss, culprit + file->first);
	free(old);
	free(new);
	return found;
}

/* The changes to which something was lost: those that take it away, and when none does, those that want what a linker
 * misses; a compiler has the line.  Of a package all that import it: cmd/go names one line of them. */
static void add_losers(const struct blame *blame, const char *said, const unsigned char *in, unsigned char *culprit)
{
	static const enum symbol_loss losses[][2] = {
		[MISSING_TO_LINKER] = { LOSS_UNDEFINED, LOSS_NAMED },
		[MISSING_TO_COMPILER] = { LOSS_UNDEFINED, LOSS_UNDEFINED },
		[MISSING_PACKAGE] = { LOSS_IMPORTED, LOSS_IMPORTED },
	};
	const struct mix mix = mix_of(blame, in);
	char symbol[80];
	enum missing_to to;
	while (said && (said = missing_symbol(said, symbol, sizeof(symbol), &to))) {
		size_t found = 0;
		for (int k = 0; k < 2 && !found; k++)
			for (size_t i = 0; i < blame->files.count; i++)
				if (mix_changes(&mix, i))
					found +=
					    add_lost(blame, &blame->files.file[i], symbol, losses[to][k], in, culprit);
	}
}

/* What a build says is to blame: the changes of the lines that it names and those that take away what it misses. */
static void add_all_culprits(
    const struct blame *blame, enum reach reach, const char *said, const unsigned char *in, unsigned char *culprit)
{
	const struct mix mix = mix_of(blame, in);
	for (size_t i = 0; i < blame->files.count; i++)
		if (mix_changes(&mix, i))
			add_culprits(blame, &blame->files.file[i], reach, said, in, culprit);
	if (reach == REACH_CHANGE)
		add_losers(blame, said, in, culprit);
}

/* Has the mixture in the setup.  One of which a tool does not build has no value: what that said is why.  0 or
 * -errno. */
static int want(struct blame *blame, const struct mix *mix, struct found *found, struct diag *diag)
{
	int error = mix_want(blame->question.setup, mix, &found->said, diag);
	if (error != -ENOEXEC)
		return error;
	mix_said(found->said, blame->why, sizeof(blame->why));
	return 0;
}

struct asking {
	struct blame *blame;
	struct diag *diag;
	enum reach most; /* where no change is to blame, its file is, or all in a folder */
};

static int meet(const unsigned char *a, const unsigned char *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (a[i] && b[i])
			return 1;
	return 0;
}

/* delta.h ask */
static int ask(void *context, const unsigned char *in, unsigned char *culprit)
{
	struct asking *asking = context;
	struct blame *blame = asking->blame;
	struct mix mix = mix_of(blame, in);
	char name[32];
	struct found found = { .value = NULL };
	mix_name(&mix, name);
	int error = want(blame, &mix, &found, asking->diag);
	if (!error && !found.said)
		error = value_on(blame, name, 0, &found, asking->diag);
	ahead_end(&blame->builder, error != 0);
	enum delta_answer answer = error ? DELTA_UNRESOLVED : answer_of(blame, &found);
	for (int reach = 0; !error && answer == DELTA_UNRESOLVED && found.said && reach <= (int)asking->most; reach++)
		if (!meet(in, culprit, blame->files.changes))
			add_all_culprits(blame, (enum reach)reach, found.said, in, culprit);
	if (!error)
		blame->tell(blame, in, answer, found.value ? found.value : blame->why, found.known ? "known" : "tried");
	found_free(&found);
	return error ? error : (int)answer;
}

/* delta.h ahead: its build, beside the run. */
static void build_ahead(void *context, const unsigned char *in)
{
	struct asking *asking = context;
	struct blame *blame = asking->blame;
	struct mix mix = mix_of(blame, in);
	struct plan plan = { .count = 0 };
	struct diag quiet = DIAG_INIT;
	char name[32], *said = NULL;
	mix_name(&mix, name);
	/* A mixture with tools of its own is made by building them, which takes as long as what is asked now. */
	if (blame->builder <= 0 && blame->stage == SOURCES_STD &&
	    mix_want(blame->question.setup, &mix, &said, &quiet) == 0 &&
	    question_plan(&blame->question, name, blame->question.cell.target, &plan, &quiet) == 0)
		blame->builder = ahead_start(blame->question.setup, &plan.cells[0].build);
	plan_free(&plan);
}

/* ---- the search -------------------------------------------------------------------------------------------- */

static void files_free(struct blame *blame)
{
	sources_free(&blame->files);
	free(blame->in);
	free(blame->group);
	free(blame->part);
	blame->in = NULL;
	blame->group = blame->part = NULL;
}

/* What is looked through. */
static int list_files(struct blame *blame, enum source_stage stage, struct diag *diag)
{
	const char *const ends[2] = { blame->base, blame->other };
	int error = sources_differ(blame->question.setup, &blame->question.cell, stage, ends, &blame->files, diag);
	blame->stage = stage;
	blame->differ[stage] = blame->files.count;
	blame->in = xcalloc(blame->files.changes + 1, 1);
	memset(blame->in, 1, blame->files.changes);
	blame->group = xcalloc(blame->files.changes + 1, sizeof(*blame->group));
	blame->part = xcalloc(blame->files.changes + 1, sizeof(*blame->part));
	for (size_t i = 0; i < blame->files.count; i++) {
		const struct source_file *file = &blame->files.file[i];
		for (size_t k = file->first; k < file->first + file->changes; k++) {
			blame->group[k] = file->area;
			blame->part[k] = i;
		}
	}
	return error;
}

enum { LEAST_MS = 30000 }; /* for a cell that takes two seconds where nobody else computes */

/* What a mixture may take, in ms: twice as long as a release that is known to work. */
static int patience_ms(double seconds)
{
	double most = seconds * 2000;
	return most < LEAST_MS ? LEAST_MS : most < CELL_MS ? (int)most : CELL_MS;
}

int blame_begin(struct blame *blame, struct diag *diag)
{
	const char *const ends[2] = { blame->base, blame->other };
	double slowest = 0;
	int error = 0;
	for (int side = 0; side < 2 && !error; side++) {
		struct found found;
		error = value_on(blame, ends[side], 0, &found, diag);
		if (!error && !found.value)
			error = diag_set(diag, EIO, "%s: cannot be judged: %s", ends[side], blame->why);
		blame->value[side] = found.value;
		found.value = NULL;
		if (side == 0)
			blame->passes = found.rest.passes;
		slowest = found.rest.seconds > slowest ? found.rest.seconds : slowest;
		found_free(&found);
	}
	if (!error && strcmp(blame->value[0], blame->value[1]) == 0)
		error = diag_set(diag, EALREADY, "%s and %s: both %s: nothing to blame a file for", blame->base,
		    blame->other, blame->value[0]);
	blame->question.cell_ms = patience_ms(slowest);
	return error ? error : list_files(blame, SOURCES_STD, diag);
}

int blame_turn(struct blame *blame, enum source_stage stage, struct diag *diag)
{
	files_free(blame);
	return list_files(blame, stage, diag);
}

int blame_whole(struct blame *blame, struct diag *diag)
{
	/* All tools together are the last that is asked; cmd/link alone may be asked before std's files one by one. */
	struct asking asking = { blame, diag, blame->stage == SOURCES_TOOLS ? REACH_FOLDER : REACH_CHANGE };
	size_t count = blame->files.changes;
	unsigned char *culprit = xcalloc(count + 1, 1);
	memset(blame->in, 1, count);
	int answer = count ? ask(&asking, blame->in, culprit) : -ENOENT;
	while (answer == DELTA_UNRESOLVED && blame->stage != SOURCES_STD && meet(blame->in, culprit, count)) {
		for (size_t i = 0; i < count; i++)
			blame->in[i] = blame->in[i] && !culprit[i];
		answer = meet(blame->in, blame->in, count) ? ask(&asking, blame->in, culprit) : DELTA_STAYS;
	}
	/* What does not flip is no beginning. */
	if (answer != DELTA_FLIPS)
		memset(blame->in, 1, count);
	free(culprit);
	return answer;
}

int blame_find(struct blame *blame, struct diag *diag)
{
	struct asking asking = { blame, diag, REACH_CHANGE };
	struct delta delta = { .count = blame->files.changes,
		.group = blame->group,
		.part = blame->part,
		.ask = ask,
		.ahead = build_ahead,
		.context = &asking };
	int error = blame->files.count ? delta_find(&delta, blame->in, &blame->all[blame->stage]) : -ENOENT;
	ahead_end(&blame->builder, 1);
	delta_free(&delta);
	return error;
}

int blame_confirm(struct blame *blame, int times, struct diag *diag)
{
	struct mix mix = mix_of(blame, blame->in);
	char name[32];
	int same = 1, error = 0;
	mix_name(&mix, name);
	for (int i = 1; i < times && !error; i++) {
		struct found found;
		error = value_on(blame, name, 1, &found, diag);
		same += !error && answer_of(blame, &found) == DELTA_FLIPS;
		found_free(&found);
	}
	return error ? error : same;
}

char *blame_reverse(struct blame *blame, struct diag *diag)
{
	struct mix found = mix_of(blame, blame->in);
	unsigned char *whole = xcalloc(blame->files.changes + 1, 1);
	struct found back = { .value = NULL };
	char name[32];
	for (size_t i = 0; i < blame->files.count; i++)
		memset(whole + blame->files.file[i].first, mix_changes(&found, i) > 0, blame->files.file[i].changes);
	struct mix mix = { .base = blame->other, .other = blame->base, .files = &blame->files, .in = whole };
	mix_name(&mix, name);
	if (want(blame, &mix, &back, diag) == 0 && !back.said)
		value_on(blame, name, 0, &back, diag);
	free(whole);
	free(back.said);
	return back.value;
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
	files_free(blame);
	free(blame->value[0]);
	free(blame->value[1]);
}
