/* history.h - how runs come into the history: kept first, then told to the database.
 *
 * Neither is needed for a verdict: a run that cannot be kept says so and is judged all the same. */
#ifndef TLSMATRIX_RUNNER_HISTORY_HISTORY_H
#define TLSMATRIX_RUNNER_HISTORY_HISTORY_H

#include "runner/history/database.h"

/* Keeps the run in out and adds it to the database.  0 (also when there is no run), or -errno with a line in diag;
 * what is kept and not in the database is added by the next history_open. */
int history_take(const char *cache, const char *out, const struct session *session, struct diag *diag);

/* Opens the database of the cache and adds every kept run that it lacks.  *late: how many.  A run that this tlsmatrix
 * cannot read is noted there as such.  0, or -errno with a line in diag; database_close it. */
int history_open(const char *cache, struct database **database, size_t *late, struct diag *diag);

/* Makes the database again from the kept runs, aside, and puts it in the place of the old one; nobody else may be using
 * the cache (runner/cache/use.h).  *runs: how many it holds.  0, or -errno with a line in diag: the old one stays;
 * -ENOTSUP for one of a newer tlsmatrix, which is left alone. */
int history_rebuild(const char *cache, size_t *runs, struct diag *diag);

#endif
