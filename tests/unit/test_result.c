#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/result.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct cell_result sample(void)
{
	struct cell_result result;
	memset(&result, 0, sizeof result);
	assert_int_equal(cell_parse("go1.26.8/linux/amd64/c-shared/cgo1/external@host:dlopen", &result.cell, NULL), 0);
	result.seconds = 0.25;
	result.build_seconds = 1.5;
	result.build_status = STATUS_PASS;
	result.build_log = xstrdup("logs/build.txt");
	result.build_command = xstrdup("cd x && go build");
	result.log = xstrdup("logs/run.txt");
	result.cached = 1;
	result.facts = json_pack("{s:{s:s,s:i}}", "tls", "model", "IE", "offset", -8);
	result.check_count = 2;
	result.checks = xcalloc(2, sizeof *result.checks);
	result.checks[0] = (struct check_result){
		.id = xstrdup("tls.sizes"),
		.status = STATUS_FAIL,
		.verdict = VERDICT_REGRESSED,
		.expected = xstrdup("kept=1,2"),
		.observed = xstrdup("kept=1"),
		.message = xstrdup("a \"quoted\"\ttext\nof two lines"),
		.reason = xstrdup("class: reason"),
		.source = xstrdup("S2"),
		.repro = xstrdup("./program 'tls.sizes'"),
	};
	result.checks[1] =
	    (struct check_result){ .id = xstrdup("init.auxv"), .status = STATUS_PASS, .verdict = VERDICT_OK };
	cell_result_sum(&result);
	return result;
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < STATUS_COUNT; i++) {
		enum status status = STATUS_COUNT;
		assert_int_equal(status_parse(status_name((enum status)i), &status), 0);
		assert_int_equal(status, i);
	}
	for (int i = 0; i < VERDICT_COUNT; i++) {
		enum verdict verdict = VERDICT_COUNT;
		assert_int_equal(verdict_parse(verdict_name((enum verdict)i), &verdict), 0);
		assert_int_equal(verdict, i);
	}
	enum status status = STATUS_LEAK;
	enum verdict verdict = VERDICT_FLAKY;
	assert_int_equal(status_parse("ok", &status), -EINVAL);
	assert_int_equal(verdict_parse("pass", &verdict), -EINVAL);
	assert_int_equal(status_parse("", &status), -EINVAL);
	assert_int_equal(status, STATUS_LEAK);
	assert_int_equal(verdict, VERDICT_FLAKY);
}

static void test_round_trip(void **state)
{
	(void)state;
	struct cell_result result = sample(), read;
	struct diag diag = DIAG_INIT;
	json_t *json = cell_result_json(&result);
	assert_int_equal(cell_result_parse(json, &read, &diag), 0);
	json_t *again = cell_result_json(&read);
	assert_true(json_equal(json, again));
	assert_int_equal(read.status, STATUS_FAIL);
	assert_int_equal(read.verdict, VERDICT_REGRESSED);
	assert_int_equal(read.build_status, STATUS_PASS);
	assert_int_equal(read.cached, 1);
	assert_int_equal(read.cell.load, LOAD_DLOPEN);
	assert_int_equal(read.check_count, 2);
	assert_string_equal(read.checks[0].message, "a \"quoted\"\ttext\nof two lines");
	assert_string_equal(read.checks[0].repro, "./program 'tls.sizes'");
	assert_null(read.checks[1].observed);
	assert_null(read.checks[1].source);
	json_decref(json);
	json_decref(again);
	/* The result holds on to the facts by itself. */
	assert_string_equal(json_string_value(json_object_get(json_object_get(read.facts, "tls"), "model")), "IE");
	cell_result_free(&result);
	cell_result_free(&read);
	assert_null(read.checks);
}

