/* Workflow commands for GitHub Actions: annotations on the run's page.  A step shows ten errors and
 * ten warnings, so there is one for each kind of result, most important first, and the last one
 * counts the rest. */
#include "reports/view.h"

#include "reports/gate.h"
#include "reports/kinds.h"
#include "reports/marks.h"
#include "reports/text.h"

#include <stdlib.h>

enum { SHOWN = 9, CLIP = 600 };

/* A line that is there to be copied is whole, or it is of no use. */
static void add_exact(struct buf *out, const char *name, const char *text)
{
	if (text && *text)
		buf_printf(out, "%s: %s\n", name, text);
}

static void add_line(struct buf *out, const char *name, const char *text)
{
	if (text == NULL || *text == '\0')
		return;
	char *clipped = text_clip(text, CLIP);
	buf_printf(out, "%s: %s\n", name, clipped);
	free(clipped);
}

static void command(struct pen *pen, const char *kind, const char *title, const char *message)
{
	buf_printf(&pen->text, "::%s title=", kind);
	text_github(&pen->text, title, 1);
	buf_add(&pen->text, "::");
	text_github(&pen->text, message, 0);
	buf_add(&pen->text, "\n");
}

static int is_warning(const struct kind *kind) { return kind->results->check->status == STATUS_PASS; }

static void annotate(struct pen *pen, const struct view *view, const struct kind *kind)
{
	const struct check_result *check = kind->results->check;
	const struct check *about = kind_spans_checks(kind) ? NULL : view_check(view, check->id);
	struct buf title = BUF_INIT, message = BUF_INIT;
	char id[CELL_ID_MAX];

	buf_printf(&title, "%s: ", mark_styles[mark_check(check)].name);
	if (kind_spans_checks(kind))
		text_number(&title, kind->count, "check");
	else
		buf_add(&title, check->id);
	buf_add(&title, " in ");
	text_number(&title, kind->cells, "cell");
	add_line(&message, "cell", cell_id(&kind->results->cell->cell, id));
	if (!kind_spans_checks(kind)) {
		add_line(&message, "expected", check->expected);
		add_line(&message, "observed", check->observed ? check->observed : "(nothing)");
	}
	struct buf names = BUF_INIT;
	kind_targets(view, kind, &names);
	add_line(&message, "on", names.data);
	add_line(&message, "message", check->message);
	add_line(&message, mark_reason(check), check->reason);
	if (about)
		add_line(&message, "why", about->why);
	buf_clear(&names);
	kind_followers(kind, &names);
	add_line(&message, "so too", names.data);
	buf_free(&names);
	add_exact(&message, "repro", check->repro);
	if (message.len > 0)
		message.data[--message.len] = '\0'; /* the last newline would be an empty line */
	command(pen, is_warning(kind) ? "warning" : "error", title.data, message.data);
	buf_free(&title);
	buf_free(&message);
}

static void annotate_all(struct pen *pen, const struct view *view, const struct kinds *kinds, int warnings)
{
	size_t shown = 0, rest = 0;
	struct buf message = BUF_INIT;

	for (size_t i = 0; i < kinds->count; i++) {
		if (is_warning(&kinds->kind[i]) != warnings)
			continue;
		if (shown++ < (warnings || view->stale_count == 0 ? SHOWN : SHOWN - 1))
			annotate(pen, view, &kinds->kind[i]);
		else
			rest += kinds->kind[i].count;
	}
	if (rest > 0) {
		text_number(&message, rest, "more unexpected result");
		buf_add(&message, "; see the report.");
		command(pen, warnings ? "warning" : "error", "tlsmatrix", message.data);
	}
	buf_free(&message);
}

/* One for all rows of known.def that excuse nothing any more. */
static void annotate_stale(struct pen *pen, const struct view *view)
{
	struct buf title = BUF_INIT, message = BUF_INIT;

	text_number(&title, view->stale_count, "stale row");
	buf_add(&title, " in known.def");
	for (size_t i = 0; i < view->stale_count; i++) {
		const struct known *row = view->stale[i].row;
		char *line = xprintf("KNOWN(\"%s\", \"%s\", \"%s\")", row->where, row->check, row->status);
		add_line(&message, view->stale[i].unmatched ? "covers nothing" : "not so any more", line);
		free(line);
	}
	message.data[--message.len] = '\0';
	command(pen, "error", title.data, message.data);
	buf_free(&title);
	buf_free(&message);
}

/* With a baseline what is worse than that counts, not what failed then too. */
static void annotate_gate(struct pen *pen, const struct gate *gate)
{
	size_t shown = 0;
	for (size_t i = 0; i < gate->count && shown < SHOWN; i++) {
		const struct gate_story *story = &gate->story[i];
		struct buf title = BUF_INIT, message = BUF_INIT;
		if (!story->worse)
			continue;
		shown++;
		buf_printf(&title, "%s: ", gate_word(story));
		text_number(&title, story->checks, "check");
		buf_add(&title, " in ");
		text_number(&title, story->cells, "cell");
		for (size_t k = 0; k < story->groups.count; k++)
			add_line(&message, "all of",
			    *story->groups.group[k].filter ? story->groups.group[k].filter : "the run");
		for (size_t k = 0; k < story->ways; k++) {
			struct buf names = BUF_INIT;
			gate_checks(&story->way[k], 3, &names);
			add_line(&message, story->way[k].text, names.data);
			buf_free(&names);
		}
		add_line(&message, "message", story->message);
		add_line(&message, "such as", story->first);
		message.data[--message.len] = '\0';
		command(pen, "error", title.data, message.data);
		buf_free(&title);
		buf_free(&message);
	}
	command(pen, gate->exit_code ? "error" : "notice", "tlsmatrix", gate->verdict);
}

int report_github(const struct view *view, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	struct buf verdict = BUF_INIT;
	struct kinds kinds;

	if (view->gate) {
		annotate_gate(&pen, view->gate);
		return pen_end(&pen);
	}
	kinds_find(view, KINDS_UNEXPECTED, &kinds);
	if (view->stale_count > 0)
		annotate_stale(&pen, view);
	annotate_all(&pen, view, &kinds, 0);
	annotate_all(&pen, view, &kinds, 1);
	kinds_free(&kinds);
	view_verdict(view, &verdict);
	buf_add(&verdict, "\n");
	view_outcomes(view, &verdict);
	command(&pen, "notice", "tlsmatrix", verdict.data);
	buf_free(&verdict);
	return pen_end(&pen);
}
