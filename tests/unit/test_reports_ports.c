/* The reports of a run of many ports: one table instead of a block for each, and no cell lost on the way. */
#include "tests/unit/golden.h"
#include "tests/unit/ports_view.h"

#include "reports/access.h"
#include "reports/layout.h"
#include "reports/overview.h"
#include "reports/reasons.h"
#include "reports/text.h"

/* Many ports: one table instead of a block for each. */
static void test_golden_ports(void **state)
{
	(void)state;
	struct view view = ports_view(PORTS_FEW, 2);
	char *text = written(&view, grid_plain);
	compare("terminal-ports.txt", text);
	free(text);
	text = written(&view, report_ports);
	compare("ports.md", text);
	free(text);
	text = written(&view, report_markdown);
	compare("report-ports.md", text);
	free(text);
	ports_view_free(&view);
}

/* A run of the size of the whole list: 2,040 cells with some 50,000 checks.  TLSMATRIX_LARGE names a folder
 * for its reports, which tests/test_page.py opens in a browser. */
enum { LARGE_ROWS = 85, LARGE_CHECKS = 75, LARGE_BYTES = 24 << 20 };

static void keep_large(const char *name, const char *text)
{
	const char *folder = getenv("TLSMATRIX_LARGE");
	if (!folder)
		return;
	char *path = xprintf("%s/%s", folder, name);
	FILE *out = fopen(path, "wb");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
	free(path);
}

static void test_large_run(void **state)
{
	(void)state;
	struct view view = ports_view(LARGE_ROWS, LARGE_CHECKS);
	assert_true(LARGE_CHECKS <= checks_count);
	assert_true(view.count >= 2000 && view.planned_checks >= 50000);
	for (size_t i = 0; i < report_format_count; i++) {
		char *text = written(&view, report_formats[i].write);
		assert_in_range(strlen(text), 1, LARGE_BYTES);
		keep_large(report_formats[i].file, text);
		free(text);
	}
	char *text = written(&view, grid_plain);
	keep_large("terminal.txt", text);
	free(text);
	ports_view_free(&view);
}

/* A variant is no cell of its port: each has a section and a row of its own, and no cell is lost. */
static void test_overview_loses_no_cell(void **state)
{
	(void)state;
	struct view view = ports_view(PORTS_FEW, 2);
	struct overview overview;
	struct layout layout;
	struct counts counts;
	size_t cells = 0, outcomes[OUTCOME_COUNT] = { 0 };
	overview_make(&view, &overview);
	layout_make(&view, &layout);
	view_count(&view, &counts);
	assert_true(overview_wanted(&overview));
	assert_int_equal(overview.count, PORTS_FEW);
	assert_int_equal(layout.count, PORTS_FEW);
	for (size_t i = 0; i < overview.count; i++) {
		const struct overview_row *row = &overview.row[i];
		assert_true(i == 0 || overview_compare(overview.row[i - 1].cell, row->cell) < 0);
		for (size_t k = 0; k < row->count; k++)
			assert_int_equal(overview_compare(&row->cells[k]->cell, row->cell), 0);
		for (int o = 0; o < OUTCOME_COUNT; o++)
			outcomes[o] += row->outcome[o];
		cells += row->count;
	}
	assert_int_equal(cells, view.count);
	assert_memory_equal(outcomes, counts.outcome, sizeof outcomes);
	overview_free(&overview);
	layout_free(&layout);
	ports_view_free(&view);
}

