#include "matrix/known.h"

#include "matrix/base/glob.h"
#include "matrix/check.h"
#include "matrix/filter.h"
#include "matrix/version.h"

#include <pthread.h>
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

enum { KNOWNS = sizeof knowns / sizeof *knowns, CHECKS_MOST = 256 };

/* The rows that can be about a check, in order, ended by -1, and the filters: results are judged by the million. */
static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static short rows_of_check[CHECKS_MOST][KNOWNS + 1];
static const struct filter *row_filter[KNOWNS];

static unsigned char names[CHECKS_MOST][KNOWNS]; /* the same as a table */

static void prepare(void)
{
	for (size_t i = 0; i < KNOWNS; i++)
		row_filter[i] = filter_text(knowns[i].where);
	for (size_t i = 0; i < checks_count && i < CHECKS_MOST; i++) {
		size_t count = 0;
		for (short row = 0; row < KNOWNS; row++) {
			names[i][row] = glob_match(knowns[row].check, checks[i].id) &&
			    filter_takes_check(row_filter[row], checks[i].id);
			if (names[i][row])
				rows_of_check[i][count++] = row;
		}
		rows_of_check[i][count] = -1;
	}
}

const unsigned char *known_names(const char *id)
{
	const struct check *check = check_find(id);
	pthread_once(&prepared, prepare);
	return check && check - checks < CHECKS_MOST ? names[check - checks] : NULL;
}

/* NULL: of a check that is not in checks.def any row may be. */
static const short *rows_of(const char *id)
{
	const struct check *check = check_find(id);
	pthread_once(&prepared, prepare);
	return check && check - checks < CHECKS_MOST ? rows_of_check[check - checks] : NULL;
}

/* Does the excuse still hold for the release?  One whose end cannot be compared never does. */
static int holds(const char *until, const char *go)
{
	struct version end, release;
	if (!*until)
		return 1;
	return version_parse(until, &end) == 0 && version_parse(go, &release) == 0 &&
	    version_compare(&release, &end) < 0;
}

const struct filter *known_filter(const struct known *row)
{
	pthread_once(&prepared, prepare);
	return row_filter[row - knowns];
}

int known_holds(const struct known *row, const struct cell *cell) { return holds(row->until, cell->go); }

/* Of a target of which nothing is known, it may. */
static int may_cover(const struct known *known, const struct cell *cell, const char *check)
{
	const struct filter_subject subject = { cell, check, NULL, NULL };
	return glob_match(known->check, check) && holds(known->until, cell->go) &&
	    filter_text_match(known->where, &subject);
}

/* Nothing is excused because a target might be what an excuse is about. */
static int covers(const struct known *known, const struct cell *cell, const char *check)
{
	const struct filter_subject subject = { cell, check, NULL, NULL };
	return filter_sure(row_filter[known - knowns], &subject) && glob_match(known->check, check) &&
	    holds(known->until, cell->go);
}

/* The first row behind `last` (NULL: of all) that covers it. */
static const struct known *next_row(
    const short *rows, const struct known *last, const struct cell *cell, const char *check)
{
	ptrdiff_t from = last ? last - knowns + 1 : 0;
	for (; !rows && from < KNOWNS; from++)
		if (covers(&knowns[from], cell, check))
			return &knowns[from];
	for (; rows && *rows >= 0; rows++)
		if (*rows >= from && covers(&knowns[*rows], cell, check))
			return &knowns[*rows];
	return NULL;
}

const struct known *known_find(const struct cell *cell, const char *check)
{
	return next_row(rows_of(check), NULL, cell, check);
}

int known_is_at_times(const struct cell *cell, const char *check)
{
	const short *rows = rows_of(check);
	int passes = 0, deviates = 0;
	for (const struct known *row = NULL; (row = next_row(rows, row, cell, check));) {
		int pass = strcmp(row->status, status_name(STATUS_PASS)) == 0;
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
		const struct filter_subject subject = { &results[i].cell, NULL, NULL, NULL };
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
enum verdict known_verdict(enum status status, int covered)
{
	if (status == STATUS_SKIP)
		return VERDICT_OK;
	if (status == STATUS_NOTRUN)
		return VERDICT_NEW;
	if (status == STATUS_PASS)
		return covered ? VERDICT_FIXED : VERDICT_OK;
	return covered ? VERDICT_CHANGED : VERDICT_REGRESSED;
}

enum verdict known_judge(const struct cell *cell, const char *check, enum status status, const struct known **row)
{
	*row = NULL;
	const short *rows = rows_of(check);
	const struct known *first = next_row(rows, NULL, cell, check);
	for (const struct known *known = first; known; known = next_row(rows, known, cell, check)) {
		if (strcmp(known->status, status_name(status)) == 0) {
			*row = known;
			return VERDICT_KNOWN;
		}
	}
	*row = status == STATUS_SKIP || status == STATUS_NOTRUN ? NULL : first;
	return known_verdict(status, first != NULL);
}
