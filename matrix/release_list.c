#include "matrix/release_list.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/version.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the list ----------------------------------------------------------------------------------- */

static struct version version_at(const struct release_list *list, size_t i)
{
	struct version version = { 0 };
	version_parse(list->name[i], &version);
	return version;
}

/* The first that is not before name. */
static size_t place_of(const struct release_list *list, const char *name)
{
	size_t i = 0;
	while (i < list->count && version_order(list->name[i], name) < 0)
		i++;
	return i;
}

static int is_at(const struct release_list *list, size_t i, const char *name)
{
	return i < list->count && version_order(list->name[i], name) == 0;
}

int release_list_add(struct release_list *list, const char *name)
{
	struct version version;
	if (version_parse(name, &version) || strlen(name) >= sizeof(*list->name) - 2)
		return -EINVAL;
	size_t i = place_of(list, name);
	if (is_at(list, i, name))
		return 0;
	list->name = xrealloc(list->name, (list->count + 1) * sizeof(*list->name));
	memmove(&list->name[i + 1], &list->name[i], (list->count++ - i) * sizeof(*list->name));
	snprintf(list->name[i], sizeof(*list->name), "%s%s", strncmp(name, "go", 2) == 0 ? "" : "go", name);
	return 0;
}

void release_list_free(struct release_list *list)
{
	free(list->name);
	*list = (struct release_list)RELEASE_LIST_INIT;
}

const char *release_list_find(const struct release_list *list, const char *name)
{
	struct version version;
	if (version_parse(name, &version))
		return NULL;
	size_t i = place_of(list, name);
	return is_at(list, i, name) ? list->name[i] : NULL;
}

void release_list_around(const struct release_list *list, const char *name, const char **below, const char **above)
{
	struct version version;
	*below = *above = NULL;
	if (version_parse(name, &version))
		return;
	size_t i = place_of(list, name);
	*below = i ? list->name[i - 1] : NULL;
	*above = i < list->count ? list->name[i] : NULL;
}

const char *release_list_bootstrap(const struct release_list *list, int minor)
{
	const char *best = NULL;
	for (size_t i = 0; i < list->count; i++) {
		struct version at = version_at(list, i);
		if (at.stage == VERSION_RELEASE && !*version_suffix(list->name[i]) &&
		    at.minor >= version_bootstrap(minor) && (at.minor < minor || !best))
			best = list->name[i];
	}
	return best;
}

/* ---- choosing ----------------------------------------------------------------------------------- */

/* The next release before or after one, somebody's own builds left out. */
static struct version next_to(const struct release_list *list, size_t i, int by)
{
	for (i += (size_t)by; i < list->count; i += (size_t)by)
		if (!*version_suffix(list->name[i]))
			return version_at(list, i);
	return (struct version){ .major = -1 };
}

/* Releases from low to high: all, or the first and the last of each minor.  How many there are. */
static size_t choose(const struct release_list *list, const struct version *low, const struct version *high, int all,
    struct release_list *chosen)
{
	size_t found = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct version at = version_at(list, i);
		if (at.stage != VERSION_RELEASE || *version_suffix(list->name[i]) || version_compare(&at, low) < 0 ||
		    version_compare(&at, high) > 0)
			continue;
		struct version before = next_to(list, i, -1), after = next_to(list, i, 1);
		int first = !version_same_minor(&before, &at) || before.stage != VERSION_RELEASE ||
		    version_compare(&before, low) < 0;
		int last = !version_same_minor(&after, &at) || version_compare(&after, high) > 0;
		if (all || first || last) {
			release_list_add(chosen, list->name[i]);
			found++;
		}
	}
	return found;
}

static int nothing(const struct release_list *list, const char *text, const char *low, struct diag *diag)
{
	const char *below, *above;
	release_list_around(list, low, &below, &above);
	const char *word = version_bare(text);
	return diag_set(diag, ENOENT, "%s not available; %s%s%s bracket%s it", word, below ? below + 2 : "",
	    below && above ? " and " : "", above ? above + 2 : "", below && above ? "" : "s");
}

int release_list_select(
    const struct release_list *list, const char *text, struct release_list *chosen, struct diag *diag)
{
	int wide = strstr(text, "..") || strchr(text, '*'), found = 1;
	const char *end = strstr(text, "..") ? strstr(text, "..") : strstr(text, ".*");
	char *low_text = end ? xprintf("%.*s", (int)(end - text), text) : xstrdup(text);
	struct version low, high;
	int own = *version_suffix(text) && version_parse(text, &low) == 0;
	int error = own ? 0 : version_range(text, &low, &high);
	if (error)
		error = diag_set(diag, EINVAL, "%s: not a Go release such as 1.6.4, 1.6.* or 1.5..1.27", text);
	else if (!own && version_compare(&low, &high) > 0)
		error = diag_set(diag, EINVAL, "%s: the second is older than the first: write %s..%s", text,
		    strstr(text, "..") + 2, low_text);
	else if (wide)
		found = choose(list, &low, &high, strchr(text, '*') != NULL, chosen) > 0;
	else if (release_list_find(list, text))
		release_list_add(chosen, release_list_find(list, text));
	else
		found = 0;
	if (!error && !found)
		error = nothing(list, text, low_text, diag);
	free(low_text);
	return error;
}
