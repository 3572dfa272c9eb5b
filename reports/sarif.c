/* sarif.c - SARIF 2.1.0 (OASIS Standard, 27 March 2020, with errata 01), for viewers and code scanning: one result for
 * each cause (kinds.h), or with a baseline for each way in which a story differs (gate.h).  Numbers in brackets are
 * sections of the standard.
 *
 * Whatever is wrong with a run as a whole, and so with no check of it, is a notification of the invocation [3.20.21]:
 * missing results, stale rows, forbidden skips, and with a baseline the verdict and cells on one side alone. */
#include "reports/view.h"

#include "matrix/base/hash.h"
#include "matrix/references.h"
#include "reports/gate.h"
#include "reports/kinds.h"
#include "reports/marks.h"
#include "reports/text.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char schema[] = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
			     "sarif-schema-2.1.0.json";
/* Logs are told relative to it [3.4.4]. */
static const char base[] = "OUT";

/* [3.27.10]  What could not be judged, and what passes although it is known, is to be looked at and no failure. */
static const char *const levels[STATUS_COUNT] = {
	[STATUS_PASS] = "warning",
	[STATUS_SKIP] = "note",
	[STATUS_NOTRUN] = "warning",
	[STATUS_FAIL] = "error",
	[STATUS_MISS] = "error",
	[STATUS_LEAK] = "error",
	[STATUS_TIMEOUT] = "error",
	[STATUS_CRASH] = "error",
	[STATUS_BROKEN] = "error",
	[STATUS_INFRA] = "warning",
};

struct sarif {
	const struct view *view;
	json_t *rules, *results, *notifications;
	json_t *seen; /* id of a rule: its index in rules */
};

/* ---- pieces ------------------------------------------------------------------------------------------ */

/* Nothing where there is no text: null is no string of SARIF's. */
static void put(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(object, key, text_json(text));
}

static json_t *message(const char *text)
{
	json_t *object = json_object();
	put(object, "text", text);
	return object;
}

/* RFC 3986: what is not unreserved is escaped, but for the slashes of a path. */
static void add_uri(struct buf *out, const char *path)
{
	for (; *path; path++) {
		if (isalnum((unsigned char)*path) || strchr("-._~/", *path))
			buf_add_bytes(out, path, 1);
		else
			buf_printf(out, "%%%02X", (unsigned char)*path);
	}
}

static void notify(struct sarif *sarif, const char *level, const char *text)
{
	json_t *object = json_object();
	put(object, "level", level);
	json_object_set_new(object, "message", message(text));
	json_array_append_new(sarif->notifications, object);
}

/* ---- rules [3.49] ------------------------------------------------------------------------------------ */

/* The first issue that a source names, itself or by a reference (references.h); malloc'ed, NULL: none. */
static char *issue_uri(const char *source)
{
	static const char project[] = "golang/go#";
	const char *at = strstr(source, project), *rest = source;
	for (const struct reference *cited; !at && (cited = reference_next(&rest));)
		at = strstr(cited->where, project);
	if (!at)
		return NULL;
	at += strlen(project);
	return xprintf("https://github.com/golang/go/issues/%.*s", (int)strspn(at, "0123456789"), at);
}

static json_t *rule(const struct view *view, const char *id)
{
	const struct check *check = view_check(view, id);
	json_t *object = json_object();
	struct buf help = BUF_INIT;
	put(object, "id", id);
	if (!check)
		return object;
	json_object_set_new(object, "shortDescription", message(check->meaning));
	json_object_set_new(object, "fullDescription", message(check->why));
	buf_printf(&help, "%s: %s.\nIt matters, since %s.\nSource: %s", id, check->meaning, check->why, check->source);
	const struct reference *cited;
	for (const char *at = check->source; (cited = reference_next(&at));)
		buf_printf(&help, "\n%s: %s: %s", cited->name, cited->where, cited->what);
	buf_printf(&help, "\n`tlsmatrix explain %s` has what is expected where.", id);
	json_object_set_new(object, "help", message(help.data));
	char *uri = issue_uri(check->source);
	put(object, "helpUri", uri);
	json_object_set_new(object, "properties",
	    json_pack("{s:[o], s:o}", "tags", text_json(check->family), "source", text_json(check->source)));
	free(uri);
	buf_free(&help);
	return object;
}

