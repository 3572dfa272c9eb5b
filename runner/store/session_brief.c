/* session_brief.c - the last run in brief (session.h session_load_brief).
 *
 * Plan and journal are scanned (matrix/base/scan.h), without a tree of each.  What the scanner does not take is parsed
 * as session_load does it, line by line; a plan that it does not take leaves all to session_load. */
#include "runner/store/session.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/scan.h"
#include "matrix/known.h"
#include "runner/setup/files.h"
#include "runner/store/brief_line.h"
#include "runner/store/session_parts.h"
#include "runner/trial/judge.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct brief {
	struct session_reading reading;
	struct scan_text *planned; /* of each cell: its checks as the plan has them */
	char *told;                /* of each cell: it has a result */
};

/* ---- the plan ---------------------------------------------------------------------------------------------- */

/* A cell of the plan: how many checks it has, or -1 when something in it must be told of. */
static int count_checks(const struct scan_text *list)
{
	struct scan scan = { list->at + 1, list->at + list->len, 0 };
	struct scan_text name;
	size_t count = 0;
	int known = 1;
	while (scan_element(&scan, &count))
		if (!scan_string(&scan, &name) || !check_find_part(name.at, name.len))
			known = 0;
	return known && !scan.bad && count < BRIEF_CHECKS ? (int)count : -1;
}

static int add_cell(struct brief *brief, const struct scan_text *id, const struct scan_text *list)
{
	struct session *session = brief->reading.session;
	struct view *view = &session->view;
	struct diag unused = DIAG_INIT;
	int count = list->len ? count_checks(list) : -1;
	if (!id->len || id->escaped || count < 0)
		return 0;
	const char *text = texts_add(session->texts[0], id->at, id->len);
	if (cell_parse(text, &view->cells[view->count].cell, &unused))
		return 0;
	session_attach(session, &view->cells[view->count].cell);
	brief->planned[view->count] = *list;
	cell_index_add(&brief->reading.index, text);
	view->count++;
	view->planned_checks += (size_t)count;
	return 1;
}

/* Goes through the list of cells; brief NULL: only to count them. 0 when it cannot be taken. */
static int scan_cells(const struct scan_text *list, struct brief *brief, size_t *cells)
{
	struct scan scan = { list->at, list->at + list->len, 0 };
	struct scan_text name, value;
	*cells = 0;
	scan_must(&scan, '[');
	while (scan_element(&scan, cells)) {
		struct scan_text id = { .len = 0 }, named = { .len = 0 };
		size_t members = 0, twice = 0;
		scan_must(&scan, '{');
		while (scan_member(&scan, &members, &name)) {
			const char *from = scan.at;
			if (scan_text_is(&name, "id")) {
				twice += id.at != NULL;
				scan_string(&scan, &id);
			} else if (scan_value(&scan, &value) && scan_text_is(&name, "checks")) {
				twice += named.at != NULL || *from != '[';
				named = value;
			}
		}
		if (scan.bad || twice || (brief && !add_cell(brief, &id, &named)))
			return 0;
	}
	return !scan.bad && *cells > 0;
}

/* The plan without its cells, which stand in *cells. */
static json_t *scan_plan(const char *text, size_t len, struct scan_text *cells)
{
	struct scan scan = { text, text + len, 0 };
	struct scan_text name, value;
	size_t members = 0;
	int lists = 0;
	scan_must(&scan, '{');
	while (scan_member(&scan, &members, &name))
		if (scan_value(&scan, &value) && scan_text_is(&name, "cells")) {
			*cells = value;
			lists++;
		}
	if (scan.bad || scan.at != scan.end || lists != 1)
		return NULL;
	struct buf head = BUF_INIT;
	buf_add_bytes(&head, text, (size_t)(cells->at - text));
	buf_add(&head, "[]");
	buf_add_bytes(&head, cells->at + cells->len, (size_t)(text + len - cells->at) - cells->len);
	json_t *plan = json_loadb(head.data, head.len, 0, NULL);
	buf_free(&head);
	return plan;
}

static int take_plan(struct brief *brief, const char *text, size_t len, const char *out)
{
	struct session *session = brief->reading.session;
	struct diag unused = DIAG_INIT;
	struct scan_text list = { .len = 0 };
	size_t cells;
	session->plan = scan_plan(text, len, &list);
	if (!session->plan || !scan_cells(&list, NULL, &cells) || session_take_head(session, cells, out, &unused))
		return 0;
	cell_index_make(&brief->reading.index, cells);
	brief->planned = xcalloc(cells, sizeof(*brief->planned));
	brief->told = xcalloc(cells, 1);
	return scan_cells(&list, brief, &cells);
}

/* ---- the journal ------------------------------------------------------------------------------------------- */

static void *make(void *context, size_t worker, const char *json, size_t len)
{
	struct brief *brief = context;
	return brief_line(&brief->reading.index, brief->reading.session->texts[worker], json, len);
}

