#include "matrix/needs.h"

#include "matrix/filter.h"

#include <string.h>

const struct need needs[] = {
#define NEED(fact, passes, where, skip_class, meaning) { fact, passes, where, skip_class, meaning },
#include "matrix/needs.def"
#undef NEED
};

const size_t needs_count = sizeof needs / sizeof *needs;

/* Says the fact that it is not there?  What follows is why. */
static int is_lacked(const char *fact, const char **why)
{
	if (!fact || strncmp(fact, "no", 2) != 0 || !strchr(":", fact[2]))
		return 0;
	*why = fact + 2 + strspn(fact + 2, ": ");
	return 1;
}

const struct need *need_unmet(
    const struct check *check, const struct cell *cell, const json_t *facts, const char **text)
{
	const struct filter_subject subject = { cell, check->id, NULL };
	for (size_t i = 0; i < needs_count; i++)
		if (needs[i].passes & 1u << check->pass && filter_text_match(needs[i].where, &subject) &&
		    is_lacked(json_string_value(json_object_get(facts, needs[i].fact)), text))
			return &needs[i];
	return NULL;
}
