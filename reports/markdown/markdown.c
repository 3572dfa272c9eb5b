/* Markdown for a step summary: GitHub takes at most 1 MiB, so the whole is kept in memory and kinds
 * are left out, with a word about it, once it is close to that.  Foreign text stands in <pre>,
 * where only HTML has a meaning. */
#include "reports/markdown/markdown.h"

#include "reports/kinds.h"
#include "reports/layout.h"
#include "reports/overview.h"
#include "reports/reasons.h"
#include "reports/skips.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

enum { SIZE_MAX_BYTES = 1000 * 1000, GRID_MAX = 400 * 1000, CLIP = 4000, CELLS = 50, LACKS = 40 };

static void counts_table(struct buf *out, const struct view *view)
{
	struct counts counts;

	view_count(view, &counts);
	buf_add(out, "| planned |");
	for (size_t s = 0; s < STATUS_COUNT; s++)
		if (counts.status[s] > 0)
			buf_printf(out, " %s |", status_name((enum status)s));
	buf_add(out, "\n|---:|");
	for (size_t s = 0; s < STATUS_COUNT; s++)
		if (counts.status[s] > 0)
			buf_add(out, "---:|");
	buf_printf(out, "\n| %zu |", view->planned_checks);
	for (size_t s = 0; s < STATUS_COUNT; s++)
		if (counts.status[s] > 0)
			buf_printf(out, " %zu |", counts.status[s]);
	buf_add(out, "\n\n");
}

static void skips_line(struct buf *out, const struct view *view)
{
	struct skips skips;

	skips_find(view, &skips);
	for (size_t i = 0; i < skips.count; i++) {
		char *name = skip_name(&skips.class[i]);
		buf_printf(out, "%s%zu ", i > 0 ? ", " : "Skipped: ", skips.class[i].checks);
		text_markdown(out, name);
		free(name);
	}
	buf_add(out, skips.count > 0 ? ".\n\n" : "");
	skips_free(&skips);
}

static void section_row(struct buf *out, const struct layout_section *section, const struct layout_row *row)
{
	buf_printf(out, "| %s | %d | %s |", mode_name(row->mode), row->cgo, layout_load(row->load));
	for (enum link l = 0; l < LINK_COUNT; l++) {
		if (!(section->links & (1u << l)))
			continue;
		if (row->cell[l] == NULL) {
			buf_add(out, "  |");
			continue;
		}
		markdown_mark(out, mark_cell(row->cell[l]));
	}
	buf_add(out, "\n");
}

static void section_table(struct buf *out, const struct layout_section *section)
{
	char *title = layout_title(section);

	buf_add(out, "### ");
	text_xml(out, title);
	buf_add(out, "\n\n| buildmode | cgo | load |");
	for (enum link l = 0; l < LINK_COUNT; l++)
		if (section->links & (1u << l))
			buf_printf(out, " %s%s |", layout_column(l), link_is_static(l) ? " static" : "");
	buf_add(out, "\n|---|---|---|");
	for (enum link l = 0; l < LINK_COUNT; l++)
		if (section->links & (1u << l))
			buf_add(out, ":-:|");
	buf_add(out, "\n");
	for (size_t i = 0; i < section->count; i++)
		section_row(out, section, &section->row[i]);
	buf_add(out, "\n");
	free(title);
}

static void overview_row(struct buf *out, const struct overview *overview, const struct overview_row *row)
{
	char name[OVERVIEW_NAME_MAX];

	buf_printf(out, "| %s %s |", row->cell->go, overview_name(row->cell, name));
	for (enum mode m = 0; m < MODE_COUNT; m++) {
		if (!(overview->modes >> m & 1))
			continue;
		for (int cgo = 0; cgo < 2; cgo++) {
			if (row->shown[m][cgo])
				markdown_mark(out, mark_cell(row->shown[m][cgo]));
			else
				buf_add(out, "  |");
		}
	}
	for (enum outcome o = 0; o <= OUTCOME_FAILED; o++)
		buf_printf(out, " %zu |", row->outcome[o]);
	buf_add(out, "\n");
}

