/* release_ports.h - asks a Go release which ports it has and what it supports on each.
 *
 * The list is `go tool dist list -json`; the rest is the release's own table (internal/platform, before 1.20
 * cmd/internal/sys; before 1.14 there is none), compiled with a small program of ours (cases/ports), which has what the
 * table lacks, by the release itself.  The answer is kept in
 * CACHE/ports, named after all that went into it, so that it is asked once per release (about two seconds). */
#ifndef TLSMATRIX_RUNNER_TOOLCHAIN_RELEASE_PORTS_H
#define TLSMATRIX_RUNNER_TOOLCHAIN_RELEASE_PORTS_H

#include "matrix/port.h"
#include "runner/setup/setup.h"

struct diag;

/* 0 and *ports (free with ports_free), without a row where the release has no such table, or none that we read
 * (release_ports.c table_sources): then only its own port is known.  -errno with a line in diag when it cannot be
 * asked. */
int ports_load(const struct setup *setup, const struct release *release, struct ports *ports, struct diag *diag);

#endif
