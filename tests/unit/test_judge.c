/* What was observed, and what is made of it whenever it is read. */
#include "tests/unit/ports_view.h"
#include "tests/unit/sample_view.h"
#include "tests/unit/targets_view.h"

#include "runner/trial/judge.h"

#include <stdlib.h>
#include <string.h>

/* A cell without an excuse, and one that known.def excuses: arm64's static flag (test_known.c). */
#define PLAIN "go1.26.8/linux/amd64/c-shared/cgo1/external@host:dlopen"
#define EXCUSED "go1.26.8/linux/arm64/c-shared/cgo1/external@host:dlopen"
#define CHECK "tls.static-flag"
#define REASON "of what was before"

/* One check in one cell as it was stored; observed "=": as the oracle has it.  Free with cell_result_free. */
static struct cell_result stored(const char *id, enum status status, const char *observed)
{
	struct cell_result result = { .check_count = 1 };
	assert_int_equal(cell_parse(id, &result.cell, NULL), 0);
	result.checks = xcalloc(1, sizeof *result.checks);
	judge_start(check_find(CHECK), &result.cell, result.checks);
	assert_non_null(result.checks->expected);
	result.checks->status = status;
	result.checks->verdict = VERDICT_GONE;
	result.checks->reason = xstrdup(REASON);
	if (observed)
		result.checks->observed = xstrdup(*observed == '=' ? result.checks->expected : observed);
	return result;
}

static void test_status_follows_from_what_was_observed(void **state)
{
	static const struct {
		enum status stored;
		const char *observed;
		enum status status;
	} cases[] = {
		{ STATUS_PASS, "=", STATUS_PASS },
		{ STATUS_PASS, "other", STATUS_FAIL },
		{ STATUS_PASS, "", STATUS_FAIL },
		{ STATUS_PASS, NULL, STATUS_MISS },
		{ STATUS_FAIL, "=", STATUS_PASS },
		{ STATUS_FAIL, "other", STATUS_FAIL },
		{ STATUS_FAIL, NULL, STATUS_MISS },
		/* follow from no observation, even where something was observed before */
		{ STATUS_CRASH, NULL, STATUS_CRASH },
		{ STATUS_CRASH, "=", STATUS_CRASH },
		{ STATUS_TIMEOUT, NULL, STATUS_TIMEOUT },
		{ STATUS_LEAK, "=", STATUS_LEAK },
		{ STATUS_INFRA, NULL, STATUS_INFRA },
		{ STATUS_BROKEN, NULL, STATUS_BROKEN },
		{ STATUS_SKIP, NULL, STATUS_SKIP },
		{ STATUS_MISS, "=", STATUS_MISS },
		{ STATUS_NOTRUN, NULL, STATUS_NOTRUN },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cell_result result = stored(PLAIN, cases[i].stored, cases[i].observed);
		judge_result(&result);
		if (result.checks->status != cases[i].status)
			fail_msg("case %zu: %s", i, status_name(result.checks->status));
		assert_int_equal(result.status, cases[i].status);
		assert_int_equal(result.verdict, result.checks->verdict);
		assert_int_not_equal(result.verdict, VERDICT_GONE);
		cell_result_free(&result);
	}
}

/* What an older oracle.def expected is forgotten. */
static void test_expectation_is_that_of_today(void **state)
{
	(void)state;
	struct cell_result result = stored(PLAIN, STATUS_PASS, "old");
	char *today = xstrdup(result.checks->expected), *source = xstrdup(result.checks->source);
	free(result.checks->expected);
	free(result.checks->source);
	result.checks->expected = xstrdup("old");
	result.checks->source = xstrdup("old");
	judge_result(&result);
	assert_int_equal(result.checks->status, STATUS_FAIL);
	assert_string_equal(result.checks->expected, today);
	assert_string_equal(result.checks->source, source);
	assert_string_equal(result.checks->observed, "old");
	free(today);
	free(source);
	cell_result_free(&result);
}