static void overview_table(struct buf *out, const struct overview *overview)
{
	struct buf line = BUF_INIT;

	buf_add(out, "| port |");
	buf_add(&line, "|---|");
	for (enum mode m = 0; m < MODE_COUNT; m++) {
		if (!(overview->modes >> m & 1))
			continue;
		buf_printf(out, " %s<br>cgo0 | cgo1 |", mode_name(m));
		buf_add(&line, ":-:|:-:|");
	}
	for (enum outcome o = 0; o <= OUTCOME_FAILED; o++) {
		buf_printf(out, " %s |", outcome_phrase(o));
		buf_add(&line, "---:|");
	}
	buf_printf(out, "\n%s\n", line.data);
	buf_free(&line);
	size_t i = 0;
	for (; i < overview->count && out->len < GRID_MAX; i++)
		if (overview->row[i].place == OVERVIEW_TABLE)
			overview_row(out, overview, &overview->row[i]);
	if (i < overview->count)
		buf_printf(out, "\n%zu more ports are in the full report.\n", overview->count - i);
	buf_add(out, "\nA mark is the worst of its link modes; `r`: all of them are refused. ");
	overview_refused(overview, out);
	buf_add(out, "\n\n");
}

static void sections(struct buf *out, const struct view *view, const struct overview *overview, int many)
{
	const int several = view_many_columns(view);
	struct layout layout;
	size_t i = 0;

	if (several)
		markdown_bytarget(out, view, GRID_MAX);
	layout_make(view, &layout);
	for (; i < layout.count && out->len < GRID_MAX; i++) {
		const struct cell *cell = layout.section[i].cell;
		if (!(several && cell->load != LOAD_NONE) && (!many || overview_is_block(overview, cell)))
			section_table(out, &layout.section[i]);
	}
	if (i < layout.count)
		buf_printf(out, "%zu more tables are in the full report.\n\n", layout.count - i);
	layout_free(&layout);
}

static void grid(struct buf *out, const struct view *view)
{
	struct overview overview;
	unsigned seen = 0;

	overview_make(view, &overview);
	int many = overview_wanted(&overview);
	sections(out, view, &overview, many);
	if (many)
		overview_table(out, &overview);
	overview_free(&overview);
	for (size_t c = 0; c < view->count; c++)
		seen |= 1u << mark_cell(&view->cells[c]);
	for (enum mark m = 0; m < MARK_COUNT; m++)
		if (seen & (1u << m))
			buf_printf(out, "`%c` %s  \n", mark_styles[m].letter, mark_styles[m].meaning);
	buf_add(out, "\n");
}

/* What this machine lacks, and the ports that it costs. */
static void lacks(struct buf *out, const struct view *view)
{
	struct reasons reasons;

	reasons_find(view, OUTCOME_UNBUILDABLE, &reasons);
	if (reasons.count > 0)
		buf_add(out, "## Not buildable here\n\n| cells | what is missing | ports |\n|---:|---|---|\n");
	for (size_t i = 0; i < reasons.count && i < LACKS; i++) {
		struct buf ports = BUF_INIT;
		char *text = text_clip(reasons.reason[i].text, CLIP);
		reason_ports(&reasons.reason[i], &ports);
		buf_printf(out, "| %zu | ", reasons.reason[i].count);
		text_markdown(out, text);
		buf_printf(out, " | %s |\n", ports.data);
		buf_free(&ports);
		free(text);
	}
	if (reasons.count > LACKS)
		buf_printf(out, "\nand %zu more\n", reasons.count - LACKS);
	if (reasons.count > 0)
		buf_add(out, "\n");
	reasons_free(&reasons);
}

/* A line that is there to be copied: whole. */
static void pre_exact(struct buf *out, const char *name, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	buf_printf(out, "%-9s ", name);
	text_xml(out, text);
	buf_add(out, "\n");
}

static void pre_line(struct buf *out, const char *name, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	char *clipped = text_clip(text, CLIP);
	buf_printf(out, "%-9s ", name);
	text_xml(out, clipped);
	buf_add(out, "\n");
	free(clipped);
}

