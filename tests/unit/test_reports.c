/* The reports of a sample run; those of many ports: test_reports_ports.c. */
#include "tests/unit/golden.h"
#include "tests/unit/sample_view.h"

#include "reports/kinds.h"
#include "reports/layout.h"
#include "reports/marks.h"
#include "reports/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int grid_color(const struct view *view, FILE *out) { return report_grid(view, out, 1, 100); }

static void test_golden(void **state)
{
	(void)state;
	struct view view = sample_view();
	for (size_t i = 0; i < report_format_count; i++) {
		char *text = written(&view, report_formats[i].write);
		compare(report_formats[i].file, text);
		free(text);
	}
	char *plain = written(&view, grid_plain), *color = written(&view, grid_color);
	compare("terminal.txt", plain);
	compare("terminal-color.txt", color);
	free(plain);
	free(color);
	sample_free(&view);
}

/* The writer has its own serializer: another parser must get back what matrix/result.h says. */
static void test_json_is_what_the_cells_are(void **state)
{
	(void)state;
	struct view view = sample_view();
	char *text = written(&view, report_json);
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *cells = json_object_get(json, "cells");
	assert_int_equal(json_array_size(cells), view.count);
	for (size_t i = 0; i < view.count; i++) {
		json_t *cell = cell_result_json(&view.cells[i]);
		assert_true(json_equal(cell, json_array_get(cells, i)));
		json_decref(cell);
	}
	json_decref(json);
	free(text);
	sample_free(&view);
}

/* Keeps the first cells of a view; the plan shrinks with it. */
static void keep_cells(struct view *view, size_t count)
{
	for (size_t i = count; i < view->count; i++)
		cell_result_free(&view->cells[i]);
	view->count = view->planned_cells = count;
	view->planned_checks = 0;
	for (size_t i = 0; i < count; i++)
		view->planned_checks += view->cells[i].check_count;
}

static void test_golden_green(void **state)
{
	(void)state;
	struct view view = sample_view();
	keep_cells(&view, 4);
	assert_int_equal(view_exit_code(&view), 0);
	char *text = written(&view, grid_plain);
	compare("terminal-green.txt", text);
	free(text);
	view.planned_checks += 7;
	view.complete = 0;
	assert_int_equal(view_exit_code(&view), 5);
	text = written(&view, report_junit);
	compare("incomplete.xml", text);
	assert_non_null(strstr(text, "type=\"incomplete\""));
	free(text);
	sample_free(&view);
}

static void test_counts_sum_to_the_plan(void **state)
{
	(void)state;
	struct view view = sample_view();
	struct counts counts;
	size_t statuses = 0, verdicts = 0;
	view_count(&view, &counts);
	for (int s = 0; s < STATUS_COUNT; s++)
		statuses += counts.status[s];
	for (int v = 0; v < VERDICT_COUNT; v++)
		verdicts += counts.verdict[v];
	assert_int_equal(statuses, view.planned_checks);
	assert_int_equal(verdicts, view.planned_checks);
	assert_int_equal(counts.checks, view.planned_checks);
	assert_int_equal(counts.cached_cells, 2);
	sample_free(&view);
	/* Lost cells are not run, so that the outcomes sum to the plan all the same. */
	view = sample_view();
	view.planned_cells += 3;
	size_t outcomes = 0;
	struct buf line = BUF_INIT;
	view_count(&view, &counts);
	for (int o = 0; o < OUTCOME_COUNT; o++)
		outcomes += counts.outcome[o];
	assert_int_equal(outcomes, view.planned_cells);
	assert_int_equal(counts.outcome[OUTCOME_NOTRUN], 3);
	view_outcomes(&view, &line);
	assert_string_equal(
	    line.data, "17 cells = 3 built and inspected + 2 refused + 0 not buildable here + 9 failed + 3 not run");
	buf_free(&line);
	sample_free(&view);
}

/* One cell, one check: the exit code of every status and verdict. */
static int code_on(const char *target, enum status status, enum verdict verdict, int complete)
{
	struct check_result check = { .id = (char[]){ "tls.g.main" }, .status = status, .verdict = verdict };
	struct cell_result cell = { .checks = &check, .check_count = 1 };
	snprintf(cell.cell.target, sizeof(cell.cell.target), "%s", target);
	struct view view = {
		.cells = &cell, .count = 1, .planned_cells = 1, .planned_checks = 1, .complete = complete
	};
	return view_exit_code(&view);
}

static int code_of(enum status status, enum verdict verdict, int complete)
{
	return code_on("host", status, verdict, complete);
}

