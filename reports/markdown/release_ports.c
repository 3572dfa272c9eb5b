/* What differs between releases on ports of which nothing runs: built and inspected alone. */
#include "reports/markdown/kept.h"

#include "reports/markdown/markdown.h"
#include "reports/overview.h"
#include "reports/releases.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

/* One combination of a port over the releases: its results, sorted, are next to each other. */
struct combination {
	const struct cell_result *const *result;
	size_t count;
};

static int compare_combination(const struct cell *a, const struct cell *b)
{
	int d = strcmp(a->os, b->os);

	if (d == 0)
		d = strcmp(a->arch, b->arch);
	if (d == 0)
		d = strcmp(a->variant, b->variant);
	if (d == 0)
		d = (int)a->mode - (int)b->mode;
	if (d == 0)
		d = a->cgo - b->cgo;
	return d ? d : (int)a->link - (int)b->link;
}

static int compare_results(const void *a, const void *b)
{
	const struct cell_result *x = *(const struct cell_result *const *)a, *y = *(const struct cell_result *const *)b;
	int d = compare_combination(&x->cell, &y->cell);

	return d ? d : (x > y) - (x < y);
}

static int same_port(const struct cell *a, const struct cell *b)
{
	return strcmp(a->os, b->os) == 0 && strcmp(a->arch, b->arch) == 0 && strcmp(a->variant, b->variant) == 0;
}

/* Does anything of the port run?  Then it is drawn with its target (bytarget.h). */
static int runs(const struct view *view, const struct cell *cell)
{
	for (size_t i = 0; i < view->count; i++)
		if (view->cells[i].cell.load != LOAD_NONE && same_port(&view->cells[i].cell, cell))
			return 1;
	return 0;
}

/* The results of such ports, sorted; malloc'ed. */
static const struct cell_result **find_results(const struct view *view, size_t *count)
{
	const struct cell_result **results = xcalloc(view->count + 1, sizeof(*results));
	size_t found = 0, kept = 0;
	int skipped = 0;

	for (size_t i = 0; i < view->count; i++)
		if (view->cells[i].cell.load == LOAD_NONE)
			results[found++] = &view->cells[i];
	qsort(results, found, sizeof(*results), compare_results);
	for (size_t i = 0; i < found; i++) {
		if (i == 0 || !same_port(&results[i - 1]->cell, &results[i]->cell))
			skipped = runs(view, &results[i]->cell);
		if (!skipped)
			results[kept++] = results[i];
	}
	*count = kept;
	return results;
}

static int differs(const struct combination *combination)
{
	for (size_t i = 1; i < combination->count; i++)
		if (mark_cell(combination->result[i]) != mark_cell(combination->result[0]))
			return 1;
	return 0;
}

static void row(struct buf *out, const struct combination *combination, const struct releases *releases)
{
	const struct cell *cell = &combination->result[0]->cell;
	char name[OVERVIEW_NAME_MAX];

	buf_printf(out, "| %s | %s | %d | %s |", overview_name(cell, name), mode_name(cell->mode), cell->cgo,
	    link_name(cell->link));
	for (size_t r = 0; r < releases->count; r++) {
		const struct cell_result *at = NULL;
		for (size_t i = 0; i < combination->count && !at; i++)
			if (strcmp(combination->result[i]->cell.go, releases->go[r]) == 0)
				at = combination->result[i];
		kept_mark(out, at);
	}
	buf_add(out, "\n");
}

static void heading(struct buf *out, const struct releases *releases)
{
	buf_add(out,
	    "## Ports, built and inspected: what is not the same in all releases\n\n"
	    "| port | buildmode | cgo | link |");
	for (size_t r = 0; r < releases->count; r++)
		buf_printf(out, " %s |", releases->go[r] + 2);
	buf_add(out, "\n|---|---|---|---|");
	for (size_t r = 0; r < releases->count; r++)
		buf_add(out, ":-:|");
	buf_add(out, "\n");
}

/* Ports that came or went: "windows/arm: 1.21.13..1.23.12"; of their variants that goes without saying. */
static void some_have(
    struct buf *out, const struct cell_result *const *results, size_t count, struct releases *releases)
{
	const struct cell *said = NULL;

	for (size_t first = 0, last; first < count; first = last) {
		const struct cell *cell = &results[first]->cell;
		char name[OVERVIEW_NAME_MAX];
		size_t held = 0;
		releases_clear(releases);
		for (last = first; last < count && same_port(cell, &results[last]->cell); last++)
			releases_hold(releases, &results[last]->cell);
		for (size_t r = 0; r < releases->count; r++)
			held += releases->holds[r];
		if (held == releases->count ||
		    (said && strcmp(said->os, cell->os) == 0 && strcmp(said->arch, cell->arch) == 0))
			continue;
		said = cell;
		buf_printf(out, "- %s: ", overview_name(cell, name));
		releases_words(releases, out);
		buf_add(out, "\n");
	}
}

/* Those of all releases that have such ports in the run. */
static struct releases releases_of(const struct cell_result *const *results, size_t count, const struct releases *all)
{
	struct releases some = { .go = xcalloc(all->count + 1, sizeof(*some.go)),
		.holds = xcalloc(all->count + 1, sizeof(*some.holds)) };

	for (size_t r = 0; r < all->count; r++)
		for (size_t i = 0; i < count && (some.count == 0 || some.go[some.count - 1] != all->go[r]); i++)
			if (strcmp(results[i]->cell.go, all->go[r]) == 0)
				some.go[some.count++] = all->go[r];
	return some;
}

void kept_release_ports(struct buf *out, const struct view *view, const struct releases *all)
{
	size_t count, same = 0, other = 0;
	const struct cell_result **results = find_results(view, &count);
	struct releases some_releases = releases_of(results, count, all), *releases = &some_releases;
	struct buf some = BUF_INIT;

	for (size_t first = 0, last; first < count && releases->count > 1; first = last) {
		last = first + 1;
		while (last < count && compare_combination(&results[first]->cell, &results[last]->cell) == 0)
			last++;
		const struct combination combination = { &results[first], last - first };
		if (!differs(&combination)) {
			same++;
			continue;
		}
		if (!other++)
			heading(out, releases);
		row(out, &combination, releases);
	}
	if (other)
		buf_printf(out, "\n%zu more combinations of port, buildmode, CGO_ENABLED and link mode are.\n\n", same);
	some_have(&some, results, count, releases);
	if (some.len && releases->count > 1)
		buf_printf(out, "Ports that some of the releases have:\n\n%s\n", some.data);
	buf_free(&some);
	releases_free(releases);
	free(results);
}