/* Where the rule is among the rules: it is told once. */
static json_t *rule_index(struct sarif *sarif, const char *id)
{
	json_t *index = json_object_get(sarif->seen, id);
	if (index)
		return json_incref(index);
	index = json_integer((json_int_t)json_array_size(sarif->rules));
	json_array_append_new(sarif->rules, rule(sarif->view, id));
	json_object_set(sarif->seen, id, index);
	return index;
}

/* ---- results [3.27] ---------------------------------------------------------------------------------- */

/* A cell and, where one is kept, its log [3.28]. */
static void add_location(json_t *result, const char *cell, const char *log)
{
	json_t *location = json_object(), *logical = json_object();
	if (log) {
		struct buf uri = BUF_INIT;
		add_uri(&uri, log);
		json_object_set_new(location, "physicalLocation",
		    json_pack("{s:{s:s, s:s}}", "artifactLocation", "uri", uri.data, "uriBaseId", base));
		buf_free(&uri);
	}
	put(logical, "fullyQualifiedName", cell);
	put(logical, "kind", "cell");
	json_object_set_new(location, "logicalLocations", json_pack("[o]", logical));
	json_object_set_new(result, "locations", json_pack("[o]", location));
}

/* The same cause in the next run [3.27.17]: no word of it is another in each process, nor says where it was seen. */
static void add_fingerprint(json_t *result, const char *const *word, size_t count)
{
	struct hash *hash = hash_new();
	char hex[HASH_HEX];
	for (size_t i = 0; i < count; i++)
		hash_add_text(hash, word[i] ? word[i] : "");
	hash_end(hash, hex);
	json_object_set_new(result, "partialFingerprints", json_pack("{s:s}", "cause/v1", hex));
}

/* What happened, without the words that have a digit: numbers are others in each process.  Only where it tells one
 * cause from another (kinds.h); malloc'ed. */
static char *said(const struct check_result *check)
{
	struct buf out = BUF_INIT;
	int tells = check->message && (!check->observed || strncmp(check->id, "build.", strlen("build.")) == 0);
	buf_add(&out, "");
	for (const char *at = tells ? check->message : ""; *at; at += strspn(at, " \t\n")) {
		size_t len = strcspn(at, " \t\n");
		if (strcspn(at, "0123456789") >= len)
			buf_printf(&out, "%.*s ", (int)len, at);
		at += len;
	}
	return buf_take(&out);
}

/* ruleId, ruleIndex, level and message, which all have. */
static json_t *result_of(struct sarif *sarif, const char *id, const char *level, const char *text)
{
	json_t *object = json_object();
	put(object, "ruleId", id);
	json_object_set_new(object, "ruleIndex", rule_index(sarif, id));
	put(object, "level", level);
	json_object_set_new(object, "message", message(text));
	return object;
}

static void kind_message(const struct sarif *sarif, const struct kind *kind, struct buf *out)
{
	const struct check_result *check = kind->results->check;
	buf_printf(out, "%s: ", mark_styles[mark_check(check)].name);
	kind_checks(kind, out);
	buf_add(out, " in ");
	text_number(out, kind->cells, "cell");
	if (!kind_spans_checks(kind))
		buf_printf(out, "; expected '%s', observed %s%s%s", check->expected ? check->expected : "",
		    check->observed ? "'" : "", check->observed ? check->observed : "nothing",
		    check->observed ? "'" : "");
	struct buf targets = BUF_INIT;
	kind_targets(sarif->view, kind, &targets);
	if (targets.len)
		buf_printf(out, "; on %s", targets.data);
	buf_free(&targets);
	if (check->message)
		buf_printf(out, "\n%s", check->message);
}

/* All cells and checks of a kind, each once: the results are in plan order. */
static json_t *kind_properties(const struct kind *kind)
{
	const struct check_result *check = kind->results->check;
	json_t *object = json_object(), *cells = json_array(), *ids = json_array(), *seen = json_object();
	const struct cell_result *last = NULL;
	char id[CELL_ID_MAX];
	for (size_t i = 0; i < kind->count; i++) {
		const struct kind_result *result = &kind->results[i];
		if (result->cell != last)
			json_array_append_new(cells, text_json(cell_id(&result->cell->cell, id)));
		last = result->cell;
		if (json_object_get(seen, result->check->id))
			continue;
		json_object_set_new(seen, result->check->id, json_true());
		json_array_append_new(ids, text_json(result->check->id));
	}
	json_decref(seen);
	json_object_set_new(object, "cells", cells);
	json_object_set_new(object, "checks", ids);
	put(object, "status", status_name(check->status));
	put(object, "verdict", verdict_name(check->verdict));
	put(object, "expected", check->expected);
	put(object, "observed", check->observed);
	put(object, "reason", check->reason);
	put(object, "rate", check->rate);
	put(object, "source", check->source);
	put(object, "repro", check->repro);
	return object;
}

