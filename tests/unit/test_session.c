/* The last run as it is read back: what the targets told, and rows of known.def that a whole run shows to be stale. */
#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "runner/store/journal.h"
#include "runner/store/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/test-session-XXXXXX";

#define CELL "go1.26.8/linux/amd64/exe/cgo0/internal@host:exec"

static void put(struct journal *journal, const char *text)
{
	json_t *event = json_loads(text, 0, NULL);
	assert_non_null(event);
	assert_int_equal(journal_append(journal, event, 0), 0);
	json_decref(event);
}

/* A run of one cell, with the events that are given. */
static struct session ran(int full, const char *const *events, size_t count)
{
	struct diag diag = DIAG_INIT;
	struct session session;
	struct journal *journal;
	char *plan = xprintf("%s/plan.json", folder), *path = xprintf("%s/journal", folder);
	FILE *out = fopen(plan, "w");
	assert_non_null(out);
	fprintf(out,
	    "{\"schema\":1,\"plan\":\"0\",\"keys\":\"0\",\"full\":%s,\"cells\":[{\"id\":\"" CELL
	    "\",\"checks\":[\"build.succeeds\"]}]}\n",
	    full ? "true" : "false");
	assert_int_equal(fclose(out), 0);
	assert_int_equal(journal_open(path, JOURNAL_CREATE, &journal, &diag), 0);
	for (size_t i = 0; i < count; i++)
		put(journal, events[i]);
	assert_int_equal(journal_close(journal), 0);
	assert_int_equal(session_load(folder, &session, &diag), 0);
	unlink(plan);
	unlink(path);
	free(path);
	free(plan);
	return session;
}

static const char result[] =
    "{\"event\":\"cell\",\"result\":{\"id\":\"" CELL "\",\"status\":\"pass\",\"verdict\":\"ok\",\"seconds\":1,"
    "\"build\":{\"status\":\"pass\",\"seconds\":1},\"checks\":[{\"id\":\"build.succeeds\",\"status\":\"pass\","
    "\"observed\":\"exit=0\"}]}}";

static void test_targets(void **state)
{
	static const char *const events[] = {
		"{\"event\":\"target\",\"target\":{\"name\":\"musl-1.2.6\",\"kind\":\"loader\",\"message\":\"its check "
		"did not come to an end\"}}",
		"{\"event\":\"target\",\"target\":{\"name\":\"glibc-2.31\",\"kind\":\"loader\",\"message\":\"libc6 is "
		"not here\"}}",
		/* the last word counts */
		"{\"event\":\"target\",\"target\":{\"name\":\"musl-1.2.6\",\"kind\":\"loader\",\"version\":\"musl "
		"1.2.6\",\"good\":true,\"bad\":true,\"message\":null,"
		"\"facts\":{\"page-size\":4096}}}",
		/* what no target said is not taken for one */
		"{\"event\":\"target\",\"target\":{\"kind\":\"loader\"}}",
		"{\"event\":\"target\",\"target\":[]}",
		"{\"event\":\"target\"}",
		"{\"event\":\"target\",\"target\":{\"name\":\"odd\",\"kind\":7,\"facts\":\"none\"}}",
		result,
	};
	(void)state;
	struct session session = ran(0, events, sizeof events / sizeof *events);
	const struct view *view = &session.view;
	assert_int_equal(view->target_count, 3);
	assert_string_equal(view->targets[0].name, "musl-1.2.6");
	assert_string_equal(view->targets[0].version, "musl 1.2.6");
	assert_null(view->targets[0].message);
	assert_int_equal(json_integer_value(json_object_get(view->targets[0].facts, "page-size")), 4096);
	assert_string_equal(view_target(view, "glibc-2.31")->message, "libc6 is not here");
	assert_null(view_target(view, "glibc-2.31")->facts);
	assert_null(view_target(view, "odd")->kind);
	assert_null(view_target(view, "odd")->facts);
	assert_null(view_target(view, "host"));
	assert_int_equal(view_exit_code(view), 0);
	session_free(&session);
}

/* One cell is not the whole list, so a plan that says it is makes nearly every row one that covers nothing. */
static void test_stale_rows(void **state)
{
	const char *const events[] = { result };
	(void)state;
	struct session session = ran(1, events, 1);
	assert_true(session.view.full);
	assert_in_range(session.view.stale_count, 1, known_count);
	for (size_t i = 0; i < session.view.stale_count; i++)
		assert_true(session.view.stale[i].unmatched);
	assert_int_equal(view_exit_code(&session.view), 1);
	session_free(&session);
	/* a run that took a part of the list says nothing, nor one that was cut off */
	session = ran(0, events, 1);
	assert_int_equal(session.view.stale_count, 0);
	assert_int_equal(view_exit_code(&session.view), 0);
	session_free(&session);
	session = ran(1, events, 0);
	assert_int_equal(session.view.stale_count, 0);
	assert_int_equal(view_exit_code(&session.view), 5);
	session_free(&session);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_stale_rows),
	};
	return cmocka_run_group_tests_name("session", tests, make_folder, remove_folder);
}
