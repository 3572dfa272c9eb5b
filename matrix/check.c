#include "matrix/check.h"

#include "matrix/base/buf.h"
#include "matrix/base/glob.h"
#include "matrix/filter.h"

#include <errno.h>
#include <string.h>

const struct check checks[] = {
#define CHECK(id, family, pass, where, meaning, why, source) { id, family, PASS_##pass, where, meaning, why, source },
#include "matrix/checks.def"
#undef CHECK
};

enum { CHECKS = sizeof checks / sizeof *checks };
const size_t checks_count = CHECKS;

static const struct { const char *check, *where, *expected, *source; } rules[] = {
#define EXPECT(check, where, expected, source) { check, where, expected, source },
#include "matrix/oracle.def"
#undef EXPECT
};

enum { RULES = sizeof rules / sizeof *rules };

static const struct { const char *where, *message, *source; } refusals[] = {
#define REFUSED(where, message, source) { where, message, source },
#include "matrix/support.def"
#undef REFUSED
};

enum { REFUSALS = sizeof refusals / sizeof *refusals };

const char *pass_name(enum pass pass)
{
	static const char *const names[PASS_COUNT] = {
		[PASS_REFUSAL] = "refusal", [PASS_BUILD] = "build", [PASS_FILE] = "file", [PASS_LIVE] = "live",
		[PASS_HOST] = "host", [PASS_ALONE] = "alone", [PASS_TRACE] = "trace",
	};
	return names[pass];
}

const struct check *check_find(const char *id)
{
	for (size_t i = 0; i < CHECKS; i++)
		if (strcmp(checks[i].id, id) == 0)
			return &checks[i];
	return NULL;
}

/* The row of support.def that refuses the cell, or -1.  A plan asks this of one cell for every
 * check, so the last answer is kept; rows that ask for a load mode or target would not fit that. */
static int find_refusal(const struct cell *cell)
{
	static struct cell last;
	static int answer, known;
	if (known && cell_same_build(&last, cell))
		return answer;
	const struct filter_subject subject = { cell, NULL, NULL };
	int found = -1;
	for (int i = 0; i < REFUSALS && found < 0; i++)
		if (filter_text_match(refusals[i].where, &subject))
			found = i;
	last = *cell;
	known = 1;
	return answer = found;
}

int check_planned(const struct check *check, const struct cell *cell)
{
	int runs = cell->load != LOAD_NONE, hosted = cell->mode == MODE_C_SHARED || cell->mode == MODE_C_ARCHIVE;
	if ((check->pass == PASS_REFUSAL) != (find_refusal(cell) >= 0))
		return 0;
	if (check->pass >= PASS_LIVE && !runs)
		return 0;
	if ((check->pass == PASS_HOST || check->pass == PASS_ALONE) && !hosted)
		return 0;
	const struct filter_subject subject = { cell, check->id, NULL };
	return filter_text_match(check->where, &subject);
}

int support_refused(const struct cell *cell, struct buf *out, const char **source)
{
	static const char variable[] = "$MODE";
	int row = find_refusal(cell);
	if (row < 0)
		return 0;
	const char *message = refusals[row].message;
	for (const char *at; (at = strstr(message, variable)); message = at + strlen(variable)) {
		buf_add_bytes(out, message, (size_t)(at - message));
		buf_add(out, mode_name(cell->mode));
	}
	buf_add(out, message);
	*source = refusals[row].source;
	return 1;
}

/* The rows of oracle.def that name a check, in order, ended by -1: worked out once per check. */
static const short *rules_of(const struct check *check)
{
	static short rows[CHECKS][RULES + 1];
	static char known[CHECKS];
	size_t index = (size_t)(check - checks);
	if (!known[index]) {
		size_t count = 0;
		for (short i = 0; i < RULES; i++)
			if (glob_match(rules[i].check, check->id))
				rows[index][count++] = i;
		rows[index][count] = -1;
		known[index] = 1;
	}
	return rows[index];
}

int oracle_expect(const struct check *check, const struct cell *cell, struct buf *out, const char **source)
{
	if (check->pass == PASS_REFUSAL) {
		struct buf message = BUF_INIT;
		int refused = support_refused(cell, &message, source);
		if (refused)
			buf_printf(out, "exit=1 \"%s\"", message.data);
		buf_free(&message);
		return refused ? 0 : -ENOENT;
	}
	const struct filter_subject subject = { cell, check->id, NULL };
	for (const short *row = rules_of(check); *row >= 0; row++) {
		if (filter_text_match(rules[*row].where, &subject)) {
			buf_add(out, rules[*row].expected);
			*source = rules[*row].source;
			return 0;
		}
	}
	return -ENOENT;
}
