#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/bugs.h"
#include "matrix/known.h"
#include "matrix/references.h"
#include "runner/trial/controls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUG_COUNT = 122 };

static void test_rows_have_no_fault(void **state)
{
	(void)state;
	int faults = 0;
	for (size_t i = 0; i < bugs_count; i++) {
		const char *fault = bug_fault(&bugs[i]);
		if (fault)
			print_error("%s: %s\n", bugs[i].name, fault);
		faults += fault != NULL;
	}
	assert_int_equal(faults, 0);
}

/* Each fault is seen in a row that has it and nothing else. */
static void test_faults_are_seen(void **state)
{
	(void)state;
	static const struct {
		struct bug row;
		const char *fault;
	} rows[] = {
		{ { "#1", "f", "t", "u", SEEN, "init.entry-once", "" }, NULL },
		{ { "#1", "f", "t", "u", SEEN, " tls.g.*  init.entry-once ", "where" }, NULL },
		{ { "#1", "f", "t", "u", IN_PART, "init.entry-once", "the rest" }, NULL },
		{ { "#1", "f", "t", "u", NOT, "", "a machine" }, NULL },
		{ { "#1", "", "t", "u", SEEN, "init.entry-once", "" }, "says not what" },
		{ { "#1", "f", "", "u", SEEN, "init.entry-once", "" }, "says not what" },
		{ { "#1", "f", "t", "", SEEN, "init.entry-once", "" }, "says not what" },
		{ { "#1", "f", "t", "u", SEEN, "init.entry-onc", "" }, "not in checks.def" },
		{ { "#1", "f", "t", "u", SEEN, "init.entry-once init.entry-once.*", "" }, "not in checks.def" },
		{ { "#1", "f", "t", "u", SEEN, "", "" }, "by no check" },
		{ { "#1", "f", "t", "u", IN_PART, " ", "the rest" }, "by no check" },
		{ { "#1", "f", "t", "u", NOT, "init.entry-once", "a machine" }, "and it names one" },
		{ { "#1", "f", "t", "u", NOT, "", "" }, "what is missing" },
		{ { "#1", "f", "t", "u", IN_PART, "init.entry-once", "" }, "what is missing" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *fault = bug_fault(&rows[i].row);
		assert_int_equal(fault == NULL, rows[i].fault == NULL);
		assert_true(!fault || strstr(fault, rows[i].fault));
	}
}

static void test_every_number_is_there_once(void **state)
{
	(void)state;
	for (int number = 1; number <= BUG_COUNT; number++) {
		char name[16];
		size_t rows = 0;
		snprintf(name, sizeof(name), "#%d", number);
		for (size_t i = 0; i < bugs_count; i++)
			rows += strcmp(bugs[i].name, name) == 0;
		assert_int_equal(rows, 1);
		assert_string_equal(bug_find(name)->name, name);
		assert_non_null(reference_find(name, strlen(name)));
	}
	assert_int_equal(bugs_count, BUG_COUNT);
	assert_null(bug_find("#123"));
}

static int has_control(const char *check)
{
	for (size_t i = 0; i < control_count; i++)
		if (strcmp(controls[i].check, check) == 0)
			return 1;
	return 0;
}

/* What cannot be made to fail sees nothing. */
static void test_who_sees_has_a_control(void **state)
{
	(void)state;
	int faults = 0;
	for (size_t c = 0; c < checks_count; c++) {
		size_t named = 0;
		for (size_t i = 0; i < bugs_count; i++)
			named += bug_names(&bugs[i], checks[c].id) != 0;
		if (!named || has_control(checks[c].id))
			continue;
		print_error("%s: sees %zu bugs and has no control\n", checks[c].id, named);
		faults++;
	}
	assert_int_equal(faults, 0);
}

/* The first bug that a text cites and whose row knows nothing of it: of a source, its check; of an excuse, any.  NULL:
 * none. */
static const char *unknown_citation(const char *check, const char *source, int by_check)
{
	const struct reference *reference;
	for (const char *at = source; (reference = reference_next(&at));) {
		const struct bug *bug = bug_find(reference->name);
		if (bug && !(by_check ? bug_names(bug, check) : bug->seen != NOT))
			return bug->name;
	}
	return NULL;
}

static int faults_of(const char *check, const char *source, int by_check)
{
	const char *name = unknown_citation(check, source, by_check);
	if (name)
		print_error("%s cites %s, whose row %s\n", check, name,
		    by_check ? "does not name it" : "says that no check sees it");
	return name != NULL;
}

static void test_who_cites_a_bug_sees_it(void **state)
{
	(void)state;
	int faults = 0;
	for (size_t i = 0; i < checks_count; i++) {
		const struct expectation *row;
		faults += faults_of(checks[i].id, checks[i].source, 1);
		for (size_t n = 0; (row = oracle_row(&checks[i], n)); n++)
			faults += faults_of(checks[i].id, row->source, 1);
	}
	for (size_t i = 0; i < known_count; i++)
		faults += faults_of(knowns[i].check, knowns[i].link, 0);
	assert_int_equal(faults, 0);
	assert_string_equal(unknown_citation("tls.errno", "S3; #22", 1), "#22");
	assert_null(unknown_citation("tls.model-reloc", "S3; #22", 1));
	assert_string_equal(unknown_citation("tls.*", "#22, #35", 0), "#35");
}

static size_t count(const char *text, const char *word)
{
	size_t found = 0;
	for (const char *at = text; (at = strstr(at, word)); at++)
		found++;
	return found;
}

/* One row a bug, under one title a family, and the sum of the summary is theirs. */
static void test_page(void **state)
{
	(void)state;
	struct buf out = BUF_INIT;
	size_t seen = 0, in_part = 0;
	char sum[80];
	bugs_markdown(&out);
	for (size_t i = 0; i < bugs_count; i++) {
		char row[16];
		snprintf(row, sizeof(row), "\n| %s |", bugs[i].name);
		assert_int_equal(count(out.data, row), 1);
		seen += bugs[i].seen == SEEN;
		in_part += bugs[i].seen == IN_PART;
	}
	snprintf(sum, sizeof(sum), "| all | %zu | %zu | %zu | %zu |\n", bugs_count, seen, in_part,
	    bugs_count - seen - in_part);
	assert_int_equal(count(out.data, sum), 1);
	for (size_t i = 0; i < bugs_count; i++) {
		char title[80];
		snprintf(title, sizeof(title), "\n## %s\n", bugs[i].family);
		assert_int_equal(count(out.data, title), 1);
	}
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_have_no_fault),
		cmocka_unit_test(test_faults_are_seen),
		cmocka_unit_test(test_every_number_is_there_once),
		cmocka_unit_test(test_who_sees_has_a_control),
		cmocka_unit_test(test_who_cites_a_bug_sees_it),
		cmocka_unit_test(test_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
