#include "runner/history/past.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/version.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* A result that was read, by its number. */
struct kept_result {
	sqlite3_int64 number;
	struct past_result *result;
};

struct past_store {
	struct kept_result *result;
	size_t results;
	char **text;
	size_t texts;
};

static const char *keep(struct past_store *store, const char *text)
{
	size_t count = store->texts++;
	if ((count & (count - 1)) == 0)
		store->text = xrealloc(store->text, (count ? 2 * count : 1) * sizeof(*store->text));
	return store->text[count] = xstrdup(text);
}

static int prepare(struct database *database, const char *sql, sqlite3_stmt **statement, struct diag *diag)
{
	if (sqlite3_prepare_v2(database_handle(database), sql, -1, statement, NULL))
		return database_failed(database, diag);
	return 0;
}

/* Another row?  1, 0, or -errno with a line in diag. */
static int step(struct database *database, sqlite3_stmt *statement, struct diag *diag)
{
	int code = sqlite3_step(statement);
	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : database_failed(database, diag);
}

static const char *text_at(sqlite3_stmt *statement, int column)
{
	return (const char *)sqlite3_column_text(statement, column);
}

/* The text of a column, kept; last where it is that: most runs are of the same machine. */
static const char *keep_at(struct past_store *store, sqlite3_stmt *statement, int column, const char *last)
{
	const char *text = text_at(statement, column);
	if (!text || (last && strcmp(last, text) == 0))
		return text ? last : NULL;
	return keep(store, text);
}

/* ---- cells ------------------------------------------------------------------------------------------ */

struct named {
	char *id;
	struct cell cell;
	sqlite3_int64 number;
};

/* The id of a cell without its release. */
static const char *rest_of(const char *id) { return id + strcspn(id, "/"); }

static int by_name(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(rest_of(x->id), rest_of(y->id));
	return order ? order : version_order(x->cell.go, y->cell.go);
}

/* Every cell that the filter selects; one whose id this tlsmatrix does not know is none of them. */
static int find_cells(
    struct database *database, const struct filter *filter, struct named **named, size_t *count, struct diag *diag)
{
	sqlite3_stmt *statement = NULL;
	int error = prepare(database, "SELECT cell, id FROM cell", &statement, diag), more;
	*named = NULL;
	*count = 0;
	while (!error && (more = step(database, statement, diag)) != 0) {
		struct diag unknown = DIAG_INIT;
		struct named next = { .number = sqlite3_column_int64(statement, 0) };
		if ((error = more < 0 ? more : 0))
			break;
		if (cell_parse(text_at(statement, 1), &next.cell, &unknown) ||
		    !filter_match(filter, &(struct filter_subject){ .cell = &next.cell }))
			continue;
		next.id = xstrdup(text_at(statement, 1));
		if ((*count & (*count - 1)) == 0)
			*named = xrealloc(*named, (*count ? 2 * *count : 1) * sizeof(**named));
		(*named)[(*count)++] = next;
	}
	sqlite3_finalize(statement);
	if (*count)
		qsort(*named, *count, sizeof(**named), by_name);
	return error;
}

static void free_cells(struct named *named, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(named[i].id);
	free(named);
}

/* ---- results ---------------------------------------------------------------------------------------- */

struct reader {
	struct database *database;
	struct past_store *store;
	struct diag *diag;
	sqlite3_stmt *seen, *result, *checked;
};

static int read_checks(struct reader *reader, sqlite3_int64 number, struct past_result *result)
{
	int more;
	sqlite3_bind_int64(reader->checked, 1, number);
	while ((more = step(reader->database, reader->checked, reader->diag)) > 0) {
		struct past_check check = { .id = keep_at(reader->store, reader->checked, 0, NULL),
			.observed = keep_at(reader->store, reader->checked, 2, NULL),
			.reason = keep_at(reader->store, reader->checked, 3, NULL),
			.rate = keep_at(reader->store, reader->checked, 4, NULL) };
		if (status_parse(text_at(reader->checked, 1), &check.status))
			check.status = STATUS_NOTRUN;
		result->check = xrealloc(result->check, (result->count + 1) * sizeof(check));
		result->check[result->count++] = check;
	}
	sqlite3_reset(reader->checked);
	return more;
}

