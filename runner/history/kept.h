/* kept.h - the plan and the journal of every run, kept in the cache when out/ goes on to the next run.
 *
 *     CACHE/history/20261129T055808.123456Z-5990ad7d/plan.json.gz, journal.gz
 *
 * The name is when the run began and a hash of both files, so that a run is kept once however often it is offered, and
 * names are in the order of time.  Each is made aside and moved into place: it is whole, or it is not there.  They are
 * what the database beside them is made from (database.h), and are never changed. */
#ifndef TLSMATRIX_RUNNER_HISTORY_KEPT_H
#define TLSMATRIX_RUNNER_HISTORY_KEPT_H

#include <stddef.h>

struct diag;

#define HISTORY_FOLDER "history"

enum { KEPT_NAME = 40 };

/* Keeps the run in out.  0 and its name; -ENOENT when there is none, or it is not to be kept (`run --no-history`);
 * -errno with a line in diag. */
int kept_add(const char *cache, const char *out, char name[KEPT_NAME], struct diag *diag);

/* Does it look like the name of a kept run? */
int kept_is_name(const char *name);

/* The names of what is kept, sorted; free with kept_list_free.  No folder is none. */
struct kept_list {
	char **name;
	size_t count;
};
void kept_list_find(const char *cache, struct kept_list *list);
void kept_list_free(struct kept_list *list);

/* Lays plan.json and journal of one into folder, which is there, as session.h reads them.  0, or -errno with a line in
 * diag. */
int kept_unpack(const char *cache, const char *name, const char *folder, struct diag *diag);

#endif
