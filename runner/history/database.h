/* database.h - every run, cell, check, fact and fingerprint in one SQLite file, so that "since when?" is a query.
 *
 *     CACHE/history/store.sqlite
 *
 * Nothing is judged by it.  It is made from the runs that are kept beside it (kept.h) and can be thrown away.  A run is
 * one transaction: after a kill -9 or on a full disk it is in there or it is not.  Readers do not wait for a writer
 * (write-ahead log), writers wait for one another up to DATABASE_WAIT milliseconds.
 *
 * What a cell was is stored once for all runs that saw the same (result), with what inspection found (facts); seen says
 * which run saw which result, and by which inputs (build and key of plan.h; the same key, the same inputs).  cached: it
 * was taken from the cache, so that it is no evidence of its own.  Tables and columns are in database.c; sqlite3
 * reads the file, too.
 *
 * PRAGMA user_version is the schema.  An older one is migrated when it is opened, a newer one is refused and left
 * alone. */
#ifndef TLSMATRIX_RUNNER_HISTORY_DATABASE_H
#define TLSMATRIX_RUNNER_HISTORY_DATABASE_H

#include "runner/store/session.h"

struct database;
struct sqlite3;

enum { DATABASE_WAIT = 20000 };

/* Opens path, makes or migrates it.  0; with a line in diag -ENOTSUP (of a newer tlsmatrix), -EBADMSG (no database, or
 * spoiled), -EBUSY, -ENOSPC, or another -errno. */
int database_open(const char *path, struct database **database, struct diag *diag);
void database_close(struct database *database); /* NULL is fine */

/* Is the run there?  1, 0, or -errno with a line in diag. */
int database_has(struct database *database, const char *run, struct diag *diag);

/* Adds a run by its name (kept.h), all or nothing; one that is there stays.  0, or -errno with a line in diag. */
int database_add(struct database *database, const char *run, const struct session *session, struct diag *diag);

/* Notes that a kept run cannot be read, and why, so that it is not tried each time. */
int database_add_unread(struct database *database, const char *run, const char *why, struct diag *diag);

/* What past.c asks with. */
struct sqlite3 *database_handle(struct database *database);
/* -errno and a line for what SQLite said last. */
int database_failed(struct database *database, struct diag *diag);

#endif