/* A port that is run keeps the block with its loads and linkers; a variant that is refused whole has no row. */
static void test_rows_that_are_told_elsewhere(void **state)
{
	(void)state;
	struct view view = ports_view(PORTS_FEW, 2);
	struct overview overview;
	struct buf refused = BUF_INIT;
	overview_make(&view, &overview);
	for (size_t i = 0; i < overview.count; i++)
		assert_int_equal(overview.row[i].place,
		    strcmp(overview.row[i].cell->variant, "msan") ? OVERVIEW_TABLE : OVERVIEW_REFUSED);
	overview_refused(&overview, &refused);
	assert_string_equal(refused.data, "1 variant is refused whole and has no row: msan.");
	buf_free(&refused);
	overview_free(&overview);
	/* One port runs: the first of the list, linux/amd64. */
	strcpy(view.cells[0].cell.target, "host");
	view.cells[0].cell.load = LOAD_EXEC;
	overview_make(&view, &overview);
	for (size_t i = 0; i < overview.count; i++)
		assert_int_equal(
		    overview.row[i].place == OVERVIEW_BLOCK, overview_is_block(&overview, overview.row[i].cell));
	assert_true(overview_is_block(&overview, &view.cells[0].cell) && overview_wanted(&overview));
	char *text = written(&view, grid_plain);
	assert_int_equal(strncmp(text, "go1.27.4 linux/amd64 on host\n", 29), 0);
	assert_non_null(strstr(text, "\ngo1.27.4, 6 ports and 4 variants\n"));
	assert_null(strstr(text, "\nlinux/amd64 "));
	free(text);
	overview_free(&overview);
	/* All of them run: blocks would be as many, so the table has them all. */
	for (size_t i = 0; i < view.count; i++) {
		strcpy(view.cells[i].cell.target, "host");
		view.cells[i].cell.load = LOAD_EXEC;
	}
	overview_make(&view, &overview);
	assert_true(overview_wanted(&overview) && !overview_is_block(&overview, &view.cells[0].cell));
	overview_free(&overview);
	ports_view_free(&view);
}

/* Of two cells in one place the one that a person should look at first, whichever comes first. */
static void test_overview_shows_the_worst(void **state)
{
	(void)state;
	struct check_result refused = { .id = (char[]){ "build.refused" } },
			    pass = { .id = (char[]){ "build.succeeds" } }, skip = pass, fail = pass, known = pass;
	skip.status = STATUS_SKIP;
	fail.status = known.status = STATUS_FAIL;
	fail.verdict = VERDICT_REGRESSED;
	known.verdict = VERDICT_KNOWN;
	struct check_result *order[] = { &refused, &pass, &skip, &known, &fail };
	static const char letters[] = "r.-KF";
	for (size_t a = 0; a < 5; a++) {
		for (size_t b = 0; b < 5; b++) {
			struct cell_result cells[2] = { { .checks = order[a], .check_count = 1 },
				{ .checks = order[b], .check_count = 1 } };
			struct view view = { .cells = cells, .count = 2 };
			struct overview overview;
			assert_int_equal(
			    cell_parse("go1.27.4/linux/arm.5/exe/cgo1/internal@none", &cells[0].cell, NULL), 0);
			cells[1].cell = cells[0].cell;
			cells[1].cell.link = LINK_EXTERNAL;
			overview_make(&view, &overview);
			assert_int_equal(overview.count, 1);
			assert_false(overview_wanted(&overview));
			assert_int_equal(
			    mark_styles[mark_cell(overview.row->shown[MODE_EXE][1])].letter, letters[a > b ? a : b]);
			assert_ptr_equal(overview.row->link[MODE_EXE][1][LINK_EXTERNAL], &cells[1]);
			overview_free(&overview);
		}
	}
}

static void test_reasons_are_general(void **state)
{
	(void)state;
	struct view view = ports_view(PORTS_FEW, 2);
	struct reasons reasons;
	struct counts counts;
	struct buf ports = BUF_INIT;
	size_t cells = 0;
	view_count(&view, &counts);
	reasons_find(&view, OUTCOME_REFUSED, &reasons);
	for (size_t i = 0; i < reasons.count; i++) {
		assert_true(i == 0 || reasons.reason[i - 1].count >= reasons.reason[i].count);
		cells += reasons.reason[i].count;
	}
	assert_int_equal(cells, counts.outcome[OUTCOME_REFUSED]);
	assert_string_equal(reasons.reason[0].text, "-buildmode=$MODE not supported on $GOOS/$GOARCH");
	assert_int_equal(reasons.reason[0].ports, 4);
	reason_ports(&reasons.reason[0], &ports);
	assert_string_equal(ports.data, "aix/ppc64 darwin/arm64 js/wasm windows/amd64");
	buf_free(&ports);
	reasons_free(&reasons);
	/* linux/arm is not named by linux/arm64, nor a buildmode by a longer word. */
	struct check_result check = { .id = (char[]){ "build.refused" },
		.expected = (char[]){ "exit=1 \"linux/arm64 linux/arm: buildmode=exe-2 buildmode=exe\"" } };
	struct cell_result cell = { .checks = &check, .check_count = 1 };
	struct view one = { .cells = &cell, .count = 1 };
	assert_int_equal(cell_parse("go1.27.4/linux/arm/exe/cgo1/internal@none", &cell.cell, NULL), 0);
	reasons_find(&one, OUTCOME_REFUSED, &reasons);
	assert_string_equal(reasons.reason->text, "linux/arm64 $GOOS/$GOARCH: buildmode=exe-2 buildmode=$MODE");
	reasons_free(&reasons);
	ports_view_free(&view);
}

