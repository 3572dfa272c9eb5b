/* make.h - makes a build: generate, go build, link the hosts, inspect. */
#ifndef TLSMATRIX_RUNNER_BUILD_MAKE_H
#define TLSMATRIX_RUNNER_BUILD_MAKE_H

#include "runner/build/build.h"

/* Makes it, and writes build.json whatever go said: a refused or broken build is a result too.
 * 0, or -errno with a line in diag when it could not be judged (disk full, no process). */
int build_make(const struct setup *setup, const struct build *build, struct diag *diag);

#endif
