#include "matrix/bisect.h"

#include "matrix/base/buf.h"
#include "matrix/version.h"

#include <string.h>

static int as_first(const struct candidate *candidates, size_t i)
{
	return candidates[i].state == BISECT_KNOWN && strcmp(candidates[i].value, candidates[0].value) == 0;
}

/* The known end of what is as the first, and the first known one that is not; count when there is none. */
static void bounds(const struct candidate *candidates, size_t count, size_t *before, size_t *after)
{
	*before = 0;
	for (*after = 1; *after < count; ++*after) {
		if (candidates[*after].state != BISECT_KNOWN)
			continue;
		if (!as_first(candidates, *after))
			return;
		*before = *after;
	}
}

/* The unknown one nearest to the middle between two, or count. */
static size_t middle(const struct candidate *candidates, size_t count, size_t before, size_t after)
{
	size_t best = count, wish = (before + after) / 2, far = count;
	for (size_t i = before + 1; i < after; i++) {
		size_t distance = i > wish ? i - wish : wish - i;
		if (candidates[i].state == BISECT_UNKNOWN && distance < far) {
			best = i;
			far = distance;
		}
	}
	return best;
}

size_t bisect_next(const struct candidate *candidates, size_t count)
{
	size_t before, after;
	if (!count || candidates[0].state != BISECT_KNOWN)
		return count && candidates[0].state == BISECT_UNKNOWN ? 0 : count;
	bounds(candidates, count, &before, &after);
	if (after == count) /* nothing known differs: the other end, then nothing more is to be found */
		return candidates[count - 1].state == BISECT_UNKNOWN ? count - 1 : count;
	return middle(candidates, count, before, after);
}

void bisect_ahead(const struct candidate *candidates, size_t count, size_t at, size_t ahead[2])
{
	size_t before, after;
	ahead[0] = ahead[1] = count;
	if (!count || candidates[0].state != BISECT_KNOWN)
		return;
	bounds(candidates, count, &before, &after);
	if (after == count || at <= before || at >= after)
		return;
	ahead[0] = middle(candidates, count, before, at);
	ahead[1] = middle(candidates, count, at, after);
}

int bisect_change(const struct candidate *candidates, size_t count, size_t *before, size_t *after)
{
	size_t last, first;
	if (!count || candidates[0].state != BISECT_KNOWN)
		return 0;
	bounds(candidates, count, &last, &first);
	if (first == count)
		return 0;
	*before = last;
	*after = first;
	return 1;
}

int bisect_is_unordered(const struct candidate *candidates, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int left = 0;
		for (size_t k = i + 1; k < count && candidates[i].state == BISECT_KNOWN; k++) {
			if (candidates[k].state != BISECT_KNOWN)
				continue;
			int same = strcmp(candidates[i].value, candidates[k].value) == 0;
			if (same && left)
				return 1;
			left |= !same;
		}
	}
	return 0;
}

size_t bisect_ranges(const struct candidate *candidates, size_t count, const char *indent, struct buf *out)
{
	size_t ranges = 0;
	for (size_t i = 0; i < count; i++) {
		size_t last = i;
		if (candidates[i].state != BISECT_KNOWN)
			continue;
		for (size_t k = i + 1; k < count; k++) {
			if (candidates[k].state == BISECT_KNOWN &&
			    strcmp(candidates[k].value, candidates[i].value) != 0)
				break;
			last = candidates[k].state == BISECT_KNOWN ? k : last;
		}
		buf_printf(out, "%s%s%s%s: %s\n", indent, candidates[i].name, last > i ? ".." : "",
		    last > i ? candidates[last].name : "", candidates[i].value);
		i = last;
		ranges++;
	}
	return ranges;
}

void bisect_ladder(const struct release_list *list, const char *first, const char *last, struct release_list *ladder)
{
	struct version from, to, on = { .major = -1 };
	*ladder = (struct release_list)RELEASE_LIST_INIT;
	if (version_parse(first, &from) || version_parse(last, &to))
		return;
	release_list_add(ladder, first);
	for (size_t i = 0; i < list->count; i++) {
		struct version at;
		version_parse(list->name[i], &at);
		if (version_compare(&at, &from) <= 0 || version_compare(&at, &to) > 0)
			continue;
		int same_as_first = version_same_minor(&at, &from), same_as_last = version_same_minor(&at, &to),
		    again = version_same_minor(&at, &on);
		/* A pre-release is the first of its minor only where somebody asks for it. */
		if (same_as_last || (!same_as_first && !again && at.stage == VERSION_RELEASE)) {
			release_list_add(ladder, list->name[i]);
			on = at;
		}
	}
	release_list_add(ladder, last);
}

static int has_minor(const struct release_list *list, const struct version *of)
{
	for (size_t i = 0; i < list->count; i++) {
		struct version at;
		if (version_parse(list->name[i], &at) == 0 && version_same_minor(&at, of))
			return 1;
	}
	return 0;
}

void bisect_offer(struct release_list *list, const struct release_list *available, const char *last)
{
	struct release_list wanted = RELEASE_LIST_INIT;
	struct version to, at;
	if (version_parse(last, &to))
		return;
	for (size_t i = 0; i < available->count; i++) {
		if (version_parse(available->name[i], &at) || at.stage != VERSION_RELEASE ||
		    !version_since(available->name[i], VERSION_BUILDMODE))
			continue;
		if (version_same_minor(&at, &to) || !has_minor(list, &at))
			release_list_add(&wanted, available->name[i]);
	}
	for (size_t i = 0; i < wanted.count; i++)
		release_list_add(list, wanted.name[i]);
	release_list_free(&wanted);
}