static void cell_lines(struct buf *out, const struct kind *kind)
{
	char id[CELL_ID_MAX];
	size_t shown = 0;

	for (size_t i = 0; i < kind->count && shown < CELLS; i++)
		if (i == 0 || kind->results[i].cell != kind->results[i - 1].cell)
			pre_line(out, shown++ == 0 ? "cell" : "", cell_id(&kind->results[i].cell->cell, id));
	if (kind->cells > shown)
		buf_printf(out, "%-9s and %zu more\n", "", kind->cells - shown);
}

static void kind_block(struct buf *out, const struct view *view, const struct kind *kind)
{
	const struct check_result *check = kind->results->check;
	const struct check *about = kind_spans_checks(kind) ? NULL : view_check(view, check->id);
	struct buf targets = BUF_INIT;

	buf_printf(out, "<details><summary><b>%s</b> ", mark_styles[mark_check(check)].name);
	if (kind_spans_checks(kind)) {
		text_number(out, kind->count, "check");
	} else {
		buf_add(out, "<code>");
		text_xml(out, check->id);
		buf_add(out, "</code>");
	}
	buf_add(out, " in ");
	text_number(out, kind->cells, "cell");
	buf_add(out, "</summary>\n\n<pre>\n");
	if (about)
		pre_line(out, "check", about->meaning);
	if (!kind_spans_checks(kind)) {
		pre_line(out, "expected", check->expected);
		pre_line(out, "observed", check->observed ? check->observed : "(nothing)");
	}
	kind_targets(view, kind, &targets);
	pre_line(out, "on", targets.data);
	buf_free(&targets);
	pre_line(out, "message", check->message);
	pre_line(out, mark_reason(check), check->reason);
	if (about)
		pre_line(out, "why", about->why);
	if (!kind_spans_checks(kind))
		pre_line(out, "source", check->source);
	struct buf followers = BUF_INIT;
	kind_followers(kind, &followers);
	pre_line(out, "so too", followers.data);
	buf_free(&followers);
	pre_line(out, "log", kind_log(view, kind));
	pre_exact(out, "repro", check->repro);
	cell_lines(out, kind);
	buf_add(out, "</pre>\n</details>\n\n");
}

static void kinds_section(struct buf *out, const struct view *view, enum kinds_of what, const char *title)
{
	struct kinds kinds;
	size_t i = 0, rest = 0;

	kinds_find(view, what, &kinds);
	if (kinds.count > 0)
		buf_printf(out, "## %s\n\n", title);
	for (; i < kinds.count; i++) {
		struct buf block = BUF_INIT;
		kind_block(&block, view, &kinds.kind[i]);
		int fits = out->len + block.len < SIZE_MAX_BYTES;
		if (fits)
			buf_add_bytes(out, block.data, block.len);
		else
			rest += kinds.kind[i].count;
		buf_free(&block);
	}
	if (rest > 0)
		buf_printf(out, "%zu more results did not fit here; they are in the full report.\n\n", rest);
	kinds_free(&kinds);
}

int report_markdown(const struct view *view, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	struct buf *text = &pen.text, alarm = BUF_INIT;

	buf_add(text, "# tlsmatrix\n\n**");
	view_verdict(view, text);
	buf_add(text, "**\n\n");
	view_alarm(view, &alarm);
	for (char *line = strtok(alarm.data, "\n"); line; line = strtok(NULL, "\n")) {
		buf_add(text, "> **");
		text_markdown(text, line);
		buf_add(text, "**\n\n");
	}
	buf_free(&alarm);
	if (view->gate)
		markdown_gate(text, view->gate);
	view_outcomes(view, text);
	buf_add(text, ".\n\n");
	counts_table(text, view);
	skips_line(text, view);
	buf_add(text, "<pre>\n");
	pre_line(text, "Go", view->go);
	pre_line(text, "host", view->host);
	pre_line(text, "started", view->started);
	if (view->part)
		pre_line(text, "part", view->part);
	pre_line(text, "plan", view->plan);
	buf_add(text, "</pre>\n\n");
	grid(text, view);
	lacks(text, view);
	markdown_targets(text, view);
	markdown_notarget(text, view);
	kinds_section(text, view, KINDS_UNEXPECTED, "Unexpected");
	kinds_section(text, view, KINDS_KNOWN, "Known deviations");
	return pen_end(&pen);
}
