#include "tests/unit/unit.h"

#include "matrix/base/diag.h"
#include "matrix/base/glob.h"
#include "matrix/check.h"
#include "matrix/filter.h"
#include "matrix/version.h"
#include "tests/unit/targets_list.h"

#include <stdio.h>
#include <string.h>

/* known.c a second time, on the rows of known_sample.def and under names of its own. */
#define KNOWN_ROWS "tests/unit/known_sample.def"
#define knowns sample_rows
#define known_count sample_count
#define known_find sample_find
#define known_judge sample_judge
#define known_stale sample_stale
#define known_is_at_times sample_is_at_times
#define known_filter sample_filter
#define known_holds sample_holds
#define known_names sample_names
#define known_verdict sample_verdict
#include "matrix/known.c"
#undef knowns
#undef known_count
#undef known_find
#undef known_judge
#undef known_stale
#undef known_filter
#undef known_holds
#undef known_names
#undef known_verdict

extern const struct known knowns[];
extern const size_t known_count;
const struct known *known_find(const struct cell *cell, const char *check);
enum verdict known_judge(const struct cell *cell, const char *check, enum status status, const struct known **row);

static struct cell cell_of(const char *id)
{
	struct cell cell;
	assert_int_equal(cell_parse(id, &cell, NULL), 0);
	return cell;
}

