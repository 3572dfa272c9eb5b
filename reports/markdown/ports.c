/* The verdict of every port and mode as Markdown for a file that is kept: the marks, the TLS access of
 * each built cell with the source of its rule, and why the others have no artifact.  Sorted, without
 * times, paths or the machine's name, so that two runs differ where their results do. */
#include "reports/markdown/kept.h"

#include "reports/access.h"
#include "reports/kinds.h"
#include "reports/markdown/markdown.h"
#include "reports/overview.h"
#include "reports/reasons.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- marks ---- */

static void marks_heading(struct buf *out, const struct overview *overview)
{
	buf_add(out, "| port |");
	for (enum mode m = 0; m < MODE_COUNT; m++)
		for (int cgo = 0; cgo < 2; cgo++)
			for (enum link l = 0; l < LINK_COUNT; l++)
				if (overview->links[m][cgo] >> l & 1)
					buf_printf(out, " %s<br>cgo%d<br>%s |", mode_name(m), cgo, link_name(l));
	buf_add(out, "\n|---|");
	for (enum mode m = 0; m < MODE_COUNT; m++)
		for (int cgo = 0; cgo < 2; cgo++)
			for (enum link l = 0; l < LINK_COUNT; l++)
				if (overview->links[m][cgo] >> l & 1)
					buf_add(out, ":-:|");
	buf_add(out, "\n");
}

static void marks_row(struct buf *out, const struct overview *overview, const struct overview_row *row)
{
	char name[OVERVIEW_NAME_MAX];

	buf_printf(out, "| %s |", overview_name(row->cell, name));
	for (enum mode m = 0; m < MODE_COUNT; m++)
		for (int cgo = 0; cgo < 2; cgo++)
			for (enum link l = 0; l < LINK_COUNT; l++)
				if (overview->links[m][cgo] >> l & 1)
					kept_mark(out, row->link[m][cgo][l]);
	buf_add(out, "\n");
}

static int same_go(const struct cell *a, const struct cell *b) { return strcmp(a->go, b->go) == 0; }

/* Variants of which every cell is refused: "- `race`: aix/ppc64 js/wasm". */
static void refused_variants(struct buf *out, const struct overview *overview)
{
	struct buf summary = BUF_INIT;

	overview_refused(overview, &summary);
	if (summary.len > 0)
		buf_printf(out, "%s\n\n", summary.data);
	for (size_t i = 0; i < overview->count; i++) {
		const char *name = overview->row[i].cell->variant;
		int first = overview->row[i].place == OVERVIEW_REFUSED;
		for (size_t k = 0; k < i && first; k++)
			first = overview->row[k].place != OVERVIEW_REFUSED ||
			    strcmp(overview->row[k].cell->variant, name) != 0;
		if (!first)
			continue;
		buf_printf(out, "- `%s`:", name);
		for (size_t k = i; k < overview->count; k++)
			if (overview->row[k].place == OVERVIEW_REFUSED &&
			    strcmp(overview->row[k].cell->variant, name) == 0)
				buf_printf(out, " %s/%s", overview->row[k].cell->os, overview->row[k].cell->arch);
		buf_add(out, "\n");
	}
	buf_add(out, summary.len > 0 ? "\n" : "");
	buf_free(&summary);
}

static void marks(struct buf *out, const struct view *view)
{
	const struct cell *above = NULL;
	struct overview overview;

	overview_make(view, &overview);
	kept_legend(out, view, "built and inspected, all checks pass");
	for (size_t i = 0; i < overview.count; i++) {
		const struct overview_row *row = &overview.row[i];
		if (row->place == OVERVIEW_REFUSED)
			continue;
		if (above == NULL || !same_go(above, row->cell)) {
			buf_printf(out, "%s## Verdicts, %s\n\n", above ? "\n" : "", row->cell->go);
			marks_heading(out, &overview);
		}
		marks_row(out, &overview, row);
		above = row->cell;
	}
	buf_add(out, "\n");
	refused_variants(out, &overview);
	overview_free(&overview);
}

/* ---- TLS access ---- */

/* "`-8` |", or the whole text where it has not the form of tls.access. */
static void access_value(struct buf *out, const char *text, const char *key)
{
	char *value = access_word(text, key);

	buf_add(out, " ");
	if (value == NULL && strcmp(key, "model") == 0)
		value = xstrdup(text);
	if (value && *value && !strpbrk(value, "|`\\")) {
		buf_add(out, "`");
		text_add(out, value, TEXT_ASCII);
		buf_add(out, "` |");
	} else {
		text_markdown(out, value);
		buf_add(out, " |");
	}
	free(value);
}

