/* The table clause x release, and its chart on the page. */
#include "tests/unit/golden.h"

#include "reports/clauses.h"

#include <string.h>

enum { RELEASES = 5, CLAUSES = 4 };

static const char *const go[RELEASES] = { "go1.6.4", "go1.7.1", "go1.8.7", "go1.9.7", "go1.10.8" };
static const char *const ids[CLAUSES] = { "contract.args-null", "contract.page-size-odd", "contract.init-stack-align",
	"contract.never-entered" };

/* NULL: not tried.  1.7.1 and 1.8.7 say the same in everything. */
static const char *const said[RELEASES][CLAUSES] = {
	{ "dies", "tolerated", NULL, "hangs" },
	{ "dies", "exits: too <large>", "tolerated", "hangs" },
	{ "dies", "exits: too <large>", "tolerated", "hangs" },
	{ "dies", "exits: no power of 2", "answers wrongly", "hangs" },
	{ "dies", "exits: no power of 2", "could not be tried", "hangs" },
};

struct sample {
	struct cell_result cells[RELEASES + 1];
	struct check_result results[RELEASES][CLAUSES];
	struct check_result other;
	struct view view;
};

/* With a cell of the same buildmode that has no clauses. */
static void sample_make(struct sample *sample)
{
	*sample = (struct sample){ .other = { .id = (char *)"build.succeeds" } };
	for (size_t i = 0; i < RELEASES; i++) {
		struct cell_result *cell = &sample->cells[i];
		char *id = xprintf("%s/linux/amd64/c-shared/cgo1/external@host:dlopen", go[i]);
		assert_int_equal(cell_parse(id, &cell->cell, NULL), 0);
		free(id);
		cell->checks = sample->results[i];
		for (size_t k = 0; k < CLAUSES; k++)
			if (said[i][k])
				cell->checks[cell->check_count++] = (struct check_result){ .id = (char *)ids[k],
					.observed = (char *)said[i][k],
					.expected = (char *)said[i][k] };
		cell_result_sum(cell);
	}
	struct cell_result *last = &sample->cells[RELEASES];
	assert_int_equal(cell_parse("go1.10.8/linux/amd64/c-shared/cgo1/external@host:needed", &last->cell, NULL), 0);
	last->checks = &sample->other;
	last->check_count = 1;
	sample->view = (struct view){
		.cells = sample->cells, .count = RELEASES + 1, .planned_cells = RELEASES + 1, .planned_checks = 1
	};
}

/* What stands at the rate of a release is not what its source says. */
static void spoil(struct sample *sample, size_t release)
{
	struct check_result *check = &sample->results[release][0];
	check->status = STATUS_FAIL;
	check->verdict = VERDICT_NEW;
	check->expected = (char *)"tolerated";
	cell_result_sum(&sample->cells[release]);
}

static void test_releases_that_agree_are_a_column(void **state)
{
	static const char *const names[] = { "1.6.4", "1.7.1 to 1.8.7", "1.9.7", "1.10.8" };
	struct sample sample;
	struct clauses table;
	(void)state;
	sample_make(&sample);
	clauses_make(&table, MODE_C_SHARED, sample.cells, RELEASES + 1);
	assert_int_equal(table.count, RELEASES);
	assert_int_equal(table.clauses, CLAUSES);
	assert_int_equal(table.columns, 4);
	for (size_t i = 0; i < table.columns; i++)
		assert_string_equal(table.column[i].name, names[i]);
	assert_int_equal(table.unexpected, 0);
	clauses_free(&table);
	/* The same words, of which one is not what it should be. */
	spoil(&sample, 2);
	clauses_make(&table, MODE_C_SHARED, sample.cells, RELEASES + 1);
	assert_int_equal(table.columns, 5);
	assert_int_equal(table.unexpected, 1);
	clauses_free(&table);
	clauses_make(&table, MODE_PIE, sample.cells, RELEASES + 1);
	assert_int_equal(table.count + table.clauses + table.columns, 0);
	clauses_free(&table);
}

/* The letters of a clause's row, "D.E1-": what is between the tags of its marks. */
static void letters(const char *page, const char *clause, char out[40])
{
	char *row = xprintf("<tr><th scope=\"row\"><a href=\"#check:contract.%s\"", clause);
	const char *at = strstr(page, row), *end = at ? strstr(at, "</tr>") : NULL;
	free(row);
	assert_non_null(end);
	*out = '\0';
	while ((at = strstr(at, "class=\"mark ")) && at < end) {
		at = strchr(at, '>') + 1;
		strncat(out, at, strcspn(at, "<"));
		strcat(out, " ");
	}
}

static void test_chart(void **state)
{
	static const struct {
		const char *clause, *letters;
	} rows[] = { { "page-size-odd", ". E1 E2 E2 " }, { "init-stack-align", "- . W ? " }, { "args-null", "D " },
		{ "never-entered", "H " } };
	struct sample sample;
	char found[40];
	(void)state;
	sample_make(&sample);
	char *page = written(&sample.view, report_html);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		letters(page, rows[i].clause, found);
		assert_string_equal(found, rows[i].letters);
	}
	assert_non_null(strstr(page, "<a href=\"#contract\">"));
	assert_non_null(strstr(page, "<caption>Go libraries: 2 of 4 clauses differ in 5 releases, 1.6.4 to 1.10.8<"));
	assert_non_null(strstr(page, "<summary>Go libraries: 2 clauses in which none of 5 releases differs<"));
	assert_non_null(strstr(page, "E1: too &lt;large&gt;<"));
	assert_null(strstr(page, "too <large>"));
	free(page);
	spoil(&sample, 2);
	page = written(&sample.view, report_html);
	letters(page, "args-null", found);
	assert_string_equal(found, "D D D! D D ");
	assert_non_null(strstr(page, "1.8.7: dies; expected tolerated"));
	free(page);
}

/* One release has nothing to be compared with. */
static void test_no_chart(void **state)
{
	struct sample sample;
	(void)state;
	sample_make(&sample);
	sample.view.count = 1;
	char *page = written(&sample.view, report_html);
	assert_null(strstr(page, "#contract\""));
	assert_null(strstr(page, "id=\"contract\""));
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_releases_that_agree_are_a_column),
		cmocka_unit_test(test_chart),
		cmocka_unit_test(test_no_chart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