static void test_judging(void **state)
{
	static const struct {
		const char *cell, *check;
		enum status status;
		enum verdict verdict;
		const char *reason;
	} cases[] = {
		/* no row */
		{ "exe/cgo1/internal@host:exec", "tls.static-flag", STATUS_PASS, VERDICT_OK, NULL },
		{ "exe/cgo1/internal@host:exec", "tls.static-flag", STATUS_FAIL, VERDICT_REGRESSED, NULL },
		{ "exe/cgo1/internal@host:exec", "tls.static-flag", STATUS_MISS, VERDICT_REGRESSED, NULL },
		{ "exe/cgo1/internal@host:exec", "tls.static-flag", STATUS_INFRA, VERDICT_REGRESSED, NULL },
		{ "exe/cgo1/internal@host:exec", "tls.static-flag", STATUS_SKIP, VERDICT_OK, NULL },
		{ "exe/cgo1/internal@host:exec", "tls.static-flag", STATUS_NOTRUN, VERDICT_NEW, NULL },
		/* one row */
		{ "c-shared/cgo1/external@host:dlopen", "tls.static-flag", STATUS_FAIL, VERDICT_KNOWN, "first" },
		{ "c-shared/cgo1/external@host:dlopen", "tls.static-flag", STATUS_PASS, VERDICT_FIXED, "first" },
		{ "c-shared/cgo1/external@host:dlopen", "tls.static-flag", STATUS_CRASH, VERDICT_CHANGED, "first" },
		{ "c-shared/cgo1/external@host:dlopen", "tls.static-flag", STATUS_SKIP, VERDICT_OK, NULL },
		{ "c-shared/cgo1/external@host:dlopen", "tls.static-flag", STATUS_NOTRUN, VERDICT_NEW, NULL },
		{ "c-shared/cgo1/external@host:dlopen", "tls.sizes", STATUS_FAIL, VERDICT_REGRESSED, NULL },
		{ "plugin/cgo1/external@host:plugin", "init.auxv", STATUS_SKIP, VERDICT_KNOWN, "skipped" },
		{ "plugin/cgo1/external@host:plugin", "init.auxv", STATUS_PASS, VERDICT_FIXED, "skipped" },
		/* two rows: the one with the status counts */
		{ "c-shared/cgo1/external@host:needed", "tls.static-flag", STATUS_FAIL, VERDICT_KNOWN, "first" },
		{ "c-shared/cgo1/external@host:needed", "tls.static-flag", STATUS_CRASH, VERDICT_KNOWN, "second" },
		{ "c-shared/cgo1/external@host:needed", "tls.static-flag", STATUS_LEAK, VERDICT_CHANGED, "first" },
		{ "c-shared/cgo1/external@host:needed", "tls.sizes", STATUS_CRASH, VERDICT_KNOWN, "second" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char id[CELL_ID_MAX] = "go1.26.8/linux/amd64/";
		struct cell cell = cell_of(strcat(id, cases[i].cell));
		const struct known *row = (const struct known *)id;
		enum verdict verdict = sample_judge(&cell, cases[i].check, cases[i].status, &row);
		if (verdict != cases[i].verdict)
			fail_msg(
			    "%s %s %s: %s", id, cases[i].check, status_name(cases[i].status), verdict_name(verdict));
		if (cases[i].reason)
			assert_string_equal(row->reason, cases[i].reason);
		else
			assert_null(row);
	}
}

static void test_an_excuse_ends(void **state)
{
	static const struct {
		const char *go, *reason;
	} cases[] = {
		{ "go1.21.13", "ends" },
		{ "go1.22rc2", "ends" },
		{ "go1.22", "ends later" },
		{ "go1.22.0", "ends later" },
		{ "go1.23.4", "ends later" },
		{ "go1.24beta1", "ends later" },
		{ "go1.24rc1", NULL },
		{ "go1.26.8", NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char id[CELL_ID_MAX] = "";
		struct cell cell =
		    cell_of(strcat(strcat(id, cases[i].go), "/linux/amd64/c-shared/cgo1/external@host:dlopen"));
		const struct known *row = sample_find(&cell, "thread.thousand");
		assert_int_equal(row == NULL, cases[i].reason == NULL);
		if (row)
			assert_string_equal(row->reason, cases[i].reason);
		assert_int_equal(sample_judge(&cell, "thread.thousand", STATUS_TIMEOUT, &row),
		    row ? VERDICT_KNOWN : VERDICT_REGRESSED);
	}
}

static int covers_cell(const struct known *known, const struct cell *cell)
{
	int found = 0;
	for (size_t k = 0; k < checks_count && !found; k++) {
		const struct filter_subject subject = { cell, checks[k].id, NULL, NULL };
		found = glob_match(known->check, checks[k].id) && check_planned(&checks[k], cell) &&
		    filter_text_match(known->where, &subject);
	}
	return found;
}

static int covers_one_of(const struct known *known, struct cells cells)
{
	int found = 0;
	for (size_t i = 0; i < cells.count && !found; i++)
		found = covers_cell(known, &cells.cell[i]);
	cells_free(&cells);
	return found;
}

static int covers_a_planned_check(const struct known *known)
{
	int found = 0;
	for (size_t arch = 0; arch < UNIT_ARCHES && !found; arch++)
		for (size_t sample = SAMPLES; sample-- > 0 && !found;)
			found = covers_one_of(known, list_on_targets(sample, unit_arches[arch]));
	for (size_t i = 0; i < OLDER_RELEASES && !found; i++)
		found = covers_one_of(known, host_matrix_of(older_releases[i], "amd64"));
	/* what the patches of a release did away with */
	const struct cell older = cell_of("go1.20.4/windows/amd64/c-shared/cgo1/external@wine:dlopen");
	return found || covers_cell(known, &older);
}

/* Is there a row for the same cells and checks with a status that is none of a right target? */
static int shows_otherwise(const struct known *known)
{
	for (size_t i = 0; i < known_count; i++)
		if (strcmp(knowns[i].where, known->where) == 0 && strcmp(knowns[i].check, known->check) == 0 &&
		    strcmp(knowns[i].status, "pass") != 0)
			return 1;
	return 0;
}

static void test_rows_are_well_formed(void **state)
{
	(void)state;
	for (size_t i = 0; i < known_count; i++) {
		const struct known *known = &knowns[i];
		enum status status;
		struct version until;
		assert_int_equal(status_parse(known->status, &status), 0);
		/* What passes each time is no deviation. */
		assert_true(status != STATUS_PASS || shows_otherwise(known));
		assert_true(*known->where && *known->reason && *known->link);
		assert_true(!*known->until || version_parse(known->until, &until) == 0);
		if (!covers_a_planned_check(known))
			fail_msg("dead row: KNOWN(\"%s\", \"%s\", ...)", known->where, known->check);
	}
}

/* GNU ld for arm64, seen with 2.40; gold sets the flag, and amd64 has it from both. */
static void test_arm64_static_flag(void **state)
{
	static const struct {
		const char *cell;
		int known;
	} cases[] = {
		{ "arm64/c-shared/cgo1/external@host:dlopen", 1 },
		{ "arm64/plugin/cgo1/external@host:plugin", 1 },
		{ "arm64/c-archive/cgo1/external@host:archive-so", 1 },
		{ "arm64/c-archive/cgo1/external@host:archive", 0 },
		{ "arm64/c-shared/cgo1/external-gold@host:dlopen", 0 },
		{ "amd64/c-shared/cgo1/external@host:dlopen", 0 },
		{ "arm64/pie/cgo1/external@host:exec", 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char id[CELL_ID_MAX] = "go1.26.8/linux/";
		struct cell cell = cell_of(strcat(id, cases[i].cell));
		const struct known *row;
		assert_int_equal(known_find(&cell, "tls.static-flag") != NULL, cases[i].known);
		assert_int_equal(known_judge(&cell, "tls.static-flag", STATUS_FAIL, &row),
		    cases[i].known ? VERDICT_KNOWN : VERDICT_REGRESSED);
		assert_null(known_find(&cell, "tls.symbols"));
	}
}

/* One check in one cell, as a run left it. */
struct stale_case {
	const char *cell, *check;
	enum status status;
};

static enum known_use use_after(size_t row, const struct stale_case *ran, size_t count)
{
	enum known_use use[16];
	struct cell_result cells[4];
	struct check_result results[4];
	assert_true(count <= 4 && sample_count <= 16);
	for (size_t i = 0; i < count; i++) {
		char id[CELL_ID_MAX] = "";
		results[i] = (struct check_result){ .id = (char *)ran[i].check, .status = ran[i].status };
		cells[i] = (struct cell_result){
			.cell = cell_of(strcat(id, ran[i].cell)), .checks = &results[i], .check_count = 1
		};
	}
	sample_stale(cells, count, use);
	return use[row];
}

#define DLOPEN "go1.26.8/linux/amd64/c-shared/cgo1/external@host:dlopen"
#define NEEDED "go1.26.8/linux/amd64/c-shared/cgo1/external@host:needed"
#define PLUGIN "go1.26.8/linux/amd64/plugin/cgo1/external@host:plugin"

/* Rows 0 (tls.static-flag fails), 1 (needed: tls.* crashes), 2 and 3 (of older releases), 4 (skips), 5 and 6 (one
 * excuse that shows in two ways). */
static void test_stale_rows(void **state)
{
	static const struct {
		size_t row;
		struct stale_case ran[2];
		enum known_use use;
	} cases[] = {
		{ 0, { { DLOPEN, "tls.static-flag", STATUS_FAIL } }, KNOWN_USED },
		{ 0, { { DLOPEN, "tls.static-flag", STATUS_PASS } }, KNOWN_UNSEEN },
		{ 0, { { DLOPEN, "tls.static-flag", STATUS_CRASH } }, KNOWN_UNSEEN },
		{ 0, { { DLOPEN, "tls.static-flag", STATUS_PASS }, { NEEDED, "tls.static-flag", STATUS_FAIL } },
		    KNOWN_USED },
		{ 0, { { DLOPEN, "tls.static-flag", STATUS_SKIP } }, KNOWN_UNASKED },
		{ 0, { { DLOPEN, "tls.static-flag", STATUS_NOTRUN } }, KNOWN_UNASKED },
		{ 0, { { DLOPEN, "tls.static-flag", STATUS_INFRA } }, KNOWN_UNASKED },
		{ 0, { { DLOPEN, "tls.sizes", STATUS_FAIL } }, KNOWN_UNMATCHED },
		{ 0, { { PLUGIN, "tls.static-flag", STATUS_FAIL } }, KNOWN_UNMATCHED },
		{ 1, { { NEEDED, "tls.sizes", STATUS_CRASH } }, KNOWN_USED },
		{ 1, { { NEEDED, "tls.sizes", STATUS_FAIL } }, KNOWN_UNSEEN },
		{ 1, { { DLOPEN, "tls.sizes", STATUS_CRASH } }, KNOWN_UNMATCHED },
		/* the end lies before this release: the row is not asked */
		{ 2, { { DLOPEN, "thread.thousand", STATUS_PASS } }, KNOWN_UNASKED },
		{ 2, { { "go1.21.13/linux/amd64/c-shared/cgo1/external@host:dlopen", "thread.thousand", STATUS_PASS } },
		    KNOWN_UNSEEN },
		{ 3,
		    { { "go1.21.13/linux/amd64/c-shared/cgo1/external@host:dlopen", "thread.thousand",
			STATUS_TIMEOUT } },
		    KNOWN_USED },
		{ 4, { { PLUGIN, "init.auxv", STATUS_SKIP } }, KNOWN_USED },
		{ 4, { { PLUGIN, "init.auxv", STATUS_PASS } }, KNOWN_UNSEEN },
		/* a crash is one of two ways; with neither both are stale */
		{ 5, { { PLUGIN, "tls.sizes", STATUS_CRASH } }, KNOWN_USED },
		{ 6, { { PLUGIN, "tls.sizes", STATUS_CRASH } }, KNOWN_USED },
		{ 5, { { PLUGIN, "tls.sizes", STATUS_PASS } }, KNOWN_UNSEEN },
		{ 6, { { PLUGIN, "tls.sizes", STATUS_PASS } }, KNOWN_UNSEEN },
		/* it names releases, and this run has another; cgo and a target that begins so are no such words */
		{ 7, { { PLUGIN, "tls.sizes", STATUS_PASS } }, KNOWN_UNASKED },
		{ 8, { { PLUGIN, "tls.sizes", STATUS_PASS } }, KNOWN_UNMATCHED },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		enum known_use use = use_after(cases[i].row, cases[i].ran, cases[i].ran[1].cell ? 2 : 1);
		if (use != cases[i].use)
			fail_msg("case %zu: %d, not %d", i, use, cases[i].use);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judging),
		cmocka_unit_test(test_an_excuse_ends),
		cmocka_unit_test(test_stale_rows),
		cmocka_unit_test(test_rows_are_well_formed),
		cmocka_unit_test(test_arm64_static_flag),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
