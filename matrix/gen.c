#include "matrix/gen.h"

#include "matrix/base/buf.h"
#include "matrix/check.h"

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
	struct buf message = BUF_INIT;
	const char *source;
	int refused = support_refused(build, &message, &source);
	buf_free(&message);
	if (count && (refused || strcmp(target, "none") == 0)) {
		loads[0] = LOAD_NONE;
		count = 1;
	}
	int error = 0;
	for (size_t i = 0; i < count && !error; i++)
		error = add_cell(cells, build, target, loads[i]);
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
	int error = 0;
	for (int mode = 0; mode < MODE_COUNT; mode++) {
		for (int cgo = 0; cgo < 2; cgo++) {
			for (int link = 0; link < LINK_COUNT && !error; link++) {
				build.mode = (enum mode)mode;
				build.cgo = cgo;
				build.link = (enum link)link;
				if (axes->links >> link & 1)
					error = add_build(&made, &build, axes->target);
			}
		}
	}
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
