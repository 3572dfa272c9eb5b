/* What differs from a baseline, as text. */
#include "reports/gate.h"

#include "matrix/base/buf.h"
#include "reports/text.h"

#include <stdlib.h>

enum { MOST_CHECKS = 3, MOST_IDS = 10, MOST_TEXT = 300 };

static void story_cells(struct buf *out, const struct gate_story *story)
{
	for (size_t i = 0; i < story->groups.count; i++) {
		const struct cell_group *group = &story->groups.group[i];
		buf_add(out, "  ");
		text_number(out, group->count, "cell");
		if (*group->filter)
			buf_printf(out, ": all of '%s'\n", group->filter);
		else
			buf_add(out, ": all\n");
	}
	for (size_t i = 0; i < story->rest_count && i < MOST_IDS; i++)
		buf_printf(out, "  and %s\n", story->rest[i]);
	if (story->rest_count > MOST_IDS)
		buf_printf(out, "  and %zu more\n", story->rest_count - MOST_IDS);
}

static void tell(struct buf *out, const struct gate *gate, const struct gate_story *story, size_t width)
{
	buf_printf(out, "\n%s\n", gate_word(story));
	story_cells(out, story);
	for (size_t i = 0; i < story->ways; i++) {
		struct buf line = BUF_INIT;
		buf_printf(&line, "%s%s", story->way[i].text, story->way[i].count ? ": " : "");
		gate_checks(&story->way[i], MOST_CHECKS, &line);
		buf_add(out, "  ");
		text_wrap(out, line.data, 2, width);
		buf_free(&line);
	}
	if (story->worse && story->message) {
		char *clipped = text_clip(story->message, MOST_TEXT);
		struct buf line = BUF_INIT;
		text_add(&line, clipped, TEXT_ASCII);
		buf_add(out, "  ");
		text_wrap(out, line.data, 2, width);
		buf_free(&line);
		free(clipped);
	}
	if (story->worse)
		buf_printf(out, "  why: tlsmatrix show %s\n", story->first);
	if (story->worse && story->again) {
		buf_add(out, "  again: ");
		gate_again(gate, story, out);
		buf_add(out, "\n");
	}
}

int report_gate(const struct gate *gate, FILE *out, size_t width)
{
	struct pen pen = PEN_INIT(out);
	text_fold(&pen.text, gate->about, 2, width);
	for (size_t i = 0; i < gate->count; i++)
		tell(&pen.text, gate, &gate->story[i], width);
	buf_add(&pen.text, "\n");
	text_wrap(&pen.text, gate->verdict, 0, width);
	return pen_end(&pen);
}
