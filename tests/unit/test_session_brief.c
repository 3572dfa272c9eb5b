/* A run in brief is the same run: whatever stands in plan and journal, both ways of reading it agree. */
#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/hash.h"
#include "runner/setup/files.h"
#include "runner/store/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/test-session-brief-XXXXXX";

#define CELL "go1.26.8/linux/amd64/exe/cgo0/internal@host:exec"
#define OTHER "go1.26.8/linux/amd64/c-shared/cgo1/external@musl-1.2.5:dlopen"
#define REFUSED "go1.26.8/linux/amd64/plugin/cgo0/internal@none"

#define TAIL "\"seconds\":1.5,\"build\":{\"status\":\"pass\",\"seconds\":2,\"log\":null,\"command\":\"go build\"}"
#define CHECK(id, rest) "{\"id\":\"" id "\"," rest "}"
#define RESULT(id, checks) \
	"{\"id\":\"" id "\"," TAIL ",\"facts\":{\"a\":[1,-2.5e3,{}]},\"checks\":[" checks "],\"log\":null}"
#define EVENT(id, checks) "{\"event\":\"cell\",\"cached\":false,\"result\":" RESULT(id, checks) "}"

static const char plan[] =
    "{\"schema\":1,\"plan\":\"p\",\"keys\":\"k\",\"full\":false,\"forbidden\":\"\",\"cells\":["
    "{\"id\":\"" CELL "\",\"build\":\"b\",\"checks\":[\"build.succeeds\",\"tls.g.main\"]},"
    "{\"id\":\"" OTHER "\",\"key\":\"k\",\"checks\":[\"build.succeeds\",\"tls.static-flag\",\"tls.g.go\"]},"
    "{\"id\":\"" REFUSED "\",\"checks\":[\"build.refused\"]}],\"repeat\":1}";

static const char passes[] = EVENT(CELL,
    CHECK("build.succeeds", "\"observed\":\"exit=0\",\"message\":null,\"repro\":\"go\"") "," CHECK(
	"tls.g.main", "\"observed\":\"slot=g\",\"message\":\"a \\\"b\\\"\\n\""));

static void add_line(struct buf *out, const char *json)
{
	char hex[HASH_HEX];
	hash_bytes(json, strlen(json), hex);
	buf_printf(out, "%.8s %s\n", hex, json);
}

static void put(const char *name, const char *text, size_t len)
{
	char *path = xprintf("%s/%s", folder, name);
	assert_int_equal(file_write(path, text, len), 0);
	free(path);
}

static void same_text(const char *a, const char *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a)
		assert_string_equal(a, b);
}

static void same_result(const struct cell_result *a, const struct cell_result *b)
{
	char id[2][CELL_ID_MAX];
	assert_string_equal(cell_id(&a->cell, id[0]), cell_id(&b->cell, id[1]));
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->build_status, b->build_status);
	assert_int_equal(a->cached, b->cached);
	assert_int_equal(a->facts == NULL, b->facts == NULL);
	assert_int_equal(cell_outcome(a), cell_outcome(b));
	assert_int_equal(a->check_count, b->check_count);
	for (size_t i = 0; i < a->check_count; i++) {
		const struct check_result *x = &a->checks[i], *y = &b->checks[i];
		assert_string_equal(x->id, y->id);
		assert_int_equal(x->status, y->status);
		assert_int_equal(x->verdict, y->verdict);
		same_text(x->observed, y->observed);
		same_text(x->message, y->message);
		same_text(x->rate, y->rate);
		if (x->status == STATUS_SKIP)
			same_text(x->reason, y->reason);
	}
}

/* Reads what is in the folder both ways; what both return. */
static int same(void)
{
	struct session whole, brief;
	struct diag diag[2] = { DIAG_INIT, DIAG_INIT };
	int error = session_load(folder, &whole, &diag[0]);
	assert_int_equal(session_load_brief(folder, &brief, &diag[1]), error);
	assert_string_equal(diag[0].line, diag[1].line);
	assert_int_equal(whole.torn, brief.torn);
	if (error)
		return error;
	assert_int_equal(whole.view.count, brief.view.count);
	assert_int_equal(whole.view.planned_cells, brief.view.planned_cells);
	assert_int_equal(whole.view.planned_checks, brief.view.planned_checks);
	assert_int_equal(whole.view.complete, brief.view.complete);
	assert_int_equal(whole.view.target_count, brief.view.target_count);
	assert_int_equal(whole.final, brief.final);
	assert_string_equal(whole.keys, brief.keys);
	for (size_t i = 0; i < whole.view.count; i++)
		same_result(&whole.view.cells[i], &brief.view.cells[i]);
	session_free(&whole);
	session_free(&brief);
	return 0;
}

static int same_lines(const char *const *lines, size_t count)
{
	struct buf journal = BUF_INIT;
	for (size_t i = 0; i < count; i++)
		add_line(&journal, lines[i]);
	put("journal", journal.data, journal.len);
	buf_free(&journal);
	return same();
}

