#include "reports/gate.h"

#include "matrix/base/buf.h"
#include "reports/stories.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_GROUPS = 8, MOST_TEXT = 300, MOST_AGAIN = 10 };

/* ---- the verdict ------------------------------------------------------------------------------------- */

/* Are there cells or checks on one side alone, where none may be? */
static int plans_differ(const struct comparison *comparison, enum gate_plan plan)
{
	size_t gone = comparison->by[VERDICT_GONE];
	if (plan == GATE_ANY)
		return 0;
	for (size_t i = 0; plan == GATE_SOME && i < comparison->count; i++)
		gone -= comparison->difference[i].verdict == VERDICT_GONE && !comparison->difference[i].result;
	return comparison->by[VERDICT_NEW] || gone;
}

static int exit_code(const struct comparison *comparison, enum gate_plan plan)
{
	if (comparison->worse)
		return 1;
	if (comparison->infra)
		return 3;
	if (comparison->notrun || plans_differ(comparison, plan))
		return 5;
	return comparison->results ? 0 : 4;
}

static char *verdict_of(const struct comparison *comparison, enum gate_plan plan)
{
	struct buf out = BUF_INIT;
	int code = exit_code(comparison, plan);
	if (plan != GATE_ANY)
		buf_add(&out, code == 0 ? "Green: " : "Not green: ");
	if (code == 0)
		buf_add(&out, "nothing is worse");
	else if (code == 1)
		buf_printf(&out, "%zu worse", comparison->worse);
	else if (code == 3)
		buf_printf(&out, "%zu could not be judged: run again", comparison->infra);
	else if (code == 4)
		buf_add(&out, "nothing was compared");
	else if (comparison->notrun)
		buf_printf(&out, "%zu were not run: run again", comparison->notrun);
	else
		buf_add(&out, "the baseline is of another plan: `tlsmatrix accept` takes this one");
	buf_add(&out, "; ");
	text_number(&out, comparison->results, "result");
	buf_add(&out, " of ");
	text_number(&out, comparison->cells, "cell");
	buf_add(&out, " compared");
	for (enum verdict v = 0; v < VERDICT_COUNT; v++)
		if (comparison->by[v])
			buf_printf(&out, ", %zu %s", comparison->by[v], verdict_name(v));
	buf_add(&out, ".");
	return buf_take(&out);
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

static char *about_of(const struct baseline *was, const struct view *view, enum gate_plan plan)
{
	struct buf out = BUF_INIT;
	text_number(&out, view->count, "cell");
	buf_printf(&out, plan == GATE_ANY ? " beside %zu\n" : " against a baseline of %zu\n", was->count);
	changed_text(&out, "tlsmatrix", was->tool, view->tool);
	changed_text(&out, "host", was->host, view->host);
	for (size_t i = 0; i < view->target_count; i++) {
		const char *version = "";
		char *name = xprintf("target %s", view->targets[i].name);
		for (size_t k = 0; k < was->target_count; k++)
			if (strcmp(was->targets[k][0], view->targets[i].name) == 0)
				version = was->targets[k][1];
		changed_text(&out, name, version, view->targets[i].version);
		free(name);
	}
	return buf_take(&out);
}

/* ---- stories -------------------------------------------------------------------------------------------- */

/* The cells among which a story's are found: those of the run, or of the baseline for what is gone.  Made when the
 * first story asks for them. */
struct universe {
	struct group_cells *cells;
	size_t count;
	struct cell *parsed; /* owned: cells of the baseline's ids */
};

struct telling {
	struct gate *gate;
	const struct view *view;
	const struct baseline *was;
	struct universe of_run, of_baseline;
};

static void make_universe(struct universe *universe, const struct cell_result *results, size_t count)
{
	const struct cell **cell = xcalloc(count + 1, sizeof(*cell));
	for (size_t i = 0; i < count; i++)
		cell[i] = results ? &results[i].cell : &universe->parsed[i];
	universe->cells = group_cells_new(cell, count);
	universe->count = count;
	free(cell);
}

static const struct universe *universe_for(struct telling *telling, int gone)
{
	struct universe *universe = gone ? &telling->of_baseline : &telling->of_run;
	const struct baseline *was = telling->was;
	if (universe->cells)
		return universe;
	if (!gone) {
		make_universe(universe, telling->view->cells, telling->view->count);
		return universe;
	}
	universe->parsed = xcalloc(was->count + 1, sizeof(*universe->parsed));
	for (size_t i = 0; i < was->count; i++)
		cell_parse(was->cell[i].id, &universe->parsed[i], NULL); /* whoever made the baseline has done it */
	make_universe(universe, NULL, was->count);
	return universe;
}

static void universe_free(struct universe *universe)
{
	if (universe->cells)
		group_cells_free(universe->cells);
	free(universe->parsed);
}

/* Of a difference's cell in the universe of its story. */
static size_t place_of(const struct telling *telling, const struct difference *difference)
{
	return difference->result ? (size_t)(difference->result - telling->view->cells) :
				    (size_t)(baseline_find(telling->was, difference->cell) - telling->was->cell);
}

static void add_value(struct buf *out, enum status status, const char *observed)
{
	buf_printf(out, "%s", status_name(status));
	if (*observed) {
		char *clipped = text_clip(observed, MOST_TEXT);
		buf_add(out, " ");
		text_add(out, clipped, TEXT_ASCII);
		free(clipped);
	}
}

static char *way_text(const struct difference *difference)
{
	struct buf out = BUF_INIT;
	if (difference->verdict == VERDICT_NEW) {
		add_value(&out, difference->is, difference->is_observed);
	} else if (difference->verdict == VERDICT_GONE) {
		buf_add(&out, "not planned");
	} else if (!difference->check) {
		buf_add(&out, "what the rules expect of passing checks is not what it was");
	} else {
		add_value(&out, difference->was, difference->was_observed);
		buf_add(&out, " -> ");
		add_value(&out, difference->is, difference->is_observed);
	}
	return buf_take(&out);
}

/* The checks of a story by how they differ in its first cell. */
static void add_ways(struct gate_story *told, const struct story *story)
{
	const struct difference *first = story->difference[0];
	if (!first->check && first->verdict != VERDICT_CHANGED)
		return;
	told->way = xcalloc(story->checks + 1, sizeof(*told->way));
	for (size_t i = 0; i < story->checks; i++) {
		const struct difference *difference = story->difference[i * story->cells];
		char *text = way_text(difference);
		size_t at = 0;
		while (at < told->ways && strcmp(told->way[at].text, text) != 0)
			at++;
		struct gate_way *way = &told->way[at];
		if (at == told->ways)
			told->way[told->ways++] = (struct gate_way){ .text = xstrdup(text),
				.check = xcalloc(story->checks, sizeof(*way->check)) };
		if (difference->check)
			way->check[way->count++] = difference->check;
		free(text);
	}
}

static const char *message_of(const struct difference *difference)
{
	for (size_t i = 0; difference->result && difference->check && i < difference->result->check_count; i++)
		if (strcmp(difference->result->checks[i].id, difference->check->id) == 0)
			return difference->result->checks[i].message;
	return NULL;
}

/* Appends one that all must hold with. */
static void and_also(struct buf *out, const char *filter)
{
	if (*filter)
		buf_printf(out, strchr(filter, '|') ? "%s(%s)" : "%s%s", out->len ? " & " : "", filter);
}

/* The groups are exact among the cells of the run, so they need the filter that it had; ids do not. */
static char *again_of(const struct gate_story *story, const char *filter)
{
	struct buf cells = BUF_INIT, out = BUF_INIT;
	int all = 0;
	for (size_t i = 0; i < story->groups.count; i++) {
		const char *group = story->groups.group[i].filter;
		all |= !*group;
		buf_printf(&cells, "%s%s", i ? " | " : "", group);
	}
	for (size_t i = 0; i < story->rest_count; i++)
		buf_printf(&cells, "%s%s", cells.len ? " | " : "", story->rest[i]);
	and_also(&out, story->groups.count ? filter : "");
	and_also(&out, all ? "" : cells.data);
	buf_free(&cells);
	return buf_take(&out);
}

static void add_groups(struct telling *telling, const struct story *story, struct gate_story *told)
{
	const struct universe *universe = universe_for(telling, !story->difference[0]->result);
	unsigned char *chosen = xcalloc(universe->count + 1, 1);
	for (size_t i = 0; i < story->cells; i++)
		chosen[place_of(telling, story->difference[i])] = 1;
	groups_find(universe->cells, chosen, MOST_GROUPS, &told->groups);
	told->rest = xcalloc(told->groups.rest_count + 1, sizeof(*told->rest));
	for (size_t i = 0; i < told->groups.rest_count; i++)
		for (size_t k = 0; k < story->cells && told->rest_count == i; k++)
			if (place_of(telling, story->difference[k]) == told->groups.rest[i])
				told->rest[told->rest_count++] = story->difference[k]->cell;
	free(chosen);
}

static void add_story(struct telling *telling, const struct story *story)
{
	const char *filter = telling->view->filter;
	struct gate_story *told = &telling->gate->story[telling->gate->count++];
	*told = (struct gate_story){ .verdict = story->verdict,
		.worse = story->worse,
		.cells = story->cells,
		.checks = story->checks,
		.first = story->difference[0]->cell,
		.message = message_of(story->difference[0]) };
	add_groups(telling, story, told);
	add_ways(told, story);
	if (filter && story->difference[0]->result && told->rest_count <= MOST_AGAIN)
		told->again = again_of(told, filter);
}

void gate_make(const struct comparison *comparison, const struct baseline *was, const struct view *view,
    enum gate_plan plan, struct gate *gate)
{
	struct telling telling = { .gate = gate, .view = view, .was = was };
	struct stories stories;
	*gate = (struct gate){ .about = about_of(was, view, plan),
		.verdict = verdict_of(comparison, plan),
		.exit_code = exit_code(comparison, plan),
		.targets_file = view->targets_file,
		.comparison = comparison };
	stories_find(comparison, &stories);
	gate->story = xcalloc(stories.count + 1, sizeof(*gate->story));
	for (size_t i = 0; i < stories.count; i++)
		if (stories.story[i].difference[0]->result || plan != GATE_SOME)
			add_story(&telling, &stories.story[i]);
	stories_free(&stories);
	universe_free(&telling.of_baseline);
	universe_free(&telling.of_run);
}

void gate_free(struct gate *gate)
{
	for (size_t i = 0; i < gate->count; i++) {
		struct gate_story *story = &gate->story[i];
		for (size_t k = 0; k < story->ways; k++) {
			free(story->way[k].text);
			free(story->way[k].check);
		}
		free(story->way);
		free(story->rest);
		free(story->again);
		groups_free(&story->groups);
	}
	free(gate->story);
	free(gate->about);
	free(gate->verdict);
	*gate = (struct gate){ .count = 0 };
}

/* ---- words ---------------------------------------------------------------------------------------------- */

void gate_again(const struct gate *gate, const struct gate_story *story, struct buf *out)
{
	buf_add(out, "tlsmatrix run ");
	if (gate->targets_file) {
		buf_add(out, "--targets ");
		buf_add_shell(out, gate->targets_file);
		buf_add(out, " ");
	}
	buf_add_shell(out, story->again);
}

const char *gate_word(const struct gate_story *story)
{
	return story->worse && story->verdict == VERDICT_CHANGED ? "changed to worse" : verdict_name(story->verdict);
}

void gate_checks(const struct gate_way *way, size_t most, struct buf *out)
{
	for (size_t i = 0; i < way->count && i < most; i++)
		buf_printf(out, "%s%s", i ? " " : "", way->check[i]->id);
	if (way->count > most)
		buf_printf(out, " and %zu more", way->count - most);
}