/* The result of that number, read once; those of a cell lie together from first on. */
static int find_result(struct reader *reader, size_t first, sqlite3_int64 number, const struct past_result **result)
{
	struct past_store *store = reader->store;
	for (size_t i = store->results; i-- > first;) {
		if (store->result[i].number == number) {
			*result = store->result[i].result;
			return 0;
		}
	}
	struct past_result *made = xcalloc(1, sizeof(*made));
	store->result = xrealloc(store->result, (store->results + 1) * sizeof(*store->result));
	store->result[store->results++] = (struct kept_result){ number, made };
	*result = made;
	sqlite3_bind_int64(reader->result, 1, number);
	int more = step(reader->database, reader->result, reader->diag);
	if (more > 0) {
		if (status_parse(text_at(reader->result, 0), &made->status))
			made->status = STATUS_NOTRUN;
		const char *facts = text_at(reader->result, 1);
		made->facts = facts ? json_loads(facts, 0, NULL) : NULL;
	}
	sqlite3_reset(reader->result);
	return more < 0 ? more : read_checks(reader, number, made);
}

/* A run that saw the cell; last: the one before it, or an empty one. */
static int read_seen(
    struct reader *reader, const struct named *named, size_t first, const struct past *last, struct past *next)
{
	sqlite3_stmt *seen = reader->seen;
	const char **texts[] = { &next->run, &next->started, &next->tool, &next->host, &next->target, &next->build,
		&next->key };
	const char *lasts[] = { last->run, last->started, last->tool, last->host, last->target, last->build,
		last->key };
	enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };
	for (int i = 0; i < TEXTS; i++)
		*texts[i] = keep_at(reader->store, seen, i, lasts[i]);
	next->go = last->go ? last->go : keep(reader->store, named->cell.go);
	if (verdict_parse(text_at(seen, TEXTS), &next->verdict))
		next->verdict = VERDICT_NEW;
	next->cached = sqlite3_column_int(seen, TEXTS + 2);
	return find_result(reader, first, sqlite3_column_int64(seen, TEXTS + 1), &next->result);
}

static int read_cell(struct reader *reader, const struct named *named, struct past_cell *cell)
{
	struct past *past = NULL, none = { 0 };
	size_t first = reader->store->results;
	int error = 0, more = 0;
	sqlite3_bind_int64(reader->seen, 1, named->number);
	while (!error && (more = step(reader->database, reader->seen, reader->diag)) > 0) {
		struct past next = { 0 };
		error = read_seen(reader, named, first, cell->count ? &past[cell->count - 1] : &none, &next);
		past = xrealloc(past, (cell->count + 1) * sizeof(*past));
		past[cell->count++] = next;
	}
	sqlite3_reset(reader->seen);
	cell->past = past;
	return error ? error : more;
}

/* What the same cell of the next older release was when this one was first seen. */
static void find_before(struct past_cells *cells, size_t at)
{
	struct past_cell *cell = &cells->cell[at];
	for (size_t i = at; i-- > 0 && !cell->before;) {
		const struct past_cell *older = &cells->cell[i];
		if (strcmp(rest_of(older->id), rest_of(cell->id)) != 0)
			return;
		for (size_t k = older->count; k-- > 0 && !cell->before;)
			if (strcmp(older->past[k].run, cell->past[0].run) <= 0)
				cell->before = &older->past[k];
	}
}

static int read_all(struct reader *reader, const struct named *named, size_t count, struct past_cells *cells)
{
	static const char seen[] =
	    "SELECT run.name, run.started, run.tool, run.host, coalesce(target.version, target.message), seen.build, "
	    "       seen.key, seen.verdict, seen.result, seen.cached "
	    "FROM seen JOIN run USING (run) JOIN cell USING (cell) "
	    "LEFT JOIN target ON target.run = seen.run AND target.name = cell.target "
	    "WHERE seen.cell = ?1 ORDER BY run.name",
			  result[] = "SELECT status, json FROM result LEFT JOIN facts USING (facts) WHERE result = ?1",
			  checked[] = "SELECT id, status, observed, reason, rate FROM checked WHERE result = ?1 "
				      "ORDER BY at";
	int error = prepare(reader->database, seen, &reader->seen, reader->diag);
	error = error ? error : prepare(reader->database, result, &reader->result, reader->diag);
	error = error ? error : prepare(reader->database, checked, &reader->checked, reader->diag);
	for (size_t i = 0; i < count && !error; i++) {
		struct past_cell *cell = &cells->cell[cells->count++];
		cell->id = keep(reader->store, named[i].id);
		error = read_cell(reader, &named[i], cell);
		if (!error && !cell->count)
			cells->count--;
	}
	for (size_t i = 0; i < cells->count && !error; i++)
		find_before(cells, i);
	return error;
}