static void test_exit_codes(void **state)
{
	(void)state;
	static const int codes[STATUS_COUNT] = {
		[STATUS_PASS] = 0,
		[STATUS_SKIP] = 0,
		[STATUS_NOTRUN] = 5,
		[STATUS_FAIL] = 1,
		[STATUS_MISS] = 1,
		[STATUS_LEAK] = 1,
		[STATUS_TIMEOUT] = 1,
		[STATUS_CRASH] = 1,
		[STATUS_BROKEN] = 3,
		[STATUS_INFRA] = 3,
	};
	for (enum status s = 0; s < STATUS_COUNT; s++) {
		enum verdict verdict = s == STATUS_PASS || s == STATUS_SKIP ? VERDICT_OK : VERDICT_REGRESSED;
		assert_int_equal(code_of(s, verdict, 1), codes[s]);
		assert_int_equal(code_of(s, verdict, 0), codes[s] ? codes[s] : 5);
		if (s != STATUS_PASS && s != STATUS_NOTRUN)
			assert_int_equal(code_of(s, VERDICT_KNOWN, 1), 0);
	}
	/* What did not come back from a target that is not this machine was not judged. */
	assert_int_equal(code_on("board", STATUS_MISS, VERDICT_REGRESSED, 1), 3);
	assert_int_equal(code_on("board", STATUS_MISS, VERDICT_KNOWN, 1), 0);
	assert_int_equal(code_on("board", STATUS_CRASH, VERDICT_REGRESSED, 1), 1);
	assert_int_equal(code_on("none", STATUS_MISS, VERDICT_REGRESSED, 1), 1);
	assert_int_equal(code_of(STATUS_NOTRUN, VERDICT_KNOWN, 1), 5);
	assert_int_equal(code_of(STATUS_PASS, VERDICT_FIXED, 1), 1);
	assert_int_equal(code_of(STATUS_PASS, VERDICT_FLAKY, 1), 1);
	struct view empty = { .complete = 1 };
	assert_int_equal(view_exit_code(&empty), 4);
	empty.planned_checks = 3;
	assert_int_equal(view_exit_code(&empty), 5);
}

/* A cell or check that got lost on the way is an incomplete run, whatever the view says. */
static void test_lost_results_are_incomplete(void **state)
{
	(void)state;
	struct view view = sample_view();
	keep_cells(&view, 4);
	view.planned_cells++;
	assert_int_equal(view_exit_code(&view), 5);
	view.planned_cells--;
	view.planned_checks++;
	assert_int_equal(view_exit_code(&view), 5);
	view.planned_checks--;
	assert_int_equal(view_exit_code(&view), 0);
	sample_free(&view);
}

static void test_kinds(void **state)
{
	(void)state;
	struct view view = sample_view();
	struct kinds kinds;
	kinds_find(&view, KINDS_UNEXPECTED, &kinds);
	/* Two cells with another message each, but the same observation: one kind, the widest, so the first. */
	assert_string_equal(kinds.kind[0].results->check->id, "tls.model-insn");
	assert_int_equal(kinds.kind[0].cells, 2);
	size_t results = 0, broken = 0;
	for (size_t i = 0; i < kinds.count; i++) {
		results += kinds.kind[i].count;
		broken += kinds.kind[i].results->check->status == STATUS_BROKEN;
		for (size_t k = 0; k < kinds.kind[i].count; k++)
			assert_true(check_unexpected(kinds.kind[i].results[k].check));
	}
	assert_int_equal(broken, 1);
	assert_int_equal(results, kinds.result_count);
	assert_int_equal(kinds.kind[kinds.count - 1].results->check->status, STATUS_NOTRUN);
	kinds_free(&kinds);
	kinds_find(&view, KINDS_SKIPPED, &kinds);
	assert_int_equal(kinds.count, 1);
	kinds_free(&kinds);
	sample_free(&view);
}

