#include "matrix/check.h"

#include "matrix/base/buf.h"
#include "matrix/base/glob.h"
#include "matrix/contract.h"
#include "matrix/filter.h"
#include "matrix/port.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

const struct check checks[] = {
#define CHECK(id, family, pass, where, meaning, why, source) { id, family, PASS_##pass, where, meaning, why, source },
#include "matrix/checks.def"
#undef CHECK
};

enum { CHECKS = sizeof checks / sizeof *checks };
const size_t checks_count = CHECKS;

static const struct expectation rules[] = {
#define EXPECT(check, where, expected, source) { check, where, expected, source },
#include "matrix/oracle.def"
#undef EXPECT
};

enum { RULES = sizeof rules / sizeof *rules };

/* What support.def may ask of the release's table. */
enum fact { ALWAYS, NO_MODE, NO_CGO, NO_RACE, NO_MSAN, NO_ASAN, NO_RACE_PIE, EXTERNAL, EXTERNAL_CGO, NO_LINK_PIE };

static const struct {
	const char *where;
	enum fact fact;
	int exit;
	const char *message, *source;
} refusals[] = {
#define REFUSED(where, fact, exit, message, source) { where, fact, exit, message, source },
#include "matrix/support.def"
#undef REFUSED
};

enum { REFUSALS = sizeof refusals / sizeof *refusals };

const char *pass_name(enum pass pass)
{
	static const char *const names[PASS_COUNT] = {
		[PASS_REFUSAL] = "refusal",
		[PASS_BUILD] = "build",
		[PASS_FILE] = "file",
		[PASS_LIVE] = "live",
		[PASS_HOST] = "host",
		[PASS_ALONE] = "alone",
		[PASS_TRACE] = "trace",
	};
	return names[pass];
}

/* ---- what is worked out once: results are judged by the million, and by several threads ---------------- */

enum { ID_SLOTS = 1024 };

static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static unsigned short id_slot[ID_SLOTS];       /* 1 + index of a check, by its id */
static short rows_of_check[CHECKS][RULES + 1]; /* the rows of oracle.def that name a check, in order, ended by -1 */
static const struct filter *rule_filter[RULES], *refusal_filter[REFUSALS];

static size_t id_hash(const char *id, size_t len)
{
	unsigned hash = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)id[i]) * 16777619u;
	return (hash ^ hash >> 16) % ID_SLOTS;
}

static void prepare(void)
{
	for (size_t i = 0; i < CHECKS; i++) {
		size_t at = id_hash(checks[i].id, strlen(checks[i].id)), count = 0;
		while (id_slot[at])
			at = (at + 1) % ID_SLOTS;
		id_slot[at] = (unsigned short)(i + 1);
		for (short row = 0; row < RULES; row++)
			if (glob_match(rules[row].check, checks[i].id))
				rows_of_check[i][count++] = row;
		rows_of_check[i][count] = -1;
	}
	for (size_t i = 0; i < RULES; i++)
		rule_filter[i] = filter_text(rules[i].where);
	for (size_t i = 0; i < REFUSALS; i++)
		refusal_filter[i] = filter_text(refusals[i].where);
}

const struct check *check_find_part(const char *id, size_t len)
{
	pthread_once(&prepared, prepare);
	for (size_t at = id_hash(id, len); id_slot[at]; at = (at + 1) % ID_SLOTS) {
		const struct check *check = &checks[id_slot[at] - 1];
		if (strncmp(check->id, id, len) == 0 && !check->id[len])
			return check;
	}
	return NULL;
}

const struct check *check_find(const char *id) { return check_find_part(id, strlen(id)); }

