#include "matrix/known.h"

#include "matrix/base/glob.h"
#include "matrix/filter.h"
#include "matrix/version.h"

#include <string.h>

/* tests/unit/test_known.c judges by rows of its own. */
#ifndef KNOWN_ROWS
#define KNOWN_ROWS "matrix/known.def"
#endif

const struct known knowns[] = {
#define KNOWN(where, check, status, reason, link, until) { where, check, status, reason, link, until },
#include KNOWN_ROWS
#undef KNOWN
};

const size_t known_count = sizeof knowns / sizeof *knowns;

/* Does the excuse still hold for the release?  One whose end cannot be compared never does. */
static int holds(const char *until, const char *go)
{
	struct version end, release;
	if (!*until)
		return 1;
	return version_parse(until, &end) == 0 && version_parse(go, &release) == 0 &&
	    version_compare(&release, &end) < 0;
}

/* Of a target of which nothing is known, it may. */
static int may_cover(const struct known *known, const struct cell *cell, const char *check)
{
	const struct filter_subject subject = { cell, check, NULL };
	return glob_match(known->check, check) && holds(known->until, cell->go) &&
	    filter_text_match(known->where, &subject);
}

/* Nothing is excused because a target might be what an excuse is about. */
static int covers(const struct known *known, const struct cell *cell, const char *check)
{
	const struct filter_subject subject = { cell, check, NULL };
	return may_cover(known, cell, check) && filter_text_sure(known->where, &subject);
}

const struct known *known_find(const struct cell *cell, const char *check)
{
	for (size_t i = 0; i < known_count; i++)
		if (covers(&knowns[i], cell, check))
			return &knowns[i];
	return NULL;
}

int known_is_at_times(const struct cell *cell, const char *check)
{
	int passes = 0, deviates = 0;
	for (size_t i = 0; i < known_count; i++) {
		if (!covers(&knowns[i], cell, check))
			continue;
		int pass = strcmp(knowns[i].status, status_name(STATUS_PASS)) == 0;
		passes |= pass;
		deviates |= !pass;
	}
	return passes && deviates;
}

/* Does the row say for which releases it is?  Then a run of one release says nothing when it covers nothing. */
static int names_releases(const struct known *known)
{
	const char *at = known->where;

	while ((at = strstr(at, "go"))) {
		int word = at == known->where || strchr("&|!( ", at[-1]);
		at += 2;
		if (word && strchr("<>=!", at[strspn(at, " ")]))
			return 1;
	}
	return *known->until != '\0';
}

/* A pass or a failure says whether an excuse is needed; the rest says nothing. */
static int is_judged(enum status status)
{
	return status != STATUS_SKIP && status != STATUS_NOTRUN && status != STATUS_INFRA;
}

static enum known_use use_of(const struct known *known, const struct cell_result *results, size_t count)
{
	size_t planned = 0, judged = 0;

	for (size_t i = 0; i < count; i++) {
		/* The cell alone first: a filter leaves a test on the check open. */
		const struct filter_subject subject = { &results[i].cell, NULL, NULL };
		if (!filter_text_match(known->where, &subject) || !holds(known->until, results[i].cell.go))
			continue;
		for (size_t k = 0; k < results[i].check_count; k++) {
			const struct check_result *check = &results[i].checks[k];
			if (!may_cover(known, &results[i].cell, check->id))
				continue;
			if (strcmp(known->status, status_name(check->status)) == 0)
				return KNOWN_USED;
			planned++;
			judged += is_judged(check->status);
		}
	}
	if (planned == 0)
		return names_releases(known) ? KNOWN_UNASKED : KNOWN_UNMATCHED;
	return judged > 0 ? KNOWN_UNSEEN : KNOWN_UNASKED;
}

static int is_one_excuse(const struct known *a, const struct known *b)
{
	return strcmp(a->where, b->where) == 0 && strcmp(a->check, b->check) == 0 && strcmp(a->reason, b->reason) == 0;
}

void known_stale(const struct cell_result *results, size_t count, enum known_use use[])
{
	for (size_t i = 0; i < known_count; i++)
		use[i] = use_of(&knowns[i], results, count);
	for (size_t i = 0; i < known_count; i++)
		for (size_t k = 0; k < known_count && use[i] == KNOWN_UNSEEN; k++)
			if (use[k] == KNOWN_USED && is_one_excuse(&knowns[i], &knowns[k]))
				use[i] = KNOWN_USED;
}

/*                 no row       row with this status   rows with others only
 *   pass          ok           -                      fixed
 *   skip          ok           known                  ok        it says nothing about the excuse
 *   notrun        new          known                  new       nobody has looked yet
 *   any other     regressed    known                  changed   excused for another reason than this */
enum verdict known_judge(const struct cell *cell, const char *check, enum status status, const struct known **row)
{
	*row = NULL;
	const struct known *first = known_find(cell, check);
	for (const struct known *known = first; known && known < knowns + known_count; known++) {
		if (strcmp(known->status, status_name(status)) == 0 && covers(known, cell, check)) {
			*row = known;
			return VERDICT_KNOWN;
		}
	}
	if (status == STATUS_SKIP)
		return VERDICT_OK;
	if (status == STATUS_NOTRUN)
		return VERDICT_NEW;
	*row = first;
	if (status == STATUS_PASS)
		return first ? VERDICT_FIXED : VERDICT_OK;
	return first ? VERDICT_CHANGED : VERDICT_REGRESSED;
}