int past_read(struct database *database, const struct filter *filter, struct past_cells *cells, struct diag *diag)
{
	struct named *named;
	size_t count;
	struct past_store *store = xcalloc(1, sizeof(*store));
	struct reader reader = { .database = database, .store = store, .diag = diag };
	int error = find_cells(database, filter, &named, &count, diag);
	*cells = (struct past_cells){ .cell = xcalloc(count + 1, sizeof(*cells->cell)), .store = store };
	error = error ? error : read_all(&reader, named, count, cells);
	sqlite3_finalize(reader.seen);
	sqlite3_finalize(reader.result);
	sqlite3_finalize(reader.checked);
	free_cells(named, count);
	if (error)
		past_free(cells);
	return error;
}

void past_free(struct past_cells *cells)
{
	struct past_store *store = cells->store;
	for (size_t i = 0; i < cells->count; i++)
		free((void *)cells->cell[i].past);
	for (size_t i = 0; store && i < store->results; i++) {
		json_decref(store->result[i].result->facts);
		free(store->result[i].result->check);
		free(store->result[i].result);
	}
	for (size_t i = 0; store && i < store->texts; i++)
		free(store->text[i]);
	if (store) {
		free(store->result);
		free(store->text);
	}
	free(store);
	free(cells->cell);
	*cells = (struct past_cells){ NULL, 0, NULL };
}

/* ---- one result ------------------------------------------------------------------------------------- */

static char *copy_at(sqlite3_stmt *statement, int column)
{
	const char *text = text_at(statement, column);
	return text ? xstrdup(text) : NULL;
}

int past_recall(
    struct database *database, const struct cell *cell, const char *key, struct cell_result *result, struct diag *diag)
{
	static const char last[] =
	    "WITH last AS (SELECT seen.result FROM seen JOIN cell USING (cell) JOIN run USING (run) "
	    "              WHERE cell.id = ?1 AND seen.key = ?2 ORDER BY run.name DESC LIMIT 1) "
	    "SELECT checked.id, checked.status, observed, message, reason, result.status "
	    "FROM last JOIN result USING (result) JOIN checked USING (result) ORDER BY at";
	struct cell_result made = { .cell = *cell };
	sqlite3_stmt *statement = NULL;
	char id[CELL_ID_MAX];
	int error = prepare(database, last, &statement, diag), more = 0;
	if (error)
		return error;
	sqlite3_bind_text(statement, 1, cell_id(cell, id), -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, key, -1, SQLITE_STATIC);
	while ((more = step(database, statement, diag)) > 0) {
		struct check_result check = { .id = copy_at(statement, 0),
			.observed = copy_at(statement, 2),
			.message = copy_at(statement, 3),
			.reason = copy_at(statement, 4) };
		if (status_parse(text_at(statement, 1), &check.status))
			check.status = STATUS_NOTRUN;
		if (status_parse(text_at(statement, 5), &made.status))
			made.status = STATUS_NOTRUN;
		made.checks = xrealloc(made.checks, (made.check_count + 1) * sizeof(check));
		made.checks[made.check_count++] = check;
	}
	sqlite3_finalize(statement);
	if (more < 0 || !made.check_count)
		cell_result_free(&made);
	else
		*result = made;
	return more < 0 ? more : made.check_count != 0;
}

/* ---- what comes and goes ---------------------------------------------------------------------------- */

/* A row says how often a check of a cell came to a status, and as how many texts, where with the same key it came to
 * another as well; and of a repeated run its rate. */