static void test_keys_are_those_of_the_report(void **state)
{
	static const char *const cell_keys[] = { "id", "go", "goos", "goarch", "variant", "buildmode", "cgo", "link",
		"target", "load", "status", "verdict", "outcome", "seconds", "cached", "build", "facts", "checks",
		"log" };
	static const char *const build_keys[] = { "status", "seconds", "log", "command" };
	static const char *const check_keys[] = { "id", "status", "verdict", "expected", "observed", "message",
		"reason", "source", "repro" };
	(void)state;
	struct cell_result result = sample();
	json_t *json = cell_result_json(&result), *build = json_object_get(json, "build");
	json_t *check = json_array_get(json_object_get(json, "checks"), 1);
	for (size_t i = 0; i < sizeof cell_keys / sizeof *cell_keys; i++)
		assert_non_null(json_object_get(json, cell_keys[i]));
	for (size_t i = 0; i < sizeof build_keys / sizeof *build_keys; i++)
		assert_non_null(json_object_get(build, build_keys[i]));
	for (size_t i = 0; i < sizeof check_keys / sizeof *check_keys; i++)
		assert_non_null(json_object_get(check, check_keys[i]));
	assert_int_equal(json_object_size(json), sizeof cell_keys / sizeof *cell_keys);
	assert_string_equal(
	    json_string_value(json_object_get(json, "id")), "go1.26.8/linux/amd64/c-shared/cgo1/external@host:dlopen");
	assert_string_equal(json_string_value(json_object_get(json, "goos")), "linux");
	assert_string_equal(json_string_value(json_object_get(json, "goarch")), "amd64");
	assert_string_equal(json_string_value(json_object_get(json, "buildmode")), "c-shared");
	assert_int_equal(json_integer_value(json_object_get(json, "cgo")), 1);
	assert_string_equal(json_string_value(json_object_get(json, "load")), "dlopen");
	json_decref(json);
	cell_result_free(&result);
}

/* Observed texts come from processes that may print anything. */
static void test_any_byte_becomes_json(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "a\xff"
		  "b",
		    "a\\xffb" },
		{ "\xc3\xa4", "\xc3\xa4" },
		{ "\xc3", "\\xc3" },
		{ "\xe2\x82\xac\x80", "\xe2\x82\xac\\x80" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xc0\xaf", "\\xc0\\xaf" },
		{ "\xf0\x9f\x98\x80\xfe", "\xf0\x9f\x98\x80\\xfe" },
		{ "\x01\x1b[0m", "\x01\x1b[0m" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct cell_result result = sample();
		free(result.checks[0].observed);
		result.checks[0].observed = xstrdup(cases[i].text);
		json_t *json = cell_result_json(&result);
		char *text = json_dumps(json, 0);
		assert_non_null(text);
		json_t *check = json_array_get(json_object_get(json, "checks"), 0);
		assert_string_equal(json_string_value(json_object_get(check, "observed")), cases[i].json);
		free(text);
		json_decref(json);
		cell_result_free(&result);
	}
	struct cell_result odd = sample();
	odd.seconds = (double)NAN;
	odd.build_seconds = (double)INFINITY;
	json_t *json = cell_result_json(&odd);
	assert_true(json_is_number(json_object_get(json, "seconds")));
	json_decref(json);
	cell_result_free(&odd);
}

/* Replaces each key of the object, one at a time, by something else; each must be refused or read, and
 * leave the result alone when refused. Returns how many were refused. */
static size_t spoil_keys(json_t *root, json_t *object)
{
	size_t refused = 0;
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
		json_t *kept = json_incref(json_object_iter_value(at));
		json_t *others[] = { json_null(), json_integer(7), json_string("nonsense"), json_array(), json_object(),
			json_pack("[n]"), json_pack("[{}]") };
		for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
			struct cell_result read;
			struct diag diag = DIAG_INIT;
			json_object_iter_set_new(object, at, others[i]);
			memset(&read, 0x5a, sizeof read);
			if (cell_result_parse(root, &read, &diag) == 0) {
				cell_result_free(&read);
				continue;
			}
			assert_true(*diag.line);
			assert_int_equal(*(unsigned char *)&read, 0x5a);
			refused++;
		}
		json_object_iter_set_new(object, at, kept);
	}
	return refused;
}

