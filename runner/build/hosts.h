/* hosts.h - programs and libraries of ours that serve all builds of one port and C compiler.
 *
 * They lie in CACHE/hosts/KEY.  HOSTS_C: libctor.so, libneighbours.so, libfiller256.so, libfiller8.so, libopens.so
 * and libneeded.so, the host that loads a library by dlopen, and the same as one object file for programs that a
 * library is linked into.
 * HOSTS_GO: a second library and a Go program that loads a Go library; but for Windows libsilent.so, which exports
 * nothing.  Those of C of a mixture of sources
 * (release_mix.h) are its base's. */
#ifndef TLSMATRIX_RUNNER_BUILD_HOSTS_H
#define TLSMATRIX_RUNNER_BUILD_HOSTS_H

#include "matrix/cell.h"
#include "runner/setup/setup.h"

struct diag;

enum hosts { HOSTS_C, HOSTS_GO, HOSTS_COUNT };

/* Not js and wasip1: there is no C. */
int hosts_serve(const struct cell *cell);

/* Is the cell's program one that needs libneeded.so (cases/hosts/needed.h)? */
int hosts_needed(const struct cell *cell);

/* Their folder; malloc'ed. */
char *hosts_dir(const struct setup *setup, const struct cell *cell, enum hosts hosts, int control);

/* Are they made?  And making them: 0, or -errno with a line in diag. */
int hosts_ready(const struct setup *setup, const struct cell *cell, enum hosts hosts, int control);
int hosts_make(const struct setup *setup, const struct cell *cell, enum hosts hosts, int control, struct diag *diag);

#endif
