#include "reports/gate.h"

#include "matrix/base/buf.h"
#include "matrix/groups.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_GROUPS = 8, MOST_CHECKS = 3, MOST_IDS = 10, MOST_TEXT = 300 };

/* ---- the verdict ------------------------------------------------------------------------------------- */

/* Are there cells or checks on one side alone? */
static int plans_differ(const struct comparison *comparison, int some)
{
	size_t gone = comparison->by[VERDICT_GONE];
	for (size_t i = 0; some && i < comparison->count; i++)
		gone -= comparison->difference[i].verdict == VERDICT_GONE && !comparison->difference[i].result;
	return comparison->by[VERDICT_NEW] || gone;
}

int gate_exit_code(const struct comparison *comparison, int some)
{
	if (comparison->worse)
		return 1;
	if (comparison->infra)
		return 3;
	if (comparison->notrun || plans_differ(comparison, some))
		return 5;
	return comparison->results ? 0 : 4;
}

void gate_verdict(const struct comparison *comparison, int some, struct buf *out)
{
	static const char *const words[] = {
		"nothing is worse",
		"%zu worse",
		"?",
		"%zu could not be judged: run again",
		"nothing was compared",
	};
	int code = gate_exit_code(comparison, some);
	buf_add(out, code == 0 ? "Green: " : "Not green: ");
	if (code == 5 && comparison->notrun)
		buf_printf(out, "%zu were not run: run again", comparison->notrun);
	else if (code == 5)
		buf_add(out, "the baseline is of another plan: `tlsmatrix accept` takes this one");
	else if (code == 1)
		buf_printf(out, "%zu worse", comparison->worse);
	else if (code == 3)
		buf_printf(out, "%zu could not be judged: run again", comparison->infra);
	else
		buf_add(out, words[code]);
	buf_add(out, "; ");
	text_number(out, comparison->results, "result");
	buf_add(out, " of ");
	text_number(out, comparison->cells, "cell");
	buf_add(out, " compared");
	for (enum verdict v = 0; v < VERDICT_COUNT; v++)
		if (comparison->by[v])
			buf_printf(out, ", %zu %s", comparison->by[v], verdict_name(v));
	buf_add(out, ".\n");
}

/* ---- what it is compared with ----------------------------------------------------------------------- */

static void changed_text(struct buf *out, const char *name, const char *was, const char *is)
{
	if (strcmp(was, is ? is : "") == 0)
		return;
	buf_printf(out, "%s: was ", name);
	text_add(out, *was ? was : "not there", TEXT_ASCII);
	buf_add(out, ", is ");
	text_add(out, is && *is ? is : "not there", TEXT_ASCII);
	buf_add(out, "\n");
}

static void heading(struct buf *out, const struct baseline *was, const struct view *view)
{
	buf_printf(out, "%zu cells against a baseline of %zu\n", view->count, was->count);
	changed_text(out, "tlsmatrix", was->tool, view->tool);
	changed_text(out, "host", was->host, view->host);
	for (size_t i = 0; i < view->target_count; i++) {
		const char *version = "";
		char *name = xprintf("target %s", view->targets[i].name);
		for (size_t k = 0; k < was->target_count; k++)
			if (strcmp(was->targets[k][0], view->targets[i].name) == 0)
				version = was->targets[k][1];
		changed_text(out, name, version, view->targets[i].version);
		free(name);
	}
}

/* ---- stories -------------------------------------------------------------------------------------------- */

/* The cells among which the story's are found: those of the run, or of the baseline for what is gone. */
struct universe {
	const struct cell **cell;
	const char **id;
	size_t count;
	struct cell *parsed; /* owned: of the baseline */
	char (*text)[CELL_ID_MAX];
};

static void universe_of_run(const struct view *view, struct universe *universe)
{
	*universe = (struct universe){ .cell = xcalloc(view->count + 1, sizeof(*universe->cell)),
		.id = xcalloc(view->count + 1, sizeof(*universe->id)),
		.text = xcalloc(view->count + 1, sizeof(*universe->text)),
		.count = view->count };
	for (size_t i = 0; i < view->count; i++) {
		universe->cell[i] = &view->cells[i].cell;
		universe->id[i] = cell_id(universe->cell[i], universe->text[i]);
	}
}

static void universe_of_baseline(const struct baseline *was, struct universe *universe)
{
	*universe = (struct universe){ .cell = xcalloc(was->count + 1, sizeof(*universe->cell)),
		.id = xcalloc(was->count + 1, sizeof(*universe->id)),
		.parsed = xcalloc(was->count + 1, sizeof(*universe->parsed)) };
	for (size_t i = 0; i < was->count; i++) {
		struct cell *cell = &universe->parsed[universe->count];
		if (cell_parse(was->cell[i].id, cell, NULL))
			continue;
		universe->cell[universe->count] = cell;
		universe->id[universe->count++] = was->cell[i].id;
	}
}

static void universe_free(struct universe *universe)
{
	free(universe->cell);
	free(universe->id);
	free(universe->parsed);
	free(universe->text);
}

