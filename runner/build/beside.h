/* beside.h - builds beside a cell's own, each of a small program, which must fail. */
#ifndef TLSMATRIX_RUNNER_BUILD_BESIDE_H
#define TLSMATRIX_RUNNER_BUILD_BESIDE_H

#include "runner/build/build.h"
#include "runner/process/script.h"

enum beside {
	BESIDE_CTLS,   /* a C __thread variable, linked internally: build.c-tls-internal */
	BESIDE_SHARED, /* a program, with -shared for the C linker alone: build.shared-by-flag */
	BESIDE_STATIC, /* a program that needs C's library, with -static for the C compiler alone: build.static-by-cc */
	BESIDE_COUNT
};

/* Its name in build.json (build.h). */
const char *beside_name(enum beside beside);

/* That of a check; BESIDE_COUNT: none. */
enum beside beside_of(const char *check);

/* Does a cell of the build, which runs, have the check? */
int beside_planned(const struct build *build, enum beside beside);

/* Puts the sources of those that its buildmode has into a new package folder, a folder each.  0 or -errno. */
int beside_place(const struct setup *setup, const struct build *build, const char *package);

/* Runs its commands in script. */
void beside_recipe(const struct setup *setup, const struct build *build, enum beside beside, struct script *script);

#endif
