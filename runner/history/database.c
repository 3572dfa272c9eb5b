#include "runner/history/database.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/hash.h"
#include "runner/setup/files.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What brings a database from the schema before to that of its place, from 1. */
static const char *const schemas[] = {
	"CREATE TABLE run (run INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, started TEXT, tool TEXT, go TEXT, "
	"                  host TEXT, plan TEXT, keys TEXT, repeat INTEGER, complete INTEGER, seconds REAL, "
	"                  unread TEXT);" /* why it could not be read; NULL: it was */
	"CREATE TABLE target (run INTEGER NOT NULL REFERENCES run, name TEXT NOT NULL, kind TEXT, version TEXT, "
	"                     message TEXT, facts TEXT, PRIMARY KEY (run, name)) WITHOUT ROWID;"
	"CREATE TABLE cell (cell INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, target TEXT NOT NULL);"
	"CREATE TABLE facts (facts INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, json TEXT NOT NULL);"
	"CREATE TABLE result (result INTEGER PRIMARY KEY, cell INTEGER NOT NULL REFERENCES cell, hash TEXT NOT NULL, "
	"                     status TEXT NOT NULL, facts INTEGER REFERENCES facts, UNIQUE (cell, hash));"
	"CREATE TABLE checked (result INTEGER NOT NULL REFERENCES result, at INTEGER NOT NULL, id TEXT NOT NULL, "
	"                      status TEXT NOT NULL, observed TEXT, message TEXT, reason TEXT, rate TEXT, "
	"                      PRIMARY KEY (result, at)) WITHOUT ROWID;"
	"CREATE TABLE seen (cell INTEGER NOT NULL REFERENCES cell, run INTEGER NOT NULL REFERENCES run, "
	"                   result INTEGER NOT NULL REFERENCES result, verdict TEXT NOT NULL, build TEXT, key TEXT, "
	"                   cached INTEGER NOT NULL, PRIMARY KEY (cell, run)) WITHOUT ROWID;",
};
enum { SCHEMA = sizeof(schemas) / sizeof(schemas[0]) };

enum statement {
	RUN_FIND,
	RUN_ADD,
	TARGET_ADD,
	CELL_FIND,
	CELL_ADD,
	FACTS_FIND,
	FACTS_ADD,
	RESULT_FIND,
	RESULT_ADD,
	CHECKED_ADD,
	SEEN_ADD,
	STATEMENTS
};

/* Each that finds or adds gives a number. */
static const char *const statements[STATEMENTS] = {
	[RUN_FIND] = "SELECT run FROM run WHERE name = ?1",
	[RUN_ADD] = "INSERT INTO run (name, started, tool, go, host, plan, keys, repeat, complete, seconds, unread) "
		    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) RETURNING run",
	[TARGET_ADD] = "INSERT INTO target VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
	[CELL_FIND] = "SELECT cell FROM cell WHERE id = ?1",
	[CELL_ADD] = "INSERT INTO cell (id, target) VALUES (?1, ?2) RETURNING cell",
	[FACTS_FIND] = "SELECT facts FROM facts WHERE hash = ?1",
	[FACTS_ADD] = "INSERT INTO facts (hash, json) VALUES (?1, ?2) RETURNING facts",
	[RESULT_FIND] = "SELECT result FROM result WHERE cell = ?1 AND hash = ?2",
	[RESULT_ADD] = "INSERT INTO result (cell, hash, status, facts) VALUES (?1, ?2, ?3, ?4) RETURNING result",
	[CHECKED_ADD] = "INSERT INTO checked VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	[SEEN_ADD] = "INSERT INTO seen VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
};

struct database {
	sqlite3 *handle;
	char *path;
	sqlite3_stmt *prepared[STATEMENTS];
};

sqlite3 *database_handle(struct database *database) { return database->handle; }

/* ---- errors ----------------------------------------------------------------------------------------- */

static int errno_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return EBUSY;
	case SQLITE_FULL:
		return ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_ERROR: /* a statement that is not understood: the tables are not ours */
		return EBADMSG;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return EROFS;
	case SQLITE_CANTOPEN:
		return EACCES;
	}
	return EIO;
}

int database_failed(struct database *database, struct diag *diag)
{
	int error = errno_of(sqlite3_extended_errcode(database->handle));
	return diag_set(diag, error, "%s: %s%s", database->path, sqlite3_errmsg(database->handle),
	    error == EBADMSG   ? ": `tlsmatrix history --rebuild` makes it again from the runs kept beside it" :
		error == EBUSY ? ": another tlsmatrix is writing it: try again" :
				 "");
}

static int execute(struct database *database, const char *sql, struct diag *diag)
{
	return sqlite3_exec(database->handle, sql, NULL, NULL, NULL) ? database_failed(database, diag) : 0;
}

/* ---- opening ---------------------------------------------------------------------------------------- */