/* What is another in each process makes no two messages of one. */
static void test_what_was_said(void **state)
{
	static const struct {
		const char *a, *b;
		int same;
	} rows[] = {
		{ NULL, "", 1 },
		{ "ld: /t/go-link-990310990/go.o: bad", "ld: /t/go-link-276839847/go.o: bad", 1 },
		{ "/build/a9ecec2cc6c44a476ff6dbc26ebe6b89/case", "/build/5da6ec8f2205b71966d1e81623bae5bf/case", 1 },
		{ "at 0x7f12a000", "at 0x55d01", 1 },
		{ "left 12345", "left 4194304", 1 },
		{ "left 12345", "left 12345 and 12346", 0 },
		{ "passes.cc:1234: assertion", "passes.cc:99: assertion", 0 },
		{ "exit status 1", "exit status 2", 0 },
		{ "undefined: deadbeefcafe", "undefined: cafedeadbeef", 0 },
		{ "undefined: x12345", "undefined: x12346", 0 },
		{ "12345", "x", 0 },
		{ "12345", "", 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int d = text_compare_said(rows[i].a, rows[i].b), back = text_compare_said(rows[i].b, rows[i].a);
		if ((d == 0) != rows[i].same || (d > 0) != (back < 0))
			fail_msg("'%s' and '%s': %d and %d", rows[i].a, rows[i].b, d, back);
	}
}

/* Every cell of the host matrix is drawn: a run cell once, a refused one at least once. */
static void test_layout_loses_no_cell(void **state)
{
	(void)state;
	struct cells cells = host_matrix("amd64");
	struct check_result refused = { .id = (char[]){ "build.refused" } }, other = { .id = (char[]){ "tls.g.main" } };
	struct view view = { .count = cells.count, .cells = xcalloc(cells.count, sizeof *view.cells) };
	for (size_t i = 0; i < cells.count; i++) {
		struct buf message = BUF_INIT;
		const char *source;
		int refusal = support_refused(&cells.cell[i], &message, &source);
		view.cells[i] = (struct cell_result){
			.cell = cells.cell[i], .checks = refusal ? &refused : &other, .check_count = 1
		};
		buf_free(&message);
	}
	struct layout layout;
	layout_make(&view, &layout);
	assert_int_equal(layout.count, 1);
	for (size_t i = 0; i < cells.count; i++) {
		size_t drawn = 0;
		for (size_t r = 0; r < layout.section->count; r++)
			for (int l = 0; l < LINK_COUNT; l++)
				drawn += layout.section->row[r].cell[l] == &view.cells[i];
		assert_true(cell_is_refusal(&view.cells[i]) ? drawn >= 1 : drawn == 1);
	}
	layout_free(&layout);
	free(view.cells);
	cells_free(&cells);
}

static void test_terminal_is_narrow_ascii(void **state)
{
	(void)state;
	struct view view = sample_view();
	char *text = written(&view, grid_plain);
	expect_narrow_ascii(text);
	free(text);
	sample_free(&view);
}

static void expect_text(void (*add)(struct buf *, const char *), const char *text, const char *expected)
{
	struct buf out = BUF_INIT;
	add(&out, text);
	assert_string_equal(out.data, expected);
	buf_free(&out);
}

static void text_plain(struct buf *out, const char *text) { text_add(out, text, 0); }
static void text_ascii(struct buf *out, const char *text) { text_add(out, text, TEXT_ASCII); }
static void text_controls(struct buf *out, const char *text) { text_add(out, text, TEXT_CONTROLS); }
static void github_message(struct buf *out, const char *text) { text_github(out, text, 0); }
static void github_property(struct buf *out, const char *text) { text_github(out, text, 1); }

static void test_texts(void **state)
{
	(void)state;
	expect_text(text_plain, NULL, "");
	expect_text(text_plain, "a\nb\tc\r\x1b[0m\x7f", "a\\nb\\tc\\r\\x1b[0m\\x7f");
	expect_text(text_plain, "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
	expect_text(text_plain, "\xc0\x80 \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x82",
	    "\\xc0\\x80 \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80 \\xe2\\x82");
	expect_text(text_plain, "\xc2\x85 \xef\xbf\xbe", "\\xc2\\x85 \\xef\\xbf\\xbe");
	expect_text(text_ascii, "\xc3\xa9", "\\xc3\\xa9");
	expect_text(text_controls, "a\nb\x01\xff", "a\nb\x01\\xff");
	expect_text(text_xml, "<a b=\"c\">&\n\x01]]>", "&lt;a b=&quot;c&quot;&gt;&amp;&#10;\\x01]]&gt;");
	expect_text(
	    text_markdown, "R_X86_64 *a* | `b` <i> $c _d_", "R_X86_64 \\*a\\* \\| \\`b\\` &lt;i&gt; \\$c \\_d\\_");
	expect_text(text_tap, "a # SKIP \\ b\nc", "a \\# SKIP \\\\ b\\\\nc");
	expect_text(text_yaml, "a \"b\" \\ c\n", "\"a \\\"b\\\" \\\\ c\\\\n\"");
	expect_text(github_message, "50%\n::error::x, y", "50%25%0A::error::x, y");
	expect_text(github_property, "a:b,c\n", "a%3Ab%2Cc%0A");
	expect_text(text_fragment, "a/b@c:d e\"#", "a/b@c:d%20e%22%23");
}

static void test_wrap_and_clip(void **state)
{
	(void)state;
	struct buf out = BUF_INIT;
	text_wrap(&out, "one two three four\nfive", 2, 10);
	assert_string_equal(out.data, "one two\n  three\n  four\n  five\n");
	buf_clear(&out);
	text_wrap(&out, "averyverylongword x", 2, 10);
	assert_string_equal(out.data, "averyverylongword\n  x\n");
	buf_clear(&out);
	text_fold(&out, "a: one two\n\n  b: one\n", 4, 8);
	assert_string_equal(out.data, "a: one\n    two\n\n  b: one\n");
	buf_clear(&out);
	text_fold(&out, "a  b: one two three\nlast", 4, (size_t)-1);
	assert_string_equal(out.data, "a  b: one two three\nlast\n");
	buf_free(&out);
	char *clipped = text_clip("ab\xe2\x82\xac", 4);
	assert_string_equal(clipped, "ab ... (3 bytes more)");
	free(clipped);
	clipped = text_clip("abc", 3);
	assert_string_equal(clipped, "abc");
	free(clipped);
}

/* A full disk is an error of the report, not a short report. */
static void test_full_disk(void **state)
{
	(void)state;
	struct view view = sample_view();
	for (size_t i = 0; i < report_format_count; i++) {
		FILE *full = fopen("/dev/full", "w");
		assert_non_null(full);
		assert_int_equal(report_formats[i].write(&view, full), -ENOSPC);
		fclose(full);
	}
	FILE *full = fopen("/dev/full", "w");
	assert_int_equal(report_grid(&view, full, 0, 100), -ENOSPC);
	fclose(full);
	full = fopen("/dev/full", "w");
	assert_int_equal(report_ports(&view, full), -ENOSPC);
	fclose(full);
	sample_free(&view);
}

/* A run of nothing is green in no format. */
static void test_nothing_is_not_green(void **state)
{
	(void)state;
	struct view view = { .complete = 1 };
	char *text = written(&view, report_tap);
	assert_non_null(strstr(text, "\nBail out!"));
	free(text);
	text = written(&view, report_junit);
	assert_non_null(strstr(text, "errors=\"1\""));
	free(text);
	for (size_t i = 0; i < report_format_count; i++)
		free(written(&view, report_formats[i].write));
	text = written(&view, grid_plain);
	assert_non_null(strstr(text, "Nothing was judged"));
	free(text);
	text = written(&view, report_ports);
	assert_non_null(strstr(text, "0 cells = 0 built"));
	free(text);
}

/* A step summary is at most 1 MiB, whatever failed. */
static void test_markdown_is_bounded(void **state)
{
	(void)state;
	enum { CELLS = 400 };
	struct view view = { .complete = 1, .count = CELLS, .cells = xcalloc(CELLS, sizeof *view.cells) };
	struct diag diag = DIAG_INIT;
	for (size_t i = 0; i < CELLS; i++) {
		struct cell_result *cell = &view.cells[i];
		assert_int_equal(cell_parse(sample_cells[0].id, &cell->cell, &diag), 0);
		cell->check_count = 1;
		cell->checks = xcalloc(1, sizeof *cell->checks);
		cell->checks[0] = (struct check_result){ .id = xstrdup("tls.g.main"),
			.status = STATUS_FAIL,
			.verdict = VERDICT_REGRESSED,
			.observed = xprintf("%zu%*s", i, 3900, "<"),
			.message = xprintf("%*s", 100000, "\x01") };
	}
	char *text = written(&view, report_markdown);
	assert_in_range(strlen(text), 500000, 1 << 20);
	assert_non_null(strstr(text, "more results did not fit here"));
	free(text);
	sample_free(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_golden_green),
		cmocka_unit_test(test_json_is_what_the_cells_are),
		cmocka_unit_test(test_counts_sum_to_the_plan),
		cmocka_unit_test(test_exit_codes),
		cmocka_unit_test(test_lost_results_are_incomplete),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_layout_loses_no_cell),
		cmocka_unit_test(test_terminal_is_narrow_ascii),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_wrap_and_clip),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_what_was_said),
		cmocka_unit_test(test_nothing_is_not_green),
		cmocka_unit_test(test_markdown_is_bounded),
	};
	return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
