#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- a run of three cells -------------------------------------------------------------------------- */

static const char *const ids[] = {
	"go1.26.8/linux/amd64/exe/cgo0/internal@host:exec",
	"go1.26.8/linux/amd64/c-shared/cgo1/external@host:dlopen",
	"go1.26.8/linux/amd64/pie/cgo1/external-gold@host:exec",
};
static const char *const names[] = { "tls.g.main", "tls.errno", "tls.sizes" };
enum { CELLS = 3, CHECKS = 3 };

struct run {
	struct check_result checks[CELLS][CHECKS];
	struct cell_result cells[CELLS];
};

static void set(struct run *run, size_t cell, size_t check, enum status status, const char *text)
{
	struct check_result *result = &run->checks[cell][check];
	result->status = status;
	result->observed = status == STATUS_SKIP ? NULL : (char *)text;
	result->reason = status == STATUS_SKIP ? (char *)text : NULL;
	result->verdict = status == STATUS_PASS ? VERDICT_OK : VERDICT_REGRESSED;
}

/* All pass. */
static void run_make(struct run *run)
{
	memset(run, 0, sizeof(*run));
	for (size_t i = 0; i < CELLS; i++) {
		run->cells[i] = (struct cell_result){ .checks = run->checks[i], .check_count = CHECKS };
		assert_int_equal(cell_parse(ids[i], &run->cells[i].cell, NULL), 0);
		for (size_t k = 0; k < CHECKS; k++) {
			run->checks[i][k].id = (char *)names[k];
			set(run, i, k, STATUS_PASS, "right=yes");
		}
	}
}

static const char *const targets[][2] = { { "host", "glibc 2.36" }, { "old", "" } };
static const struct baseline_about about = { "0.1", "1234", "5678", "linux/amd64, cc", targets, 2 };

static struct baseline baseline_of(const struct run *run)
{
	struct baseline baseline;
	baseline_make(&about, run->cells, CELLS, &baseline);
	return baseline;
}

static char *text_of(const struct baseline *baseline)
{
	struct buf text = BUF_INIT;
	baseline_write(baseline, &text);
	return buf_take(&text);
}

/* The text where some deviate in every form. */
static char *sample_text(void)
{
	struct run run;
	run_make(&run);
	set(&run, 0, 1, STATUS_FAIL, "slot=\"a\" \\ \n\xc3\xa9");
	set(&run, 0, 0, STATUS_CRASH, NULL);
	for (size_t k = 0; k < CHECKS; k++)
		set(&run, 2, k, STATUS_SKIP, "not-installed: gold");
	struct baseline baseline = baseline_of(&run);
	char *text = text_of(&baseline);
	baseline_free(&baseline);
	return text;
}

/* ---- text ------------------------------------------------------------------------------------------- */

static void test_there_and_back(void **state)
{
	(void)state;
	char *text = sample_text();
	struct baseline read;
	struct diag diag = DIAG_INIT;
	assert_int_equal(baseline_read(text, &read, &diag), 0);
	char *again = text_of(&read);
	assert_string_equal(again, text);
	assert_non_null(strstr(text, "\nhost linux/amd64, cc\ntarget host glibc 2.36\ntarget old \n"));
	assert_non_null(strstr(text, "@host:exec tls.errno \"slot=\\\"a\\\" \\\\ \\n\\u00E9\"\n"));
	assert_non_null(
	    strstr(text, "\nskip go1.26.8/linux/amd64/pie/cgo1/external-gold@host:exec * \"not-installed\"\n"));
	assert_non_null(strstr(text, "\nend 3 cells, 3 deviations\n"));
	const struct baseline_cell *cell = baseline_find(&read, ids[2]);
	const struct baseline_deviation *deviation;
	assert_int_equal(baseline_planned(&read, cell, check_find("tls.sizes"), &deviation), 1);
	assert_int_equal(deviation->status, STATUS_SKIP);
	assert_int_equal(baseline_planned(&read, cell, check_find("tls.canary"), &deviation), 0);
	assert_null(deviation);
	assert_null(baseline_find(&read, "go1.26.8/linux/amd64/exe/cgo1/internal@host:exec"));
	baseline_free(&read);
	free(again);
	free(text);
}

/* Every text that is cut off is refused, and no text that is changed by a byte is too much for the reader. */
static void test_cut_and_spoiled(void **state)
{
	(void)state;
	char *text = sample_text();
	size_t len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		struct diag diag = DIAG_INIT;
		struct baseline read;
		char *cut = xprintf("%.*s", (int)i, text);
		/* Without its last newline it is whole. */
		assert_int_equal(baseline_read(cut, &read, &diag), i == len - 1 ? 0 : -EINVAL);
		if (i == len - 1)
			baseline_free(&read);
		free(cut);
		for (int byte = 0; byte < 3; byte++) {
			char *spoiled = xstrdup(text);
			diag = (struct diag)DIAG_INIT;
			spoiled[i] = " \nx"[byte];
			if (baseline_read(spoiled, &read, &diag) == 0)
				baseline_free(&read);
			else
				assert_int_equal(strncmp(diag.line, "line ", 5), 0);
			free(spoiled);
		}
	}
	free(text);
}

