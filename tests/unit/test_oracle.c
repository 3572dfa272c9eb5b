#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/glob.h"
#include "matrix/check.h"
#include "matrix/contract.h"
#include "matrix/filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The rule tables once more, to ask of each row what the functions do not tell: whether it is ever used. */
static const struct {
	const char *check, *where, *expected, *source;
} rules[] = {
#define EXPECT(check, where, expected, source) { check, where, expected, source },
#include "matrix/oracle.def"
};

static const struct {
	const char *where;
	int exit;
	const char *message, *source;
} refusals[] = {
#define REFUSED(where, fact, exit, message, source) { where, exit, message, source },
#include "matrix/support.def"
};

enum { RULES = sizeof rules / sizeof *rules, REFUSALS = sizeof refusals / sizeof *refusals };

/* Rules that only older releases follow: one of each time in which something was otherwise. */
static void each_older_cell(void (*body)(const struct cell *cell, void *data), void *data)
{
	static const char *const older[] = { "go1.19.13/windows/amd64/exe/cgo0/internal@none",
		"go1.11.13/linux/riscv64/exe/cgo0/internal@none", "go1.6.4/darwin/amd64.msan/exe/cgo1/external@none",
		"go1.7.1/linux/386/c-archive/cgo1/external@none", "go1.20.14/windows/386/exe/cgo0/internal@none",
		"go1.21.13/linux/riscv64/exe/cgo0/internal@none", "go1.21.13/darwin/arm64.race/pie/cgo0/internal@none",
		"go1.24.13/linux/amd64/c-shared/cgo1/external@host:dlopen",
		/* and those that no sample has */
		"go1.24.13/linux/amd64.race/exe/cgo1/internal@race:exec",
		"go1.24.13/linux/amd64.asan/exe/cgo1/external@asan:exec",
		"go1.26.8/linux/amd64.asan/exe/cgo1/external@asan:exec",
		"go1.24.13/linux/amd64.msan/exe/cgo1/external@msan:exec" };
	for (size_t i = 0; i < sizeof older / sizeof *older; i++) {
		struct cell cell;
		assert_int_equal(cell_parse(older[i], &cell, NULL), 0);
		body(&cell, data);
	}
	for (size_t i = 0; i < OLDER_RELEASES; i++) {
		struct cells cells = host_matrix_of(older_releases[i], "amd64");
		for (size_t k = 0; k < cells.count; k++)
			body(&cells.cell[k], data);
		cells_free(&cells);
	}
}

/* Calls body for each cell of the host matrix of both architectures, of the whole list and of targets, and of older
 * releases. */
static void each_cell(void (*body)(const struct cell *cell, void *data), void *data)
{
	for (size_t arch = 0; arch < UNIT_ARCHES; arch++) {
		struct cells cells = host_matrix(unit_arches[arch]);
		for (size_t i = 0; i < cells.count; i++)
			body(&cells.cell[i], data);
		cells_free(&cells);
	}
	for (size_t sample = 0; sample < SAMPLES; sample++) {
		struct cells cells = target_list(sample);
		for (size_t i = 0; i < cells.count; i++)
			body(&cells.cell[i], data);
		cells_free(&cells);
	}
	each_older_cell(body, data);
}

static int is_refused(const struct cell *cell)
{
	struct buf message = BUF_INIT;
	const char *source = NULL;
	int refused = support_refused(cell, &message, &source);
	assert_int_equal(refused != 0, message.len > 0);
	buf_free(&message);
	return refused;
}

static void test_checks_are_well_formed(void **state)
{
	(void)state;
	assert_true(checks_count > 0);
	for (size_t i = 0; i < checks_count; i++) {
		const struct check *check = &checks[i];
		size_t family = strlen(check->family);
		assert_true(family && strncmp(check->id, check->family, family) == 0 && check->id[family] == '.' &&
		    check->id[family + 1]);
		assert_int_equal(strspn(check->id, "abcdefghijklmnopqrstuvwxyz0123456789.-"), strlen(check->id));
		assert_true(*check->meaning && *check->why && *check->source);
		assert_null(strchr(check->meaning, '\n'));
		assert_ptr_equal(check_find(check->id), check);
		assert_true(check->pass < PASS_COUNT);
	}
	assert_null(check_find(""));
	assert_null(check_find("tls"));
	assert_null(check_find("tls.*"));
}

/* '.' and '-' both become '_' in the name of a check's Go function. */
static void test_function_names_are_unique(void **state)
{
	(void)state;
	for (size_t i = 0; i < checks_count; i++) {
		for (size_t k = 0; k < i; k++) {
			const char *a = checks[i].id, *b = checks[k].id;
			while (*a && (*a == *b || (!isalnum((unsigned char)*a) && *b && !isalnum((unsigned char)*b))))
				a++, b++;
			if (!*a && !*b)
				fail_msg("%s and %s are one function", checks[i].id, checks[k].id);
		}
	}
}