static void test_spoiled_results_are_refused(void **state)
{
	(void)state;
	struct cell_result result = sample(), read;
	json_t *json = cell_result_json(&result);
	assert_true(spoil_keys(json, json) > 20);
	assert_true(spoil_keys(json, json_object_get(json, "build")) > 5);
	assert_true(spoil_keys(json, json_array_get(json_object_get(json, "checks"), 0)) > 20);
	assert_int_equal(cell_result_parse(json, &read, NULL), 0);
	cell_result_free(&read);
	json_decref(json);
	assert_int_equal(cell_result_parse(NULL, &read, NULL), -EINVAL);
	cell_result_free(&result);
}

static void test_a_cell_is_as_bad_as_its_worst_check(void **state)
{
	(void)state;
	struct check_result checks[3];
	struct cell_result result;
	memset(&result, 0, sizeof result);
	memset(checks, 0, sizeof checks);
	result.checks = checks;
	for (int a = 0; a < STATUS_COUNT; a++) {
		for (int b = 0; b < STATUS_COUNT; b++) {
			checks[0].status = (enum status)a;
			checks[2].status = (enum status)b;
			checks[0].verdict = (enum verdict)(b % VERDICT_COUNT);
			result.check_count = 3;
			cell_result_sum(&result);
			assert_int_equal(result.status, a > b ? a : b);
			assert_int_equal(result.verdict, b % VERDICT_COUNT);
		}
	}
	result.check_count = 0;
	cell_result_sum(&result);
	assert_int_equal(result.status, STATUS_NOTRUN);
	assert_int_not_equal(result.verdict, VERDICT_OK);
}

struct outcome_case {
	struct check_result checks[3];
	size_t count;
	enum status build;
	int facts;
	enum outcome outcome;
};

#define ID(name) \
	.id = (char[]) { name }
