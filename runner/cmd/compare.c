/* compare.c - compare: two runs, or two targets or releases of one run, side by side. */
#include "runner/cmd/cmd.h"

#include "matrix/base/buf.h"
#include "matrix/version.h"
#include "runner/cmd/against.h"
#include "runner/cache/use.h"
#include "runner/cmd/screen.h"
#include "runner/history/named.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- two of one run ---------------------------------------------------------------------------------- */

enum side { SIDE_NONE, SIDE_TARGET, SIDE_RELEASE };

static enum side side_of(const struct cell *cell, const char *word)
{
	if (strcmp(cell->target, word) == 0)
		return SIDE_TARGET;
	return version_order(cell->go, word) == 0 ? SIDE_RELEASE : SIDE_NONE;
}

/* What the word is in the run. */
static enum side side_in(const struct view *view, const char *word)
{
	enum side found = SIDE_NONE;
	for (size_t i = 0; i < view->count && found != SIDE_TARGET; i++) {
		enum side side = side_of(&view->cells[i].cell, word);
		found = side == SIDE_NONE ? found : side;
	}
	return found;
}

/* The results of the cells that are of word, as if they were of `as`; borrowed but for the array, malloc'ed. */
static struct cell_result *results_of(
    const struct view *view, enum side side, const char *word, const char *as, size_t *count)
{
	struct cell_result *results = xcalloc(view->count + 1, sizeof(*results));
	*count = 0;
	for (size_t i = 0; i < view->count; i++) {
		if (side_of(&view->cells[i].cell, word) != side)
			continue;
		struct cell_result *result = &results[(*count)++];
		*result = view->cells[i];
		if (side == SIDE_TARGET)
			snprintf(result->cell.target, sizeof(result->cell.target), "%s", as);
		else
			snprintf(result->cell.go, sizeof(result->cell.go), "%s%s",
			    strncmp(as, "go", 2) == 0 ? "" : "go", as);
	}
	return results;
}

static int compare_sides(struct setup *setup, const char *a, const char *b)
{
	struct session session;
	struct diag diag = DIAG_INIT;
	int code = last_run_brief(setup, &session);
	if (code)
		return code;
	enum side sides[2] = { side_in(&session.view, a), side_in(&session.view, b) };
	if (sides[0] == SIDE_NONE || sides[0] != sides[1]) {
		diag_set(&diag, 0,
		    "%s and %s: are neither two runs (folders, or names of `run --name`), nor two targets or releases "
		    "of "
		    "the last one",
		    a, b);
		code = cmd_fail(&diag, EXIT_USAGE);
	} else {
		size_t counts[2];
		struct against against;
		struct cell_result *was = results_of(&session.view, sides[0], a, b, &counts[0]),
				   *is = results_of(&session.view, sides[0], b, b, &counts[1]);
		struct view view = session.view;
		view.cells = is;
		view.count = counts[1];
		against_make(&session, was, counts[0], &against.was);
		against_was(&view, GATE_ANY, &against);
		code = report_gate(&against.gate, stdout, screen_prose()) ? cmd_unwritten(EIO) : against.gate.exit_code;
		against_free(&against);
		free(was);
		free(is);
	}
	session_free(&session);
	return code;
}

/* ---- two runs --------------------------------------------------------------------------------------- */

enum run_kind { RUN_NONE, RUN_FOLDER, RUN_NAMED };

static enum run_kind run_kind(const struct setup *setup, const char *word, struct diag *why)
{
	char kept[KEPT_NAME], *plan = xprintf("%s/plan.json", word);
	int there = file_exists(plan);
	free(plan);
	if (there)
		return RUN_FOLDER;
	/* A name whose run is gone is one: loading it says so. */
	int error = named_find(setup->places.cache, word, kept, why);
	return error && error != -ESTALE ? RUN_NONE : RUN_NAMED;
}

struct loading {
	enum run_kind kind;
	const char *cache, *word;
	struct session session;
	struct diag diag;
	int error;
};

static void *load(void *data)
{
	struct loading *loading = data;
	loading->error = loading->kind == RUN_FOLDER ?
	    session_load_brief(loading->word, &loading->session, &loading->diag) :
	    named_load(loading->cache, loading->word, session_load_brief, &loading->session, &loading->diag);
	return NULL;
}

/* Both at once: half of what reading a run takes is done by one thread. */
static void load_both(struct loading *a, struct loading *b)
{
	pthread_t thread;
	int apart = pthread_create(&thread, NULL, load, b) == 0;
	load(a);
	if (apart)
		pthread_join(thread, NULL);
	else
		load(b);
}

static int compare_runs(struct loading before, struct loading after)
{
	int code = EXIT_INFRA;
	load_both(&before, &after);
	if (before.error || after.error) {
		cmd_fail(before.error ? &before.diag : &after.diag, 0);
	} else {
		struct against against;
		against_make(&before.session, before.session.view.cells, before.session.view.count, &against.was);
		against_was(&after.session.view, GATE_ANY, &against);
		code = report_gate(&against.gate, stdout, screen_prose()) ? cmd_unwritten(EIO) : against.gate.exit_code;
		against_free(&against);
	}
	if (!before.error)
		session_free(&before.session);
	if (!after.error)
		session_free(&after.session);
	return code;
}

/* ---- the command ---------------------------------------------------------------------------------- */

static int run(struct setup *setup, const struct option_words *words)
{
	struct diag diag = DIAG_INIT;
	if (words->count != 2) {
		diag_set(
		    &diag, 0, "compare: needs two runs (folders or names), or two targets or releases of the last run");
		return cmd_fail(&diag, EXIT_USAGE);
	}
	const char *a = words->word[0], *b = words->word[1], *cache = setup->places.cache;
	struct diag why = DIAG_INIT;
	struct loading before = { .kind = run_kind(setup, a, &why), .cache = cache, .word = a, .diag = DIAG_INIT };
	struct loading after = { .kind = run_kind(setup, b, &why), .cache = cache, .word = b, .diag = DIAG_INIT };
	if (before.kind == RUN_NAMED || after.kind == RUN_NAMED)
		cache_share(cache, 0);
	if (before.kind && after.kind)
		return compare_runs(before, after);
	if (before.kind || after.kind)
		return cmd_fail(&why, EXIT_USAGE);
	return compare_sides(setup, a, b);
}

const struct command cmd_compare = {
	.name = "compare",
	.synopsis = "compare A B",
	.summary = "what differs between two runs, or two targets or releases of one run",
	.help = "A and B are runs, each a folder (--out), a name (`run --name before`) or one of `history --json`;\n"
		"or what the last run has two of: glibc-2.31 musl-1.2.5, 1.6.4 1.7.1.  The same table as that of\n"
		"`gate`, with B as what is.  Exit status 1 when B is worse in anything; 0 when not; 3, 4 and 5 as\n"
		"`gate`.",
	.run = run,
};
