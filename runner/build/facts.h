/* facts.h - what inspection finds in the modules of a build (harness/inspect.h), kept in CACHE/facts by the build's
 * content and inspector: a changed inspector builds nothing. */
#ifndef TLSMATRIX_RUNNER_BUILD_FACTS_H
#define TLSMATRIX_RUNNER_BUILD_FACTS_H

#include "runner/build/build.h"

/* What inspection finds in a module: its facts (harness/inspect.h), and where a program of Go calls it (build_caller),
 * what decides how that call is made: "caller": {"path": PATH, "plt": {...} as in inspect.h}.  caller may be NULL.
 * 0 and a new reference, or -errno with a line in diag. */
int module_facts(const char *module, const char *caller, json_t **facts, struct diag *diag);

/* Sets "facts": { PATH: facts } in json, which is build_load's.  0, or -errno with a line in diag. */
int build_facts(const struct setup *setup, const struct build *build, json_t *json, struct diag *diag);

#endif
