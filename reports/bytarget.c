#include "reports/bytarget.h"

#include "matrix/base/buf.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

enum { KEYS = MODE_COUNT * 2 * LINK_COUNT * LOAD_COUNT };

/* Link modes that share a name: internal, external, external-static. */
static const struct {
	enum link first, last;
} groups[] = {
	{ LINK_INTERNAL, LINK_INTERNAL },
	{ LINK_EXTERNAL, LINK_EXTERNAL_MOLD },
	{ LINK_EXTERNAL_STATIC, LINK_EXTERNAL_MOLD_STATIC },
};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

/* Rows in order: buildmode, CGO_ENABLED, link, load. */
static size_t key_of(const struct cell *cell)
{
	return (((size_t)cell->mode * 2 + (size_t)cell->cgo) * LINK_COUNT + (size_t)cell->link) * LOAD_COUNT +
	    (size_t)cell->load;
}

static int same_port(const struct cell *a, const struct cell *b)
{
	return strcmp(a->go, b->go) == 0 && strcmp(a->os, b->os) == 0 && strcmp(a->arch, b->arch) == 0 &&
	    strcmp(a->variant, b->variant) == 0;
}

/* ---- columns and sections ---------------------------------------------------------------------- */

struct columns {
	struct bytarget_column *column;
	size_t count;
};

/* Every port and target on which a cell runs, in plan order. */
static struct columns find_columns(const struct view *view)
{
	struct columns columns = { NULL, 0 };

	for (size_t i = 0; i < view->count; i++) {
		const struct cell *cell = &view->cells[i].cell;
		size_t at = columns.count;
		if (cell->load == LOAD_NONE)
			continue;
		while (at > 0 &&
		    !(same_port(columns.column[at - 1].cell, cell) &&
			strcmp(columns.column[at - 1].cell->target, cell->target) == 0))
			at--;
		if (at > 0)
			continue;
		columns.column = xrealloc(columns.column, (columns.count + 1) * sizeof(*columns.column));
		columns.column[columns.count++] = (struct bytarget_column){ cell, view_target(view, cell->target) };
	}
	return columns;
}

/* How many targets the port of a column runs on. */
static size_t targets_of(const struct columns *columns, const struct cell *cell)
{
	size_t count = 0;

	for (size_t i = 0; i < columns->count; i++)
		count += same_port(columns->column[i].cell, cell) != 0;
	return count;
}

/* The section that a column belongs to: that of its port, or of the ports of its release that have one column. */
static struct bytarget_section *find_section(struct bytarget *grid, const struct cell *cell, int single)
{
	for (size_t i = 0; i < grid->count; i++) {
		struct bytarget_section *section = &grid->section[i];
		const struct cell *other = section->column[0].cell;
		if (section->joint == single && (single ? strcmp(other->go, cell->go) == 0 : same_port(other, cell)))
			return section;
	}
	return NULL;
}

static void make_sections(struct bytarget *grid, const struct columns *columns)
{
	grid->section = xcalloc(columns->count + 1, sizeof(*grid->section));
	for (size_t i = 0; i < columns->count; i++) {
		const struct cell *cell = columns->column[i].cell;
		const int single = targets_of(columns, cell) == 1;
		struct bytarget_section *section = find_section(grid, cell, single);
		if (section == NULL) {
			section = &grid->section[grid->count++];
			*section =
			    (struct bytarget_section){ .column = xcalloc(columns->count, sizeof(*section->column)),
				    .joint = single };
		}
		section->column[section->columns++] = columns->column[i];
	}
	for (size_t i = 0; i < grid->count; i++)
		grid->section[i].joint &= grid->section[i].columns > 1;
}

/* ---- rows --------------------------------------------------------------------------------------- */

static void fill_table(const struct view *view, const struct bytarget_section *section, struct bytarget_slot *table)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct cell_result *result = &view->cells[i];
		const struct cell *cell = &result->cell;
		for (size_t c = 0; c < section->columns; c++) {
			const struct cell *column = section->column[c].cell;
			int here = cell->load == LOAD_NONE || strcmp(column->target, cell->target) == 0;
			if (here && same_port(column, cell))
				table[key_of(cell) * section->columns + c] =
				    (struct bytarget_slot){ result, mark_cell(result) };
		}
	}
}

