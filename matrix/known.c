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
	return version_parse(until, &end) == 0 && version_parse(go, &release) == 0 && version_compare(&release, &end) < 0;
}

static int covers(const struct known *known, const struct cell *cell, const char *check)
{
	const struct filter_subject subject = { cell, check, NULL };
	return glob_match(known->check, check) && holds(known->until, cell->go) && filter_text_match(known->where, &subject);
}

const struct known *known_find(const struct cell *cell, const char *check)
{
	for (size_t i = 0; i < known_count; i++)
		if (covers(&knowns[i], cell, check))
			return &knowns[i];
	return NULL;
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
