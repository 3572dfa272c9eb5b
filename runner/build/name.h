/* name.h - names a build after everything that decides it.
 *
 * That is: the content of its Go package and of what lies beside it, the commands that make it, its environment, the
 * release, the C compiler and the linker; nothing of the tool's own program, and no place. */
#ifndef TLSMATRIX_RUNNER_BUILD_NAME_H
#define TLSMATRIX_RUNNER_BUILD_NAME_H

#include "runner/build/build.h"

/* Fills *build; free with build_free.  A twist is
 *   link=LINK         links as if the cell had that link mode, the builds of beside.h included
 *   mode=MODE         the same of the buildmode
 *   extldflags=FLAG   gives the external linker one more flag
 * and is kept by reference. */
void build_name(
    const struct setup *setup, const struct cell *cell, int control, const char *twist, struct build *build);

/* The same with a port's small program (cases/port), which imports runtime alone, whatever the port. */
void build_name_bare(const struct setup *setup, const struct cell *cell, struct build *build);

#endif