/* The cells of a story by filters: "12 cells: all of mode=c-shared". */
static void story_cells(struct buf *out, const struct story *story, const struct universe *universe)
{
	unsigned char *chosen = xcalloc(universe->count + 1, 1);
	struct cell_groups groups;
	/* They come in the order of the universe, but for gone cells, which come in that of theirs. */
	for (size_t i = 0, at = 0; i < story->cells; i++)
		for (size_t k = 0; k < universe->count; k++, at++)
			if (strcmp(universe->id[at % universe->count], story->difference[i]->cell) == 0) {
				chosen[at++ % universe->count] = 1;
				break;
			}
	groups_find(universe->cell, universe->count, chosen, MOST_GROUPS, &groups);
	for (size_t i = 0; i < groups.count; i++) {
		buf_add(out, "  ");
		text_number(out, groups.group[i].count, "cell");
		if (*groups.group[i].filter)
			buf_printf(out, ": all of '%s'\n", groups.group[i].filter);
		else
			buf_add(out, ": all\n");
	}
	for (size_t i = 0; i < groups.rest_count && i < MOST_IDS; i++)
		buf_printf(out, "  and %s\n", universe->id[groups.rest[i]]);
	if (groups.rest_count > MOST_IDS)
		buf_printf(out, "  and %zu more\n", groups.rest_count - MOST_IDS);
	groups_free(&groups);
	free(chosen);
}

static void value(struct buf *out, enum status status, const char *observed)
{
	buf_printf(out, "%s", status_name(status));
	if (*observed) {
		char *clipped = text_clip(observed, MOST_TEXT);
		buf_add(out, " ");
		text_add(out, clipped, TEXT_ASCII);
		free(clipped);
	}
}

/* How a check differs in the story's first cell: "pass -> fail entry=none"; malloc'ed. */
static char *way_of(const struct difference *difference)
{
	struct buf out = BUF_INIT;
	if (difference->verdict == VERDICT_NEW) {
		value(&out, difference->is, difference->is_observed);
	} else if (difference->verdict == VERDICT_GONE) {
		buf_add(&out, "not planned");
	} else {
		value(&out, difference->was, difference->was_observed);
		buf_add(&out, " -> ");
		value(&out, difference->is, difference->is_observed);
	}
	return buf_take(&out);
}

/* The checks that differ alike, from one that no line has named yet. */
static void way_line(struct buf *out, const struct story *story, size_t first, char *named)
{
	char *way = way_of(story->difference[first * story->cells]);
	size_t alike = 0;
	buf_printf(out, "  %s:", way);
	for (size_t i = first; i < story->checks; i++) {
		const struct difference *difference = story->difference[i * story->cells];
		char *other = way_of(difference);
		if (strcmp(way, other) == 0) {
			named[i] = 1;
			if (alike++ < MOST_CHECKS)
				buf_printf(out, " %s", difference->check->id);
		}
		free(other);
	}
	if (alike > MOST_CHECKS)
		buf_printf(out, " and %zu more", alike - MOST_CHECKS);
	buf_add(out, "\n");
	free(way);
}

static void story_checks(struct buf *out, const struct story *story)
{
	const struct difference *first = story->difference[0];
	if (!first->check) {
		if (first->verdict == VERDICT_CHANGED)
			buf_add(out, "  what the rules expect of passing checks is not what it was\n");
		return;
	}
	char *named = xcalloc(story->checks, 1);
	for (size_t i = 0; i < story->checks; i++)
		if (!named[i])
			way_line(out, story, i, named);
	free(named);
}

static const char *message_of(const struct difference *difference)
{
	for (size_t i = 0; difference->result && difference->check && i < difference->result->check_count; i++)
		if (strcmp(difference->result->checks[i].id, difference->check->id) == 0)
			return difference->result->checks[i].message;
	return NULL;
}

static void tell_story(struct buf *out, const struct story *story, const struct universe *universe)
{
	const struct difference *first = story->difference[0];
	const char *message = message_of(first);
	buf_printf(out, "\n%s%s\n", verdict_name(story->verdict),
	    story->worse && story->verdict == VERDICT_CHANGED ? " to worse" : "");
	story_cells(out, story, universe);
	story_checks(out, story);
	if (story->worse && message) {
		char *clipped = text_clip(message, MOST_TEXT);
		buf_add(out, "  ");
		text_add(out, clipped, TEXT_ASCII);
		buf_add(out, "\n");
		free(clipped);
	}
	if (story->worse)
		buf_printf(out, "  why: tlsmatrix show %s\n", first->cell);
}

int report_gate(
    const struct comparison *comparison, const struct baseline *was, const struct view *view, int some, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	struct universe of_run, of_baseline;
	struct stories stories;
	heading(&pen.text, was, view);
	universe_of_run(view, &of_run);
	universe_of_baseline(was, &of_baseline);
	stories_find(comparison, &stories);
	for (size_t i = 0; i < stories.count; i++) {
		const struct story *story = &stories.story[i];
		int gone = story->difference[0]->result == NULL;
		if (!gone || !some)
			tell_story(&pen.text, story, gone ? &of_baseline : &of_run);
	}
	buf_add(&pen.text, "\n");
	gate_verdict(comparison, some, &pen.text);
	stories_free(&stories);
	universe_free(&of_baseline);
	universe_free(&of_run);
	return pen_end(&pen);
}
