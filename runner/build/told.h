/* told.h - what a finished build tells of itself beside what build.json keeps (build.h): what follows from the record
 * is not kept in it, so that a better word for it builds nothing again. */
#ifndef TLSMATRIX_RUNNER_BUILD_TOLD_H
#define TLSMATRIX_RUNNER_BUILD_TOLD_H

#include "runner/build/build.h"

/* build_load's, a new reference or NULL, with
 *
 *   "message": STR            of "output" the line that tells most (script_telling); "" when silent
 *   "command": STR            the shell line that made the artifact, which is go's and not that of a host in C; of a
 *                             build that failed the one that failed; "" when none was run
 *   "commands": [STR...]      all that were run, in their order */
json_t *build_told(const struct setup *setup, const struct build *build);

#endif