static void test_known_rows_excuse(void **state)
{
	static const struct {
		const char *id;
		enum status stored;
		const char *observed;
		enum verdict verdict;
		const char *reason; /* "=" as it was stored, "known" of the row, NULL for none */
	} cases[] = {
		{ EXCUSED, STATUS_PASS, "other", VERDICT_KNOWN, "known" },
		{ EXCUSED, STATUS_FAIL, "=", VERDICT_FIXED, "known" },
		{ EXCUSED, STATUS_CRASH, NULL, VERDICT_CHANGED, "known" },
		{ EXCUSED, STATUS_SKIP, NULL, VERDICT_OK, "=" },
		{ PLAIN, STATUS_PASS, "other", VERDICT_REGRESSED, NULL },
		{ PLAIN, STATUS_FAIL, "=", VERDICT_OK, NULL },
		{ PLAIN, STATUS_SKIP, NULL, VERDICT_OK, "=" },
		{ PLAIN, STATUS_NOTRUN, NULL, VERDICT_NEW, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cell_result result = stored(cases[i].id, cases[i].stored, cases[i].observed);
		judge_result(&result);
		if (result.checks->verdict != cases[i].verdict)
			fail_msg("case %zu: %s", i, verdict_name(result.checks->verdict));
		const char *reason = result.checks->reason;
		if (!cases[i].reason)
			assert_null(reason);
		else if (*cases[i].reason == '=')
			assert_string_equal(reason, REASON);
		else
			assert_true(reason && strcmp(reason, REASON) != 0 &&
			    strstr(reason, known_find(&result.cell, CHECK)->reason) == reason);
		cell_result_free(&result);
	}
}

/* Judging is of what was observed: a second time it changes nothing. */
static void test_judged_twice_is_judged_once(void **state)
{
	(void)state;
	for (int status = 0; status < STATUS_COUNT; status++) {
		struct cell_result result = stored(EXCUSED, (enum status)status, status % 2 ? "=" : "other");
		judge_result(&result);
		json_t *once = cell_result_json(&result);
		judge_result(&result);
		json_t *twice = cell_result_json(&result);
		assert_true(json_equal(once, twice));
		json_decref(once);
		json_decref(twice);
		cell_result_free(&result);
	}
}

static void test_final_is_what_would_come_out_again(void **state)
{
	static const int again[STATUS_COUNT] = {
		[STATUS_MISS] = 1, [STATUS_TIMEOUT] = 1, [STATUS_INFRA] = 1, [STATUS_NOTRUN] = 1
	};
	(void)state;
	for (int status = 0; status < STATUS_COUNT; status++)
		for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
			struct check_result two[2] = { { .status = STATUS_PASS },
				{ .status = (enum status)status, .verdict = (enum verdict)verdict } };
			struct cell_result result = { .checks = two, .check_count = 2 };
			assert_int_equal(judge_is_final(&result), !again[status] || verdict == VERDICT_KNOWN);
		}
}

/* ---- through the cache ---------------------------------------------------------------------------- */

/* Leaves the checks that checks.def has. */
static void keep_real_checks(struct cell_result *result)
{
	size_t kept = 0;
	for (size_t i = 0; i < result->check_count; i++) {
		struct cell_result other = { .checks = xcalloc(1, sizeof *other.checks), .check_count = 1 };
		*other.checks = result->checks[i];
		if (check_find(other.checks->id)) {
			result->checks[kept++] = *other.checks;
			other.check_count = 0;
		}
		cell_result_free(&other);
	}
	result->check_count = kept;
}

/* How many results of a view come back from what was observed alone; spoils the view. */
static size_t expect_view_back(struct view *view)
{
	size_t judged = 0;
	for (size_t i = 0; i < view->count; i++) {
		struct cell_result *result = &view->cells[i], read;
		keep_real_checks(result);
		result->cached = 0; /* whoever reads it knows */
		ports_attach(sample_ports(0), &result->cell);
		judge_result(result);
		json_t *before = cell_result_json(result), *observed = cell_observed_json(result);
		assert_int_equal(cell_result_parse(observed, &read, NULL), 0);
		ports_attach(sample_ports(0), &read.cell);
		judge_result(&read);
		json_t *after = cell_result_json(&read);
		if (!json_equal(before, after))
			fail_msg("judged:\n%s\nread back:\n%s", json_dumps(before, 0), json_dumps(after, 0));
		judged += read.check_count;
		json_decref(before);
		json_decref(observed);
		json_decref(after);
		cell_result_free(&read);
	}
	return judged;
}

static void test_samples_come_back_from_what_was_observed(void **state)
{
	(void)state;
	struct view sample = sample_view(), ports = ports_view(PORTS_ALL, 3), targets = targets_view();
	assert_in_range(expect_view_back(&sample), 30, 1000);
	assert_in_range(expect_view_back(&ports), 1000, 10000);
	assert_in_range(expect_view_back(&targets), 100, 10000);
	sample_free(&sample);
	ports_view_free(&ports);
	targets_view_free(&targets);
}

/* Nothing that a rule decides is kept. */
static void test_kept_is_no_judgement(void **state)
{
	static const char *const cell_keys[] = { "status", "verdict", "outcome", "cached" };
	static const char *const check_keys[] = { "verdict", "expected", "source" };
	(void)state;
	struct view view = sample_view();
	for (size_t i = 0; i < view.count; i++) {
		json_t *observed = cell_observed_json(&view.cells[i]), *check;
		size_t k;
		for (size_t key = 0; key < sizeof cell_keys / sizeof *cell_keys; key++)
			assert_null(json_object_get(observed, cell_keys[key]));
		json_array_foreach(json_object_get(observed, "checks"), k, check)
		{
			const enum status status = view.cells[i].checks[k].status;
			for (size_t key = 0; key < sizeof check_keys / sizeof *check_keys; key++)
				assert_null(json_object_get(check, check_keys[key]));
			assert_int_equal(
			    json_object_get(check, "status") == NULL, status == STATUS_PASS || status == STATUS_FAIL);
			assert_int_equal(json_object_get(check, "reason") != NULL, status == STATUS_SKIP);
		}
		json_decref(observed);
	}
	sample_free(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_follows_from_what_was_observed),
		cmocka_unit_test(test_expectation_is_that_of_today),
		cmocka_unit_test(test_known_rows_excuse),
		cmocka_unit_test(test_judged_twice_is_judged_once),
		cmocka_unit_test(test_final_is_what_would_come_out_again),
		cmocka_unit_test(test_samples_come_back_from_what_was_observed),
		cmocka_unit_test(test_kept_is_no_judgement),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
