/* gen.h - which cells there are: the axes, multiplied.
 *
 * First the host matrix: one Go release on its own GOOS/GOARCH, times buildmode, CGO_ENABLED and link
 * mode, times the load modes that fit.  A combination that support.def refuses is one cell @none.
 * Then every port of the release, built and inspected only (@none), by cmd/link and by the default
 * linker of the port's C compiler; and the variants of each port (variants.def).
 * Then every further target: what builds for the ports and variants that it runs, in all load modes.
 *
 * A variant's cell is there where the plain cell of the same build is not refused already, since that
 * refusal would only be repeated.  A sanitizer that the release does not have for a port is one cell.
 *
 * Order is deterministic: host, then ports as in the table, then targets as given; in each variant, mode, cgo, link,
 * load. */
#ifndef TLSMATRIX_MATRIX_GEN_H
#define TLSMATRIX_MATRIX_GEN_H

#include "matrix/cell.h"
#include "matrix/port.h"

/* A target as the matrix sees it; texts are kept by reference. */
struct gen_target {
	const char *name;
	const char *os, *arch; /* comma lists; arch with variants as in ids: "arm,arm.5" */
	const char *where;     /* filter over the cells that fit, "" for all */
	unsigned links;        /* bit 1u << enum link */
	int gomain;            /* it has what starts a library by GoMain */
};

/* What this machine can build and run; the caller fills it. */
struct gen_axes {
	const char *go, *os, *arch;
	const char *target;               /* where the host matrix runs: "host" */
	unsigned links;                   /* bit 1u << enum link: linkers that are present */
	const struct ports *ports;        /* of the release; NULL: the host matrix alone */
	const struct gen_target *targets; /* the further ones */
	size_t target_count;
};

struct cells {
	struct cell *cell;
	size_t count;
};

/* Fills *cells (free with cells_free); they point into axes->ports.  0 or -ENOMEM. */
int gen_cells(const struct gen_axes *axes, struct cells *cells);
void cells_free(struct cells *cells);

/* The load modes that fit the GOOS, buildmode and link of a cell, in order, written to out; returns how many.
 * LOAD_GOMAIN is among a library's, for targets that have it (gen_target.gomain). */
size_t gen_loads(const struct cell *cell, enum load out[LOAD_COUNT]);

#endif
