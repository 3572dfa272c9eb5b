#include "runner/store/brief_line.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/scan.h"
#include "matrix/check.h"

#include <stdlib.h>
#include <string.h>

enum { SHORT = 4096 };

/* A line while it is scanned. */
struct line {
	struct scan scan;
	struct texts *texts;
	struct check_result check[BRIEF_CHECKS];
	size_t count;
	unsigned seen; /* bits of members: one that comes twice is left to jansson */
};

enum member {
	MEMBER_ID,
	MEMBER_BUILD,
	MEMBER_FACTS,
	MEMBER_CHECKS,
	MEMBER_SECONDS,
	MEMBER_STATUS,
	MEMBER_RESULT,
	MEMBER_EVENT,
	MEMBER_CACHED
};

/* ---- texts ----------------------------------------------------------------------------------------------- */

static char *keep(struct line *line, const struct scan_text *text, int often)
{
	char plain[SHORT];
	const char *at = text->at;
	size_t len = text->len;
	if (text->escaped) {
		if (len > sizeof(plain)) {
			line->scan.bad = 1;
			return NULL;
		}
		len = scan_plain(text, plain);
		at = plain;
	}
	return often ? texts_keep(line->texts, at, len) : texts_add(line->texts, at, len);
}

static void take_text(struct line *line, char **field, int often)
{
	struct scan_text text;
	if (scan_string_or_null(&line->scan, &text))
		*field = keep(line, &text, often);
}

static int once(struct line *line, enum member member)
{
	line->scan.bad |= line->seen >> member & 1;
	line->seen |= 1u << member;
	return 1;
}

static int is_number(const struct scan *scan)
{
	return scan->at < scan->end && (*scan->at == '-' || (*scan->at >= '0' && *scan->at <= '9'));
}

static void skip_number(struct line *line)
{
	line->scan.bad |= !is_number(&line->scan);
	scan_value(&line->scan, NULL);
}

/* A word of enum status or enum verdict; what is none is left to jansson, which says so. */
static void take_status(struct line *line, enum status *status)
{
	struct scan_text text;
	char word[16];
	if (!scan_string(&line->scan, &text) || text.len >= sizeof(word)) {
		line->scan.bad = 1;
		return;
	}
	memcpy(word, text.at, text.len);
	word[text.len] = '\0';
	line->scan.bad |= status_parse(word, status) != 0;
}

/* ---- a result ----------------------------------------------------------------------------------------------- */

static void take_id(struct line *line, struct check_result *check)
{
	struct scan_text text;
	if (!scan_string(&line->scan, &text))
		return;
	const struct check *row = text.escaped ? NULL : check_find_part(text.at, text.len);
	check->id = row ? (char *)row->id : keep(line, &text, 1);
}

static void take_check(struct line *line)
{
	static const struct {
		const char *name;
		size_t at;
		int often;
	} fields[] = {
		{ "observed", offsetof(struct check_result, observed), 1 },
		{ "message", offsetof(struct check_result, message), 0 },
		{ "reason", offsetof(struct check_result, reason), 1 },
		{ "rate", offsetof(struct check_result, rate), 1 },
	};
	struct check_result *check = &line->check[line->count];
	struct scan_text name, unused;
	size_t members = 0;
	unsigned seen = 0;
	int status = 0;
	if (line->count + 1 >= BRIEF_CHECKS) {
		line->scan.bad = 1;
		return;
	}
	line->count++;
	*check = (struct check_result){ .id = NULL };
	scan_must(&line->scan, '{');
	while (scan_member(&line->scan, &members, &name)) {
		size_t i = 0;
		while (i < 4 && !scan_text_is(&name, fields[i].name))
			i++;
		if (i < 4) {
			take_text(line, (char **)((char *)check + fields[i].at), fields[i].often);
		} else if (scan_text_is(&name, "id")) {
			take_id(line, check);
		} else if (scan_text_is(&name, "status")) {
			take_status(line, &check->status);
			status = 1;
			i = 5;
		} else if (scan_text_is(&name, "repro")) {
			scan_string_or_null(&line->scan, &unused);
			continue;
		} else {
			/* Nothing else is in a journal of today. */
			line->scan.bad = 1;
			return;
		}
		line->scan.bad |= seen >> i & 1;
		seen |= 1u << i;
	}
	line->scan.bad |= !check->id;
	if (!status)
		check->status = check->observed ? STATUS_FAIL : STATUS_MISS;
}

static void take_build(struct line *line, enum status *status)
{
	struct scan_text name, unused;
	size_t members = 0;
	int seconds = 0, seen = 0;
	scan_must(&line->scan, '{');
	while (scan_member(&line->scan, &members, &name)) {
		if (scan_text_is(&name, "status")) {
			line->scan.bad |= seen++;
			take_status(line, status);
		} else if (scan_text_is(&name, "seconds")) {
			line->scan.bad |= seconds++;
			skip_number(line);
		} else if (scan_text_is(&name, "log") || scan_text_is(&name, "command")) {
			scan_string_or_null(&line->scan, &unused);
		} else {
			scan_value(&line->scan, NULL);
		}
	}
	line->scan.bad |= !seconds;
}

static int is_null(const struct scan *scan) { return scan->at < scan->end && *scan->at == 'n'; }

