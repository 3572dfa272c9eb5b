/* What is remembered of runs: kept, told to the database, asked again; and what a kill, a full disk and files of others
 * leave of it. */
#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/history/history.h"
#include "runner/history/kept.h"
#include "runner/history/past.h"
#include "runner/setup/files.h"
#include "runner/store/journal.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define CELL "go1.26.8/linux/amd64/exe/cgo0/internal@host:exec"
#define OLDER "go1.25.1/linux/amd64/exe/cgo0/internal@host:exec"

static char place[] = "/tmp/test-history-XXXXXX";
static char *cache, *out, *store;

/* How a run of one cell is told. */
struct told {
	int day;
	const char *cell, *status, *observed, *host, *key;
	int cached;
};
#define HOST "linux/amd64, Linux 6.1 x86_64, glibc 2.36, cc 12.2.0"

static int each(void **state)
{
	(void)state;
	strcpy(place, "/tmp/test-history-XXXXXX");
	assert_non_null(mkdtemp(place));
	cache = xprintf("%s/cache", place);
	out = xprintf("%s/out", place);
	store = xprintf("%s/history/store.sqlite", cache);
	return make_folders(out);
}

static int after(void **state)
{
	(void)state;
	free(cache);
	free(out);
	free(store);
	return remove_tree(place);
}

static void put(const char *path, const char *text) { assert_int_equal(file_write(path, text, strlen(text)), 0); }

/* out/ as such a run leaves it. */
static void run_out(const struct told *told)
{
	struct diag diag = DIAG_INIT;
	struct journal *journal;
	char *plan = xprintf("%s/plan.json", out), *path = xprintf("%s/journal", out);
	char *text =
	    xprintf("{\"schema\":1,\"plan\":\"0\",\"keys\":\"0\",\"started\":\"2026-11-%02dT05:58:08Z\",\"tool\":"
		    "\"0.1\",\"host\":\"%s\",\"cells\":[{\"id\":\"%s\",\"build\":\"b\",\"key\":\"%s\",\"checks\":"
		    "[\"build.succeeds\"]}]}",
		told->day, told->host, told->cell, told->key);
	put(plan, text);
	json_t *target = json_loads("{\"event\":\"target\",\"target\":{\"name\":\"host\",\"kind\":\"host\",\"version\":"
				    "\"glibc 2.36\",\"facts\":{\"page-size\":4096}}}",
	    0, NULL);
	json_t *event = json_pack("{s:s, s:b, s:{s:s, s:f, s:{s:s, s:f}, s:{s:{s:i}}, s:[{s:s, s:s, s:s}]}}", "event",
	    "cell", "cached", told->cached, "result", "id", told->cell, "seconds", 1.0, "build", "status", "pass",
	    "seconds", 1.0, "facts", "tls", "size", 8, "checks", "id", "build.succeeds", "status", told->status,
	    "observed", told->observed);
	assert_non_null(event);
	assert_int_equal(journal_open(path, JOURNAL_CREATE, &journal, &diag), 0);
	assert_int_equal(journal_append(journal, target, 0), 0);
	assert_int_equal(journal_append(journal, event, 0), 0);
	assert_int_equal(journal_close(journal), 0);
	json_decref(event);
	json_decref(target);
	free(text);
	free(path);
	free(plan);
}

static int take(const struct told *told, struct diag *diag)
{
	struct session session;
	run_out(told);
	assert_int_equal(session_load(out, &session, diag), 0);
	int error = history_take(cache, out, &session, diag);
	session_free(&session);
	return error;
}

static void take_all(const struct told *told, size_t count)
{
	struct diag diag = DIAG_INIT;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(take(&told[i], &diag), 0);
}

/* Runs in the database, after what is kept was added. */
static size_t runs_of(size_t *late)
{
	struct diag diag = DIAG_INIT;
	struct database *database;
	size_t runs = 0;
	assert_int_equal(history_open(cache, &database, late, &diag), 0);
	assert_int_equal(past_runs(database, &runs, NULL, &diag), 0);
	database_close(database);
	return runs;
}

