#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/coverage.h"
#include "matrix/known.h"
#include "matrix/references.h"
#include "runner/trial/controls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUG_COUNT = 122 };

static const struct coverage *const tables[] = { &bugs, &upstream_tests };
enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

static void test_rows_have_no_fault(void **state)
{
	(void)state;
	int faults = 0;
	for (size_t t = 0; t < TABLES; t++)
		for (size_t i = 0; i < tables[t]->count; i++) {
			const struct covered *row = &tables[t]->rows[i];
			const char *fault = covered_fault(row);
			if (fault)
				print_error("%s: %s\n", row->name, fault);
			faults += fault != NULL;
			assert_true((int)row->seen < tables[t]->sights);
		}
	assert_int_equal(faults, 0);
}

/* Each fault is seen in a row that has it and nothing else. */
static void test_faults_are_seen(void **state)
{
	(void)state;
	static const struct {
		struct covered row;
		const char *fault;
	} rows[] = {
		{ { "#1", "f", "t", "u", SEEN, "init.entry-once", "" }, NULL },
		{ { "#1", "f", "t", "u", SEEN, " tls.g.*  init.entry-once ", "where" }, NULL },
		{ { "#1", "f", "t", "u", IN_PART, "init.entry-once", "the rest" }, NULL },
		{ { "#1", "f", "t", "u", NOT, "", "a machine" }, NULL },
		{ { "TestA TestB", "f", "t", "u", OUT, "", "a header" }, NULL },
		{ { "#1", "", "t", "u", SEEN, "init.entry-once", "" }, "says not what" },
		{ { "#1", "f", "", "u", SEEN, "init.entry-once", "" }, "says not what" },
		{ { "#1", "f", "t", "", SEEN, "init.entry-once", "" }, "says not what" },
		{ { "#1", "f", "t", "u", SEEN, "init.entry-onc", "" }, "not in checks.def" },
		{ { "#1", "f", "t", "u", SEEN, "init.entry-once init.entry-once.*", "" }, "not in checks.def" },
		{ { "#1", "f", "t", "u", SEEN, "", "" }, "by no check" },
		{ { "#1", "f", "t", "u", IN_PART, " ", "the rest" }, "by no check" },
		{ { "#1", "f", "t", "u", NOT, "init.entry-once", "a machine" }, "and it names one" },
		{ { "#1", "f", "t", "u", NOT, "", "" }, "what is missing" },
		{ { "TestA", "f", "t", "u", OUT, "init.entry-once", "a header" }, "and it names one" },
		{ { "TestA", "f", "t", "u", OUT, "", "" }, "what is missing" },
		{ { "#1", "f", "t", "u", IN_PART, "init.entry-once", "" }, "what is missing" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *fault = covered_fault(&rows[i].row);
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
		for (size_t i = 0; i < bugs.count; i++)
			rows += strcmp(bugs.rows[i].name, name) == 0;
		assert_int_equal(rows, 1);
		assert_string_equal(bug_find(name)->name, name);
		assert_non_null(reference_find(name, strlen(name)));
	}
	assert_int_equal(bugs.count, BUG_COUNT);
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
		for (size_t t = 0; t < TABLES; t++)
			for (size_t i = 0; i < tables[t]->count; i++)
				named += covered_by(&tables[t]->rows[i], checks[c].id) != 0;
		if (!named || has_control(checks[c].id))
			continue;
		print_error("%s: sees what %zu rows have and has no control\n", checks[c].id, named);
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
		const struct covered *bug = bug_find(reference->name);
		if (bug && !(by_check ? covered_by(bug, check) : bug->seen != NOT))
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

/* The next "Test..." of a text from *at on, copied; 0 at the end. */
static int next_test(const char **at, char name[80])
{
	for (const char *word = *at; (word = strstr(word, "Test")); word++) {
		size_t len = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
		if ((word > *at && word[-1] != ' ') || len <= strlen("Test"))
			continue;
		snprintf(name, 80, "%.*s", (int)len, word);
		*at = word + len;
		return 1;
	}
	return 0;
}

/* Is the test in a row that names the check? */
static int is_test_seen_by(const char *test, const char *check)
{
	char name[80];
	for (size_t i = 0; i < upstream_tests.count; i++)
		for (const char *at = upstream_tests.rows[i].name; next_test(&at, name);)
			if (strcmp(name, test) == 0 && covered_by(&upstream_tests.rows[i], check))
				return 1;
	return 0;
}

static void test_who_cites_a_test_sees_it(void **state)
{
	(void)state;
	int faults = 0, cited = 0;
	char name[80];
	for (size_t i = 0; i < checks_count; i++)
		for (const char *at = checks[i].source; next_test(&at, name); cited++)
			if (!is_test_seen_by(name, checks[i].id)) {
				print_error("%s cites %s, whose row does not name it\n", checks[i].id, name);
				faults++;
			}
	assert_int_equal(faults, 0);
	assert_true(cited > 10);
	assert_false(is_test_seen_by("TestTLS", "tls.errno"));
}

/* A test is in one row of its family. */
static void test_every_test_is_there_once(void **state)
{
	(void)state;
	char name[80], other[80];
	for (size_t i = 0; i < upstream_tests.count; i++) {
		const struct covered *row = &upstream_tests.rows[i];
		size_t names = 0;
		for (const char *at = row->name; next_test(&at, name); names++) {
			size_t found = 0;
			for (size_t k = 0; k < upstream_tests.count; k++)
				for (const char *in = upstream_tests.rows[k].name; next_test(&in, other);)
					found += strcmp(name, other) == 0 &&
					    strcmp(row->family, upstream_tests.rows[k].family) == 0;
			if (found != 1)
				print_error("%s: in %zu rows of %s\n", name, found, row->family);
			assert_int_equal(found, 1);
		}
		assert_true(names > 0);
	}
}

static size_t count(const char *text, const char *word)
{
	size_t found = 0;
	for (const char *at = text; (at = strstr(at, word)); at++)
		found++;
	return found;
}

/* One row each, under one title a family, and the sum of the summary is theirs. */
static void test_page(void **state)
{
	(void)state;
	struct buf out = BUF_INIT;
	coverage_markdown(&out);
	for (size_t t = 0; t < TABLES; t++) {
		size_t seen[SIGHT_COUNT] = { 0 };
		struct buf sum = BUF_INIT;
		for (size_t i = 0; i < tables[t]->count; i++) {
			const struct covered *row = &tables[t]->rows[i];
			struct buf line = BUF_INIT, title = BUF_INIT;
			buf_printf(&line, "\n| %s | %s | ", row->name, row->text);
			buf_printf(&title, "\n## %s\n", row->family);
			assert_true(count(out.data, line.data) >= 1);
			assert_int_equal(count(out.data, title.data), 1);
			buf_free(&line);
			buf_free(&title);
			seen[row->seen]++;
		}
		buf_printf(&sum, "| all | %zu |", tables[t]->count);
		for (int s = 0; s < tables[t]->sights; s++)
			buf_printf(&sum, " %zu |", seen[s]);
		buf_add(&sum, "\n");
		assert_int_equal(count(out.data, sum.data), 1);
		assert_int_equal(count(out.data, t ? "\n| Test" : "\n| #"), tables[t]->count);
		buf_free(&sum);
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
		cmocka_unit_test(test_who_cites_a_test_sees_it),
		cmocka_unit_test(test_every_test_is_there_once),
		cmocka_unit_test(test_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