/* What runs was inspected too: the same build without a run says nothing more, unless something is wrong. */
static void drop_inspected(struct bytarget_slot *table, size_t columns)
{
	for (size_t key = 0; key < KEYS; key += LOAD_COUNT)
		for (size_t c = 0; c < columns; c++) {
			struct bytarget_slot *still = &table[(key + LOAD_NONE) * columns + c];
			int runs = 0;
			for (size_t l = LOAD_NONE + 1; l < LOAD_COUNT; l++)
				runs |= table[(key + l) * columns + c].cell != NULL;
			if (runs && still->cell && still->mark <= MARK_PARTLY)
				*still = (struct bytarget_slot){ 0 };
		}
}

static void make_rows(const struct view *view, struct bytarget_section *section)
{
	const size_t columns = section->columns;

	section->slots = xcalloc(KEYS * columns, sizeof(*section->slots));
	section->row = xcalloc(KEYS, sizeof(*section->row));
	fill_table(view, section, section->slots);
	drop_inspected(section->slots, columns);
	for (size_t key = 0; key < KEYS; key++) {
		struct bytarget_slot *slot = &section->slots[key * columns];
		size_t c = 0;
		while (c < columns && slot[c].cell == NULL)
			c++;
		if (c == columns)
			continue;
		const struct cell *cell = &slot[c].cell->cell;
		section->row[section->count++] = (struct bytarget_row){
			.mode = cell->mode,
			.cgo = cell->cgo,
			.links = 1u << cell->link,
			.loads = 1u << cell->load,
			.slot = slot,
		};
	}
}

static int agree(const struct bytarget_row *a, const struct bytarget_row *b, size_t columns)
{
	size_t only_a = 0, only_b = 0;

	for (size_t c = 0; c < columns; c++) {
		only_a += a->slot[c].cell && !b->slot[c].cell;
		only_b += !a->slot[c].cell && b->slot[c].cell;
		if (a->slot[c].cell && b->slot[c].cell && a->slot[c].mark != b->slot[c].mark)
			return 0;
	}
	return only_a == 0 || only_b == 0;
}

static size_t group_of(unsigned links)
{
	for (size_t g = 0; g < GROUPS; g++)
		for (enum link l = groups[g].first; l <= groups[g].last; l++)
			if (links >> l & 1)
				return g;
	return GROUPS;
}

static int may_share_links(const struct bytarget_row *a, const struct bytarget_row *b)
{
	return a->loads == b->loads && (a->loads == 1u << LOAD_NONE || group_of(a->links) == group_of(b->links));
}

static int may_share_loads(const struct bytarget_row *a, const struct bytarget_row *b)
{
	return a->links == b->links && a->loads != 1u << LOAD_NONE && b->loads != 1u << LOAD_NONE;
}

/* Each row takes in those after it that agree with it. */
static void fold(struct bytarget_section *section, int (*may)(const struct bytarget_row *, const struct bytarget_row *))
{
	size_t kept = 0;

	for (size_t i = 0; i < section->count; i++) {
		const struct bytarget_row row = section->row[i];
		size_t at = kept;
		while (at > 0 && section->row[at - 1].mode == row.mode && section->row[at - 1].cgo == row.cgo &&
		    !(may(&section->row[at - 1], &row) && agree(&section->row[at - 1], &row, section->columns)))
			at--;
		if (at == 0 || section->row[at - 1].mode != row.mode || section->row[at - 1].cgo != row.cgo) {
			section->row[kept++] = row;
			continue;
		}
		struct bytarget_row *into = &section->row[at - 1];
		into->links |= row.links;
		into->loads |= row.loads;
		for (size_t c = 0; c < section->columns; c++)
			if (into->slot[c].cell == NULL)
				into->slot[c] = row.slot[c];
	}
	section->count = kept;
}

