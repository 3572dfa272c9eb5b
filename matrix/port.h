/* port.h - what a Go release says of its ports: its own support table, read from the release.
 *
 * A port is a GOOS/GOARCH pair.  The facts are those of the release's internal/platform (before
 * go1.20 cmd/internal/sys) and of `go tool dist list`; runner/toolchain/release_ports.c asks for them.  Rules about
 * ports (support.def) name these facts, so that no list of ports is ours. */
#ifndef TLSMATRIX_MATRIX_PORT_H
#define TLSMATRIX_MATRIX_PORT_H

#include "matrix/cell.h"

struct diag;

struct port {
	char os[16], arch[16];
	int cgo;              /* CgoSupported */
	unsigned modes;       /* bit 1u << enum mode: BuildModeSupported */
	int race, msan, asan; /* RaceDetectorSupported, MSanSupported, ASanSupported */
	int external[2];      /* MustLinkExternal, by CGO_ENABLED */
	int internal_pie;     /* InternalLinkPIESupported */
	int default_pie;      /* DefaultPIE: `go build` without -buildmode makes one */
	int race_pie;         /* the same with -race */
};

struct ports {
	struct port *port;
	size_t count;
};

/* Reads the table as cases/ports/main.go prints it, a line for each port:
 *     linux amd64 cgo=1 modes=exe,pie,c-archive race=1 msan=1 asan=1 external=0 external-cgo=0 internal-pie=1
 *     default-pie=0 race-pie=0
 * 0; -EINVAL with the line's number in diag, and *ports left alone; -ENOMEM.  Free with ports_free. */
int ports_parse(const char *name, const char *text, struct ports *ports, struct diag *diag);
void ports_free(struct ports *ports);

/* The line of a port, appended to out without a newline: ports_parse reads it back. */
struct buf;
void port_print(const struct port *port, struct buf *out);

/* Gives the cell the row of its port, which an id does not carry: rules of support.def and oracle.def may ask for
 * it. */
void ports_attach(const struct ports *ports, struct cell *cell);

/* The row of a port, or NULL. */
const struct port *ports_find(const struct ports *ports, const char *os, const char *arch);

/* ---- variants ---- */

/* A way to build for a port that differs in one setting (variants.def). */
struct variant {
	const char *where; /* filter over the port, its default cell */
	const char *name;  /* "5" of arm.5 */
	const char *env;   /* "GOARM=5", or NULL */
	const char *flag;  /* "-race", or NULL */
	const char *source;
};

extern const struct variant variants[];
extern const size_t variants_count;

/* The row of a cell's variant; NULL for none. */
const struct variant *variant_of(const struct cell *cell);

#endif