static struct past_cells past_of(const char *text)
{
	struct diag diag = DIAG_INIT;
	struct database *database;
	struct filter *filter;
	struct past_cells cells;
	size_t late;
	assert_int_equal(filter_parse(text, &filter, &diag), 0);
	assert_int_equal(history_open(cache, &database, &late, &diag), 0);
	assert_int_equal(past_read(database, filter, &cells, &diag), 0);
	database_close(database);
	filter_free(filter);
	return cells;
}

/* ---- what is remembered ------------------------------------------------------------------------------ */

static const struct told stories[] = {
	{ 1, CELL, "pass", "exit=0", HOST, "k1", 0 },
	{ 2, CELL, "pass", "exit=0", HOST, "k1", 1 },
	{ 3, CELL, "crash", "signal=11", "linux/amd64, Linux 6.2 x86_64, glibc 2.36, mold 2", "k2", 0 },
	{ 4, CELL, "pass", "exit=0", "linux/amd64, Linux 6.2 x86_64, glibc 2.36, mold 2", "k2", 0 },
};
enum { STORIES = sizeof stories / sizeof *stories };

static void test_past(void **state)
{
	(void)state;
	take_all(stories, STORIES);
	struct past_cells cells = past_of(CELL);
	assert_int_equal(cells.count, 1);
	const struct past_cell *cell = &cells.cell[0];
	assert_string_equal(cell->id, CELL);
	assert_int_equal(cell->count, STORIES);
	/* The same result is one value, however many runs saw it. */
	assert_ptr_equal(cell->past[0].result, cell->past[1].result);
	assert_ptr_equal(cell->past[0].result, cell->past[3].result);
	assert_true(cell->past[1].cached && !cell->past[2].cached);
	assert_int_equal(cell->past[2].result->status, STATUS_CRASH);
	assert_string_equal(cell->past[2].result->check[0].observed, "signal=11");
	assert_int_equal(
	    json_integer_value(json_object_get(json_object_get(cell->past[2].result->facts, "tls"), "size")), 8);
	assert_string_equal(cell->past[2].target, "glibc 2.36");
	assert_string_equal(cell->past[3].started, "2026-11-04T05:58:08Z");
	char *with = history_with(&cell->past[1], &cell->past[2]);
	assert_string_equal(with, "Linux 6.1 x86_64 -> 6.2 x86_64; cc 12.2.0 -> none; none -> mold 2");
	free(with);
	with = history_with(&cell->past[2], &cell->past[3]);
	assert_string_equal(with, "nothing: the same inputs, so it comes and goes");
	free(with);
	past_free(&cells);
	cells = past_of("mode=plugin");
	assert_int_equal(cells.count, 0);
	past_free(&cells);
}

static void test_release(void **state)
{
	static const struct told two[] = {
		{ 1, OLDER, "pass", "exit=0", HOST, "k1", 0 },
		{ 2, CELL, "crash", "signal=11", HOST, "k2", 0 },
		{ 3, OLDER, "crash", "signal=4", HOST, "k1", 0 },
	};
	(void)state;
	take_all(two, 3);
	struct past_cells cells = past_of("mode=exe");
	assert_int_equal(cells.count, 2);
	assert_string_equal(cells.cell[0].id, OLDER);
	assert_null(cells.cell[0].before);
	/* What the older one was when this one came, not what became of it. */
	assert_ptr_equal(cells.cell[1].before, &cells.cell[0].past[0]);
	char *with = history_with(cells.cell[1].before, &cells.cell[1].past[0]);
	assert_string_equal(with, "go1.25.1 -> go1.26.8");
	free(with);
	past_free(&cells);
}