static void test_passes_have_names(void **state)
{
	(void)state;
	for (int i = 0; i < PASS_COUNT; i++) {
		assert_true(*pass_name((enum pass)i));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(pass_name((enum pass)i), pass_name((enum pass)k));
	}
}

static void check_plan(const struct cell *cell, void *planned)
{
	int refused = is_refused(cell) != 0, runs = cell->load != LOAD_NONE;
	int hosted = cell->mode == MODE_C_SHARED || cell->mode == MODE_C_ARCHIVE;
	size_t refusals_planned = 0;
	for (size_t i = 0; i < checks_count; i++) {
		if (!check_planned(&checks[i], cell))
			continue;
		((size_t *)planned)[i]++;
		enum pass pass = checks[i].pass;
		assert_int_equal(pass == PASS_REFUSAL, refused);
		refusals_planned += pass == PASS_REFUSAL;
		if (pass == PASS_LIVE || pass == PASS_HOST || pass == PASS_ALONE || pass == PASS_TRACE)
			assert_true(runs);
		if (pass == PASS_HOST || pass == PASS_ALONE)
			assert_true(hosted ||
			    ((cell->mode == MODE_PLUGIN || cell->mode == MODE_SHARED) && pass == PASS_ALONE) ||
			    (contract_of_program(checks[i].id) && (cell->mode == MODE_EXE || cell->mode == MODE_PIE)));
	}
	assert_int_equal(refusals_planned > 0, refused);
}

static void test_plan_follows_the_passes(void **state)
{
	(void)state;
	size_t *planned = calloc(checks_count, sizeof *planned);
	assert_non_null(planned);
	each_cell(check_plan, planned);
	for (size_t i = 0; i < checks_count; i++)
		if (!planned[i])
			fail_msg("check %s is planned in no cell of any target", checks[i].id);
	free(planned);
}

/* A build without a run is inspected and nothing else. */
static void test_none_is_built_and_inspected(void **state)
{
	(void)state;
	struct cell cell;
	assert_int_equal(cell_parse("go1.26.8/linux/amd64/c-shared/cgo1/external@none", &cell, NULL), 0);
	size_t count[PASS_COUNT] = { 0 };
	for (size_t i = 0; i < checks_count; i++)
		count[checks[i].pass] += (size_t)check_planned(&checks[i], &cell);
	assert_true(count[PASS_BUILD] && count[PASS_FILE]);
	assert_int_equal(
	    count[PASS_REFUSAL] + count[PASS_LIVE] + count[PASS_HOST] + count[PASS_ALONE] + count[PASS_TRACE], 0);
}

/* Only a C host can run what C observes, whatever cell somebody asks for. */
static void test_without_a_host_no_host_checks(void **state)
{
	(void)state;
	struct cell cell;
	assert_int_equal(cell_parse("go1.26.8/linux/amd64/plugin/cgo1/external@host:dlopen", &cell, NULL), 0);
	for (size_t i = 0; i < checks_count; i++)
		if (checks[i].pass == PASS_HOST || checks[i].pass == PASS_ALONE)
			assert_false(check_planned(&checks[i], &cell));
}

static void check_expectations(const struct cell *cell, void *data)
{
	(void)data;
	for (size_t i = 0; i < checks_count; i++) {
		if (!check_planned(&checks[i], cell))
			continue;
		struct buf expected = BUF_INIT;
		const char *source = NULL;
		char id[CELL_ID_MAX];
		buf_add(&expected, "kept:");
		if (oracle_expect(&checks[i], cell, &expected, &source) != 0)
			fail_msg("oracle.def has no row for %s in %s", checks[i].id, cell_id(cell, id));
		assert_true(strncmp(expected.data, "kept:", 5) == 0 && expected.len > 5);
		assert_true(source && *source);
		buf_free(&expected);
	}
}

static void test_every_planned_check_has_an_expectation(void **state)
{
	(void)state;
	each_cell(check_expectations, NULL);
}

static void count_rules(const struct cell *cell, void *used)
{
	for (size_t i = 0; i < checks_count; i++) {
		if (checks[i].pass == PASS_REFUSAL || !check_planned(&checks[i], cell))
			continue;
		const struct filter_subject subject = { cell, checks[i].id, NULL, NULL };
		size_t row = 0;
		while (row < RULES &&
		    !(glob_match(rules[row].check, checks[i].id) && filter_text_match(rules[row].where, &subject)))
			row++;
		assert_true(row < RULES);
		((size_t *)used)[row]++;
		struct buf expected = BUF_INIT;
		const char *source;
		assert_int_equal(oracle_expect(&checks[i], cell, &expected, &source), 0);
		assert_string_equal(expected.data, rules[row].expected);
		assert_string_equal(source, rules[row].source);
		buf_free(&expected);
	}
}

