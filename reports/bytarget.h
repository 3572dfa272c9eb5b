/* bytarget.h - the matrix of a run on several targets, or of several Go releases, as it is drawn: a row for each
 * buildmode, CGO_ENABLED, link mode and load mode, a column for each target or release.
 *
 * A section is a Go release with a port and variant that runs on several targets.  Ports that run on one
 * target each (one emulator for each processor) share a section, a column for each port.  A port that runs on a
 * target in several releases has a section for that target, a column for each release.  Ports of which
 * nothing runs are not here (overview.h, layout.h).
 *
 * What has no target (a refused build, one that is only inspected) stands in every column of its port, in a
 * row without load mode; a build that is inspected as it must be and runs in the column as well needs no row
 * of its own.  A combination outside the matrix is NULL.
 *
 * Folded, rows of a buildmode and CGO_ENABLED that agree are one: link modes of one group (internal,
 * external, static; of all groups where nothing runs), then load modes.  Rows agree when the columns of one
 * are among those of the other and the marks there are the same: a linker that is tried on the host alone
 * asks for no row of its own.  Releases that follow one another and agree in every row are one column. */
#ifndef TLSMATRIX_REPORTS_BYTARGET_H
#define TLSMATRIX_REPORTS_BYTARGET_H

#include "reports/marks.h"
#include "reports/view.h"

struct buf;

struct bytarget_column {
	const struct cell *cell;          /* any cell that runs there: go, os, arch, variant, target */
	const struct cell *last;          /* of the last release that the column stands for */
	const struct view_target *target; /* what the run knows of it, or NULL */
};

struct bytarget_slot {
	const struct cell_result *cell; /* the first of those that are folded into one; NULL: none */
	enum mark mark;                 /* of all of them */
};

struct bytarget_row {
	enum mode mode;
	int cgo;
	unsigned links, loads;      /* bits 1u << enum link, 1u << enum load */
	int all_links;              /* nothing runs, by none of the several link modes that there are */
	struct bytarget_slot *slot; /* by column */
};

enum bytarget_kind {
	BYTARGET_TARGETS, /* columns are the targets of a port */
	BYTARGET_PORTS,   /* columns are ports, each on its one target */
	BYTARGET_RELEASES /* columns are the releases of a port on a target */
};

struct bytarget_section {
	struct bytarget_column *column;
	size_t columns;
	struct bytarget_row *row;
	size_t count;
	struct bytarget_slot *slots; /* of all rows; owned */
	enum bytarget_kind kind;
};

struct bytarget {
	struct bytarget_section *section;
	size_t count;
};

/* The view must outlive it.  Free with bytarget_free. */
void bytarget_make(const struct view *view, int folded, struct bytarget *grid);
void bytarget_free(struct bytarget *grid);

/* "go1.26.8 linux/amd64 on 6 targets", "go1.26.8, 7 ports on a target each", "linux/amd64 on host, Go 1.5.4 to 1.27.4";
 * malloc'ed. */
char *bytarget_title(const struct bytarget_section *section);

/* "musl-1.2.6", of ports "linux/arm64 on qemu-arm64", of releases "1.6.4" or "1.9.7..1.12.17"; malloc'ed. */
char *bytarget_heading(const struct bytarget_section *section, const struct bytarget_column *column);

/* Appends the link modes of a row as their ids have them: "internal", "external", "external +gold +lld",
 * "external-gold +lld", "external-static +mold"; several groups separated by a comma; "all". */
void bytarget_links(const struct bytarget_row *row, struct buf *out);

/* Appends the load modes of a row: "needed dlopen* preload", in which dlopen* and archive* are all of the
 * name; "-" for none. */
void bytarget_loads(const struct bytarget_row *row, struct buf *out);

#endif