static int take(void *context, void *made, size_t number)
{
	(void)number;
	struct brief *brief = context;
	struct brief_told *told = made;
	struct session_reading *reading = &brief->reading;
	const struct cell_index *index = &reading->index;
	size_t at = told->place;
	int error = told->error;
	if (error)
		diag_set(reading->diag, -error, "%s", told->why);
	if (told->event)
		session_take_event(reading, told->event);
	if (!error && at != BRIEF_NOWHERE) {
		at = cell_index_find(index, index->id[at], strlen(index->id[at]), reading->next);
		reading->next = at + 1;
		struct cell_result *result = &reading->session->view.cells[at];
		result->build_status = told->build_status;
		result->facts = told->facts ? json_true() : NULL;
		result->checks = told->checks;
		result->check_count = told->count;
		result->cached = told->cached;
		brief->told[at] = 1;
	}
	brief_drop(told);
	return error;
}

/* The planned checks of a cell of which nothing came. */
static void fill_notrun(const struct scan_text *planned, struct texts *texts, struct cell_result *result)
{
	struct scan scan = { planned->at + 1, planned->at + planned->len, 0 };
	struct scan_text name;
	size_t count = 0;
	result->checks = texts_room(texts, ((size_t)count_checks(planned) + 1) * sizeof(*result->checks));
	result->build_status = STATUS_NOTRUN;
	while (scan_element(&scan, &count) && scan_string(&scan, &name))
		result->checks[result->check_count++] =
		    (struct check_result){ .id = (char *)check_find_part(name.at, name.len)->id,
			    .status = STATUS_NOTRUN,
			    .message = (char *)SESSION_NOTRUN };
}

/* ---- the verdicts ------------------------------------------------------------------------------------------ */

enum { SHARE = 256 };

struct judging {
	struct session *session;
	atomic_size_t next;
	atomic_int doubtful;
};

static void *judge_some(void *data)
{
	struct judging *judging = data;
	const struct view *view = &judging->session->view;
	struct known_memo *memo = known_memo_new();
	for (size_t from; (from = atomic_fetch_add(&judging->next, SHARE)) < view->count;) {
		for (size_t i = from; i < from + SHARE && i < view->count; i++) {
			struct cell_result *result = &view->cells[i];
			session_attach_facts(judging->session, &result->cell);
			judge_brief(result, memo);
			if (result->build_status != STATUS_NOTRUN && !judge_is_final(result))
				atomic_store(&judging->doubtful, 1);
		}
	}
	known_memo_free(memo);
	return NULL;
}

static void judge_all(struct brief *brief)
{
	struct session *session = brief->reading.session;
	struct judging judging = { .session = session };
	pthread_t thread[JOURNAL_WORKERS];
	size_t count = journal_workers(), started = 1;
	session_take_facts(session);
	/* What the rules work out once is worked out here, by one thread. */
	known_find(&session->view.cells[0].cell, checks[0].id);
	while (started < count && started * SHARE < session->view.count &&
	    pthread_create(&thread[started], NULL, judge_some, &judging) == 0)
		started++;
	judge_some(&judging);
	for (size_t i = 1; i < started; i++)
		pthread_join(thread[i], NULL);
	brief->reading.doubtful = atomic_load(&judging.doubtful);
}

static int load_journal(struct brief *brief, const char *out, struct diag *diag)
{
	static const struct journal_lines lines = { make, take, brief_drop };
	struct session *session = brief->reading.session;
	struct journal_tally tally;
	char *path = xprintf("%s/journal", out);
	int error = journal_read_lines(path, &lines, brief, &tally, diag);
	free(path);
	if (error) {
		session_free(session);
	} else {
		for (size_t i = 0; i < session->view.count; i++)
			if (!brief->told[i])
				fill_notrun(&brief->planned[i], session->texts[0], &session->view.cells[i]);
		judge_all(brief);
		session_end(&brief->reading);
	}
	session->torn = tally.torn;
	return error;
}

int session_load_brief(const char *out, struct session *session, struct diag *diag)
{
	struct brief brief = { .reading = { .session = session, .diag = diag } };
	char *path = xprintf("%s/plan.json", out), *text = NULL;
	size_t len = 0;
	*session = (struct session){ .events = json_array(), .texts_count = journal_workers() };
	session->texts = xcalloc(session->texts_count, sizeof(*session->texts));
	for (size_t i = 0; i < session->texts_count; i++)
		session->texts[i] = texts_new();
	int taken = file_read(path, &text, &len) == 0 && take_plan(&brief, text, len, out), error = 0;
	if (taken)
		error = load_journal(&brief, out, diag);
	else
		session_free(session);
	cell_index_free(&brief.reading.index);
	free(brief.planned);
	free(brief.told);
	free(text);
	free(path);
	return taken ? error : session_load(out, session, diag);
}
