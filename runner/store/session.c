#include "runner/store/session.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/known.h"
#include "runner/store/journal.h"
#include "runner/store/session_parts.h"
#include "runner/trial/judge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Results come nearly in the order of the plan. */
static struct cell_result *find(struct session_reading *reading, const struct cell *cell)
{
	char id[CELL_ID_MAX];
	cell_id(cell, id);
	size_t at = cell_index_find(&reading->index, id, strlen(id), reading->next);
	if (at == (size_t)-1)
		return NULL;
	reading->next = at + 1;
	return &reading->session->view.cells[at];
}

void session_attach(const struct session *session, struct cell *cell)
{
	for (size_t i = 0; i < session->release_count; i++)
		if (strcmp(session->ports[i].go, cell->go) == 0)
			ports_attach(&session->ports[i].ports, cell);
}

/* What was planned, as if nothing of it had run. */
static int cell_planned(
    const struct session *session, const json_t *json, struct cell_result *result, struct diag *diag)
{
	const char *id = json_string_value(json_object_get(json, "id"));
	int error = cell_parse(id ? id : "", &result->cell, diag);
	if (error)
		return error;
	session_attach(session, &result->cell);
	const json_t *ids = json_object_get(json, "checks");
	result->checks = xcalloc(json_array_size(ids) + 1, sizeof(*result->checks));
	size_t i;
	json_t *name;
	json_array_foreach(ids, i, name)
	{
		const char *text = json_string_value(name);
		const struct check *check = check_find(text ? text : "");
		if (!check)
			return diag_set(diag, EBADMSG, "%s: check '%s' is not one of this tlsmatrix: run again", id,
			    text ? text : "?");
		struct check_result *slot = &result->checks[result->check_count++];
		judge_start(check, &result->cell, slot);
		judge_status(slot, STATUS_NOTRUN, SESSION_NOTRUN);
	}
	result->build_status = STATUS_NOTRUN;
	return 0;
}

/* What the run found out about a target; when it was asked twice, the last word counts. */
static void take_target(struct session *session, json_t *told)
{
	const char *name = json_string_value(json_object_get(told, "name"));
	json_t *facts = json_object_get(told, "facts");
	size_t at = 0;
	if (!name)
		return;
	while (at < session->view.target_count && strcmp(session->targets[at].name, name) != 0)
		at++;
	if (at == session->view.target_count) {
		session->targets = xrealloc(session->targets, (at + 1) * sizeof(*session->targets));
		session->view.targets = session->targets;
		session->view.target_count++;
	}
	json_array_append(session->events, told);
	session->targets[at] = (struct view_target){
		.name = name,
		.kind = json_string_value(json_object_get(told, "kind")),
		.version = json_string_value(json_object_get(told, "version")),
		.message = json_string_value(json_object_get(told, "message")),
		.facts = json_is_object(facts) ? facts : NULL,
	};
}

void session_take_event(struct session_reading *reading, json_t *event)
{
	const char *kind = json_string_value(json_object_get(event, "event"));
	if (kind && strcmp(kind, "target") == 0)
		take_target(reading->session, json_object_get(event, "target"));
	if (kind && strcmp(kind, "end") == 0) {
		reading->ended = 1;
		reading->session->view.seconds = json_real_value(json_object_get(event, "seconds"));
	}
}

static int take_event(void *context, json_t *event, size_t line)
{
	(void)line;
	struct session_reading *reading = context;
	const char *kind = json_string_value(json_object_get(event, "event"));
	session_take_event(reading, event);
	if (!kind || strcmp(kind, "cell") != 0)
		return 0;
	struct cell_result result;
	int error = cell_result_parse(json_object_get(event, "result"), &result, reading->diag);
	if (error)
		return error;
	struct cell_result *slot = find(reading, &result.cell);
	if (!slot) {
		cell_result_free(&result);
		return 0;
	}
	result.cached = json_is_true(json_object_get(event, "cached"));
	result.cell.port = slot->cell.port;
	cell_result_free(slot);
	*slot = result;
	return 0;
}