static const char flaky_sql[] =
    "WITH ran AS (SELECT seen.cell, seen.key, run.started, checked.id, checked.status, checked.observed, checked.rate "
    "             FROM seen JOIN run USING (run) JOIN checked USING (result) "
    "             WHERE NOT seen.cached AND seen.key IS NOT NULL), "
    "     mixed AS (SELECT cell, key, id, count(DISTINCT ifnull(observed, '')) AS n FROM ran WHERE rate IS NULL "
    "               GROUP BY cell, key, id HAVING count(DISTINCT status) > 1 OR n > 1) "
    "SELECT cell.id, ran.id, ran.status, count(*), NULL, max(ran.started), max(mixed.n) "
    "FROM ran JOIN mixed USING (cell, key, id) JOIN cell USING (cell) WHERE ran.rate IS NULL GROUP BY 1, 2, 3 "
    "UNION ALL "
    "SELECT cell.id, ran.id, NULL, 0, ran.rate, max(ran.started), 0 FROM ran JOIN cell USING (cell) "
    "WHERE ran.rate IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2";

/* The row's check: the last one, or a new one. */
static struct past_flaky *flaky_of(struct past_flakies *flakies, const char *cell, const char *check)
{
	struct past_flaky *last = flakies->count ? &flakies->flaky[flakies->count - 1] : NULL;
	if (last && strcmp(last->cell, cell) == 0 && strcmp(last->check, check) == 0)
		return last;
	flakies->flaky = xrealloc(flakies->flaky, (flakies->count + 1) * sizeof(*last));
	last = &flakies->flaky[flakies->count++];
	*last = (struct past_flaky){ .cell = xstrdup(cell), .check = xstrdup(check) };
	return last;
}

static void take_flaky(struct past_flakies *flakies, sqlite3_stmt *row)
{
	struct past_flaky *flaky = flaky_of(flakies, text_at(row, 0), text_at(row, 1));
	enum status status;
	if (text_at(row, 2) && !status_parse(text_at(row, 2), &status))
		flaky->times[status] += (size_t)sqlite3_column_int64(row, 3);
	if (text_at(row, 4)) {
		free((void *)flaky->rate);
		flaky->rate = xstrdup(text_at(row, 4));
	}
	if ((size_t)sqlite3_column_int64(row, 6) > flaky->values)
		flaky->values = (size_t)sqlite3_column_int64(row, 6);
	if (text_at(row, 5) && (!flaky->last || strcmp(flaky->last, text_at(row, 5)) < 0)) {
		free((void *)flaky->last);
		flaky->last = xstrdup(text_at(row, 5));
	}
}

int past_flaky(struct database *database, const struct filter *filter, struct past_flakies *flakies, struct diag *diag)
{
	sqlite3_stmt *statement = NULL;
	int error = prepare(database, flaky_sql, &statement, diag), more = 0;
	*flakies = (struct past_flakies){ NULL, 0 };
	while (!error && (more = step(database, statement, diag)) > 0) {
		struct diag unknown = DIAG_INIT;
		struct cell cell;
		if (!cell_parse(text_at(statement, 0), &cell, &unknown) &&
		    filter_match(filter, &(struct filter_subject){ .cell = &cell, .check = text_at(statement, 1) }))
			take_flaky(flakies, statement);
	}
	sqlite3_finalize(statement);
	if (error || more < 0)
		past_flaky_free(flakies);
	return error ? error : more;
}

void past_flaky_free(struct past_flakies *flakies)
{
	for (size_t i = 0; i < flakies->count; i++) {
		free((void *)flakies->flaky[i].cell);
		free((void *)flakies->flaky[i].check);
		free((void *)flakies->flaky[i].rate);
		free((void *)flakies->flaky[i].last);
	}
	free(flakies->flaky);
	*flakies = (struct past_flakies){ NULL, 0 };
}

int past_runs(struct database *database, size_t *runs, struct buf *unread, struct diag *diag)
{
	sqlite3_stmt *statement = NULL;
	int error = prepare(database, "SELECT name, unread FROM run ORDER BY name", &statement, diag), more = 0;
	size_t count = 0;
	while (!error && (more = step(database, statement, diag)) > 0) {
		count += !text_at(statement, 1);
		if (text_at(statement, 1) && unread)
			buf_printf(unread, "%s: %s\n", text_at(statement, 0), text_at(statement, 1));
	}
	sqlite3_finalize(statement);
	error = error ? error : more;
	if (!error)
		*runs = count;
	return error;
}