static int schema_of(struct database *database, int *schema, struct diag *diag)
{
	sqlite3_stmt *statement = NULL;
	int error = sqlite3_prepare_v2(database->handle, "PRAGMA user_version", -1, &statement, NULL) ||
		sqlite3_step(statement) != SQLITE_ROW ?
	    database_failed(database, diag) :
	    0;
	if (!error)
		*schema = sqlite3_column_int(statement, 0);
	sqlite3_finalize(statement);
	return error;
}

/* Two may come here at once: which schema it is is asked again by the one who may write. */
static int migrate(struct database *database, struct diag *diag)
{
	int schema = 0, error = schema_of(database, &schema, diag);
	if (error || schema == SCHEMA)
		return error;
	if (schema < 0 || schema > SCHEMA)
		return diag_set(diag, ENOTSUP,
		    "%s: schema %d, made by another tlsmatrix; this one knows up to %d: use that one, or another "
		    "--cache",
		    database->path, schema, SCHEMA);
	error = execute(database, "BEGIN IMMEDIATE", diag);
	if (error)
		return error;
	error = schema_of(database, &schema, diag);
	for (; !error && schema < SCHEMA; schema++)
		error = execute(database, schemas[schema], diag);
	char *now = xprintf("PRAGMA user_version = %d; COMMIT", SCHEMA);
	error = error ? error : execute(database, now, diag);
	free(now);
	if (error)
		sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
	return error;
}

