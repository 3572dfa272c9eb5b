#include "matrix/needs.h"

#include "matrix/filter.h"

#include <string.h>

const struct need needs[] = {
#define NEED(fact, passes, where, skip_class, meaning) { fact, passes, where, skip_class, meaning },
#include "matrix/needs.def"
#undef NEED
};

const size_t needs_count = sizeof needs / sizeof *needs;

int need_is_lacked(const struct need *need, const json_t *facts, const char **why)
{
	const char *fact = json_string_value(json_object_get(facts, need->fact));
	if (!fact || strncmp(fact, "no", 2) != 0 || !strchr(":", fact[2]))
		return 0;
	*why = fact + 2 + strspn(fact + 2, ": ");
	return 1;
}

const struct need *need_unmet(
    const struct check *check, const struct cell *cell, const json_t *facts, const char **text)
{
	const struct filter_subject subject = { cell, check->id, NULL, NULL };
	for (size_t i = 0; i < needs_count; i++)
		if (needs[i].passes & 1u << check->pass && filter_text_match(needs[i].where, &subject) &&
		    need_is_lacked(&needs[i], facts, text))
			return &needs[i];
	return NULL;
}
