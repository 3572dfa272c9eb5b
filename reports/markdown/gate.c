/* What differs from a baseline, in Markdown: a text for a review. */
#include "reports/markdown/markdown.h"

#include "reports/gate.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_CHECKS = 3, MOST_STORIES = 40, MOST_IDS = 10 };

static void add_cells(struct buf *out, const struct gate_story *story)
{
	struct buf cells = BUF_INIT;
	for (size_t i = 0; i < story->groups.count; i++) {
		buf_printf(&cells, "%s%zu: ", i ? "; " : "", story->groups.group[i].count);
		buf_add(&cells, *story->groups.group[i].filter ? story->groups.group[i].filter : "all");
	}
	for (size_t i = 0; i < story->rest_count && i < MOST_IDS; i++)
		buf_printf(&cells, "; %s", story->rest[i]);
	if (story->rest_count > MOST_IDS)
		buf_printf(&cells, "; %zu more", story->rest_count - MOST_IDS);
	text_markdown(out, cells.data);
	buf_free(&cells);
}

static void add_story(struct buf *out, const struct gate_story *story)
{
	struct buf ways = BUF_INIT;
	buf_printf(out, story->worse ? "| **%s** | " : "| %s | ", gate_word(story));
	add_cells(out, story);
	for (size_t i = 0; i < story->ways; i++) {
		buf_printf(&ways, "%s%s%s", i ? "; " : "", story->way[i].text, story->way[i].count ? ": " : "");
		gate_checks(&story->way[i], MOST_CHECKS, &ways);
	}
	buf_add(out, " | ");
	text_markdown(out, ways.data);
	buf_add(out, " |\n");
	buf_free(&ways);
}

void markdown_gate(struct buf *out, const struct gate *gate)
{
	buf_add(out, "## Against the baseline\n\n**");
	text_markdown(out, gate->verdict);
	buf_add(out, "**\n\n");
	if (gate->count)
		buf_add(out, "| | cells | checks |\n|---|---|---|\n");
	for (size_t i = 0; i < gate->count && i < MOST_STORIES; i++)
		add_story(out, &gate->story[i]);
	buf_add(out, gate->count ? "\n" : "");
	if (gate->count > MOST_STORIES)
		buf_printf(out, "%zu more: `tlsmatrix gate` tells all.\n\n", gate->count - MOST_STORIES);
}