/* Every built cell is in exactly one group, and the name of a group means its cells only. */
static void test_accesses(void **state)
{
	(void)state;
	struct view view = ports_view(PORTS_FEW, 2);
	struct accesses accesses;
	struct counts counts;
	struct buf names = BUF_INIT;
	size_t cells = 0;
	view_count(&view, &counts);
	accesses_find(&view, &accesses);
	for (size_t i = 0; i < accesses.count; i++) {
		cells += accesses.group[i].count;
		const struct cell *cell = &accesses.group[i].one->cell->cell;
		if (strcmp(cell->arch, "amd64") == 0 && !*cell->variant && strcmp(cell->os, "linux") == 0) {
			buf_add(&names, names.len ? "; " : "");
			access_cells(&accesses, &accesses.group[i], &names);
		}
	}
	assert_int_equal(cells, counts.outcome[OUTCOME_BUILT] + counts.outcome[OUTCOME_FAILED]);
	assert_int_equal(accesses.unasked, 0);
	assert_string_equal(
	    names.data, "exe cgo0, exe cgo1 internal; exe cgo1 external; pie; c-archive, c-shared, shared, plugin");
	buf_free(&names);
	accesses_free(&accesses);
	/* A built cell that was not asked is counted, not left out in silence. */
	for (size_t i = 0; i < view.count; i++)
		view.cells[i].check_count = 1;
	accesses_find(&view, &accesses);
	assert_int_equal(accesses.count, 0);
	assert_int_equal(accesses.unasked, counts.outcome[OUTCOME_BUILT] + counts.outcome[OUTCOME_FAILED]);
	accesses_free(&accesses);
	for (size_t i = 0; i < view.count; i++)
		view.cells[i].check_count = cell_is_refusal(&view.cells[i]) ? 1 : 2;
	ports_view_free(&view);
	static const struct {
		const char *text, *key, *value;
	} words[] = {
		{ "model=LE at=-8", "model", "LE" },
		{ "model=LE at=-8", "at", "-8" },
		{ "model=LE at=-8", "a", NULL },
		{ "model=LE at=-8", "reloc", NULL },
		{ "model=", "model", NULL },
		{ "", "model", NULL },
		{ NULL, "model", NULL },
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		char *value = access_word(words[i].text, words[i].key);
		assert_int_equal(text_compare(value, words[i].value), 0);
		free(value);
	}
}

static void test_terminal_is_narrow_ascii(void **state)
{
	(void)state;
	struct view view = ports_view(PORTS_ALL, 2);
	char *text = written(&view, grid_plain);
	expect_narrow_ascii(text);
	free(text);
	ports_view_free(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_ports),
		cmocka_unit_test(test_large_run),
		cmocka_unit_test(test_overview_loses_no_cell),
		cmocka_unit_test(test_rows_that_are_told_elsewhere),
		cmocka_unit_test(test_overview_shows_the_worst),
		cmocka_unit_test(test_reasons_are_general),
		cmocka_unit_test(test_accesses),
		cmocka_unit_test(test_terminal_is_narrow_ascii),
	};
	return cmocka_run_group_tests_name("reports of many ports", tests, NULL, NULL);
}