static void add_kind(struct sarif *sarif, const struct kind *kind, int known)
{
	const struct check_result *check = kind->results->check;
	struct buf text = BUF_INIT;
	char id[CELL_ID_MAX];
	kind_message(sarif, kind, &text);
	json_t *result = result_of(sarif, check->id, known ? "note" : levels[check->status], text.data);
	add_location(result, cell_id(&kind->results->cell->cell, id), kind_log(sarif->view, kind));
	char *told = said(check);
	const char *const words[] = { check->id, status_name(check->status), check->expected, check->observed,
		check->reason, told };
	add_fingerprint(result, words, sizeof(words) / sizeof(words[0]));
	free(told);
	json_object_set_new(result, "properties", kind_properties(kind));
	/* [3.35] A row of known.def is one of the engineering system's, with its reason. */
	if (known)
		json_object_set_new(result, "suppressions",
		    json_pack("[{s:s, s:s, s:o}]", "kind", "external", "status", "accepted", "justification",
			text_json(check->reason ? check->reason : "known")));
	json_array_append_new(sarif->results, result);
	buf_free(&text);
}

static void add_kinds(struct sarif *sarif, enum kinds_of what)
{
	struct kinds kinds;
	kinds_find(sarif->view, what, &kinds);
	for (size_t i = 0; i < kinds.count; i++)
		add_kind(sarif, &kinds.kind[i], what == KINDS_KNOWN);
	kinds_free(&kinds);
}

/* ---- with a baseline --------------------------------------------------------------------------------- */

static const char *log_of(const struct view *view, const char *cell)
{
	char id[CELL_ID_MAX];
	for (size_t i = 0; i < view->count; i++)
		if (strcmp(cell_id(&view->cells[i].cell, id), cell) == 0)
			return view->cells[i].log ? view->cells[i].log : view->cells[i].build_log;
	return NULL;
}

/* [3.27.24]  What was there before is "updated", what is not there any more "absent". */
static const char *baseline_state(const struct gate_story *story)
{
	if (story->verdict == VERDICT_FIXED)
		return "absent";
	return story->verdict == VERDICT_REGRESSED ? "new" : "updated";
}

static json_t *story_properties(const struct gate_story *story, const struct gate_way *way)
{
	json_t *object = json_object(), *filters = json_array(), *cells = json_array(), *ids = json_array();
	for (size_t i = 0; i < story->groups.count; i++)
		json_array_append_new(filters, text_json(story->groups.group[i].filter));
	for (size_t i = 0; i < story->rest_count; i++)
		json_array_append_new(cells, text_json(story->rest[i]));
	for (size_t i = 0; i < way->count; i++)
		json_array_append_new(ids, text_json(way->check[i]->id));
	json_object_set_new(object, "filters", filters);
	json_object_set_new(object, "cells", cells);
	json_object_set_new(object, "cellCount", json_integer((json_int_t)story->cells));
	json_object_set_new(object, "checks", ids);
	put(object, "verdict", verdict_name(story->verdict));
	put(object, "again", story->again);
	return object;
}

static void add_way(struct sarif *sarif, const struct gate_story *story, const struct gate_way *way)
{
	const char *id = way->check[0]->id, *state = baseline_state(story);
	struct buf text = BUF_INIT;
	buf_printf(&text, "%s in ", gate_word(story));
	text_number(&text, story->cells, "cell");
	buf_printf(&text, ": %s: ", way->text);
	gate_checks(way, 3, &text);
	for (size_t i = 0; i < story->groups.count; i++)
		buf_printf(&text, "\nall of '%s'", story->groups.group[i].filter);
	if (story->message)
		buf_printf(&text, "\n%s", story->message);
	/* [3.27.9] Of what passes now there is no level. */
	int absent = strcmp(state, "absent") == 0;
	json_t *result = result_of(sarif, id, absent ? "none" : story->worse ? "error" : "note", text.data);
	put(result, "kind", absent ? "pass" : "fail");
	put(result, "baselineState", state);
	add_location(result, story->first, log_of(sarif->view, story->first));
	const char *const words[] = { id, way->text };
	add_fingerprint(result, words, sizeof(words) / sizeof(words[0]));
	json_object_set_new(result, "properties", story_properties(story, way));
	json_array_append_new(sarif->results, result);
	buf_free(&text);
}