static void access_row(struct buf *out, const struct accesses *accesses, const struct access_group *group)
{
	const struct check_result *check = group->one->check;
	enum mark m = mark_check(check);
	char name[OVERVIEW_NAME_MAX];
	struct buf cells = BUF_INIT, source = BUF_INIT;

	access_cells(accesses, group, &cells);
	buf_printf(out, "| %s |", overview_name(&group->one->cell->cell, name));
	kept_text(out, cells.data);
	markdown_mark(out, m);
	access_value(out, check->observed, "model");
	access_value(out, check->observed, "at");
	access_value(out, check->observed, "reloc");
	access_value(out, check->observed, "form");
	if (check->status != STATUS_PASS)
		buf_printf(&source, "expected %s: ", check->expected ? check->expected : "nothing");
	buf_add(&source, check->source ? check->source : "");
	kept_text(out, source.data);
	buf_add(out, "\n");
	buf_free(&source);
	buf_free(&cells);
}

static void access_table(struct buf *out, const struct view *view)
{
	struct accesses accesses;

	accesses_find(view, &accesses);
	for (size_t i = 0; i < accesses.count; i++) {
		const struct cell *cell = &accesses.group[i].one->cell->cell;
		if (i == 0 || !same_go(&accesses.group[i - 1].one->cell->cell, cell))
			buf_printf(out,
			    "%s## How Go reaches its slot, %s\n\n| port | built cells | | model | at | relocation | "
			    "form | source of the rule |\n"
			    "|---|---|:-:|---|---|---|---|---|\n",
			    i > 0 ? "\n" : "", cell->go);
		access_row(out, &accesses, &accesses.group[i]);
	}
	if (accesses.count > 0)
		buf_add(out, "\n");
	if (accesses.unasked > 0) {
		buf_add(out, "Not asked in ");
		text_number(out, accesses.unasked, "built cell");
		buf_add(out, ": the run did not plan `tls.access` there.\n\n");
	}
	accesses_free(&accesses);
}

/* ---- all of it ---- */

static void deviations(struct buf *out, const struct view *view, enum kinds_of what, const char *title)
{
	struct kinds kinds;
	char id[CELL_ID_MAX];

	kinds_find(view, what, &kinds);
	if (kinds.count > 0)
		buf_printf(out,
		    "## %s\n\n| | checks | cells | first cell | expected | observed | reason "
		    "|\n|:-:|---|---:|---|---|---|---|\n",
		    title);
	for (size_t i = 0; i < kinds.count; i++) {
		const struct kind_result *first = kinds.kind[i].results;
		struct buf ids = BUF_INIT;
		kind_checks(&kinds.kind[i], &ids);
		buf_printf(out, "| %c |", mark_styles[mark_check(first->check)].letter);
		kept_text(out, ids.data);
		buf_printf(out, " %zu |", kinds.kind[i].cells);
		kept_text(out, cell_id(&first->cell->cell, id));
		kept_text(out, first->check->expected);
		kept_text(out, first->check->observed);
		kept_text(out, first->check->reason);
		buf_add(out, "\n");
		buf_free(&ids);
	}
	buf_add(out, kinds.count > 0 ? "\n" : "");
	kinds_free(&kinds);
}

static void refusals(struct buf *out, const struct view *view)
{
	struct reasons reasons;

	reasons_find(view, OUTCOME_REFUSED, &reasons);
	if (reasons.count > 0)
		buf_add(out, "## Refused, with the documented words\n\n| cells | ports | words |\n|---:|---:|---|\n");
	for (size_t i = 0; i < reasons.count; i++) {
		buf_printf(out, "| %zu | %zu |", reasons.reason[i].count, reasons.reason[i].ports);
		kept_text(out, reasons.reason[i].text);
		buf_add(out, "\n");
	}
	buf_add(out, reasons.count > 0 ? "\n" : "");
	reasons_free(&reasons);
}

int report_ports(const struct view *view, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	struct buf *text = &pen.text;

	buf_add(text,
	    "# The verdict of every port and mode\n\nMade by `tlsmatrix report --format markdown --ports`.\n\n**");
	view_outcomes(view, text);
	buf_add(text, ".**\n\n");
	marks(text, view);
	access_table(text, view);
	deviations(text, view, KINDS_UNEXPECTED, "Unexpected");
	deviations(text, view, KINDS_KNOWN, "Known deviations");
	refusals(text, view);
	kept_lacks(text, view);
	return kept_end(&pen);
}