static void test_flaky(void **state)
{
	struct diag diag = DIAG_INIT;
	struct database *database;
	struct filter *filter;
	struct past_flakies flakies;
	size_t late;
	(void)state;
	take_all(stories, STORIES);
	assert_int_equal(filter_parse("", &filter, &diag), 0);
	assert_int_equal(history_open(cache, &database, &late, &diag), 0);
	assert_int_equal(past_flaky(database, filter, &flakies, &diag), 0);
	/* k1 was pass and is no evidence of k2; of k2 one of each. */
	assert_int_equal(flakies.count, 1);
	assert_string_equal(flakies.flaky[0].check, "build.succeeds");
	assert_int_equal(flakies.flaky[0].times[STATUS_PASS], 1);
	assert_int_equal(flakies.flaky[0].times[STATUS_CRASH], 1);
	assert_int_equal(flakies.flaky[0].values, 2);
	past_flaky_free(&flakies);
	filter_free(filter);
	database_close(database);
}

/* The same run offered again, and the same results of another run. */
static void test_once(void **state)
{
	struct diag diag = DIAG_INIT;
	struct session session;
	size_t late;
	(void)state;
	take_all(stories, 1);
	assert_int_equal(session_load(out, &session, &diag), 0);
	assert_int_equal(history_take(cache, out, &session, &diag), 0);
	session_free(&session);
	assert_int_equal(runs_of(&late), 1);
	assert_int_equal(late, 0);
	struct kept_list list;
	kept_list_find(cache, &list);
	assert_int_equal(list.count, 1);
	assert_memory_equal(list.name[0], "20261101T055808.000000Z-", 24);
	kept_list_free(&list);
}

static void test_forgotten(void **state)
{
	struct diag diag = DIAG_INIT;
	char name[KEPT_NAME], *plan = xprintf("%s/plan.json", out);
	(void)state;
	assert_int_equal(kept_add(cache, out, name, &diag), -ENOENT);
	run_out(&stories[0]);
	put(plan, "{\"started\":\"2026-11-01T05:58:08Z\",\"forget\":true}");
	assert_int_equal(kept_add(cache, out, name, &diag), -ENOENT);
	assert_string_equal(diag.line, "");
	put(plan, "{\"started\":\"../../etc/2026:08Z\"}");
	assert_int_equal(kept_add(cache, out, name, &diag), -EBADMSG);
	assert_non_null(strstr(diag.line, "no plan of a run"));
	free(plan);
}

/* ---- what is spoiled --------------------------------------------------------------------------------- */

/* Runs kept while the database could not take them come in when it is opened; of one that cannot be read it is noted
 * why, once. */
static void test_late(void **state)
{
	struct diag diag = DIAG_INIT;
	char name[KEPT_NAME], *journal;
	size_t late;
	(void)state;
	for (int i = 0; i < 3; i++) {
		run_out(&stories[i]);
		assert_int_equal(kept_add(cache, out, name, &diag), 0);
	}
	journal = xprintf("%s/history/%s/journal.gz", cache, name);
	assert_int_equal(truncate(journal, 40), 0);
	assert_int_equal(runs_of(&late), 2);
	assert_int_equal(late, 3);
	assert_int_equal(runs_of(&late), 2);
	assert_int_equal(late, 0);
	struct database *database;
	struct buf unread = BUF_INIT;
	size_t runs;
	assert_int_equal(history_open(cache, &database, &late, &diag), 0);
	assert_int_equal(past_runs(database, &runs, &unread, &diag), 0);
	assert_non_null(strstr(unread.data, name));
	assert_non_null(strstr(unread.data, "cannot be unpacked"));
	buf_free(&unread);
	database_close(database);
	free(journal);
}