/* When all is read: rules ask what the targets are. */
void session_take_facts(struct session *session)
{
	const struct view *view = &session->view;
	session->facts = xcalloc(view->target_count + 1, sizeof(*session->facts));
	for (size_t i = 0; i < view->target_count; i++)
		target_facts_take(view->targets[i].message ? NULL : view->targets[i].facts, &session->facts[i]);
}

void session_attach_facts(const struct session *session, struct cell *cell)
{
	for (size_t k = 0; k < session->view.target_count && !cell->facts; k++)
		if (strcmp(session->targets[k].name, cell->target) == 0)
			cell->facts = &session->facts[k];
}

static void judge_all(struct session_reading *reading)
{
	struct session *session = reading->session;
	session_take_facts(session);
	for (size_t i = 0; i < session->view.count; i++) {
		struct cell_result *result = &session->view.cells[i];
		session_attach_facts(session, &result->cell);
		judge_result(result);
		reading->doubtful |= result->build_status != STATUS_NOTRUN && !judge_is_final(result);
	}
}

static const char *text_of(const json_t *plan, const char *key)
{
	const char *text = json_string_value(json_object_get(plan, key));
	return text ? text : "";
}

/* What a release said of its ports, by which its cells are judged. */
static int take_release(
    struct session *session, const char *go, const json_t *lines, const char *out, struct diag *diag)
{
	struct session_ports *ports = &session->ports[session->release_count++];
	struct buf text = BUF_INIT;
	size_t i;
	json_t *line;
	ports->go = go;
	json_array_foreach(lines, i, line)
	    buf_printf(&text, "%s\n", json_string_value(line) ? json_string_value(line) : "?");
	char *name = xprintf("%s/plan.json: ports of %s", out, go);
	int error = ports_parse(name, text.data, &ports->ports, diag);
	free(name);
	buf_free(&text);
	return error;
}

static int take_ports(struct session *session, const char *out, struct diag *diag)
{
	json_t *all = json_object_get(session->plan, "ports"), *lines;
	const char *go;
	int error = 0;
	if (all && !json_is_object(all))
		return diag_set(diag, EBADMSG, "%s/plan.json: another tlsmatrix made it: run again", out);
	session->ports = xcalloc(json_object_size(all) + 1, sizeof(*session->ports));
	json_object_foreach(all, go, lines) if (!error) error = take_release(session, go, lines, out, diag);
	return error;
}

int session_take_head(struct session *session, size_t cells, const char *out, struct diag *diag)
{
	const json_t *plan = session->plan;
	int error = take_ports(session, out, diag);
	if (error)
		return error;
	session->view = (struct view){
		.plan = text_of(plan, "plan"),
		.started = text_of(plan, "started"),
		.tool = text_of(plan, "tool"),
		.repeat = (int)json_integer_value(json_object_get(plan, "repeat")),
		.go = text_of(plan, "go"),
		.host = text_of(plan, "host"),
		.out_dir = out,
		.planned_cells = cells,
		.filter = json_string_value(json_object_get(plan, "filter")),
		.targets_file = json_string_value(json_object_get(plan, "targets")),
		.forbidden = text_of(plan, "forbidden"),
		.full = json_is_true(json_object_get(plan, "full")),
		.cells = xcalloc(cells + 1, sizeof(*session->view.cells)),
	};
	session->keys = text_of(plan, "keys");
	return 0;
}

