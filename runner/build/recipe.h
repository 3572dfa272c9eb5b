/* recipe.h - the commands that make the artifacts of each buildmode, and the C hosts. */
#ifndef TLSMATRIX_RUNNER_BUILD_RECIPE_H
#define TLSMATRIX_RUNNER_BUILD_RECIPE_H

#include "runner/build/build.h"
#include "runner/process/script.h"

/* Runs the commands of the build in script and describes in runs (build.h) how each load mode is
 * started.  The package lies in build->src. */
void recipe_case(const struct setup *setup, const struct build *build, struct script *script, json_t *runs);

/* The same for a build of CASE_PORT: one artifact, for load mode none. */
void recipe_port(const struct setup *setup, const struct build *build, struct script *script, json_t *runs);

/* The same for js and wasip1, which link no C and have no host in C: one module. */
void recipe_wasm(const struct setup *setup, const struct build *build, struct script *script, json_t *runs);

/* The same for Windows. */
void recipe_windows(const struct setup *setup, const struct build *build, struct script *script, json_t *runs);

/* The same for plugins, and what else than its sources lies in the package's folder; 0 or -errno. */
void recipe_plugin(const struct setup *setup, const struct build *build, struct script *script, json_t *runs);
int recipe_place_plugin(const struct setup *setup, const struct build *build, const char *package);

/* The same for -buildmode=shared. */
void recipe_shared(const struct setup *setup, const struct build *build, struct script *script, json_t *runs);
int recipe_place_shared(const struct setup *setup, const struct build *build, const char *package);

/* Is the check planned for what the build makes, loaded in that way on the host?  A build and its name depend neither
 * on the way nor on the target, but on OSv. */
int recipe_plans(const struct build *build, enum load load, const char *check);

/* Puts into a new package folder what must lie in it beside its sources.  0 or -errno. */
int recipe_place(const struct setup *setup, const struct build *build, const char *package);

#endif
