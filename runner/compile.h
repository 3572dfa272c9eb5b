/* compile.h - the commands that make the artifacts of each buildmode, and the C hosts. */
#ifndef TLSMATRIX_RUNNER_COMPILE_H
#define TLSMATRIX_RUNNER_COMPILE_H

#include "runner/build.h"
#include "runner/steps.h"

/* Runs the commands of the build in steps and describes in runs (build.h) how each load mode is
 * started.  The package lies in build->src. */
void compile_case(const struct setup *setup, const struct build *build, struct steps *steps, json_t *runs);

/* The same for a build of CASE_PORT: one artifact, for load mode none. */
void compile_port(const struct setup *setup, const struct build *build, struct steps *steps, json_t *runs);

/* The same for js and wasip1, which link no C and have no host in C: one module. */
void compile_wasm(const struct setup *setup, const struct build *build, struct steps *steps, json_t *runs);

/* The same for Windows, and what serves all its builds (AUX_C): made into dir; the files it is made of, relative to
 * root. */
void compile_windows(const struct setup *setup, const struct build *build, struct steps *steps, json_t *runs);
void compile_windows_aux(
    const struct setup *setup, const struct cell *cell, int control, const char *dir, struct steps *steps);
const char *const *compile_windows_files(void);

/* The build that must be refused: C __thread under internal linking. */
void compile_ctls(const struct setup *setup, const struct build *build, struct steps *steps);

/* Puts into a new package folder what must lie in it beside its sources.  0 or -errno. */
int compile_place(const struct setup *setup, const struct build *build, const char *package);

/* Sources outside the Go package that a buildmode's artifacts are made from, relative to root,
 * NULL-terminated; the caller frees the array. */
const char **compile_sources(enum mode mode);

#endif