/* A journal that was torn by a kill is kept as it is, and read up to there. */
static void test_torn(void **state)
{
	struct diag diag = DIAG_INIT;
	char name[KEPT_NAME], *journal = xprintf("%s/journal", out);
	size_t late;
	(void)state;
	run_out(&stories[0]);
	FILE *file = fopen(journal, "a");
	fputs("0123abcd {\"event\":\"ce", file);
	fclose(file);
	assert_int_equal(kept_add(cache, out, name, &diag), 0);
	assert_int_equal(runs_of(&late), 1);
	struct past_cells cells = past_of(CELL);
	assert_int_equal(cells.count, 1);
	past_free(&cells);
	free(journal);
}

static void expect_open(int error, const char *line)
{
	struct diag diag = DIAG_INIT;
	struct database *database = NULL;
	size_t late;
	assert_int_equal(history_open(cache, &database, &late, &diag), error);
	assert_null(database);
	if (!strstr(diag.line, line))
		fail_msg("%s", diag.line);
}

static void test_spoiled(void **state)
{
	struct diag diag = DIAG_INIT;
	char *text, *again;
	size_t runs, late, len, len_again;
	(void)state;
	take_all(stories, STORIES);
	assert_int_equal(file_read(store, &text, &len), 0);
	put(store,
	    "this is no database, and it is long enough to be taken for the header of one, or so one would "
	    "think of it at first sight");
	expect_open(-EBADMSG, "--rebuild");
	assert_int_equal(history_rebuild(cache, &runs, &diag), 0);
	assert_int_equal(runs, STORIES);
	/* The first page alone. */
	assert_int_equal(truncate(store, 4096), 0);
	expect_open(-EBADMSG, "--rebuild");
	assert_int_equal(history_rebuild(cache, &runs, &diag), 0);
	assert_int_equal(runs_of(&late), STORIES);
	/* Somebody else's tables. */
	unlink(store);
	sqlite3 *handle;
	assert_int_equal(sqlite3_open(store, &handle), 0);
	assert_int_equal(sqlite3_exec(handle, "CREATE TABLE run (x)", NULL, NULL, NULL), 0);
	sqlite3_close(handle);
	expect_open(-EBADMSG, "run already exists");
	/* Of the future: left alone, also by a rebuild. */
	assert_int_equal(sqlite3_open(store, &handle), 0);
	assert_int_equal(sqlite3_exec(handle, "PRAGMA user_version = 99", NULL, NULL, NULL), 0);
	sqlite3_close(handle);
	free(text);
	assert_int_equal(file_read(store, &text, &len), 0);
	expect_open(-ENOTSUP, "schema 99");
	assert_int_equal(history_rebuild(cache, &runs, &diag), -ENOTSUP);
	assert_int_equal(file_read(store, &again, &len_again), 0);
	assert_true(len == len_again && memcmp(text, again, len) == 0);
	free(again);
	free(text);
}

/* ---- kill -9, a full disk ---------------------------------------------------------------------------- */

static int statements_left;

static int on_statement(unsigned what, void *context, void *statement, void *text)
{
	(void)what, (void)context, (void)statement, (void)text;
	if (statements_left-- == 0)
		raise(SIGKILL);
	return 0;
}

static int on_connection(sqlite3 *handle, char **error, const struct sqlite3_api_routines *routines)
{
	(void)error, (void)routines;
	return sqlite3_trace_v2(handle, SQLITE_TRACE_STMT, on_statement, NULL);
}