static void find_all_links(struct bytarget_section *section)
{
	unsigned links[MODE_COUNT][2] = { { 0 } };

	for (size_t i = 0; i < section->count; i++)
		links[section->row[i].mode][section->row[i].cgo] |= section->row[i].links;
	for (size_t i = 0; i < section->count; i++) {
		struct bytarget_row *row = &section->row[i];
		row->all_links = row->loads == 1u << LOAD_NONE && row->links == links[row->mode][row->cgo] &&
		    (row->links & (row->links - 1)) != 0;
	}
}

void bytarget_make(const struct view *view, int folded, struct bytarget *grid)
{
	struct columns columns = find_columns(view);

	*grid = (struct bytarget){ 0 };
	make_sections(grid, &columns);
	for (size_t i = 0; i < grid->count; i++) {
		struct bytarget_section *section = &grid->section[i];
		make_rows(view, section);
		if (folded) {
			fold(section, may_share_links);
			fold(section, may_share_loads);
			find_all_links(section);
		}
	}
	free(columns.column);
}

void bytarget_free(struct bytarget *grid)
{
	for (size_t i = 0; i < grid->count; i++) {
		free(grid->section[i].column);
		free(grid->section[i].row);
		free(grid->section[i].slots);
	}
	free(grid->section);
	*grid = (struct bytarget){ 0 };
}

/* ---- words -------------------------------------------------------------------------------------- */

char *bytarget_title(const struct bytarget_section *section)
{
	const struct cell *cell = section->column[0].cell;
	struct buf text = BUF_INIT;
	char arch[32];

	if (section->joint)
		buf_printf(&text, "%s, %zu ports on a target each", cell->go, section->columns);
	else if (section->columns == 1)
		buf_printf(&text, "%s %s/%s on %s", cell->go, cell->os, cell_arch(cell, arch), cell->target);
	else
		buf_printf(
		    &text, "%s %s/%s on %zu targets", cell->go, cell->os, cell_arch(cell, arch), section->columns);
	return buf_take(&text);
}

char *bytarget_heading(const struct bytarget_section *section, const struct bytarget_column *column)
{
	char arch[32];

	if (section->joint)
		return xprintf("%s/%s on %s", column->cell->os, cell_arch(column->cell, arch), column->cell->target);
	return xstrdup(column->cell->target);
}

void bytarget_links(const struct bytarget_row *row, struct buf *out)
{
	const char *between = "";

	if (row->all_links) {
		buf_add(out, "all");
		return;
	}
	for (size_t g = 0; g < GROUPS; g++) {
		int first = 1;
		for (enum link l = groups[g].first; l <= groups[g].last; l++) {
			if (!(row->links >> l & 1))
				continue;
			buf_printf(out, "%s%s", first ? between : " +", first ? link_name(l) : link_linker(l));
			first = 0;
			between = ", ";
		}
	}
}

void bytarget_loads(const struct bytarget_row *row, struct buf *out)
{
	static const struct {
		const char *name;
		unsigned loads;
	} families[] = {
		{ "dlopen*",
		    1u << LOAD_DLOPEN | 1u << LOAD_DLOPEN_LAZY | 1u << LOAD_DLOPEN_GLOBAL |
			1u << LOAD_DLOPEN_LAZY_GLOBAL },
		{ "archive*", 1u << LOAD_ARCHIVE | 1u << LOAD_ARCHIVE_PIE | 1u << LOAD_ARCHIVE_SO },
	};
	unsigned told = 0;
	const char *sep = "";

	if (row->loads == 1u << LOAD_NONE) {
		buf_add(out, "-");
		return;
	}
	for (enum load l = 0; l < LOAD_COUNT; l++) {
		const char *name = load_name(l);
		unsigned loads = 1u << l;
		for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++)
			if ((families[f].loads >> l & 1) && (row->loads & families[f].loads) == families[f].loads) {
				name = families[f].name;
				loads = families[f].loads;
			}
		if (!(row->loads >> l & 1) || (told >> l & 1))
			continue;
		buf_printf(out, "%s%s", sep, name);
		told |= loads;
		sep = " ";
	}
}
