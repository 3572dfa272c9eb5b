/* report.json, schema 1 (DESIGN: how the program's results are read by other programs).  The cells
 * are written one by one, a line each, so that a large run needs the memory of one cell. */
#include "reports/view.h"

#include "reports/gate.h"
#include "reports/skips.h"
#include "reports/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *status_counts(const struct counts *counts)
{
	json_t *object = json_object();

	for (size_t s = 0; s < STATUS_COUNT; s++)
		json_object_set_new(object, status_name((enum status)s), json_integer((json_int_t)counts->status[s]));
	return object;
}

static json_t *verdict_counts(const struct counts *counts)
{
	json_t *object = json_object();

	for (size_t v = 0; v < VERDICT_COUNT; v++)
		json_object_set_new(
		    object, verdict_name((enum verdict)v), json_integer((json_int_t)counts->verdict[v]));
	return object;
}

static json_t *outcome_counts(const struct counts *counts)
{
	json_t *object = json_object();

	for (size_t o = 0; o < OUTCOME_COUNT; o++)
		json_object_set_new(
		    object, outcome_name((enum outcome)o), json_integer((json_int_t)counts->outcome[o]));
	return object;
}

static json_t *skip_counts(const struct view *view)
{
	json_t *object = json_object();
	struct skips skips;

	skips_find(view, &skips);
	for (size_t i = 0; i < skips.count; i++) {
		char *name = skip_name(&skips.class[i]);
		json_object_set_new(object, name, json_integer((json_int_t)skips.class[i].checks));
		free(name);
	}
	skips_free(&skips);
	return object;
}

