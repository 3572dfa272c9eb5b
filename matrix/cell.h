/* cell.h - one combination of the matrix, and its name.
 *
 * A cell is what is built (Go release, GOOS, GOARCH, buildmode, CGO_ENABLED, link mode) and how
 * it is run (target, load mode).  Its id is stable and reversible: cell_parse(cell_id(c)) == c.
 *
 *     go1.27.4/linux/amd64/c-shared/cgo1/external@glibc-2.36:dlopen
 *     go1.27.4/linux/amd64/c-shared/cgo0/internal@none            built and inspected only
 *     go1.27.4/linux/arm.5/exe/cgo0/internal@none                 GOARM=5
 *
 * A variant of a port (matrix/variants.def) is written behind GOARCH and a dot, as Go's own build
 * tags write it (arm.5, amd64.v3, mips.softfloat; go help buildconstraint).
 *
 * Pure values: a cell owns nothing and may be copied by assignment. */
#ifndef TLSMATRIX_MATRIX_CELL_H
#define TLSMATRIX_MATRIX_CELL_H

#include <stddef.h>

struct buf;
struct diag;
struct port;
struct target_facts;

enum mode { MODE_EXE, MODE_PIE, MODE_C_ARCHIVE, MODE_C_SHARED, MODE_SHARED, MODE_PLUGIN, MODE_COUNT };

/* How the final link is made.  EXTERNAL is the compiler driver's default linker (bfd on Debian);
 * a -static variant passes -static (exe) or -static-pie (pie) to it. */
enum link {
	LINK_INTERNAL,
	LINK_EXTERNAL,
	LINK_EXTERNAL_GOLD,
	LINK_EXTERNAL_LLD,
	LINK_EXTERNAL_MOLD,
	LINK_EXTERNAL_STATIC,
	LINK_EXTERNAL_GOLD_STATIC,
	LINK_EXTERNAL_LLD_STATIC,
	LINK_EXTERNAL_MOLD_STATIC,
	LINK_COUNT
};

/* How the artifact gets into the process.  DLOPEN is RTLD_NOW|RTLD_LOCAL; GOMAIN is OSv's go.so, which starts a library
 * by its function GoMain. */
enum load {
	LOAD_NONE,
	LOAD_EXEC,
	LOAD_NEEDED,
	LOAD_DLOPEN,
	LOAD_DLOPEN_LAZY,
	LOAD_DLOPEN_GLOBAL,
	LOAD_DLOPEN_LAZY_GLOBAL,
	LOAD_DLMOPEN,
	LOAD_PRELOAD,
	LOAD_GOMAIN,
	LOAD_ARCHIVE,
	LOAD_ARCHIVE_PIE,
	LOAD_ARCHIVE_SO,
	LOAD_PLUGIN,
	LOAD_WASI,
	LOAD_JS,
	LOAD_COUNT
};

struct cell {
	char go[32];      /* "go1.27.4" */
	char os[16];      /* GOOS */
	char arch[16];    /* GOARCH */
	char variant[16]; /* name of its row in variants.def; "" for the toolchain's default */
	enum mode mode;
	int cgo; /* CGO_ENABLED, 0 or 1 */
	enum link link;
	char target[64]; /* "host"; "none" when nothing runs */
	enum load load;  /* LOAD_NONE exactly when target is "none" */
	const struct port
	    *port; /* what the release says of GOOS/GOARCH (port.h); NULL: not asked.  No part of the id */
	const struct target_facts
	    *facts; /* what the target was found to be (target_facts.h); NULL: not asked.  No part of the id */
};

enum { CELL_ID_MAX = 256 };

/* Names of the axis values as they stand in ids and filters ("c-shared", "external-lld-static",
 * "dlopen-lazy"); never NULL for a value below the _COUNT. */
const char *mode_name(enum mode mode);
const char *link_name(enum link link);
const char *load_name(enum load load);

/* Windows: no POSIX and no ELF, so that its artifacts and hosts are made and judged otherwise. */
int cell_is_windows(const struct cell *cell);

/* Does a target's name begin with osv?  Of a name alone, since what is built for OSv must be known without it. */
int target_is_osv(const char *target);

/* The -fuse-ld= word of a link mode: "" (default), "gold", "lld", "mold". */
const char *link_linker(enum link link);
int link_is_external(enum link link);
int link_is_static(enum link link);

/* Writes the id with its NUL into id and returns id. */
const char *cell_id(const struct cell *cell, char id[CELL_ID_MAX]);

/* Parses an id.  Returns 0, or -EINVAL with one line in diag that names the id, the part that is
 * wrong and what may stand there; *cell is left alone then. */
int cell_parse(const char *id, struct cell *cell, struct diag *diag);

/* "amd64", or "arm.5" with a variant, in out. */
const char *cell_arch(const struct cell *cell, char out[32]);

/* Appends text to out with $MODE, $OS and $ARCH (of the cell) expanded: rules write their words so. */
void cell_expand(const struct cell *cell, const char *text, struct buf *out);

/* Same build: all fields of the id but target and load are equal. */
int cell_same_build(const struct cell *a, const struct cell *b);

#endif
