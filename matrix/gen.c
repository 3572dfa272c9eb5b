#include "matrix/gen.h"

#include "matrix/check.h"
#include "matrix/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which load modes fit a buildmode. */
static const unsigned loads_of[MODE_COUNT] = {
	[MODE_EXE] = 1u << LOAD_EXEC,
	[MODE_PIE] = 1u << LOAD_EXEC,
	[MODE_C_ARCHIVE] = 1u << LOAD_ARCHIVE | 1u << LOAD_ARCHIVE_PIE | 1u << LOAD_ARCHIVE_SO,
	[MODE_C_SHARED] = 1u << LOAD_NEEDED | 1u << LOAD_DLOPEN | 1u << LOAD_DLOPEN_LAZY | 1u << LOAD_DLOPEN_GLOBAL |
			  1u << LOAD_DLOPEN_LAZY_GLOBAL | 1u << LOAD_DLMOPEN | 1u << LOAD_PRELOAD,
	[MODE_SHARED] = 1u << LOAD_EXEC, /* the program linked with libstd.so by -linkshared */
	[MODE_PLUGIN] = 1u << LOAD_PLUGIN,
};

size_t gen_loads(enum mode mode, enum link link, enum load out[LOAD_COUNT])
{
	size_t count = 0;
	if (link_is_static(link) && mode != MODE_EXE && mode != MODE_PIE)
		return 0; /* a static program loads nothing, and a library is no program */
	for (int load = 0; load < LOAD_COUNT; load++)
		if (loads_of[mode] >> load & 1)
			out[count++] = (enum load)load;
	return count;
}

/* Appends a copy of the cell with the given target and load.  0 or -ENOMEM. */
static int add_cell(struct cells *cells, const struct cell *build, const char *target, enum load load)
{
	if ((cells->count & (cells->count - 1)) == 0) { /* a power of two: full */
		size_t room = cells->count ? 2 * cells->count : 1;
		struct cell *grown = realloc(cells->cell, room * sizeof *grown);
		if (!grown)
			return -ENOMEM;
		cells->cell = grown;
	}
	struct cell *cell = &cells->cell[cells->count++];
	*cell = *build;
	cell->load = load;
	snprintf(cell->target, sizeof cell->target, "%s", load == LOAD_NONE ? "none" : target);
	return 0;
}

/* All cells of one build: one for each load mode, or the one @none of a refused build. */
static int add_build(struct cells *cells, const struct cell *build, const char *target)
{
	enum load loads[LOAD_COUNT];
	size_t count = gen_loads(build->mode, build->link, loads);
	if (count && (support_row(build) >= 0 || strcmp(target, "none") == 0)) {
		loads[0] = LOAD_NONE;
		count = 1;
	}
	int error = 0;
	for (size_t i = 0; i < count && !error; i++)
		error = add_cell(cells, build, target, loads[i]);
	return error;
}

/* One port or variant of it: all builds that wanted (NULL: all) takes.  0 or -ENOMEM. */
static int add_builds(struct cells *cells, struct cell *build, const char *target, unsigned links, int (*wanted)(const struct cell *))
{
	for (int mode = 0; mode < MODE_COUNT; mode++) {
		for (int cgo = 0; cgo < 2; cgo++) {
			for (int link = 0; link < LINK_COUNT; link++) {
				build->mode = (enum mode)mode;
				build->cgo = cgo;
				build->link = (enum link)link;
				int error = (links >> link & 1) && (!wanted || wanted(build)) ? add_build(cells, build, target) : 0;
				if (error)
					return error;
			}
		}
	}
	return 0;
}

/* Does the variant say something that the plain build does not? */
static int variant_wanted(const struct cell *cell)
{
	struct cell plain = *cell, least = *cell;
	plain.variant[0] = '\0';
	least.mode = MODE_EXE;
	least.cgo = 1;
	least.link = LINK_EXTERNAL;
	if (support_row(&plain) >= 0)
		return 0;
	/* A whole port without the sanitizer: told once, by the plainest build. */
	return !(variant_of(cell)->flag && support_row(&least) >= 0) || (cell->mode == MODE_EXE && !cell->cgo && cell->link == LINK_INTERNAL);
}

/* A port with its variants, built only. */
static int add_port(struct cells *cells, struct cell *build, const struct port *port, int plain)
{
	const unsigned links = 1u << LINK_INTERNAL | 1u << LINK_EXTERNAL;
	int error = 0;
	snprintf(build->os, sizeof build->os, "%s", port->os);
	snprintf(build->arch, sizeof build->arch, "%s", port->arch);
	build->port = port;
	build->variant[0] = '\0';
	if (plain)
		error = add_builds(cells, build, "none", links, NULL);
	const struct cell base = *build;
	const struct filter_subject subject = { &base, NULL, NULL };
	for (size_t i = 0; i < variants_count && !error; i++) {
		if (!filter_text_match(variants[i].where, &subject))
			continue;
		snprintf(build->variant, sizeof build->variant, "%s", variants[i].name);
		error = add_builds(cells, build, "none", links, variant_wanted);
	}
	return error;
}

int gen_cells(const struct gen_axes *axes, struct cells *cells)
{
	struct cells made = { NULL, 0 };
	struct cell build;
	memset(&build, 0, sizeof build);
	snprintf(build.go, sizeof build.go, "%s", axes->go);
	snprintf(build.os, sizeof build.os, "%s", axes->os);
	snprintf(build.arch, sizeof build.arch, "%s", axes->arch);
	build.port = axes->ports ? ports_find(axes->ports, axes->os, axes->arch) : NULL;
	const struct port *host = build.port;
	int error = add_builds(&made, &build, axes->target, axes->links, NULL);
	for (size_t i = 0; axes->ports && i < axes->ports->count && !error; i++)
		error = add_port(&made, &build, &axes->ports->port[i], &axes->ports->port[i] != host);
	if (error) {
		cells_free(&made);
		return error;
	}
	*cells = made;
	return 0;
}

void cells_free(struct cells *cells)
{
	free(cells->cell);
	*cells = (struct cells){ NULL, 0 };
}