static json_t *targets_json(const struct view *view)
{
	json_t *list = json_array();

	for (size_t i = 0; i < view->target_count; i++) {
		const struct view_target *target = &view->targets[i];
		json_t *object = json_object();
		json_object_set_new(object, "name", text_json(target->name));
		json_object_set_new(object, "kind", text_json(target->kind));
		json_object_set_new(object, "version", text_json(target->version));
		json_object_set_new(object, "message", text_json(target->message));
		json_object_set_new(object, "believed", json_boolean(!target->message));
		json_object_set(object, "facts", target->facts ? target->facts : json_null());
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *stale_json(const struct view *view)
{
	json_t *list = json_array();

	for (size_t i = 0; i < view->stale_count; i++) {
		const struct known *row = view->stale[i].row;
		json_t *object = json_object();
		json_object_set_new(object, "where", text_json(row->where));
		json_object_set_new(object, "check", text_json(row->check));
		json_object_set_new(object, "status", text_json(row->status));
		json_object_set_new(object, "reason", text_json(row->reason));
		json_object_set_new(object, "link", text_json(row->link));
		json_object_set_new(object, "unmatched", json_boolean(view->stale[i].unmatched));
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *ways_json(const struct gate_story *story)
{
	json_t *list = json_array();

	for (size_t i = 0; i < story->ways; i++) {
		json_t *object = json_object(), *names = json_array();
		for (size_t k = 0; k < story->way[i].count; k++)
			json_array_append_new(names, text_json(story->way[i].check[k]->id));
		json_object_set_new(object, "how", text_json(story->way[i].text));
		json_object_set_new(object, "checks", names);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *groups_json(const struct gate_story *story)
{
	json_t *list = json_array();

	for (size_t i = 0; i < story->groups.count; i++) {
		const struct cell_group *group = &story->groups.group[i];
		json_t *object = json_object();
		json_object_set_new(object, "filter", text_json(group->filter));
		json_object_set_new(object, "cells", json_integer((json_int_t)group->count));
		json_array_append_new(list, object);
	}
	return list;
}

/* What differs from a baseline; null when nothing was compared with one. */
static json_t *gate_json(const struct gate *gate)
{
	json_t *object = gate ? json_object() : json_null(), *stories = json_array();

	for (size_t i = 0; gate && i < gate->count; i++) {
		const struct gate_story *story = &gate->story[i];
		json_t *told = json_object(), *rest = json_array();
		for (size_t k = 0; k < story->rest_count; k++)
			json_array_append_new(rest, text_json(story->rest[k]));
		json_object_set_new(told, "verdict", text_json(verdict_name(story->verdict)));
		json_object_set_new(told, "worse", json_boolean(story->worse));
		json_object_set_new(told, "cells", json_integer((json_int_t)story->cells));
		json_object_set_new(told, "groups", groups_json(story));
		json_object_set_new(told, "rest", rest);
		json_object_set_new(told, "again", text_json(story->again));
		json_object_set_new(told, "checks", ways_json(story));
		json_array_append_new(stories, told);
	}
	if (!gate) {
		json_decref(stories);
		return object;
	}
	json_object_set_new(object, "exit", json_integer(gate->exit_code));
	json_object_set_new(object, "verdict", text_json(gate->verdict));
	json_object_set_new(object, "compared", json_integer((json_int_t)gate->comparison->results));
	json_object_set_new(object, "stories", stories);
	return object;
}

/* Text that is valid UTF-8 already, as all of jansson's is. */
static void add_string(struct buf *out, const char *text)
{
	static const char stops[] =
	    "\"\\\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19"
	    "\x1a\x1b\x1c\x1d\x1e\x1f";

	buf_add(out, "\"");
	for (;;) {
		size_t plain = strcspn(text, stops);
		buf_add_bytes(out, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		if (*text == '"' || *text == '\\')
			buf_printf(out, "\\%c", *text);
		else if (*text == '\n')
			buf_add(out, "\\n");
		else
			buf_printf(out, "\\u%04x", (unsigned char)*text);
		text++;
	}
	buf_add(out, "\"");
}

/* A number with a '.' or an exponent, so that a reader takes it for a real one again. */
static void add_real(struct buf *out, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.6g", value);
	buf_printf(out, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

/* json_dumps looks for loops at every level, which costs more than the writing; what comes here is
 * a tree. */
static void add_json(struct buf *out, json_t *value)
{
	const char *key, *sep = "";
	json_t *item;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		buf_add(out, "{");
		json_object_foreach(value, key, item)
		{
			buf_add(out, sep);
			add_string(out, key);
			buf_add(out, ":");
			add_json(out, item);
			sep = ",";
		}
		buf_add(out, "}");
		break;
	case JSON_ARRAY:
		buf_add(out, "[");
		json_array_foreach(value, i, item)
		{
			buf_add(out, sep);
			add_json(out, item);
			sep = ",";
		}
		buf_add(out, "]");
		break;
	case JSON_STRING:
		add_string(out, json_string_value(value));
		break;
	case JSON_INTEGER:
		buf_printf(out, "%lld", (long long)json_integer_value(value));
		break;
	case JSON_REAL:
		add_real(out, json_real_value(value));
		break;
	case JSON_TRUE:
		buf_add(out, "true");
		break;
	case JSON_FALSE:
		buf_add(out, "false");
		break;
	case JSON_NULL:
		buf_add(out, "null");
		break;
	}
}

/* Adds "key":value and takes the reference. */
static void member(struct pen *pen, const char *key, json_t *value)
{
	buf_printf(&pen->text, "\"%s\":", key);
	add_json(&pen->text, value);
	buf_add(&pen->text, ",\n");
	json_decref(value);
}

static void header(struct pen *pen, const struct view *view)
{
	struct counts counts;
	struct buf verdict = BUF_INIT;

	view_count(view, &counts);
	view_verdict(view, &verdict);
	buf_add(&pen->text, "{");
	member(pen, "schema", json_integer(1));
	member(pen, "tool", text_json(view->tool));
	member(pen, "plan", text_json(view->plan));
	if (view->part)
		member(pen, "part", text_json(view->part));
	member(pen, "started", text_json(view->started));
	member(pen, "seconds", json_real(isfinite(view->seconds) ? view->seconds : 0));
	member(pen, "go", text_json(view->go));
	member(pen, "host", text_json(view->host));
	member(pen, "complete", json_boolean(!view_incomplete(view, &counts)));
	member(pen, "exit", json_integer(view_exit_code(view)));
	member(pen, "verdict", text_json(verdict.data));
	member(pen, "planned",
	    json_pack(
		"{s:I,s:I}", "cells", (json_int_t)view->planned_cells, "checks", (json_int_t)view->planned_checks));
	member(pen, "counts", status_counts(&counts));
	member(pen, "verdicts", verdict_counts(&counts));
	member(pen, "outcomes", outcome_counts(&counts));
	member(pen, "skips", skip_counts(view));
	member(pen, "full", json_boolean(view->full));
	member(pen, "stale", stale_json(view));
	member(pen, "gate", gate_json(view->gate));
	member(pen, "targets", targets_json(view));
	buf_free(&verdict);
}

/* Most of a large report is checks, and most of the time went into making objects of them to be written and
 * thrown away: they are written as they are.  The keys are those of cell_result_json. */
static void add_member(struct buf *out, const char *key, const char *text)
{
	struct buf clean = BUF_INIT;

	buf_printf(out, "%s\"%s\":", strcmp(key, "id") == 0 ? "{" : ",", key);
	if (text == NULL) {
		buf_add(out, "null");
		return;
	}
	text_add(&clean, text, TEXT_CONTROLS);
	add_string(out, clean.data);
	buf_free(&clean);
}

static void add_checks(struct buf *out, const struct cell_result *cell)
{
	for (size_t i = 0; i < cell->check_count; i++) {
		const struct check_result *check = &cell->checks[i];
		buf_add(out, i > 0 ? "," : "");
		add_member(out, "id", check->id);
		add_member(out, "status", status_name(check->status));
		add_member(out, "verdict", verdict_name(check->verdict));
		add_member(out, "expected", check->expected);
		add_member(out, "observed", check->observed);
		add_member(out, "message", check->message);
		add_member(out, "reason", check->reason);
		add_member(out, "source", check->source);
		add_member(out, "repro", check->repro);
		add_member(out, "rate", check->rate);
		buf_add(out, "}");
	}
}

static void add_cell(struct buf *out, const struct cell_result *cell)
{
	struct cell_result bare = *cell;
	const char *key;
	json_t *item;

	bare.check_count = 0;
	json_t *json = cell_result_json(&bare);
	json_object_set_new(json, "outcome", json_string(outcome_name(cell_outcome(cell))));
	json_object_foreach(json, key, item)
	{
		buf_printf(out, "%s\"%s\":", strcmp(key, "id") == 0 ? "{" : ",", key);
		if (strcmp(key, "checks") == 0) {
			buf_add(out, "[");
			add_checks(out, cell);
			buf_add(out, "]");
		} else {
			add_json(out, item);
		}
	}
	buf_add(out, "}");
	json_decref(json);
}

int report_json(const struct view *view, FILE *out)
{
	struct pen pen = PEN_INIT(out);

	header(&pen, view);
	buf_add(&pen.text, "\"cells\":[");
	for (size_t i = 0; i < view->count; i++) {
		buf_add(&pen.text, i > 0 ? ",\n" : "\n");
		add_cell(&pen.text, &view->cells[i]);
		pen_flush(&pen);
	}
	buf_add(&pen.text, "\n]}\n");
	return pen_end(&pen);
}