static void test_what_is_no_baseline(void **state)
{
	static const struct {
		const char *from, *to;
		int error;
		const char *says;
	} rows[] = {
		{ "tlsmatrix baseline 1", "tlsmatrix baseline 2", -ENOTSUP,
		    "line 1: a baseline of schema 2, and this tlsmatrix reads 1: accept again" },
		{ "tlsmatrix baseline 1", "{\"schema\":1}", -EINVAL, "line 1: no baseline of tlsmatrix" },
		{ "tls.errno \"", "tls.nothing \"", -EINVAL, "no check of this tlsmatrix (accept again): tls.nothing" },
		{ "tls.errno \"", "tls.canary \"", -EINVAL, "its cell has not that check: tls.canary" },
		{ "tls.g.main", "tls.nothing", -EINVAL, "no check of this tlsmatrix (accept again): tls.nothing" },
		{ "fail go1.26.8", "pass go1.26.8", -EINVAL, "no line of a baseline begins so: pass" },
		{ "fail go1.26.8", "fail go1.26.9", -EINVAL, "no cell above has that id" },
		{ "cell go1.26.8/linux/amd64/exe", "cell go1.26.8/linux/amd64/exf", -EINVAL, "no id of a cell" },
		{ "3 deviations", "2 deviations", -EINVAL, "lines are missing, or there are more" },
		{ "end 3 cells, 3 deviations\n", "end 3 cells, 3 deviations\nx\n", -EINVAL,
		    "nothing may stand after the end" },
	};
	(void)state;
	char *text = sample_text();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct diag diag = DIAG_INIT;
		struct baseline read;
		const char *at = strstr(text, rows[i].from);
		assert_non_null(at);
		char *changed = xprintf("%.*s%s%s", (int)(at - text), text, rows[i].to, at + strlen(rows[i].from));
		assert_int_equal(baseline_read(changed, &read, &diag), rows[i].error);
		if (!strstr(diag.line, rows[i].says))
			fail_msg("%s: says %s", rows[i].to, diag.line);
		free(changed);
	}
	free(text);
}

/* ---- comparing ---------------------------------------------------------------------------------------- */

