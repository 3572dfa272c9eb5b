#include "runner/cmd/selfcheck_attempt.h"

#include "matrix/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *word;
} ends[] = {
	[ATTEMPT_SEEN] = { "seen", "ok      " },
	[ATTEMPT_GREEN] = { "green", "GREEN   " },
	[ATTEMPT_NOT_BASE] = { "not-base", "NOT BASE" },
	[ATTEMPT_NO_CELL] = { "no-cell", "NO CELL " },
};
_Static_assert(sizeof(ends) / sizeof(ends[0]) == ATTEMPT_ENDS, "a row for each end");

/* What its check said, NULL where nothing could be judged. */
static const struct check_result *said(const struct attempt *attempt, int try)
{
	return attempt->judged[try] ? attempt->result[try].checks : NULL;
}

static const char *became(const struct attempt *attempt, int try)
{
	return said(attempt, try) ? status_name(said(attempt, try)->status) : NULL;
}

/* What a loader that does wrong may make of a check that sees it: it says so, or does not come to it. */
static int is_red(enum status status)
{
	return status == STATUS_FAIL || status == STATUS_MISS || status == STATUS_TIMEOUT || status == STATUS_CRASH;
}

static int is_as_it_must(const struct attempt *attempt)
{
	const struct check_result *with = said(attempt, WITH);
	return with && (attempt->must ? strcmp(status_name(with->status), attempt->must) == 0 : is_red(with->status));
}

static const char *must_text(const struct attempt *attempt) { return attempt->must ? attempt->must : "red"; }

enum attempt_end attempt_end(const struct attempt *attempt)
{
	if (!attempt->cell)
		return ATTEMPT_NO_CELL;
	if (!is_as_it_must(attempt))
		return ATTEMPT_GREEN;
	const struct check_result *without = said(attempt, WITHOUT);
	return without && without->status == STATUS_PASS ? ATTEMPT_SEEN : ATTEMPT_NOT_BASE;
}

/* ---- for a reader ------------------------------------------------------------------------------------------- */

static const char *text_of(const char *text) { return text ? text : ""; }

static const char *status_text(const char *status) { return status ? status : "nothing"; }

void attempt_print(const struct attempt *attempt)
{
	const struct check_result *with = said(attempt, WITH), *without = said(attempt, WITHOUT);
	char id[CELL_ID_MAX];
	printf("%s %-24s %s %s: ", ends[attempt_end(attempt)].word, attempt->id, attempt->kind, attempt->argument);
	if (!attempt->cell) {
		printf("'%s' selects no cell that plans it\n", attempt->where);
		return;
	}
	printf("became %s, must become %s; without it: %s\n         in %s\n", status_text(became(attempt, WITH)),
	    must_text(attempt), status_text(became(attempt, WITHOUT)), cell_id(&attempt->cell->cell, id));
	if (with)
		printf("         with:    observed %s  %s\n         repro    %s\n", text_of(with->observed),
		    text_of(with->message), text_of(with->repro));
	if (without && without->status != STATUS_PASS)
		printf("         without: observed %s  %s\n", text_of(without->observed), text_of(without->message));
}

/* ---- for a program ------------------------------------------------------------------------------------------ */

static json_t *attempt_json(const struct attempt *attempt)
{
	const struct check_result *with = said(attempt, WITH), none = { .id = NULL };
	char id[CELL_ID_MAX];
	if (!with)
		with = &none;
	return json_pack("{s:s, s:s?, s:s, s:s, s:s, s:s?, s:s?, s:s, s:s?, s:s?, s:s?, s:s?}", "check", attempt->id,
	    "family", attempt->check ? attempt->check->family : NULL, "kind", attempt->kind, "argument",
	    attempt->argument, "must", must_text(attempt), "became", became(attempt, WITH), "without",
	    became(attempt, WITHOUT), "end", ends[attempt_end(attempt)].name, "cell",
	    attempt->cell ? cell_id(&attempt->cell->cell, id) : NULL, "observed", with->observed, "message",
	    with->message, "repro", with->repro);
}

/* Counts of one family of checks and the bare in it, or of all. */
static json_t *count_json(const struct attempt *attempts, size_t count, const char *is_bare, const char *family)
{
	char *has = xcalloc(checks_count, 1);
	json_int_t planted = 0, seen = 0, with = 0;
	json_t *bare = json_array();
	for (size_t i = 0; i < count; i++) {
		const struct check *check = attempts[i].check;
		if (family && (!check || strcmp(check->family, family) != 0))
			continue;
		planted++;
		seen += attempt_end(&attempts[i]) == ATTEMPT_SEEN;
		if (check)
			has[check - checks] = 1;
	}
	for (size_t i = 0; i < checks_count; i++) {
		with += has[i];
		if (is_bare[i] && (!family || strcmp(checks[i].family, family) == 0))
			json_array_append_new(bare, json_string(checks[i].id));
	}
	free(has);
	return json_pack("{s:s*, s:I, s:I, s:I, s:o}", "family", family, "checks", with, "planted", planted, "seen",
	    seen, "bare", bare);
}

/* Is it the first check of its family? */
static int is_first(const struct check *check)
{
	const struct check *first = checks;
	while (strcmp(first->family, check->family) != 0)
		first++;
	return first == check;
}

json_t *attempts_json(const struct attempt *attempts, size_t count, const char *is_bare)
{
	json_t *families = json_array(), *faults = json_array();
	for (size_t i = 0; i < checks_count; i++)
		if (is_first(&checks[i]))
			json_array_append_new(families, count_json(attempts, count, is_bare, checks[i].family));
	for (size_t i = 0; i < count; i++)
		json_array_append_new(faults, attempt_json(&attempts[i]));
	json_t *all = json_pack("{s:i}", "schema", 1), *counts = count_json(attempts, count, is_bare, NULL);
	json_object_update(all, counts);
	json_decref(counts);
	json_object_set_new(all, "families", families);
	json_object_set_new(all, "faults", faults);
	return all;
}