/* Does the release's table say so of the cell's port?  Of a port that was not asked it says nothing. */
static int table_says(enum fact fact, const struct cell *cell)
{
	const struct port *port = cell->port;
	if (fact == ALWAYS || !port)
		return fact == ALWAYS;
	switch (fact) {
	case ALWAYS:
		break;
	case NO_MODE:
		return !(port->modes >> cell->mode & 1);
	case NO_CGO:
		return !port->cgo;
	case NO_RACE:
		return !port->race;
	case NO_MSAN:
		return !port->msan;
	case NO_ASAN:
		return !port->asan;
	case NO_RACE_PIE:
		return !port->race_pie;
	case EXTERNAL:
		return port->external[0];
	case EXTERNAL_CGO:
		return port->external[1];
	case NO_LINK_PIE:
		return !port->internal_pie;
	}
	return 1;
}

/* A plan asks this of one cell for every check, so the last answer is kept; rows that ask for a load
 * mode or target would not fit that. */
int support_row(const struct cell *cell)
{
	static _Thread_local struct cell last;
	static _Thread_local int answer, known;
	pthread_once(&prepared, prepare);
	if (known && last.port == cell->port && cell_same_build(&last, cell))
		return answer;
	const struct filter_subject subject = { cell, NULL, NULL, NULL };
	int found = -1;
	for (int i = 0; i < REFUSALS && found < 0; i++)
		if (table_says(refusals[i].fact, cell) && filter_match(refusal_filter[i], &subject))
			found = i;
	last = *cell;
	known = 1;
	return answer = found;
}

int check_planned(const struct check *check, const struct cell *cell)
{
	int runs = cell->load != LOAD_NONE, hosted = cell->mode == MODE_C_SHARED || cell->mode == MODE_C_ARCHIVE;
	if ((check->pass == PASS_REFUSAL) != (support_row(cell) >= 0))
		return 0;
	if (check->pass >= PASS_LIVE && !runs)
		return 0;
	/* The program that opens a plugin makes some in a process of their own (cases/hosts/plugin/pair.go), and so
	 * does one beside the case of buildmode shared (cases/hosts/shared). */
	if ((cell->mode == MODE_PLUGIN || cell->mode == MODE_SHARED) && check->pass == PASS_ALONE)
		hosted = cell->load == (cell->mode == MODE_PLUGIN ? LOAD_PLUGIN : LOAD_EXEC);
	if ((check->pass == PASS_HOST || check->pass == PASS_ALONE) && !hosted && !contract_of_program(check->id))
		return 0;
	const struct filter_subject subject = { cell, check->id, NULL, NULL };
	return filter_text_match(check->where, &subject);
}

int support_refused(const struct cell *cell, struct buf *out, const char **source)
{
	int row = support_row(cell);
	if (row < 0)
		return 0;
	cell_expand(cell, refusals[row].message, out);
	*source = refusals[row].source;
	return refusals[row].exit;
}

const char *oracle_text(const struct check *check, const struct cell *cell, const char **source)
{
	const struct filter_subject subject = { cell, check->id, NULL, NULL };
	pthread_once(&prepared, prepare);
	for (const short *row = rows_of_check[check - checks]; *row >= 0; row++) {
		if (filter_match(rule_filter[*row], &subject)) {
			*source = rules[*row].source;
			return rules[*row].expected;
		}
	}
	return NULL;
}

const struct expectation *oracle_row(const struct check *check, size_t n)
{
	pthread_once(&prepared, prepare);
	const short *row = rows_of_check[check - checks];
	while (*row >= 0 && n--)
		row++;
	return *row < 0 ? NULL : &rules[*row];
}

int oracle_expect(const struct check *check, const struct cell *cell, struct buf *out, const char **source)
{
	if (check->pass == PASS_REFUSAL) {
		struct buf message = BUF_INIT;
		int exit = support_refused(cell, &message, source);
		if (exit)
			buf_printf(out, "exit=%d \"%s\"", exit, message.data);
		buf_free(&message);
		return exit ? 0 : -ENOENT;
	}
	const char *expected = oracle_text(check, cell, source);
	if (!expected)
		return -ENOENT;
	buf_add(out, expected);
	return 0;
}