/* Of those who open a new database at once, one makes it; for the lock of this change SQLite does not wait. */
static int turn_on_log(struct database *database, struct diag *diag)
{
	enum { STEP = 20 };
	for (int waited = 0; waited < DATABASE_WAIT; waited += STEP) {
		int code = sqlite3_exec(
		    database->handle, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
		if ((code & 0xff) != SQLITE_BUSY)
			return code ? database_failed(database, diag) : 0;
		sqlite3_sleep(STEP);
	}
	return database_failed(database, diag);
}

int database_open(const char *path, struct database **database, struct diag *diag)
{
	struct database *made = xcalloc(1, sizeof(*made));
	char *folder = xprintf("%.*s", (int)(strrchr(path, '/') ? strrchr(path, '/') - path : 0), path);
	made->path = xstrdup(path);
	int error = *folder ? make_folders(folder) : 0;
	if (error)
		diag_set(diag, -error, "%s: cannot make: %s", folder, strerror(-error));
	else if (sqlite3_open_v2(path, &made->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL))
		error = database_failed(made, diag);
	else
		sqlite3_busy_timeout(made->handle, DATABASE_WAIT);
	/* What a power cut takes of the log is made again from the kept runs; a kill takes nothing. */
	error = error ? error : turn_on_log(made, diag);
	error = error ? error : migrate(made, diag);
	free(folder);
	if (error)
		database_close(made);
	else
		*database = made;
	return error;
}

void database_close(struct database *database)
{
	if (!database)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(database->prepared[i]);
	sqlite3_close(database->handle);
	free(database->path);
	free(database);
}

/* ---- statements ------------------------------------------------------------------------------------- */

/* Executes one with its values by their kinds (t text, i sqlite3_int64, r double); *number is what it gives.  1 when
 * it gives something, 0 when not, -errno with a line in diag. */
static int ask(
    struct database *database, enum statement which, sqlite3_int64 *number, struct diag *diag, const char *kinds, ...)
{
	sqlite3_stmt **statement = &database->prepared[which];
	if (!*statement &&
	    sqlite3_prepare_v3(database->handle, statements[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL))
		return database_failed(database, diag);
	va_list values;
	va_start(values, kinds);
	int code = SQLITE_OK;
	for (int i = 0; kinds[i] && code == SQLITE_OK; i++) {
		if (kinds[i] == 't')
			code = sqlite3_bind_text(*statement, i + 1, va_arg(values, const char *), -1, SQLITE_STATIC);
		else if (kinds[i] == 'i')
			code = sqlite3_bind_int64(*statement, i + 1, va_arg(values, sqlite3_int64));
		else
			code = sqlite3_bind_double(*statement, i + 1, va_arg(values, double));
	}
	va_end(values);
	int gives = 0;
	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(*statement);
		if (code == SQLITE_ROW && number)
			*number = sqlite3_column_int64(*statement, 0);
		gives |= code == SQLITE_ROW;
	}
	int error = code == SQLITE_DONE ? 0 : database_failed(database, diag);
	sqlite3_reset(*statement);
	sqlite3_clear_bindings(*statement);
	return error ? error : gives;
}

int database_has(struct database *database, const char *run, struct diag *diag)
{
	return ask(database, RUN_FIND, NULL, diag, "t", run);
}

/* ---- adding ----------------------------------------------------------------------------------------- */

struct adding {
	struct database *database;
	struct diag *diag;
	sqlite3_int64 run;
};

static int add_targets(struct adding *adding, const struct view *view)
{
	int error = 0;
	for (size_t i = 0; i < view->target_count && error >= 0; i++) {
		const struct view_target *target = &view->targets[i];
		char *facts = target->facts ? json_dumps(target->facts, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
		error = ask(adding->database, TARGET_ADD, NULL, adding->diag, "ittttt", adding->run, target->name,
		    target->kind, target->version, target->message, facts);
		free(facts);
	}
	return error < 0 ? error : 0;
}

static int add_facts(struct adding *adding, const char *text, const char *hash, sqlite3_int64 *number)
{
	int found = ask(adding->database, FACTS_FIND, number, adding->diag, "t", hash);
	return found ? found : ask(adding->database, FACTS_ADD, number, adding->diag, "tt", hash, text);
}

/* What makes a result the same: what was seen, not how long it took or in which words it was told. */
static void hash_result(const struct cell_result *result, const char *facts, char hex[HASH_HEX])
{
	struct hash *hash = hash_new();
	hash_add_text(hash, facts);
	for (size_t i = 0; i < result->check_count; i++) {
		const struct check_result *check = &result->checks[i];
		const char *texts[] = { check->id, status_name(check->status), check->observed, check->rate,
			check->status == STATUS_SKIP ? check->reason : NULL };
		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
			hash_add_text(hash, texts[k] ? texts[k] : "");
	}
	hash_end(hash, hex);
}

/* facts: its facts as text, NULL for none. */
static int add_result(struct adding *adding, const struct cell_result *result, const char *facts, sqlite3_int64 cell,
    sqlite3_int64 *number)
{
	char hex[HASH_HEX], facts_hex[HASH_HEX] = "";
	sqlite3_int64 facts_number = 0;
	if (facts) {
		struct hash *hash = hash_new();
		hash_add_text(hash, facts);
		hash_end(hash, facts_hex);
	}
	hash_result(result, facts_hex, hex);
	int found = ask(adding->database, RESULT_FIND, number, adding->diag, "it", cell, hex);
	if (found)
		return found;
	if (facts && (found = add_facts(adding, facts, facts_hex, &facts_number)) < 0)
		return found;
	found = ask(adding->database, RESULT_ADD, number, adding->diag, facts ? "itti" : "itt", cell, hex,
	    status_name(result->status), facts_number);
	for (size_t i = 0; i < result->check_count && found >= 0; i++) {
		const struct check_result *check = &result->checks[i];
		found = ask(adding->database, CHECKED_ADD, NULL, adding->diag, "iitttttt", *number, (sqlite3_int64)i,
		    check->id, status_name(check->status), check->observed, check->message, check->reason, check->rate);
	}
	return found;
}

static int add_cell(struct adding *adding, const struct cell_result *result, const json_t *planned)
{
	char id[CELL_ID_MAX];
	sqlite3_int64 cell = 0, number = 0;
	if (result->build_status == STATUS_NOTRUN)
		return 0;
	int found = ask(adding->database, CELL_FIND, &cell, adding->diag, "t", cell_id(&result->cell, id));
	if (!found)
		found = ask(adding->database, CELL_ADD, &cell, adding->diag, "tt", id, result->cell.target);
	if (found > 0) {
		char *facts = result->facts ? json_dumps(result->facts, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
		found = add_result(adding, result, facts, cell, &number);
		free(facts);
	}
	if (found >= 0)
		found = ask(adding->database, SEEN_ADD, NULL, adding->diag, "iiittti", cell, adding->run, number,
		    verdict_name(result->verdict), json_string_value(json_object_get(planned, "build")),
		    json_string_value(json_object_get(planned, "key")), (sqlite3_int64)(result->cached != 0));
	return found < 0 ? found : 0;
}

static int add_run(struct adding *adding, const char *name, const struct session *session, const char *unread)
{
	const struct view *view = &session->view;
	int found = ask(adding->database, RUN_FIND, &adding->run, adding->diag, "t", name);
	if (found)
		return found;
	found = ask(adding->database, RUN_ADD, &adding->run, adding->diag, "tttttttiirt", name, view->started,
	    view->tool, view->go, view->host, view->plan, session->keys, (sqlite3_int64)view->repeat,
	    (sqlite3_int64)view->complete, view->seconds, unread);
	int error = found < 0 ? found : add_targets(adding, view);
	for (size_t i = 0; i < view->count && !error; i++)
		error = add_cell(adding, &view->cells[i], json_array_get(json_object_get(session->plan, "cells"), i));
	return error;
}

static int add(
    struct database *database, const char *name, const struct session *session, const char *unread, struct diag *diag)
{
	struct adding adding = { .database = database, .diag = diag };
	int error = execute(database, "BEGIN IMMEDIATE", diag);
	if (error)
		return error;
	error = add_run(&adding, name, session, unread);
	error = error < 0 ? error : execute(database, "COMMIT", diag);
	if (error)
		sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
	return error;
}

int database_add(struct database *database, const char *run, const struct session *session, struct diag *diag)
{
	return add(database, run, session, NULL, diag);
}

int database_add_unread(struct database *database, const char *run, const char *why, struct diag *diag)
{
	const struct session none = { .view = { .started = NULL } };
	return add(database, run, &none, why, diag);
}
