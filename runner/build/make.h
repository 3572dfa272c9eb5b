/* make.h - makes a build: generate, go build, link the hosts, inspect. */
#ifndef TLSMATRIX_RUNNER_BUILD_MAKE_H
#define TLSMATRIX_RUNNER_BUILD_MAKE_H

#include "runner/build/build.h"

/* Makes it, unless it is whole already and again is 0, and writes build.json whatever go said: a refused or broken
 * build is a result too, if it broke twice.  0, or -errno with a line in diag when it says nothing of Go: no process
 * could be started, time ran out, something killed a compiler, or this machine had no room, memory or descriptor
 * left. */
int build_make(const struct setup *setup, const struct build *build, int again, struct diag *diag);

#endif