static void test_verdicts(void **state)
{
	static const struct {
		enum status was, is;
		const char *was_text, *is_text;
		enum verdict verdict; /* OK: no difference */
		int worse;
	} rows[] = {
		{ STATUS_PASS, STATUS_PASS, "right=yes", "right=yes", VERDICT_OK, 0 },
		{ STATUS_PASS, STATUS_PASS, "right=yes", "right=also", VERDICT_CHANGED, 0 },
		{ STATUS_PASS, STATUS_FAIL, "right=yes", "right=no", VERDICT_REGRESSED, 1 },
		{ STATUS_PASS, STATUS_BROKEN, "right=yes", NULL, VERDICT_REGRESSED, 1 },
		{ STATUS_PASS, STATUS_SKIP, "right=yes", "no-tracer: x", VERDICT_CHANGED, 1 },
		{ STATUS_SKIP, STATUS_SKIP, "no-tracer: x", "no-tracer: y", VERDICT_OK, 0 },
		{ STATUS_SKIP, STATUS_SKIP, "no-tracer: x", "no-network: x", VERDICT_CHANGED, 0 },
		{ STATUS_SKIP, STATUS_PASS, "no-tracer: x", "right=yes", VERDICT_CHANGED, 0 },
		{ STATUS_SKIP, STATUS_FAIL, "no-tracer: x", "right=no", VERDICT_CHANGED, 1 },
		{ STATUS_FAIL, STATUS_PASS, "right=no", "right=yes", VERDICT_FIXED, 0 },
		{ STATUS_FAIL, STATUS_FAIL, "right=no", "right=no", VERDICT_OK, 0 },
		{ STATUS_FAIL, STATUS_FAIL, "right=no", "right=never", VERDICT_CHANGED, 0 },
		{ STATUS_FAIL, STATUS_CRASH, "right=no", NULL, VERDICT_CHANGED, 1 },
		{ STATUS_CRASH, STATUS_FAIL, NULL, "right=no", VERDICT_CHANGED, 0 },
		{ STATUS_CRASH, STATUS_CRASH, NULL, NULL, VERDICT_OK, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct run before, after;
		struct comparison comparison;
		run_make(&before);
		run_make(&after);
		set(&before, 1, 2, rows[i].was, rows[i].was_text);
		set(&after, 1, 2, rows[i].is, rows[i].is_text);
		struct baseline baseline = baseline_of(&before);
		compare_results(&baseline, after.cells, CELLS, 1, &comparison);
		if (comparison.count != (rows[i].verdict != VERDICT_OK))
			fail_msg("row %zu: %zu differences", i, comparison.count);
		if (comparison.count) {
			const struct difference *difference = &comparison.difference[0];
			assert_int_equal(difference->verdict, rows[i].verdict);
			assert_int_equal(difference->worse, rows[i].worse);
			assert_string_equal(difference->cell, ids[1]);
			assert_int_equal(difference->was, rows[i].was);
			assert_int_equal(difference->is, rows[i].is);
		}
		assert_int_equal(comparison.worse, rows[i].worse);
		assert_int_equal(comparison.results, CELLS * CHECKS);
		assert_int_equal(comparison.cells, CELLS);
		comparison_free(&comparison);
		baseline_free(&baseline);
	}
}

/* Checks that were not the same each time: then, now, or both. */
static void test_rates(void **state)
{
	static const struct {
		enum status was, is; /* at its worst */
		const char *was_rate, *is_rate;
		int times; /* now */
		enum verdict verdict;
		int worse;
	} rows[] = {
		{ STATUS_PASS, STATUS_CRASH, NULL, "pass 7, crash 3 of 10", 10, VERDICT_REGRESSED, 1 },
		{ STATUS_CRASH, STATUS_CRASH, "pass 9, crash 1 of 10", "pass 7, crash 3 of 10", 10, VERDICT_FLAKY, 0 },
		{ STATUS_CRASH, STATUS_CRASH, "pass 9, crash 1 of 10", "pass 9, crash 1 of 10", 10, VERDICT_OK, 0 },
		{ STATUS_CRASH, STATUS_FAIL, "pass 9, crash 1 of 10", "pass 7, fail 3 of 10", 10, VERDICT_FLAKY, 0 },
		{ STATUS_FAIL, STATUS_CRASH, "pass 9, fail 1 of 10", "pass 9, crash 1 of 10", 10, VERDICT_CHANGED, 1 },
		{ STATUS_CRASH, STATUS_CRASH, "pass 9, crash 1 of 10", NULL, 10, VERDICT_CHANGED, 1 },
		{ STATUS_CRASH, STATUS_PASS, "pass 9, crash 1 of 10", NULL, 10, VERDICT_FIXED, 0 },
		{ STATUS_CRASH, STATUS_CRASH, "pass 9, crash 1 of 10", NULL, 1, VERDICT_FLAKY, 0 },
		{ STATUS_CRASH, STATUS_PASS, "pass 9, crash 1 of 10", NULL, 1, VERDICT_OK, 0 },
		{ STATUS_FAIL, STATUS_CRASH, "pass 9, fail 1 of 10", NULL, 1, VERDICT_CHANGED, 1 },
		{ STATUS_CRASH, STATUS_CRASH, NULL, "pass 9, crash 1 of 10", 10, VERDICT_CHANGED, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct run before, after;
		struct comparison comparison;
		run_make(&before);
		run_make(&after);
		set(&before, 1, 2, rows[i].was, rows[i].was == STATUS_PASS ? "right=yes" : NULL);
		set(&after, 1, 2, rows[i].is, rows[i].is == STATUS_PASS ? "right=yes" : NULL);
		before.checks[1][2].rate = (char *)rows[i].was_rate;
		after.checks[1][2].rate = (char *)rows[i].is_rate;
		struct baseline made = baseline_of(&before), read;
		struct diag diag = DIAG_INIT;
		char *text = text_of(&made);
		assert_int_equal(baseline_read(text, &read, &diag), 0);
		compare_results(&read, after.cells, CELLS, rows[i].times, &comparison);
		if (comparison.count != (rows[i].verdict != VERDICT_OK) ||
		    (comparison.count && comparison.difference[0].verdict != rows[i].verdict) ||
		    (int)comparison.worse != rows[i].worse)
			fail_msg("row %zu: %zu differences, %s, %zu worse", i, comparison.count,
			    comparison.count ? verdict_name(comparison.difference[0].verdict) : "", comparison.worse);
		comparison_free(&comparison);
		baseline_free(&read);
		baseline_free(&made);
		free(text);
	}
}

/* Cells and checks of one side alone; what was not judged. */
static void test_other_plans(void **state)
{
	(void)state;
	struct run before, after;
	struct comparison comparison;
	run_make(&before);
	run_make(&after);
	before.cells[0].check_count = 2;
	after.cells[1].check_count = 2;
	after.checks[1][1].status = STATUS_INFRA;
	snprintf(after.cells[2].cell.target, sizeof(after.cells[2].cell.target), "old");
	struct baseline baseline = baseline_of(&before);
	compare_results(&baseline, after.cells, CELLS, 1, &comparison);
	assert_int_equal(comparison.by[VERDICT_NEW], 2);
	assert_int_equal(comparison.by[VERDICT_GONE], 2);
	assert_int_equal(comparison.count, 4);
	assert_int_equal(comparison.infra, 1);
	assert_int_equal(comparison.results, 3);
	assert_int_equal(comparison.cells, 2);
	assert_string_equal(comparison.difference[0].check->id, "tls.sizes"); /* of the first cell: new */
	assert_string_equal(comparison.difference[1].check->id, "tls.sizes"); /* of the second: gone */
	assert_null(comparison.difference[2].check);
	assert_null(comparison.difference[3].result);
	assert_string_equal(comparison.difference[3].cell, ids[2]);
	comparison_free(&comparison);
	baseline_free(&baseline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_cut_and_spoiled),
		cmocka_unit_test(test_what_is_no_baseline),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_other_plans),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