/* Takes a run in a child that is killed when it comes to a statement.  1: it was killed. */
static int killed_at(int statement, const struct told *told)
{
	pid_t child = fork();
	int status;
	assert_true(child >= 0);
	if (!child) {
		struct diag diag = DIAG_INIT;
		statements_left = statement;
		sqlite3_auto_extension((void (*)(void))on_connection);
		_exit(take(told, &diag) ? 1 : 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
	return WIFSIGNALED(status);
}

static int integrity(void)
{
	sqlite3 *handle;
	sqlite3_stmt *statement;
	assert_int_equal(sqlite3_open(store, &handle), 0);
	assert_int_equal(sqlite3_prepare_v2(handle, "PRAGMA integrity_check", -1, &statement, NULL), 0);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int good = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
	sqlite3_finalize(statement);
	sqlite3_close(handle);
	return good;
}

/* Kills at the first statement, the second, and so on to one that is not reached; how many there are. */
static int kill_at_each(int fresh)
{
	int statement = 0, late_ones = 0;
	size_t late;
	for (int killed = 1; killed; statement++) {
		struct told told = { 1, CELL, "crash", "", HOST, "k1", 0 };
		char *observed = xprintf("signal=%d", statement);
		told.observed = observed;
		if (fresh)
			remove_tree(cache);
		killed = killed_at(statement, &told);
		assert_true(integrity());
		assert_int_equal(runs_of(&late), fresh ? 1 : statement + 1);
		assert_true(late <= 1);
		late_ones += (int)late;
		free(observed);
	}
	/* It was in there as a whole when the kill came at its commit or later, and else it was not. */
	assert_true(late_ones >= statement - 3);
	return statement;
}

static void test_kill(void **state)
{
	(void)state;
	/* The pragmas, the tables, the run, its target, cell, facts, result, check. */
	assert_true(kill_at_each(1) > 20);
	remove_tree(cache);
	int statements = kill_at_each(0);
	assert_true(statements > 10);
	struct past_cells cells = past_of(CELL);
	assert_int_equal(cells.cell[0].count, statements);
	past_free(&cells);
}

/* No file may grow beyond a size, from one in which nothing fits to one in which all does. */
static void test_full(void **state)
{
	int failures = 0, error = -1;
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	for (rlim_t room = 100; error; room = room * 3 / 2) {
		struct diag diag = DIAG_INIT;
		struct session session;
		run_out(&stories[0]);
		assert_int_equal(session_load(out, &session, &diag), 0);
		struct rlimit was, tight;
		assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
		tight = was;
		tight.rlim_cur = room;
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
		error = history_take(cache, out, &session, &diag);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
		assert_true(!error == !*diag.line);
		failures += error != 0;
		session_free(&session);
	}
	assert_true(failures > 3);
	size_t late;
	assert_int_equal(runs_of(&late), 1);
	assert_true(integrity());
}

/* Several writers and a reader at once: each run comes in once. */
static void test_together(void **state)
{
	enum { WRITERS = 4, EACH = 5 };
	size_t late;
	(void)state;
	for (int writer = 0; writer < WRITERS; writer++) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child)
			continue;
		out = xprintf("%s/out-%d", place, writer);
		if (make_folders(out))
			_exit(1);
		for (int i = 0; i < EACH; i++) {
			struct diag diag = DIAG_INIT;
			struct told told = stories[0];
			told.day = 1 + writer * EACH + i;
			if (take(&told, &diag)) {
				fprintf(stderr, "%s\n", diag.line);
				_exit(2);
			}
		}
		_exit(0);
	}
	for (int left = WRITERS, status; left; left--) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
		size_t seen = runs_of(&late);
		assert_true(seen <= WRITERS * EACH);
	}
	assert_int_equal(runs_of(&late), WRITERS * EACH);
	assert_int_equal(late, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_past, each, after),
		cmocka_unit_test_setup_teardown(test_release, each, after),
		cmocka_unit_test_setup_teardown(test_flaky, each, after),
		cmocka_unit_test_setup_teardown(test_once, each, after),
		cmocka_unit_test_setup_teardown(test_forgotten, each, after),
		cmocka_unit_test_setup_teardown(test_late, each, after),
		cmocka_unit_test_setup_teardown(test_torn, each, after),
		cmocka_unit_test_setup_teardown(test_spoiled, each, after),
		cmocka_unit_test_setup_teardown(test_kill, each, after),
		cmocka_unit_test_setup_teardown(test_full, each, after),
		cmocka_unit_test_setup_teardown(test_together, each, after),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