#define REFUSED_AS(s, v) \
	{ \
		{ { ID("build.refused"), .status = s, .verdict = v } }, 1
#define BUILT_AS(s, v) \
	{ \
		{ { ID("build.succeeds") }, { ID("tls.access"), .status = s, .verdict = v }, { ID("tls.sizes") } }, 3
#define ALL_AS(s, v) \
	{ \
		{ { ID("build.succeeds"), .status = s, .verdict = v }, \
			{ ID("tls.access"), .status = s, .verdict = v } }, \
		    2

#define LACKING(a, b) \
	{ \
		{ { ID("build.succeeds"), .status = STATUS_SKIP, .reason = (char[]){ a } }, \
			{ ID("tls.access"), .status = STATUS_SKIP, .reason = (char[]){ b } } }, \
		    2

/* Each cell is exactly one of them: the rules one by one, each beside the case that it must not swallow. */
static void test_outcome_of_a_cell(void **state)
{
	(void)state;
	struct outcome_case cases[] = { BUILT_AS(STATUS_PASS, VERDICT_OK), STATUS_PASS, 1, OUTCOME_BUILT },
			    BUILT_AS(STATUS_SKIP, VERDICT_OK), STATUS_PASS, 1, OUTCOME_BUILT
}
, BUILT_AS(STATUS_FAIL, VERDICT_KNOWN), STATUS_PASS, 1, OUTCOME_BUILT
}
, BUILT_AS(STATUS_FAIL, VERDICT_REGRESSED), STATUS_PASS, 1, OUTCOME_FAILED
}
, BUILT_AS(STATUS_PASS, VERDICT_FIXED), STATUS_PASS, 1, OUTCOME_FAILED
}
, BUILT_AS(STATUS_PASS, VERDICT_FLAKY), STATUS_PASS, 1, OUTCOME_FAILED
}
, BUILT_AS(STATUS_NOTRUN, VERDICT_NEW), STATUS_PASS, 1, OUTCOME_NOTRUN
}
, BUILT_AS(STATUS_INFRA, VERDICT_NEW), STATUS_PASS, 1, OUTCOME_FAILED
}
, REFUSED_AS(STATUS_PASS, VERDICT_OK), STATUS_FAIL, 0, OUTCOME_REFUSED
}
, REFUSED_AS(STATUS_FAIL, VERDICT_REGRESSED), STATUS_PASS, 0, OUTCOME_FAILED
}
, REFUSED_AS(STATUS_FAIL, VERDICT_KNOWN), STATUS_PASS, 0, OUTCOME_FAILED
}
, REFUSED_AS(STATUS_SKIP, VERDICT_OK), STATUS_SKIP, 0, OUTCOME_UNBUILDABLE
}
, REFUSED_AS(STATUS_NOTRUN, VERDICT_NEW), STATUS_NOTRUN, 0, OUTCOME_NOTRUN
}
, ALL_AS(STATUS_SKIP, VERDICT_OK), STATUS_SKIP, 0, OUTCOME_UNBUILDABLE
}
, ALL_AS(STATUS_SKIP, VERDICT_OK), STATUS_PASS, 1, OUTCOME_BUILT
}
, ALL_AS(STATUS_NOTRUN, VERDICT_KNOWN), STATUS_NOTRUN, 0, OUTCOME_NOTRUN
}
, ALL_AS(STATUS_BROKEN, VERDICT_KNOWN), STATUS_PASS, 0, OUTCOME_FAILED
}
, ALL_AS(STATUS_FAIL, VERDICT_KNOWN), STATUS_FAIL, 0, OUTCOME_FAILED
}
, LACKING("no-tree: target osv: x", "no-tree: target osv: x"), STATUS_SKIP, 0, OUTCOME_NOTARGET
}
, LACKING("not-installed: target a: x", "not-fetched: target a: x"), STATUS_SKIP, 1, OUTCOME_NOTARGET
}
, LACKING("not-installed: cc", "not-installed: target a: x"), STATUS_SKIP, 0, OUTCOME_UNBUILDABLE
}
, LACKING("no-tracer: target a: x", "no-tracer: target a: x"), STATUS_PASS, 1, OUTCOME_BUILT
}
, { { { 0 } }, 0, STATUS_PASS, 1, OUTCOME_NOTRUN },
}
;
size_t seen[OUTCOME_COUNT] = { 0 };
for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
	struct outcome_case *c = &cases[i];
	struct cell_result result = { .checks = c->checks,
		.check_count = c->count,
		.build_status = c->build,
		.facts = c->facts ? json_object() : NULL };
	cell_result_sum(&result);
	if (cell_outcome(&result) != c->outcome)
		fail_msg("case %zu: %s, not %s", i, outcome_name(cell_outcome(&result)), outcome_name(c->outcome));
	json_decref(result.facts);
	seen[c->outcome]++;
}
for (int i = 0; i < OUTCOME_COUNT; i++)
	assert_true(seen[i] && *outcome_phrase((enum outcome)i));
}

static void test_variant_is_told_beside_goarch(void **state)
{
	(void)state;
	struct cell_result result = sample(), read;
	json_t *json = cell_result_json(&result);
	assert_true(json_is_null(json_object_get(json, "variant")));
	assert_string_equal(json_string_value(json_object_get(json, "outcome")), "failed");
	json_decref(json);
	assert_int_equal(cell_parse("go1.27.4/linux/arm.5/exe/cgo0/internal@none", &result.cell, NULL), 0);
	json = cell_result_json(&result);
	assert_string_equal(json_string_value(json_object_get(json, "goarch")), "arm");
	assert_string_equal(json_string_value(json_object_get(json, "variant")), "5");
	assert_int_equal(cell_result_parse(json, &read, NULL), 0);
	assert_string_equal(read.cell.variant, "5");
	cell_result_free(&read);
	json_decref(json);
	cell_result_free(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_keys_are_those_of_the_report),
		cmocka_unit_test(test_any_byte_becomes_json),
		cmocka_unit_test(test_spoiled_results_are_refused),
		cmocka_unit_test(test_a_cell_is_as_bad_as_its_worst_check),
		cmocka_unit_test(test_outcome_of_a_cell),
		cmocka_unit_test(test_variant_is_told_beside_goarch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
