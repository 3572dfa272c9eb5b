/* clean.h - what is removed from a cache: what is of no use, what was not used for long, what is spoiled.
 *
 * The caller has the cache alone (use.h). */
#ifndef TLSMATRIX_RUNNER_CACHE_CLEAN_H
#define TLSMATRIX_RUNNER_CACHE_CLEAN_H

#include "runner/cache/look.h"
#include "runner/setup/setup.h"

struct cache_cut {
	struct cache_total left, entries, go; /* what was removed: leftovers, entries, files of gocache */
	long long size;                       /* what stays */
};

/* Removes leftovers; then, while the cache is larger than bound, what was used least recently of the kinds with cut,
 * and at last go's own files in the same order.  What the run in out used stays: the builds and results of its
 * plan.json, and of the rest what was used since a day before it began, since marks are a day apart.
 * 0, or -errno with a line in diag. */
int cache_cut(const struct cache *cache, const char *out, long long bound, struct cache_cut *cut, struct diag *diag);

/* Sums every entry and reads every record; those that are not as they were made are removed, each with a call of
 * told(NAME, context).  0, or -errno with a line in diag. */
int cache_verify(const struct setup *setup, const struct cache *cache, void (*told)(const char *name, void *context),
    void *context, struct diag *diag);

#endif
