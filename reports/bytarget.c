#include "reports/bytarget.h"

#include "matrix/base/buf.h"
#include "matrix/version.h"
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

static int same_platform(const struct cell *a, const struct cell *b)
{
	return strcmp(a->os, b->os) == 0 && strcmp(a->arch, b->arch) == 0 && strcmp(a->variant, b->variant) == 0;
}

static int same_port(const struct cell *a, const struct cell *b)
{
	return strcmp(a->go, b->go) == 0 && same_platform(a, b);
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
		columns.column[columns.count++] =
		    (struct bytarget_column){ cell, cell, view_target(view, cell->target) };
	}
	return columns;
}

/* What the columns of the section that a column belongs to differ in. */
static enum bytarget_kind kind_of(const struct columns *columns, const struct cell *cell)
{
	size_t targets = 0, releases = 0;

	for (size_t i = 0; i < columns->count; i++) {
		const struct cell *other = columns->column[i].cell;
		targets += same_port(other, cell) != 0;
		releases += same_platform(other, cell) && strcmp(other->target, cell->target) == 0;
	}
	return releases > 1 ? BYTARGET_RELEASES : targets > 1 ? BYTARGET_TARGETS : BYTARGET_PORTS;
}

static int belongs(const struct bytarget_section *section, const struct cell *cell, enum bytarget_kind kind)
{
	const struct cell *other = section->column[0].cell;

	if (section->kind != kind)
		return 0;
	switch (kind) {
	case BYTARGET_TARGETS:
		return same_port(other, cell);
	case BYTARGET_PORTS:
		return strcmp(other->go, cell->go) == 0;
	case BYTARGET_RELEASES:
		return same_platform(other, cell) && strcmp(other->target, cell->target) == 0;
	}
	return 0;
}

static void make_sections(struct bytarget *grid, const struct columns *columns)
{
	grid->section = xcalloc(columns->count + 1, sizeof(*grid->section));
	for (size_t i = 0; i < columns->count; i++) {
		const struct cell *cell = columns->column[i].cell;
		enum bytarget_kind kind = kind_of(columns, cell);
		size_t at = 0;
		while (at < grid->count && !belongs(&grid->section[at], cell, kind))
			at++;
		struct bytarget_section *section = &grid->section[at];
		if (at == grid->count) {
			grid->count++;
			*section =
			    (struct bytarget_section){ .column = xcalloc(columns->count, sizeof(*section->column)),
				    .kind = kind };
		}
		section->column[section->columns++] = columns->column[i];
	}
	for (size_t i = 0; i < grid->count; i++)
		if (grid->section[i].columns == 1)
			grid->section[i].kind = BYTARGET_TARGETS;
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

/* The next check at or after one that did not come out as it must; NULL: none. */
static const struct check_result *next_deviation(const struct cell_result *cell, size_t *at)
{
	while (*at < cell->check_count && cell->checks[*at].verdict == VERDICT_OK)
		++*at;
	return *at < cell->check_count ? &cell->checks[(*at)++] : NULL;
}

/* Do the same checks deviate in both?  A mark alone would hide where one excuse follows another. */
static int same_deviations(const struct cell_result *a, const struct cell_result *b)
{
	size_t at_a = 0, at_b = 0;

	for (;;) {
		const struct check_result *one = next_deviation(a, &at_a), *other = next_deviation(b, &at_b);
		if (!one || !other)
			return one == other;
		if (strcmp(one->id, other->id) != 0 || one->verdict != other->verdict)
			return 0;
	}
}

static int columns_agree(const struct bytarget_section *section, size_t a, size_t b)
{
	for (size_t i = 0; i < section->count; i++) {
		const struct bytarget_slot *slot = section->row[i].slot;
		if ((slot[a].cell != NULL) != (slot[b].cell != NULL) || slot[a].mark != slot[b].mark ||
		    (slot[a].cell && !same_deviations(slot[a].cell, slot[b].cell)))
			return 0;
	}
	return 1;
}

/* Releases in which nothing differs from the one before share its column. */
static void fold_columns(struct bytarget_section *section)
{
	size_t kept = 1;

	for (size_t c = 1; section->kind == BYTARGET_RELEASES && c < section->columns; c++) {
		if (columns_agree(section, kept - 1, c)) {
			section->column[kept - 1].last = section->column[c].cell;
			continue;
		}
		section->column[kept] = section->column[c];
		for (size_t i = 0; i < section->count; i++)
			section->row[i].slot[kept] = section->row[i].slot[c];
		kept++;
	}
	if (section->kind == BYTARGET_RELEASES)
		section->columns = kept;
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
			fold_columns(section);
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

	if (section->kind == BYTARGET_PORTS)
		buf_printf(&text, "%s, %zu ports on a target each", cell->go, section->columns);
	else if (section->kind == BYTARGET_RELEASES)
		buf_printf(&text, "%s/%s on %s, Go %s to %s", cell->os, cell_arch(cell, arch), cell->target,
		    version_bare(cell->go), version_bare(section->column[section->columns - 1].last->go));
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

	if (section->kind == BYTARGET_RELEASES)
		return column->last == column->cell ?
		    xstrdup(version_bare(column->cell->go)) :
		    xprintf("%s..%s", version_bare(column->cell->go), version_bare(column->last->go));
	if (section->kind == BYTARGET_PORTS)
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
