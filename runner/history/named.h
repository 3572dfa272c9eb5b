/* named.h - names that somebody gave to kept runs (`run --name before`), and kept runs read again by them.
 *
 *     CACHE/history/names/before      the name of a kept run (kept.h) and a newline
 *
 * A name is of the run that had it last.  A run's own name (20261129T055808.123456Z-5990ad7d) is as good. */
#ifndef TLSMATRIX_RUNNER_HISTORY_NAMED_H
#define TLSMATRIX_RUNNER_HISTORY_NAMED_H

#include "runner/history/kept.h"

struct session;

/* May it be a name: 1 to 64 letters, digits and . _ + - , no dot or hyphen first, and no Go release, which `compare`
 * takes for one?  0, or -EINVAL with a line in diag. */
int named_check(const char *name, struct diag *diag);

/* Keeps the run in out, and it has the name from now on.  0, or -errno with a line in diag. */
int named_set(const char *cache, const char *name, const char *out, struct diag *diag);

/* Which kept run has the name.  0; -ENOENT with a line in diag that has all names there are; -ESTALE with one when its
 * run is not kept any more. */
int named_find(const char *cache, const char *name, char kept[KEPT_NAME], struct diag *diag);

/* The run that has the name, read by session_load or session_load_brief.  Its logs are not kept: results say of none,
 * and out_dir is the name, which must outlive it.
 * 0, or -errno with a line in diag, as named_find has it too.  Free with session_free. */
typedef int named_reader(const char *out, struct session *session, struct diag *diag);
int named_load(const char *cache, const char *name, named_reader *reader, struct session *session, struct diag *diag);

#endif