static void take_result(struct line *line, struct brief_told *told, struct scan_text *id)
{
	struct scan_text name, unused;
	size_t members = 0, count = 0;
	scan_must(&line->scan, '{');
	while (scan_member(&line->scan, &members, &name)) {
		if (scan_text_is(&name, "id") && once(line, MEMBER_ID)) {
			scan_string(&line->scan, id);
		} else if (scan_text_is(&name, "build") && once(line, MEMBER_BUILD)) {
			take_build(line, &told->build_status);
		} else if (scan_text_is(&name, "facts") && once(line, MEMBER_FACTS)) {
			told->facts = !is_null(&line->scan);
			scan_value(&line->scan, NULL);
		} else if (scan_text_is(&name, "seconds") && once(line, MEMBER_SECONDS)) {
			skip_number(line);
		} else if (scan_text_is(&name, "checks") && once(line, MEMBER_CHECKS)) {
			scan_must(&line->scan, '[');
			while (scan_element(&line->scan, &count))
				take_check(line);
		} else if (scan_text_is(&name, "log")) {
			scan_string_or_null(&line->scan, &unused);
		} else if (scan_text_is(&name, "status") || scan_text_is(&name, "verdict")) {
			/* Of an older journal. */
			line->scan.bad = 1;
		} else {
			scan_value(&line->scan, NULL);
		}
	}
	const unsigned all = 1u << MEMBER_ID | 1u << MEMBER_BUILD | 1u << MEMBER_CHECKS | 1u << MEMBER_SECONDS;
	line->scan.bad |= (line->seen & all) != all || id->escaped;
}

/* The checks into room of their own. */
static void settle(struct line *line, struct brief_told *told)
{
	size_t size = line->count * sizeof(*line->check);
	told->count = line->count;
	told->checks = memcpy(texts_room(line->texts, size + 1), line->check, size);
}

/* A cell's event whose cell is planned: 1, or 0 when jansson must look. */
static int scan_cell(struct line *line, const struct cell_index *index, struct brief_told *told)
{
	struct scan_text name, kind, id = { .len = 0 };
	size_t members = 0;
	scan_must(&line->scan, '{');
	while (scan_member(&line->scan, &members, &name)) {
		if (scan_text_is(&name, "event") && once(line, MEMBER_EVENT)) {
			line->scan.bad |= !scan_string(&line->scan, &kind) || !scan_text_is(&kind, "cell");
		} else if (scan_text_is(&name, "cached") && once(line, MEMBER_CACHED)) {
			told->cached = line->scan.at < line->scan.end && *line->scan.at == 't';
			scan_value(&line->scan, NULL);
		} else if (scan_text_is(&name, "result") && once(line, MEMBER_RESULT)) {
			take_result(line, told, &id);
		} else {
			line->scan.bad = 1;
		}
	}
	if (line->scan.bad || line->scan.at != line->scan.end || !(line->seen >> MEMBER_EVENT & 1) || !id.len)
		return 0;
	told->place = cell_index_find(index, id.at, id.len, BRIEF_NOWHERE);
	if (told->place == BRIEF_NOWHERE)
		return 0;
	settle(line, told);
	return 1;
}

/* ---- by jansson --------------------------------------------------------------------------------------------- */

static char *again(struct texts *texts, const char *text)
{
	return text ? texts_keep(texts, text, strlen(text)) : NULL;
}

static void take_parsed(
    struct line *line, const struct cell_index *index, const struct cell_result *result, struct brief_told *told)
{
	char id[CELL_ID_MAX];
	cell_id(&result->cell, id);
	told->place = cell_index_find(index, id, strlen(id), BRIEF_NOWHERE);
	told->build_status = result->build_status;
	told->facts = result->facts != NULL;
	told->count = result->check_count;
	told->checks = texts_room(line->texts, told->count * sizeof(*told->checks) + 1);
	for (size_t i = 0; i < told->count; i++) {
		const struct check_result *from = &result->checks[i];
		const struct check *row = check_find(from->id);
		told->checks[i] = (struct check_result){ .id = row ? (char *)row->id : again(line->texts, from->id),
			.status = from->status,
			/* One that is in no list keeps what it was told to observe. */
			.expected = row ? NULL : again(line->texts, from->expected),
			.observed = again(line->texts, from->observed),
			.message = again(line->texts, from->message),
			.reason = again(line->texts, from->reason),
			.rate = again(line->texts, from->rate) };
	}
}

/* 0 when it is no event. */
static int parse_event(
    struct line *line, const struct cell_index *index, const char *json, size_t len, struct brief_told *told)
{
	struct diag diag = DIAG_INIT;
	struct cell_result result;
	json_t *event = json_loadb(json, len, 0, NULL);
	const char *kind = json_string_value(json_object_get(event, "event"));
	told->place = BRIEF_NOWHERE;
	if (!json_is_object(event)) {
		json_decref(event);
		return 0;
	}
	if (!kind || strcmp(kind, "cell") != 0) {
		told->event = event;
		return 1;
	}
	told->error = cell_result_parse(json_object_get(event, "result"), &result, &diag);
	if (told->error) {
		told->why = xstrdup(diag.line);
	} else {
		told->cached = json_is_true(json_object_get(event, "cached"));
		take_parsed(line, index, &result, told);
		cell_result_free(&result);
	}
	json_decref(event);
	return 1;
}

struct brief_told *brief_line(const struct cell_index *index, struct texts *texts, const char *json, size_t len)
{
	static _Thread_local struct line line;
	const struct brief_told fresh = { .build_status = STATUS_NOTRUN };
	struct brief_told told = fresh;
	line.scan = (struct scan){ json, json + len, 0 };
	line.texts = texts;
	line.count = line.seen = 0;
	if (!scan_cell(&line, index, &told)) {
		told = fresh;
		if (!parse_event(&line, index, json, len, &told))
			return NULL;
	}
	struct brief_told *made = xmalloc(sizeof(*made));
	*made = told;
	return made;
}

void brief_drop(void *made)
{
	struct brief_told *told = made;
	json_decref(told->event);
	free(told->why);
	free(told);
}
