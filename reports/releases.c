#include "reports/releases.h"

#include "matrix/base/buf.h"
#include "matrix/version.h"

#include <stdlib.h>
#include <string.h>

static size_t place_of(const struct releases *releases, const char *go)
{
	size_t i = 0;

	while (i < releases->count && strcmp(releases->go[i], go) != 0)
		i++;
	return i;
}

static int compare(const void *a, const void *b)
{
	return version_order(*(const char *const *)a, *(const char *const *)b);
}

void releases_find(const struct view *view, struct releases *releases)
{
	*releases = (struct releases){ .go = xcalloc(view->count + 1, sizeof(*releases->go)) };
	for (size_t i = 0; i < view->count; i++)
		if (place_of(releases, view->cells[i].cell.go) == releases->count)
			releases->go[releases->count++] = view->cells[i].cell.go;
	qsort(releases->go, releases->count, sizeof(*releases->go), compare);
	releases->holds = xcalloc(releases->count + 1, 1);
}

void releases_free(struct releases *releases)
{
	free(releases->go);
	free(releases->holds);
}

void releases_clear(struct releases *releases) { memset(releases->holds, 0, releases->count); }

void releases_hold(struct releases *releases, const struct cell *cell)
{
	size_t at = place_of(releases, cell->go);

	if (at < releases->count)
		releases->holds[at] = 1;
}

void releases_words(const struct releases *releases, struct buf *out)
{
	const char *sep = "";
	size_t held = 0;

	for (size_t i = 0; i < releases->count; i++)
		held += releases->holds[i];
	if (held == releases->count && held > 1) {
		buf_add(out, "all");
		return;
	}
	for (size_t i = 0; i < releases->count; i++) {
		size_t last = i;
		if (!releases->holds[i])
			continue;
		while (last + 1 < releases->count && releases->holds[last + 1])
			last++;
		buf_printf(out, "%s%s", sep, version_bare(releases->go[i]));
		if (last > i)
			buf_printf(out, "%s%s", last > i + 1 ? ".." : ", ", version_bare(releases->go[last]));
		sep = ", ";
		i = last;
	}
}