/* A row that decides nothing is a rule nobody tests: a misspelt check, or one hidden by the row above. */
static void test_every_rule_decides_something(void **state)
{
	(void)state;
	size_t used[RULES] = { 0 }, dead = 0;
	each_cell(count_rules, used);
	for (size_t i = 0; i < RULES; i++) {
		if (used[i])
			continue;
		print_message("dead row: EXPECT(\"%s\", \"%s\", ...)\n", rules[i].check, rules[i].where);
		dead++;
	}
	assert_int_equal(dead, 0);
}

static void count_refusals(const struct cell *cell, void *used)
{
	int row = support_row(cell);
	const struct filter_subject subject = { cell, NULL, NULL, NULL };
	assert_int_equal(row >= 0, is_refused(cell) != 0);
	if (row >= 0) {
		assert_true(filter_text_match(refusals[row].where, &subject));
		assert_int_equal(is_refused(cell), refusals[row].exit);
		((size_t *)used)[row]++;
	}
}

static void test_every_refusal_decides_something(void **state)
{
	(void)state;
	size_t used[REFUSALS] = { 0 };
	each_cell(count_refusals, used);
	for (size_t i = 0; i < REFUSALS; i++)
		if (!used[i])
			fail_msg("dead row: REFUSED(\"%s\", %s)", refusals[i].where, refusals[i].message);
}

/* Whether a build is refused is known before there is anything to load. */
static void test_refusals_look_at_the_build_alone(void **state)
{
	(void)state;
	static const char *const words[] = { "load", "target", "check", "status" };
	for (size_t i = 0; i < REFUSALS; i++) {
		for (size_t k = 0; k < sizeof words / sizeof *words; k++)
			assert_null(strstr(refusals[i].where, words[k]));
		assert_true(*refusals[i].message && *refusals[i].source);
	}
}

/* The lines that go 1.26 prints, read in its sources, which support.def cites. */
static void test_refusal_texts(void **state)
{
	static const struct {
		const char *cell, *expected;
	} cases[] = {
		{ "c-shared/cgo0/internal",
		    "exit=1 \"-buildmode=c-shared requires external (cgo) linking, but cgo is not enabled\"" },
		{ "plugin/cgo0/external",
		    "exit=1 \"-buildmode=plugin requires external (cgo) linking, but cgo is not enabled\"" },
		{ "shared/cgo0/internal",
		    "exit=1 \"-linkshared requires external (cgo) linking, but cgo is not enabled\"" },
		{ "exe/cgo0/external-lld-static",
		    "exit=1 \"-linkmode=external requires external (cgo) linking, but cgo is not enabled\"" },
		{ "c-archive/cgo0/external",
		    "exit=1 \"-linkmode=external requires external (cgo) linking, but cgo is not enabled\"" },
		{ "c-archive/cgo0/internal",
		    "exit=1 \"internal linking requested but external linking required: buildmode=c-archive\"" },
		{ "c-shared/cgo1/internal",
		    "exit=1 \"internal linking requested but external linking required: buildmode=c-shared\"" },
		{ "exe/cgo0/internal", NULL },
		{ "pie/cgo1/external-mold-static", NULL },
		{ "c-shared/cgo1/external", NULL },
	};
	(void)state;
	const struct check *check = check_find("build.refused");
	assert_non_null(check);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char id[CELL_ID_MAX] = "go1.26.8/linux/amd64/";
		struct cell cell;
		struct buf expected = BUF_INIT;
		const char *source = "untouched";
		strcat(strcat(id, cases[i].cell), "@none");
		assert_int_equal(cell_parse(id, &cell, NULL), 0);
		assert_int_equal(oracle_expect(check, &cell, &expected, &source), cases[i].expected ? 0 : -ENOENT);
		assert_string_equal(expected.data, cases[i].expected ? cases[i].expected : "");
		assert_int_equal(strcmp(source, "untouched") == 0, !cases[i].expected);
		buf_free(&expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks_are_well_formed),
		cmocka_unit_test(test_function_names_are_unique),
		cmocka_unit_test(test_passes_have_names),
		cmocka_unit_test(test_plan_follows_the_passes),
		cmocka_unit_test(test_none_is_built_and_inspected),
		cmocka_unit_test(test_without_a_host_no_host_checks),
		cmocka_unit_test(test_every_planned_check_has_an_expectation),
		cmocka_unit_test(test_every_rule_decides_something),
		cmocka_unit_test(test_every_refusal_decides_something),
		cmocka_unit_test(test_refusals_look_at_the_build_alone),
		cmocka_unit_test(test_refusal_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
