/* Several Go releases for a file that is kept: the grid with a column for each release, what deviates and since when,
 * what each refuses. */
#include "reports/markdown/kept.h"

#include "reports/kinds.h"
#include "reports/markdown/markdown.h"
#include "reports/reasons.h"
#include "reports/releases.h"
#include "reports/text.h"

#include <stdint.h>

static void deviation(struct buf *out, const struct kind *kind, struct releases *releases)
{
	const struct kind_result *first = kind->results;
	struct buf ids = BUF_INIT, words = BUF_INIT;
	char id[CELL_ID_MAX];

	releases_clear(releases);
	for (size_t i = 0; i < kind->count; i++)
		releases_hold(releases, &kind->results[i].cell->cell);
	releases_words(releases, &words);
	kind_checks(kind, &ids);
	buf_add(out, "|");
	markdown_mark(out, mark_check(first->check));
	kept_text(out, words.data);
	kept_text(out, ids.data);
	buf_printf(out, " %zu |", kind->cells);
	kept_text(out, cell_id(&first->cell->cell, id));
	kept_text(out, first->check->reason ? first->check->reason : first->check->message);
	buf_add(out, "\n");
	buf_free(&words);
	buf_free(&ids);
}

static void deviations(
    struct buf *out, const struct view *view, enum kinds_of what, const char *title, struct releases *releases)
{
	struct kinds kinds;

	kinds_find(view, what, &kinds);
	if (kinds.count > 0)
		buf_printf(out,
		    "## %s\n\n| | releases | checks | cells | first cell | reason |\n|:-:|---|---|---:|---|---|\n",
		    title);
	for (size_t i = 0; i < kinds.count; i++)
		deviation(out, &kinds.kind[i], releases);
	buf_add(out, kinds.count > 0 ? "\n" : "");
	kinds_free(&kinds);
}

static void refusals(struct buf *out, const struct view *view, struct releases *releases)
{
	struct reasons reasons;

	reasons_find(view, OUTCOME_REFUSED, &reasons);
	if (reasons.count > 0)
		buf_add(out,
		    "## Refused, with the documented words\n\n| releases | cells | first cell | words |\n"
		    "|---|---:|---|---|\n");
	for (size_t i = 0; i < reasons.count; i++) {
		const struct reason *reason = &reasons.reason[i];
		struct buf words = BUF_INIT;
		char id[CELL_ID_MAX];
		releases_clear(releases);
		for (size_t k = 0; k < reason->count; k++)
			releases_hold(releases, &reason->cells[k]->cell);
		releases_words(releases, &words);
		buf_add(out, "|");
		kept_text(out, words.data);
		buf_printf(out, " %zu |", reason->count);
		kept_text(out, cell_id(&reason->cells[0]->cell, id));
		kept_text(out, reason->text);
		buf_add(out, "\n");
		buf_free(&words);
	}
	buf_add(out, reasons.count > 0 ? "\n" : "");
	reasons_free(&reasons);
}

int report_releases(const struct view *view, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	struct buf *text = &pen.text;
	struct releases releases;

	releases_find(view, &releases);
	buf_add(text,
	    "# What each Go release builds and runs\n\nMade by `tlsmatrix report --format markdown --releases`.\n\n**");
	view_outcomes(view, text);
	buf_add(text, ".**\n\n");
	kept_legend(text, view, mark_styles[MARK_PASS].meaning);
	for (size_t i = 0; i < view->count; i++)
		if (view->cells[i].cell.load != LOAD_NONE) {
			markdown_bytarget(text, view, SIZE_MAX);
			break;
		}
	kept_release_ports(text, view, &releases);
	deviations(text, view, KINDS_UNEXPECTED, "Unexpected", &releases);
	deviations(text, view, KINDS_KNOWN, "Known deviations", &releases);
	refusals(text, view, &releases);
	kept_lacks(text, view);
	releases_free(&releases);
	return kept_end(&pen);
}