static void add_gate(struct sarif *sarif, const struct gate *gate)
{
	for (size_t i = 0; i < gate->count; i++) {
		const struct gate_story *story = &gate->story[i];
		for (size_t k = 0; k < story->ways; k++)
			add_way(sarif, story, &story->way[k]);
		if (story->ways)
			continue;
		struct buf text = BUF_INIT;
		buf_printf(&text, "%s: ", gate_word(story));
		text_number(&text, story->cells, "cell");
		buf_printf(&text, ", such as %s", story->first);
		notify(sarif, "warning", text.data);
		buf_free(&text);
	}
}

/* ---- the run [3.14] ---------------------------------------------------------------------------------- */

static json_t *invocation(struct sarif *sarif)
{
	const struct view *view = sarif->view;
	int code = view->gate ? view->gate->exit_code : view_exit_code(view);
	json_t *object = json_object();
	struct buf text = BUF_INIT;
	/* [3.20.14] Results that say no are no failure of the tool; 3, 4 and 5 are: it could not judge. */
	json_object_set_new(object, "executionSuccessful", json_boolean(code == 0 || code == 1));
	json_object_set_new(object, "exitCode", json_integer(code));
	put(object, "startTimeUtc", view->started);
	view_alarm(view, &text);
	for (char *line = text.data, *save; (line = strtok_r(line, "\n", &save)); line = NULL)
		notify(sarif, "error", line);
	buf_clear(&text);
	if (view->gate)
		buf_add(&text, view->gate->verdict);
	else
		view_verdict(view, &text);
	notify(sarif, code == 0 ? "note" : code == 1 ? "error" : "warning", text.data);
	json_object_set(object, "toolExecutionNotifications", sarif->notifications);
	buf_free(&text);
	return object;
}

/* [3.14.14] A folder that was named relatively stays to be told by who reads it. */
static json_t *bases(const struct view *view)
{
	json_t *object = json_object();
	json_object_set_new(object, "description", message("the out folder of the run, in which its logs are"));
	if (view->out_dir && *view->out_dir == '/') {
		struct buf uri = BUF_INIT;
		buf_add(&uri, "file://");
		add_uri(&uri, view->out_dir);
		buf_add(&uri, "/");
		put(object, "uri", uri.data);
		buf_free(&uri);
	}
	return json_pack("{s:o}", base, object);
}

static json_t *run_of(struct sarif *sarif)
{
	const struct view *view = sarif->view;
	json_t *driver = json_object(), *properties = json_object();
	json_t *invoked = invocation(sarif);
	put(driver, "name", "tlsmatrix");
	put(driver, "version", view->tool);
	json_object_set(driver, "rules", sarif->rules);
	put(properties, "plan", view->plan);
	put(properties, "go", view->go);
	put(properties, "host", view->host);
	put(properties, "filter", view->filter);
	put(properties, "part", view->part);
	return json_pack("{s:{s:o}, s:[o], s:o, s:O, s:o}", "tool", "driver", driver, "invocations", invoked,
	    "originalUriBaseIds", bases(view), "results", sarif->results, "properties", properties);
}

int report_sarif(const struct view *view, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	struct sarif sarif = { view, json_array(), json_array(), json_array(), json_object() };
	if (view->gate) {
		add_gate(&sarif, view->gate);
	} else {
		add_kinds(&sarif, KINDS_UNEXPECTED);
		add_kinds(&sarif, KINDS_KNOWN);
	}
	json_t *log = json_pack("{s:s, s:s, s:[o]}", "$schema", schema, "version", "2.1.0", "runs", run_of(&sarif));
	char *text = json_dumps(log, JSON_INDENT(1));
	buf_add(&pen.text, text ? text : "");
	buf_add(&pen.text, "\n");
	if (!text)
		pen.error = -ENOMEM;
	free(text);
	json_decref(log);
	json_decref(sarif.rules);
	json_decref(sarif.results);
	json_decref(sarif.notifications);
	json_decref(sarif.seen);
	return pen_end(&pen);
}