#define SAME(...) \
	same_lines((const char *const[]){ __VA_ARGS__ }, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void test_events(void **state)
{
	(void)state;
	put("plan.json", plan, strlen(plan));
	assert_int_equal(SAME("{\"event\":\"start\"}", passes, "{\"event\":\"end\",\"seconds\":1.0}"), 0);
	assert_int_equal(SAME("{\"event\":\"start\"}"), 0);
	/* the last word counts, of a target too; what is not planned is nothing */
	assert_int_equal(SAME("{\"event\":\"target\",\"target\":{\"name\":\"musl-1.2.5\",\"version\":\"musl "
			      "1.2.5\",\"facts\":{\"libc\":"
			      "\"musl 1.2.5\"}}}",
			     EVENT(CELL, CHECK("tls.g.main", "\"observed\":\"slot=other\"")),
			     EVENT(OTHER,
				 CHECK("tls.static-flag", "\"observed\":\"tpoff=yes flag=no\"") "," CHECK("tls.g.go",
				     "\"status\":\"crash\",\"rate\":\"pass 7, crash 3 of 10\"") "," CHECK("no.such",
				     "\"observed\":\"x\"")),
			     EVENT("go1.26.8/linux/amd64/pie/cgo0/internal@host:exec", ""),
			     EVENT(REFUSED, CHECK("build.refused", "\"observed\":\"exit=1 \\\"no\\\"\"")), passes),
	    0);
	/* older journals had what follows from rules, too */
	assert_int_equal(
	    SAME("{\"event\":\"cell\",\"result\":{\"id\":\"" CELL "\",\"status\":\"pass\",\"verdict\":\"ok\"," TAIL
		 ",\"checks\":[{\"id\":\"no.such\",\"status\":\"fail\",\"expected\":\"a\",\"observed\":\"a\"}]}}"),
	    0);
	/* not ASCII, \u, twice the same member, white space, empty */
	assert_int_equal(
	    SAME(EVENT(CELL, CHECK("tls.g.main", "\"observed\":\"\xc3\xa4\\u001b\",\"message\":\"\""))), 0);
	assert_int_equal(SAME(EVENT(CELL, CHECK("tls.g.main", "\"observed\":\"a\",\"observed\":null"))), 0);
	assert_int_equal(SAME(EVENT(CELL, CHECK("tls.g.main", "\"observed\" : \"a\" "))), 0);
	assert_int_equal(SAME(EVENT(CELL, "")), 0);
	assert_int_equal(SAME(EVENT("go9", "")), -EINVAL);
	assert_int_equal(SAME(passes, EVENT(CELL, "7"), EVENT("go9", "")), -EINVAL);
	assert_int_equal(SAME("[]", passes), -EBADMSG);
	assert_int_equal(SAME("{\"event\":\"cell\",\"result\":{}}}", passes), -EBADMSG);
}

/* A byte is other than it was, and the hash is right: what is no JSON is spoiled, what is no result is told. */
static void test_any_other_byte(void **state)
{
	static const char others[] = "\"\\{}[],:x0n \x01\xc3";
	char line[sizeof(passes)];
	size_t errors = 0;
	(void)state;
	put("plan.json", plan, strlen(plan));
	for (size_t i = 0; i < strlen(passes); i++)
		for (size_t k = i % 3; k < strlen(others); k += 3) {
			strcpy(line, passes);
			line[i] = others[k];
			errors += SAME("{\"event\":\"start\"}", line, "{\"event\":\"end\",\"seconds\":1.0}") != 0;
		}
	assert_true(errors > 200);
}

static void test_any_other_plan(void **state)
{
	static const char others[] = "\"\\{}[],:x0 ";
	char text[sizeof(plan)];
	(void)state;
	put("journal", "", 0);
	for (size_t i = 0; i < strlen(plan); i++) {
		strcpy(text, plan);
		text[i] = others[i % (sizeof(others) - 1)];
		put("plan.json", text, strlen(text));
		same();
		put("plan.json", plan, i);
		same();
	}
}

/* More than a block, lines of all lengths, whole and cut off, one of them spoiled. */
static void test_many_blocks(void **state)
{
	enum { LINES = 6000, MIB = 1 << 20 };
	struct buf journal = BUF_INIT;
	char *filler = xmalloc(5 * MIB + 1);
	(void)state;
	memset(filler, 'x', 5 * MIB);
	filler[5 * MIB] = '\0';
	put("plan.json", plan, strlen(plan));
	for (size_t i = 0; i < LINES; i++) {
		/* One is longer than a block. */
		int len = i == LINES / 2 ? 5 * MIB : (int)(i * 7919 % 3001);
		char *line = xprintf(EVENT("%s", CHECK("tls.g.main", "\"observed\":\"%zu\",\"repro\":\"%.*s\"")),
		    i % 2 ? CELL : OTHER, i, len, filler);
		add_line(&journal, line);
		free(line);
	}
	put("journal", journal.data, journal.len);
	assert_int_equal(same(), 0);
	for (size_t i = 1; i < 4; i++) {
		put("journal", journal.data, i * 4 * MIB - 2 + i);
		assert_int_equal(same(), 0);
	}
	journal.data[9 * MIB] ^= 1;
	put("journal", journal.data, journal.len);
	assert_int_equal(same(), -EBADMSG);
	buf_free(&journal);
	free(filler);
}

static void test_nothing_there(void **state)
{
	(void)state;
	char *journal = xprintf("%s/journal", folder), *file = xprintf("%s/plan.json", folder);
	put("plan.json", plan, strlen(plan));
	unlink(journal);
	assert_int_equal(same(), -ENOENT);
	unlink(file);
	assert_int_equal(same(), -ENOENT);
	free(journal);
	free(file);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
	(void)state;
	return remove_tree(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_any_other_byte),
		cmocka_unit_test(test_any_other_plan),
		cmocka_unit_test(test_many_blocks),
		cmocka_unit_test(test_nothing_there),
	};
	return cmocka_run_group_tests_name("session in brief", tests, make_folder, remove_folder);
}
