/* gen.h - which cells there are: the axes, multiplied.
 *
 * The host matrix is one Go release on its own GOOS/GOARCH, times buildmode, CGO_ENABLED and link
 * mode, times the load modes that fit.  A combination that support.def refuses is one cell @none.
 * Order is deterministic: mode, cgo, link, load as in the enums. */
#ifndef TLSMATRIX_MATRIX_GEN_H
#define TLSMATRIX_MATRIX_GEN_H

#include "matrix/cell.h"

/* What this machine can build and run; the caller fills it. */
struct gen_axes {
	const char *go, *os, *arch;
	const char *target;                     /* "host" */
	unsigned links;                         /* bit 1u << enum link: linkers that are present */
};

struct cells { struct cell *cell; size_t count; };

/* Fills *cells (free with cells_free).  0 or -ENOMEM. */
int gen_cells(const struct gen_axes *axes, struct cells *cells);
void cells_free(struct cells *cells);

/* The load modes that fit a buildmode and link, in order, written to out; returns how many. */
size_t gen_loads(enum mode mode, enum link link, enum load out[LOAD_COUNT]);

#endif
