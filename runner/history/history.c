#include "runner/history/history.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/history/kept.h"
#include "runner/setup/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STORE HISTORY_FOLDER "/store.sqlite"

/* Scratch of this process below the cache, swept with the rest of it after a kill; malloc'ed, made. */
static char *scratch_make(const char *cache, const char *what, struct diag *diag)
{
	char *folder = xprintf("%s/tmp/history-%s-%d", cache, what, (int)getpid());
	int error = make_folders(folder);
	if (!error)
		return folder;
	diag_set(diag, -error, "%s: cannot make: %s", folder, strerror(-error));
	free(folder);
	return NULL;
}

static void scratch_free(char *folder)
{
	remove_tree(folder);
	free(folder);
}

int history_take(const char *cache, const char *out, const struct session *session, struct diag *diag)
{
	char name[KEPT_NAME], *path = xprintf("%s/" STORE, cache);
	struct database *database = NULL;
	int error = kept_add(cache, out, name, diag), none = error == -ENOENT;
	error = error ? error : database_open(path, &database, diag);
	error = error ? error : database_add(database, name, session, diag);
	database_close(database);
	free(path);
	return none ? 0 : error;
}

/* ---- what is kept and not there --------------------------------------------------------------------- */

static int add_kept(
    const char *cache, const char *scratch, struct database *database, const char *name, struct diag *diag)
{
	struct diag why = DIAG_INIT;
	struct session session;
	int unread = kept_unpack(cache, name, scratch, &why);
	if (unread == -ENOSPC)
		return diag_set(diag, ENOSPC, "%s", why.line);
	unread = unread ? unread : session_load(scratch, &session, &why);
	if (unread)
		return database_add_unread(database, name, why.line, diag);
	int error = database_add(database, name, &session, diag);
	session_free(&session);
	return error;
}

static int add_late(const char *cache, struct database *database, size_t *late, struct diag *diag)
{
	struct kept_list list;
	char *scratch = NULL;
	int error = 0;
	*late = 0;
	kept_list_find(cache, &list);
	for (size_t i = 0; i < list.count && !error; i++) {
		int has = database_has(database, list.name[i], diag);
		error = has < 0 ? has : 0;
		if (has)
			continue;
		if (!scratch && !(scratch = scratch_make(cache, "run", diag)))
			error = -EIO;
		error = error ? error : add_kept(cache, scratch, database, list.name[i], diag);
		*late += !error;
	}
	if (scratch)
		scratch_free(scratch);
	kept_list_free(&list);
	return error;
}

int history_open(const char *cache, struct database **database, size_t *late, struct diag *diag)
{
	char *path = xprintf("%s/" STORE, cache);
	struct database *made = NULL;
	int error = database_open(path, &made, diag);
	error = error ? error : add_late(cache, made, late, diag);
	free(path);
	if (error)
		database_close(made);
	else
		*database = made;
	return error;
}

/* ---- again ------------------------------------------------------------------------------------------ */

/* The new one in the place of the old, without the old one's log, which would be taken for the new one's. */
static int put(const char *from, const char *to, struct diag *diag)
{
	static const char *const logs[] = { "-wal", "-shm", "-journal" };
	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
		char *log = xprintf("%s%s", to, logs[i]);
		unlink(log);
		free(log);
	}
	return rename(from, to) ? diag_set(diag, errno, "%s: cannot be put there: %s", to, strerror(errno)) : 0;
}

int history_rebuild(const char *cache, size_t *runs, struct diag *diag)
{
	struct diag old = DIAG_INIT;
	struct database *database = NULL;
	char *path = xprintf("%s/" STORE, cache), *scratch = NULL, *aside = NULL;
	int error = file_exists(path) ? database_open(path, &database, &old) : 0;
	database_close(database);
	database = NULL;
	if (error == -ENOTSUP) {
		diag_set(diag, ENOTSUP, "%s", old.line);
	} else if (!(scratch = scratch_make(cache, "store", diag))) {
		error = -EIO;
	} else {
		aside = xprintf("%s/store.sqlite", scratch);
		error = database_open(aside, &database, diag);
		error = error ? error : add_late(cache, database, runs, diag);
		database_close(database); /* its log is in it then */
		error = error ? error : put(aside, path, diag);
	}
	free(aside);
	free(path);
	if (scratch)
		scratch_free(scratch);
	return error;
}
