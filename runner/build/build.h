/* build.h - the build of a cell as a value: what it is made of, its name, and what is known of it once it is made.
 *
 * The Go package lies in CACHE/src/KEY, where KEY is the content of the package itself.  Builds that
 * differ in the linker alone share it, and so go compiles it once for them.
 *
 * A build serves all cells that differ only in how they are run.  Its folder is CACHE/build/KEY,
 * where KEY is the content of everything that goes in (name.h); it is an entry of the cache (runner/setup/entry.h) and
 * holds beside the artifacts build.json (runner/setup/sealed.h), in which @build is the folder:
 *
 *   { "how": STR, "exit": N, "seconds": S, "cpu_seconds": S,
 *     "command": STR        the shell line that was run last (all of them, and what they said: told.h)
 *     "spoke": STR          the first that printed something; ""
 *     "output": STR         everything they printed, cut to 64 KiB
 *     "missing": {"class": STR, "thing": STR}|absent   no C compiler for the cell: what c_compiler.h says; exit is then
 *                                                      -1
 *     "ctls", "shared-by-flag", "static-by-cc": {"exit": N, "output": STR, "command": STR}|null    what beside.h has,
 *                                                                                       where planned
 *     "runs": { LOAD: {"program": [ARGV...], "module": PATH, "preload": PATH|null,
 *                      "alone": [ARGV...]|absent    another program for checks that have a process each} } }
 *
 * Builds are hermetic: an environment made from nothing, a private GOCACHE, and a private overlay
 * of GOROOT for -buildmode=shared, which installs into it.  make.h makes them. */
#ifndef TLSMATRIX_RUNNER_BUILD_BUILD_H
#define TLSMATRIX_RUNNER_BUILD_BUILD_H

#include "cases/generate.h"
#include "matrix/base/hash.h"
#include "matrix/cell.h"
#include "runner/setup/setup.h"
#include "runner/toolchain/c_compiler.h"

#include <jansson.h>

struct diag;

struct build {
	struct cell cell;    /* load is not looked at, but for whether anything runs; target for its C compiler */
	int control;         /* with sabotage built in, for selfcheck */
	enum case_kind kind; /* which program: CASE_PORT where nothing runs it */
	const char *twist;   /* selfcheck: built wrongly on purpose, name.h; "" else */
	char key[HASH_HEX];
	char *dir; /* where the artifacts lie */
	char *src; /* the Go package; builds that differ in nothing that it shows share it */
	struct compiler compiler;
};

void build_free(struct build *build);

/* Where -buildmode=shared makes two files: the program, which calls the library that is the cell's module.  NULL for
 * the other buildmodes; malloc'ed. */
char *build_caller(const struct cell *cell, const char *dir);

/* The finished build's build.json as a new reference, or NULL when it is not (or not wholly) there. */
json_t *build_load(const struct setup *setup, const struct build *build);

/* Is it there and whole?  Reads all of it. */
int build_is_ready(const struct setup *setup, const struct build *build);

/* The build as its twist makes it (name.h); shares everything with build. */
struct build build_twisted(const struct build *build);

/* The names of the std that a build compiles: two builds of one variant must not start together while that
 * std is not in GOCACHE yet, or it is compiled twice.  std is "linux-arm.5-shared", what cgo adds to it
 * "linux-arm.5-shared-cgo", or "" without cgo. */
struct build_variant { char std[64], cgo[72]; };
void build_variant(const struct cell *cell, struct build_variant *variant);

#endif
