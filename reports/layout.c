#include "reports/layout.h"

#include "matrix/base/buf.h"
#include "reports/marks.h"

#include <stdlib.h>
#include <string.h>

static int same_platform(const struct cell *a, const struct cell *b)
{
	return strcmp(a->go, b->go) == 0 && strcmp(a->os, b->os) == 0 && strcmp(a->arch, b->arch) == 0 &&
	    strcmp(a->variant, b->variant) == 0;
}

static struct layout_section *find_section(struct layout *layout, const struct cell *cell)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct cell *other = layout->section[i].cell;
		if (same_platform(other, cell) && strcmp(other->target, cell->target) == 0)
			return &layout->section[i];
	}
	return NULL;
}

static void add_section(struct layout *layout, const struct cell *cell)
{
	if (find_section(layout, cell))
		return;
	layout->section = xrealloc(layout->section, (layout->count + 1) * sizeof(*layout->section));
	layout->section[layout->count++] = (struct layout_section){ .cell = cell };
}

static int has_platform(const struct layout *layout, const struct cell *cell)
{
	for (size_t i = 0; i < layout->count; i++)
		if (same_platform(layout->section[i].cell, cell))
			return 1;
	return 0;
}

static struct layout_row *get_row(struct layout_section *section, enum mode mode, int cgo, enum load load)
{
	for (size_t i = 0; i < section->count; i++) {
		struct layout_row *row = &section->row[i];
		if (row->mode == mode && row->cgo == cgo && row->load == load)
			return row;
	}
	if (section->count == section->room) {
		section->room = section->room ? 2 * section->room : 16;
		section->row = xrealloc(section->row, section->room * sizeof(*section->row));
	}
	struct layout_row *row = &section->row[section->count++];
	*row = (struct layout_row){ .mode = mode, .cgo = cgo, .load = load };
	return row;
}

static void put(struct layout_row *row, const struct cell_result *result)
{
	const struct cell_result **place = &row->cell[result->cell.link];

	if (*place == NULL || mark_cell(*place) < mark_cell(result))
		*place = result;
}

/* A refusal goes to all rows that its buildmode and CGO_ENABLED have, or to one of its own. */
static void put_refusal(struct layout_section *section, const struct cell_result *result)
{
	const struct cell *cell = &result->cell;
	int placed = 0;

	for (size_t i = 0; i < section->count; i++) {
		if (section->row[i].mode == cell->mode && section->row[i].cgo == cell->cgo) {
			put(&section->row[i], result);
			placed = 1;
		}
	}
	if (!placed)
		put(get_row(section, cell->mode, cell->cgo, LOAD_NONE), result);
}

static void place(struct layout *layout, const struct cell_result *result, int refusal)
{
	const struct cell *cell = &result->cell;

	if (cell_is_refusal(result) != refusal)
		return;
	for (size_t i = 0; i < layout->count; i++) {
		struct layout_section *section = &layout->section[i];
		if (!same_platform(section->cell, cell))
			continue;
		if (cell->load != LOAD_NONE && strcmp(section->cell->target, cell->target) != 0)
			continue;
		section->links |= 1u << cell->link;
		if (refusal)
			put_refusal(section, result);
		else
			put(get_row(section, cell->mode, cell->cgo, cell->load), result);
	}
}

static int compare_rows(const void *a, const void *b)
{
	const struct layout_row *x = a, *y = b;

	if (x->mode != y->mode)
		return (int)x->mode - (int)y->mode;
	if (x->cgo != y->cgo)
		return x->cgo - y->cgo;
	return (int)x->load - (int)y->load;
}

void layout_make(const struct view *view, struct layout *layout)
{
	*layout = (struct layout){ 0 };
	for (size_t i = 0; i < view->count; i++)
		if (view->cells[i].cell.load != LOAD_NONE)
			add_section(layout, &view->cells[i].cell);
	for (size_t i = 0; i < view->count; i++)
		if (!has_platform(layout, &view->cells[i].cell))
			add_section(layout, &view->cells[i].cell);
	for (int refusal = 0; refusal <= 1; refusal++)
		for (size_t i = 0; i < view->count; i++)
			place(layout, &view->cells[i], refusal);
	for (size_t i = 0; i < layout->count; i++)
		if (layout->section[i].count > 1)
			qsort(
			    layout->section[i].row, layout->section[i].count, sizeof(struct layout_row), compare_rows);
}

void layout_free(struct layout *layout)
{
	for (size_t i = 0; i < layout->count; i++)
		free(layout->section[i].row);
	free(layout->section);
	*layout = (struct layout){ 0 };
}

const char *layout_column(enum link link)
{
	const char *linker = link_linker(link);

	if (!link_is_external(link))
		return "internal";
	return *linker ? linker : "default";
}

char *layout_title(const struct layout_section *section)
{
	const struct cell *cell = section->cell;
	char arch[32];

	if (cell->load == LOAD_NONE)
		return xprintf("%s %s/%s, not run", cell->go, cell->os, cell_arch(cell, arch));
	return xprintf("%s %s/%s on %s", cell->go, cell->os, cell_arch(cell, arch), cell->target);
}

const char *layout_load(enum load load) { return load == LOAD_NONE ? "-" : load_name(load); }
