#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/promises.h"

#include <stdlib.h>
#include <string.h>

static void test_rows_have_no_fault(void **state)
{
	(void)state;
	int faults = 0;
	for (size_t i = 0; i < promises_count; i++) {
		const char *fault = promise_fault(&promises[i]);
		if (fault)
			print_error("%s: %s\n", promises[i].id, fault);
		faults += fault != NULL;
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(promises[i].id, promises[k].id);
	}
	assert_int_equal(faults, 0);
}

/* Each fault is seen in a row that has it and nothing else. */
static void test_faults_are_seen(void **state)
{
	(void)state;
	static const struct {
		struct promise row;
		const char *fault;
	} rows[] = {
		{ { "gabi.x", "t", "s", BY_LOADER, "init.entry-once", "" }, NULL },
		{ { "gabi.x", "t", "s", BY_LOADER, " init.entry-once  tls.canary ", "open: the rest" }, NULL },
		{ { "gabi.x", "t", "s", BY_KERNEL | BY_LIBC, "", "unseen: no" }, NULL },
		{ { "gabi.x", "t", "s", BY_LOADER, "contract.args-null", "unseen: no" }, NULL },
		{ { "gabi.x", "t", "s", BY_LOADER, "contract.args-null", "" }, "no check sees it" },
		{ { "sus.x", "t", "s", BY_LOADER, "init.entry-once", "" }, "name of no text" },
		{ { "gabi.", "t", "s", BY_LOADER, "init.entry-once", "" }, "name of no text" },
		{ { "gabi.x", "", "s", BY_LOADER, "init.entry-once", "" }, "says nothing" },
		{ { "gabi.x", "t", "", BY_LOADER, "init.entry-once", "" }, "not where that is written" },
		{ { "gabi.x", "t", "s", 0, "init.entry-once", "" }, "nobody owes it" },
		{ { "gabi.x", "t", "s", 16, "init.entry-once", "" }, "nobody owes it" },
		{ { "gabi.x", "t", "s", BY_LOADER, "init.entry-onc", "" }, "not in checks.def" },
		{ { "gabi.x", "t", "s", BY_LOADER, "tls.canary init.entry-once tls.canary", "" }, "twice" },
		{ { "gabi.x", "t", "s", BY_LOADER, "", "" }, "no check sees it" },
		{ { "gabi.x", "t", "s", BY_LOADER, "", "open: " }, "no check sees it" },
		{ { "gabi.x", "t", "s", BY_LOADER, "", "not yet" }, "no check sees it" },
		{ { "gabi.x", "t", "s", BY_LOADER, "tls.canary", "unseen: no" }, "and names one" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *fault = promise_fault(&rows[i].row);
		assert_int_equal(fault == NULL, rows[i].fault == NULL);
		assert_true(!fault || strstr(fault, rows[i].fault));
	}
}

static size_t served(const char *check)
{
	size_t count = 0;
	for (size_t i = 0; i < promises_count; i++)
		count += promise_names(&promises[i], check) != 0;
	return count;
}

/* What is observed of a file or a process is there for somebody's promise, or says why not; what go and the linker say
 * (BUILD, REFUSAL) is Go's own affair. */
static void test_every_check_serves_one_or_says_why_not(void **state)
{
	(void)state;
	int faults = 0;
	for (size_t i = 0; i < checks_count; i++) {
		if (checks[i].pass == PASS_BUILD || checks[i].pass == PASS_REFUSAL)
			continue;
		int serves = served(checks[i].id) != 0, has_reason = promise_none(checks[i].id, NULL) != NULL;
		if (serves == has_reason)
			print_error("%s: %s\n", checks[i].id,
			    serves ? "serves a promise, and none.def says that it serves none" : "serves no promise");
		faults += serves == has_reason;
	}
	assert_int_equal(faults, 0);
	assert_int_equal(served("no.such-check"), 0);
	assert_null(promise_none("no.such-check", NULL));
}

/* A pattern that matches no check is out of date. */
static void test_reasons_are_of_checks(void **state)
{
	(void)state;
	static const char *const patterns[] = {
#define PROMISE(id, text, source, who, checks, note)
#define NONE(pattern, reason) pattern,
#include "matrix/promises.def"
#undef NONE
#undef PROMISE
	};
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		const char *first = NULL;
		size_t count = 0;
		for (size_t k = 0; k < checks_count; k++)
			if (promise_none(checks[k].id, &first))
				count += strcmp(first, patterns[i]) == 0;
		if (!count)
			print_error("%s is the reason of no check\n", patterns[i]);
		assert_true(count);
	}
}

static void test_names_and_who(void **state)
{
	(void)state;
	struct promise row = { .checks = "init.entry-once tls.g.c", .owed_by = BY_LINKER | BY_LIBC };
	assert_true(promise_names(&row, "init.entry-once") && promise_names(&row, "tls.g.c"));
	assert_false(promise_names(&row, "init.entry") || promise_names(&row, "tls.g") || promise_names(&row, ""));
	assert_true(promise_find(promises[1].id) == &promises[1]);
	assert_null(promise_find("gabi."));
	struct buf out = BUF_INIT;
	promise_owed_by(&row, &out);
	assert_string_equal(out.data, "linker, libc");
	buf_free(&out);
}

/* Each row is one line of six cells, in the section of its text. */
static void test_markdown(void **state)
{
	(void)state;
	struct buf out = BUF_INIT;
	promises_markdown(&out);
	for (size_t i = 0; i < promises_count; i++) {
		char *begin = xprintf("\n| `%s` | ", promises[i].id);
		const char *row = strstr(out.data, begin);
		assert_non_null(row);
		assert_null(strstr(row + 1, begin));
		size_t cells = 0, end = strcspn(row + 1, "\n");
		for (const char *p = row + 1; p < row + 1 + end; p++)
			cells += *p == '|' && p[-1] != '\\';
		assert_int_equal(cells, 7);
		free(begin);
	}
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_have_no_fault),
		cmocka_unit_test(test_faults_are_seen),
		cmocka_unit_test(test_every_check_serves_one_or_says_why_not),
		cmocka_unit_test(test_reasons_are_of_checks),
		cmocka_unit_test(test_names_and_who),
		cmocka_unit_test(test_markdown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
