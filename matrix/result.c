#include "matrix/result.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const status_names[STATUS_COUNT] = {
	[STATUS_PASS] = "pass",
	[STATUS_SKIP] = "skip",
	[STATUS_NOTRUN] = "notrun",
	[STATUS_FAIL] = "fail",
	[STATUS_MISS] = "miss",
	[STATUS_LEAK] = "leak",
	[STATUS_TIMEOUT] = "timeout",
	[STATUS_CRASH] = "crash",
	[STATUS_BROKEN] = "broken",
	[STATUS_INFRA] = "infra",
};

static const char *const verdict_names[VERDICT_COUNT] = {
	[VERDICT_OK] = "ok",
	[VERDICT_KNOWN] = "known",
	[VERDICT_FIXED] = "fixed",
	[VERDICT_FLAKY] = "flaky",
	[VERDICT_NEW] = "new",
	[VERDICT_CHANGED] = "changed",
	[VERDICT_REGRESSED] = "regressed",
	[VERDICT_GONE] = "gone",
};

static const struct {
	const char *name, *phrase;
} outcomes[OUTCOME_COUNT] = {
	[OUTCOME_BUILT] = { "built", "built and inspected" },
	[OUTCOME_REFUSED] = { "refused", "refused" },
	[OUTCOME_UNBUILDABLE] = { "unbuildable", "not buildable here" },
	[OUTCOME_FAILED] = { "failed", "failed" },
	[OUTCOME_NOTARGET] = { "notarget", "without their target here" },
	[OUTCOME_NOTRUN] = { "notrun", "not run" },
};

const char *outcome_name(enum outcome outcome) { return outcomes[outcome].name; }
const char *outcome_phrase(enum outcome outcome) { return outcomes[outcome].phrase; }
const char *status_name(enum status status) { return status_names[status]; }
const char *verdict_name(enum verdict verdict) { return verdict_names[verdict]; }

/* The index of a word in a list, or -EINVAL. */
static int find_word(const char *word, const char *const *words, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -EINVAL;
}

int status_parse(const char *name, enum status *status)
{
	int found = find_word(name, status_names, STATUS_COUNT);
	if (found < 0)
		return found;
	*status = (enum status)found;
	return 0;
}

int verdict_parse(const char *name, enum verdict *verdict)
{
	int found = find_word(name, verdict_names, VERDICT_COUNT);
	if (found < 0)
		return found;
	*verdict = (enum verdict)found;
	return 0;
}

void check_result_free(struct check_result *check)
{
	free(check->id);
	free(check->expected);
	free(check->observed);
	free(check->message);
	free(check->reason);
	free(check->source);
	free(check->repro);
	free(check->rate);
	memset(check, 0, sizeof *check);
}

void cell_result_free(struct cell_result *result)
{
	for (size_t i = 0; i < result->check_count; i++)
		check_result_free(&result->checks[i]);
	free(result->checks);
	free(result->build_log);
	free(result->build_command);
	json_decref(result->build_commands);
	free(result->log);
	free(result->again);
	json_decref(result->facts);
	memset(result, 0, sizeof *result);
}

void cell_result_sum(struct cell_result *result)
{
	/* A cell without any result was not judged, and must not look as if it were. */
	result->status = result->check_count ? STATUS_PASS : STATUS_NOTRUN;
	result->verdict = result->check_count ? VERDICT_OK : VERDICT_NEW;
	for (size_t i = 0; i < result->check_count; i++) {
		const struct check_result *check = &result->checks[i];
		if (check->status > result->status)
			result->status = check->status;
		if (check->verdict > result->verdict)
			result->verdict = check->verdict;
	}
}

int check_unexpected(const struct check_result *check)
{
	if (check->verdict == VERDICT_FIXED || check->verdict == VERDICT_FLAKY)
		return 1;
	if (check->verdict == VERDICT_KNOWN)
		return 0;
	return check->status != STATUS_PASS && check->status != STATUS_SKIP;
}

int cell_is_refusal(const struct cell_result *result)
{
	return result->check_count == 1 && strcmp(result->checks[0].id, "build.refused") == 0;
}

