/* layout.h - the matrix as it is drawn: one section for a Go release, platform, variant and target; in it a
 * row for each buildmode, CGO_ENABLED and load mode, a column for each link mode that occurs.
 *
 * A refused build has no load mode: it stands in every row of its buildmode and CGO_ENABLED, and
 * in every section of its release and platform.  A combination outside the matrix is NULL. */
#ifndef TLSMATRIX_REPORTS_LAYOUT_H
#define TLSMATRIX_REPORTS_LAYOUT_H

#include "reports/view.h"

struct layout_row {
	enum mode mode;
	int cgo;
	enum load load;
	const struct cell_result *cell[LINK_COUNT];
};

struct layout_section {
	const struct cell *cell; /* any cell of the section: go, os, arch, target */
	struct layout_row *row;
	size_t count, room;
	unsigned links; /* bit 1u << enum link: columns that occur */
};

struct layout {
	struct layout_section *section;
	size_t count;
};

void layout_make(const struct view *view, struct layout *layout);
void layout_free(struct layout *layout);

/* The heading of a column: "internal", "bfd", "gold", ...; static variants have the same as their
 * dynamic ones. */
const char *layout_column(enum link link);

/* "go1.26.8 linux/amd64 on host", malloc'ed. */
char *layout_title(const struct layout_section *section);

/* What stands in the load column: "-" for LOAD_NONE. */
const char *layout_load(enum load load);

#endif