static int plan_take(struct session_reading *reading, const char *out, struct diag *diag)
{
	struct session *session = reading->session;
	const json_t *cells = json_object_get(session->plan, "cells");
	int error = session_take_head(session, json_array_size(cells), out, diag);
	if (error)
		return error;
	cell_index_make(&reading->index, json_array_size(cells));
	size_t i;
	json_t *cell;
	json_array_foreach(cells, i, cell)
	{
		error = cell_planned(session, cell, &session->view.cells[i], diag);
		session->view.count++;
		if (error)
			return error;
		session->view.planned_checks += session->view.cells[i].check_count;
		cell_index_add(&reading->index, json_string_value(json_object_get(cell, "id")));
	}
	return 0;
}

static int is_complete(const struct view *view)
{
	for (size_t i = 0; i < view->count; i++)
		if (view->cells[i].build_status == STATUS_NOTRUN)
			return 0;
	return 1;
}

void session_end(struct session_reading *reading)
{
	struct session *session = reading->session;
	session->view.complete = is_complete(&session->view);
	session->final = reading->ended && !reading->doubtful && session->view.complete;
}

/* Rows of known.def that a run of the whole list shows to excuse nothing; a run that was cut off shows nothing. */
static void find_stale(struct session *session)
{
	struct view *view = &session->view;
	if (!view->full || !view->complete)
		return;
	enum known_use *use = xcalloc(known_count + 1, sizeof(*use));
	session->stale = xcalloc(known_count + 1, sizeof(*session->stale));
	known_stale(view->cells, view->count, use);
	for (size_t i = 0; i < known_count; i++)
		if (use[i] == KNOWN_UNSEEN || use[i] == KNOWN_UNMATCHED)
			session->stale[view->stale_count++] =
			    (struct view_stale){ &knowns[i], use[i] == KNOWN_UNMATCHED };
	view->stale = session->stale;
	free(use);
}

int session_load(const char *out, struct session *session, struct diag *diag)
{
	memset(session, 0, sizeof(*session));
	session->events = json_array();
	char *path = xprintf("%s/plan.json", out), *journal = xprintf("%s/journal", out);
	json_error_t error_at;
	session->plan = json_load_file(path, 0, &error_at);
	struct session_reading reading = { .session = session, .diag = diag };
	struct journal_tally tally = { 0 };
	int error = 0;
	if (!session->plan && access(path, F_OK))
		error = diag_set(
		    diag, ENOENT, "%s: no run here yet: `tlsmatrix run` makes one, --out names another folder", path);
	else if (!session->plan)
		error = diag_set(
		    diag, EBADMSG, "%s:%d:%d: %s: run again", path, error_at.line, error_at.column, error_at.text);
	else if (!json_array_size(json_object_get(session->plan, "cells")))
		error = diag_set(diag, EBADMSG, "%s: no plan: it names no cells: run again", path);
	error = error ? error : plan_take(&reading, out, diag);
	error = error ? error : journal_read(journal, take_event, &reading, &tally, diag);
	if (!error) {
		judge_all(&reading);
		session_end(&reading);
		find_stale(session);
	} else {
		session_free(session);
	}
	session->torn = tally.torn;
	cell_index_free(&reading.index);
	free(journal);
	free(path);
	return error;
}

void session_free(struct session *session)
{
	for (size_t i = 0; i < session->view.count && !session->texts; i++)
		cell_result_free(&session->view.cells[i]);
	for (size_t i = 0; i < session->texts_count; i++)
		texts_free(session->texts[i]);
	free(session->texts);
	free(session->view.cells);
	for (size_t i = 0; i < session->release_count; i++)
		ports_free(&session->ports[i].ports);
	free(session->ports);
	free(session->facts);
	free(session->targets);
	free(session->stale);
	free(session->part);
	json_decref(session->events);
	json_decref(session->plan);
	memset(session, 0, sizeof(*session));
}

const struct cell_result *session_find(const struct session *session, const char *id)
{
	char have[CELL_ID_MAX];
	for (size_t i = 0; i < session->view.count; i++)
		if (strcmp(cell_id(&session->view.cells[i].cell, have), id) == 0)
			return &session->view.cells[i];
	return NULL;
}