size_t check_skip_class(const struct check_result *check)
{
	size_t length = check->status == STATUS_SKIP && check->reason ? strcspn(check->reason, ":") : 0;

	return length && check->reason[length] == ':' && !memchr(check->reason, ' ', length) ? length : 0;
}

const char *check_missing_target(const struct check_result *check, size_t *length)
{
	static const char *const classes[] = { "not-installed", "not-fetched", "no-tree" };
	static const char said[] = ": target ";
	const size_t class = check_skip_class(check), count = sizeof(classes) / sizeof(classes[0]);
	size_t i = 0;

	while (class && i < count && (strlen(classes[i]) != class || strncmp(check->reason, classes[i], class) != 0))
		i++;
	if (!class || i == count || strncmp(check->reason + class, said, strlen(said)) != 0)
		return NULL;
	const char *name = check->reason + class + strlen(said);
	*length = strcspn(name, ": ");
	return *length && name[*length] == ':' ? name : NULL;
}

enum outcome cell_outcome(const struct cell_result *result)
{
	size_t bad = 0, notrun = 0, skipped = 0, missing = 0, length;

	for (size_t i = 0; i < result->check_count; i++) {
		const struct check_result *check = &result->checks[i];
		notrun += check->status == STATUS_NOTRUN;
		skipped += check->status == STATUS_SKIP;
		missing += check->status == STATUS_SKIP && check_missing_target(check, &length);
		bad += (check->status != STATUS_NOTRUN && check_unexpected(check)) || check->status == STATUS_BROKEN ||
		    check->status == STATUS_INFRA;
	}
	if (bad)
		return OUTCOME_FAILED;
	if (notrun || !result->check_count)
		return OUTCOME_NOTRUN;
	if (missing == result->check_count)
		return OUTCOME_NOTARGET;
	if (skipped == result->check_count && !result->facts)
		return OUTCOME_UNBUILDABLE;
	if (cell_is_refusal(result))
		return result->checks[0].status == STATUS_PASS ? OUTCOME_REFUSED : OUTCOME_FAILED;
	return result->build_status == STATUS_PASS ? OUTCOME_BUILT : OUTCOME_FAILED;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* The length of the UTF-8 character at text as JSON may hold it, 0 when none stands there. */
static size_t character(const char *text, size_t len)
{
	for (size_t size = 1; size <= 4 && size <= len; size++) {
		json_t *one = json_stringn(text, size);
		json_decref(one);
		if (one)
			return size;
	}
	return 0;
}

/* A text that came from a process may hold any byte; JSON cannot.  What is no UTF-8 is written as \xNN. */
static json_t *text_json(const char *text)
{
	if (!text)
		return json_null();
	json_t *json = json_string(text);
	if (json)
		return json;
	struct buf clean = BUF_INIT;
	for (size_t len = strlen(text), size; len; text += size, len -= size) {
		size = character(text, len);
		if (size) {
			buf_add_bytes(&clean, text, size);
		} else {
			buf_printf(&clean, "\\x%02x", (unsigned char)*text);
			size = 1;
		}
	}
	json = json_string(clean.data);
	buf_free(&clean);
	return json;
}

/* JSON has no NaN and no infinity, and jansson refuses them. */
static json_t *seconds_json(double seconds) { return json_real(isfinite(seconds) ? seconds : 0.0); }

static json_t *check_json(const struct check_result *check)
{
	json_t *json = json_object();
	json_object_set_new(json, "id", text_json(check->id));
	json_object_set_new(json, "status", json_string(status_name(check->status)));
	json_object_set_new(json, "verdict", json_string(verdict_name(check->verdict)));
	json_object_set_new(json, "expected", text_json(check->expected));
	json_object_set_new(json, "observed", text_json(check->observed));
	json_object_set_new(json, "message", text_json(check->message));
	json_object_set_new(json, "reason", text_json(check->reason));
	json_object_set_new(json, "source", text_json(check->source));
	json_object_set_new(json, "repro", text_json(check->repro));
	json_object_set_new(json, "rate", text_json(check->rate));
	return json;
}

json_t *cell_result_json(const struct cell_result *result)
{
	const struct cell *cell = &result->cell;
	char id[CELL_ID_MAX];
	json_t *json = json_object(), *build = json_object(), *list = json_array();
	json_object_set_new(json, "id", json_string(cell_id(cell, id)));
	json_object_set_new(json, "go", json_string(cell->go));
	json_object_set_new(json, "goos", json_string(cell->os));
	json_object_set_new(json, "goarch", json_string(cell->arch));
	json_object_set_new(json, "variant", *cell->variant ? json_string(cell->variant) : json_null());
	json_object_set_new(json, "buildmode", json_string(mode_name(cell->mode)));
	json_object_set_new(json, "cgo", json_integer(cell->cgo));
	json_object_set_new(json, "link", json_string(link_name(cell->link)));
	json_object_set_new(json, "target", json_string(cell->target));
	json_object_set_new(json, "load", json_string(load_name(cell->load)));
	json_object_set_new(json, "status", json_string(status_name(result->status)));
	json_object_set_new(json, "verdict", json_string(verdict_name(result->verdict)));
	json_object_set_new(json, "outcome", json_string(outcome_name(cell_outcome(result))));
	json_object_set_new(json, "seconds", seconds_json(result->seconds));
	json_object_set_new(json, "cached", json_boolean(result->cached));
	json_object_set_new(build, "status", json_string(status_name(result->build_status)));
	json_object_set_new(build, "seconds", seconds_json(result->build_seconds));
	json_object_set_new(build, "log", text_json(result->build_log));
	json_object_set_new(build, "command", text_json(result->build_command));
	if (result->build_commands)
		json_object_set(build, "commands", result->build_commands);
	json_object_set_new(json, "build", build);
	json_object_set(json, "facts", result->facts ? result->facts : json_null());
	for (size_t i = 0; i < result->check_count; i++)
		json_array_append_new(list, check_json(&result->checks[i]));
	json_object_set_new(json, "checks", list);
	json_object_set_new(json, "log", text_json(result->log));
	if (result->again)
		json_object_set_new(json, "again", text_json(result->again));
	if (result->no_pulse)
		json_object_set_new(json, "pulse", json_string("none"));
	return json;
}

json_t *cell_observed_json(const struct cell_result *result)
{
	static const char *const judged[] = { "verdict", "status", "outcome", "cached" };
	static const char *const judged_checks[] = { "verdict", "expected", "source" };
	json_t *json = cell_result_json(result), *check;
	size_t i;
	for (size_t k = 0; k < sizeof judged / sizeof *judged; k++)
		json_object_del(json, judged[k]);
	json_array_foreach(json_object_get(json, "checks"), i, check)
	{
		const struct check_result *of = &result->checks[i];
		for (size_t k = 0; k < sizeof judged_checks / sizeof *judged_checks; k++)
			json_object_del(check, judged_checks[k]);
		if (of->status == STATUS_PASS || of->status == STATUS_FAIL)
			json_object_del(check, "status");
		/* What known.def says of it is no observation. */
		if (of->status != STATUS_SKIP)
			json_object_del(check, "reason");
	}
	return json;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A field that may be missing or null; what is there must be a string. */
static int read_text(const json_t *json, const char *key, char **out, struct diag *diag)
{
	const json_t *value = json_object_get(json, key);
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return diag_set(diag, EINVAL, "result: \"%s\" is no string", key);
	*out = xstrdup(json_string_value(value));
	return 0;
}

/* A word of a list; *out stays as it is when it is not there. */
static int read_word(
    const json_t *json, const char *key, const char *const *words, int count, int *out, struct diag *diag)
{
	const json_t *value = json_object_get(json, key);
	const char *word = json_string_value(value);
	if (!value)
		return 0;
	if (!word)
		return diag_set(diag, EINVAL, "result: \"%s\" is no string", key);
	int found = find_word(word, words, count);
	if (found < 0)
		return diag_set(diag, EINVAL, "result: \"%s\" has the unknown value '%s'", key, word);
	*out = found;
	return 0;
}

static int read_seconds(const json_t *json, double *out, struct diag *diag)
{
	const json_t *value = json_object_get(json, "seconds");
	if (!json_is_number(value))
		return diag_set(diag, EINVAL, "result: \"seconds\" is no number");
	*out = json_number_value(value);
	return 0;
}

static int read_check(const json_t *json, struct check_result *check, struct diag *diag)
{
	/* Without a status, what was observed is still to be judged. */
	int status = json_is_string(json_object_get(json, "observed")) ? STATUS_FAIL : STATUS_MISS,
	    verdict = VERDICT_OK;
	if (!json_is_string(json_object_get(json, "id")))
		return diag_set(diag, EINVAL, "result: a check has no id");
	if (read_word(json, "status", status_names, STATUS_COUNT, &status, diag) ||
	    read_word(json, "verdict", verdict_names, VERDICT_COUNT, &verdict, diag) ||
	    read_text(json, "id", &check->id, diag) || read_text(json, "expected", &check->expected, diag) ||
	    read_text(json, "observed", &check->observed, diag) || read_text(json, "message", &check->message, diag) ||
	    read_text(json, "reason", &check->reason, diag) || read_text(json, "source", &check->source, diag) ||
	    read_text(json, "repro", &check->repro, diag) || read_text(json, "rate", &check->rate, diag))
		return -EINVAL;
	check->status = (enum status)status;
	check->verdict = (enum verdict)verdict;
	return 0;
}

static int read_checks(const json_t *json, struct cell_result *result, struct diag *diag)
{
	const json_t *list = json_object_get(json, "checks");
	if (!json_is_array(list))
		return diag_set(diag, EINVAL, "result: \"checks\" is no list");
	result->checks = xcalloc(json_array_size(list), sizeof *result->checks);
	int error = 0;
	for (size_t i = 0; i < json_array_size(list) && !error; i++) {
		result->check_count++;
		error = read_check(json_array_get(list, i), &result->checks[i], diag);
	}
	return error;
}

static int read_cell(const json_t *json, struct cell_result *result, struct diag *diag)
{
	const json_t *build = json_object_get(json, "build");
	json_t *facts = json_object_get(json, "facts"), *commands = json_object_get(build, "commands");
	const char *id = json_string_value(json_object_get(json, "id"));
	int status = STATUS_MISS, verdict = VERDICT_OK, build_status = STATUS_NOTRUN;
	if (!id)
		return diag_set(diag, EINVAL, "result: a cell has no id");
	if (cell_parse(id, &result->cell, diag) ||
	    read_word(json, "status", status_names, STATUS_COUNT, &status, diag) ||
	    read_word(json, "verdict", verdict_names, VERDICT_COUNT, &verdict, diag) ||
	    read_word(build, "status", status_names, STATUS_COUNT, &build_status, diag) ||
	    read_seconds(json, &result->seconds, diag) || read_seconds(build, &result->build_seconds, diag) ||
	    read_text(build, "log", &result->build_log, diag) ||
	    read_text(build, "command", &result->build_command, diag) || read_text(json, "log", &result->log, diag) ||
	    read_text(json, "again", &result->again, diag) || read_checks(json, result, diag))
		return -EINVAL;
	result->status = (enum status)status;
	result->verdict = (enum verdict)verdict;
	result->build_status = (enum status)build_status;
	result->no_pulse = json_is_string(json_object_get(json, "pulse"));
	result->cached = json_is_true(json_object_get(json, "cached"));
	if (facts && !json_is_null(facts))
		result->facts = json_incref(facts);
	if (json_is_array(commands))
		result->build_commands = json_incref(commands);
	return 0;
}

int cell_result_parse(const json_t *json, struct cell_result *result, struct diag *diag)
{
	struct cell_result read;
	memset(&read, 0, sizeof read);
	int error = read_cell(json, &read, diag);
	if (error)
		cell_result_free(&read);
	else
		*result = read;
	return error;
}
