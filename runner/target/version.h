/* version.h - which version of a loader, an emulator or a wrapper is it? */
#ifndef TLSMATRIX_RUNNER_TARGET_VERSION_H
#define TLSMATRIX_RUNNER_TARGET_VERSION_H

#include "runner/target/target.h"

/* The first line of the command `version`, whose first word is found as the target finds programs; else of an
 * emulator's --version; else that of the target's own packages.  malloc'ed; NULL when nobody tells. */
char *target_version(const struct setup *setup, const struct target *target);

#endif
