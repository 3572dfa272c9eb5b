/* ahead.h - a build that is made beside a run, because it may be asked for next: the cache's locks keep them apart. */
#ifndef TLSMATRIX_RUNNER_SEARCH_AHEAD_H
#define TLSMATRIX_RUNNER_SEARCH_AHEAD_H

#include "runner/build/build.h"

#include <sys/types.h>

/* Starts it in a process that ends with this one.  Its pid, or -1: it is made when it is asked for. */
pid_t ahead_start(const struct setup *setup, const struct build *build);

/* Takes it when it is done, and sets *builder to 0 then; with kill, its whole tree ends now (supervise.h: a reaper ends
 * with its caller). */
void ahead_end(pid_t *builder, int kill_it);

#endif
