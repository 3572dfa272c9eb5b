/* The reports of a run on several targets: a column for each, nothing lost in the folding, and what nobody may
 * overlook in every form. */
#include "tests/unit/golden.h"
#include "tests/unit/targets_view.h"

#include "reports/bytarget.h"
#include "reports/facts.h"
#include "reports/html/said.h"
#include "reports/kinds.h"
#include "reports/reasons.h"
#include "reports/skips.h"
#include "reports/text.h"

#include <time.h>

static void test_golden(void **state)
{
	static const struct {
		const char *name;
		writer write;
	} forms[] = {
		{ "terminal-targets.txt", grid_plain },
		{ "targets.html", report_html },
		{ "report-targets.md", report_markdown },
		{ "targets.github", report_github },
		{ "targets.sarif", report_sarif },
	};
	(void)state;
	struct view view = targets_view();
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		char *text = written(&view, forms[i].write);
		compare(forms[i].name, text);
		free(text);
	}
	targets_view_free(&view);
}

/* ---- the grid ---------------------------------------------------------------------------------------- */

/* The slot of a cell that runs: exactly one column, and in it the row with its link and load mode. */
static const struct bytarget_slot *slot_of(const struct bytarget *grid, const struct cell *cell)
{
	const struct bytarget_slot *found = NULL;
	for (size_t s = 0; s < grid->count; s++) {
		const struct bytarget_section *section = &grid->section[s];
		for (size_t i = 0; i < section->count * section->columns; i++) {
			const struct bytarget_row *row = &section->row[i / section->columns];
			const struct cell *column = section->column[i % section->columns].cell;
			int here = strcmp(column->arch, cell->arch) == 0 && strcmp(column->target, cell->target) == 0;
			if (here && row->mode == cell->mode && row->cgo == cell->cgo && row->links >> cell->link & 1 &&
			    row->loads >> cell->load & 1) {
				assert_null(found);
				found = &row->slot[i % section->columns];
			}
		}
	}
	return found;
}

static size_t rows_of(const struct bytarget *grid)
{
	size_t rows = 0;
	for (size_t s = 0; s < grid->count; s++)
		rows += grid->section[s].count;
	return rows;
}

/* Folded or not, every cell that runs has one place, and the letter there is its own. */
static void test_no_cell_is_lost(void **state)
{
	(void)state;
	struct view views[] = { targets_view(), targets_large(12, 6) };
	for (size_t v = 0; v < 2; v++) {
		size_t rows[2];
		for (int folded = 0; folded <= 1; folded++) {
			struct bytarget grid;
			bytarget_make(&views[v], folded, &grid);
			rows[folded] = rows_of(&grid);
			for (size_t i = 0; i < views[v].count; i++) {
				const struct cell_result *cell = &views[v].cells[i];
				if (cell->cell.load == LOAD_NONE)
					continue;
				const struct bytarget_slot *slot = slot_of(&grid, &cell->cell);
				assert_non_null(slot);
				assert_int_equal(slot->mark, mark_cell(cell));
				if (!folded)
					assert_ptr_equal(slot->cell, cell);
			}
			bytarget_free(&grid);
		}
		assert_true(rows[1] < rows[0] / 2);
		targets_view_free(&views[v]);
	}
}

static void test_sections(void **state)
{
	(void)state;
	struct view view = targets_view();
	struct bytarget grid;
	bytarget_make(&view, 1, &grid);
	assert_int_equal(grid.count, 2);
	assert_int_equal(grid.section[0].columns, 4);
	assert_int_equal(grid.section[0].kind, BYTARGET_TARGETS);
	assert_int_equal(grid.section[1].columns, 2);
	assert_int_equal(grid.section[1].kind, BYTARGET_PORTS);
	bytarget_free(&grid);
	targets_view_free(&view);
	/* one port of several that has one target: no joint section */
	view = targets_large(5, 2);
	bytarget_make(&view, 1, &grid);
	assert_int_equal(grid.count, 2);
	assert_int_equal(grid.section[1].kind, BYTARGET_TARGETS);
	char *title = bytarget_title(&grid.section[1]);
	assert_string_equal(title, "go1.27.4 linux/arch4 on qemu-arm64-4");
	free(title);
	bytarget_free(&grid);
	targets_view_free(&view);
	/* one target: the grid of linkers is drawn */
	view = targets_large(1, 2);
	assert_false(view_many_targets(&view));
	char *text = written(&view, grid_plain);
	assert_null(strstr(text, "targets\n"));
	assert_non_null(strstr(text, "on host-0\n"));
	free(text);
	targets_view_free(&view);
}

/* What runs was inspected as well: an inspection of its own shows only when something is wrong with it. */
static void test_inspected_only(void **state)
{
	static const char *const ids[] = { "go1.27.4/linux/amd64/exe/cgo0/internal@none",
		"go1.27.4/linux/amd64/exe/cgo0/internal@a:exec", "go1.27.4/linux/amd64/exe/cgo0/internal@b:exec",
		"go1.27.4/linux/amd64/pie/cgo0/internal@none" };
	struct check_result pass = { .id = (char[]){ "tls.access" } },
			    fail = {
				    .id = (char[]){ "tls.access" }, .status = STATUS_FAIL, .verdict = VERDICT_REGRESSED
			    };
	(void)state;
	for (int bad = 0; bad <= 1; bad++) {
		struct cell_result cells[4] = { { .check_count = 0 } };
		struct view view = { .cells = cells, .count = 4, .planned_cells = 4, .planned_checks = 4 };
		struct bytarget grid;
		for (size_t i = 0; i < 4; i++) {
			cells[i] = (struct cell_result){ .checks = i == 0 && bad ? &fail : &pass, .check_count = 1 };
			assert_int_equal(cell_parse(ids[i], &cells[i].cell, NULL), 0);
		}
		bytarget_make(&view, 1, &grid);
		assert_int_equal(grid.section[0].count, 2 + bad);
		assert_int_equal(grid.section[0].row[0].loads, 1u << (bad ? LOAD_NONE : LOAD_EXEC));
		bytarget_free(&grid);
	}
}

/* Linkers share a row when the columns of one are among those of the other, not when each has one of its own. */
static void test_columns_that_overlap(void **state)
{
	static const char *const ids[] = { "external@a:exec", "external@b:exec", "external-gold@b:exec",
		"external-gold@c:exec", "external-lld@b:exec" };
	struct check_result pass = { .id = (char[]){ "tls.access" } };
	struct cell_result cells[5] = { { .check_count = 0 } };
	struct view view = { .cells = cells, .count = 5, .planned_cells = 5, .planned_checks = 5 };
	struct bytarget grid;
	(void)state;
	for (size_t i = 0; i < 5; i++) {
		char *id = xprintf("go1.27.4/linux/amd64/exe/cgo1/%s", ids[i]);
		cells[i] = (struct cell_result){ .checks = &pass, .check_count = 1 };
		assert_int_equal(cell_parse(id, &cells[i].cell, NULL), 0);
		free(id);
	}
	bytarget_make(&view, 1, &grid);
	assert_int_equal(grid.section[0].columns, 3);
	assert_int_equal(grid.section[0].count, 2);
	assert_int_equal(grid.section[0].row[0].links | grid.section[0].row[1].links, 7u << LINK_EXTERNAL);
	assert_int_equal(grid.section[0].row[0].links & grid.section[0].row[1].links, 0);
	bytarget_free(&grid);
}

static void test_words(void **state)
{
	static const struct {
		unsigned links, loads;
		int all;
		const char *link, *load;
	} cases[] = {
		{ 1u << LINK_INTERNAL, 1u << LOAD_NONE, 0, "internal", "-" },
		{ 1u << LINK_INTERNAL | 1u << LINK_EXTERNAL, 1u << LOAD_NONE, 1, "all", "-" },
		{ 1u << LINK_EXTERNAL | 1u << LINK_EXTERNAL_MOLD, 1u << LOAD_EXEC, 0, "external +mold", "exec" },
		{ 1u << LINK_EXTERNAL_GOLD, 1u << LOAD_DLOPEN | 1u << LOAD_DLOPEN_LAZY, 0, "external-gold",
		    "dlopen dlopen-lazy" },
		{ 1u << LINK_INTERNAL | 1u << LINK_EXTERNAL | 1u << LINK_EXTERNAL_STATIC |
			1u << LINK_EXTERNAL_LLD_STATIC,
		    1u << LOAD_NEEDED | 0xfu << LOAD_DLOPEN | 1u << LOAD_DLMOPEN, 0,
		    "internal, external, external-static +lld", "needed dlopen* dlmopen" },
		{ 1u << LINK_EXTERNAL, 7u << LOAD_ARCHIVE, 0, "external", "archive*" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytarget_row row = {
			.links = cases[i].links, .loads = cases[i].loads, .all_links = cases[i].all
		};
		struct buf link = BUF_INIT, load = BUF_INIT;
		bytarget_links(&row, &link);
		bytarget_loads(&row, &load);
		assert_string_equal(link.data, cases[i].link);
		assert_string_equal(load.data, cases[i].load);
		buf_free(&link);
		buf_free(&load);
	}
}

/* Ten targets are read on a terminal of 80 columns, and the grid is one page long. */
static void test_ten_targets_in_eighty_columns(void **state)
{
	(void)state;
	struct view view = targets_large(14, 6); /* ten of linux/amd64, four emulators */
	char *text = written(&view, grid_plain);
	size_t lines = 0, longest = 0, length;
	assert_int_equal(strncmp(text, "go1.27.4 linux/amd64 on 10 targets\n", 35), 0);
	for (size_t at = 0; strncmp(text + at, "go1.27.4, 4 ports", 17) != 0; at += length + 1) {
		assert_int_not_equal(text[at], '\0');
		length = strcspn(text + at, "\n");
		longest = length > longest ? length : longest;
		lines++;
	}
	assert_in_range(longest, 40, 80);
	assert_in_range(lines, 20, 60);
	expect_narrow_ascii(text);
	free(text);
	targets_view_free(&view);
}

/* ---- what is told once ------------------------------------------------------------------------------- */

static void test_kinds_name_their_targets(void **state)
{
	(void)state;
	struct view view = targets_large(48, 40);
	struct kinds kinds;
	struct buf text = BUF_INIT;
	kinds_find(&view, KINDS_KNOWN, &kinds);
	assert_int_equal(kinds.count, 2);
	kind_targets(&view, &kinds.kind[0], &text);
	assert_string_equal(text.data,
	    "musl-1.2.6-3, musl-1.2.6-9, musl-1.2.6-15, musl-1.2.6-21, musl-1.2.6-27, musl-1.2.6-33 and 2 more");
	kinds_free(&kinds);
	buf_free(&text);
	targets_view_free(&view);
}

/* Skips that name their target are one kind, and a missing target is none of them. */
static void test_skips_are_told_once(void **state)
{
	static const struct {
		const char *reason, *told;
	} cases[] = {
		{ "no-tracer: target a: none", "no-tracer: none" },
		{ "no-tracer: target b: none", NULL },
		{ "no-ptrace: target b: none", "no-ptrace: none" },
		{ "no-tracer: none", "no-tracer: none" },
		{ "no class: target a: none", "no class: target a: none" },
		{ NULL, "no reason given" },
		{ "not-fetched: target a: none", "not-fetched: none" },
	};
	enum { CASES = sizeof cases / sizeof *cases };
	struct check_result checks_of[CASES] = { { .id = NULL } };
	struct cell_result cell = { .checks = checks_of, .check_count = CASES, .facts = json_object() };
	struct view view = { .cells = &cell, .count = 1 };
	struct kinds kinds;
	struct skips skips;
	(void)state;
	for (size_t i = 0; i < CASES; i++)
		checks_of[i] = (struct check_result){
			.id = (char[]){ "x" }, .status = STATUS_SKIP, .reason = (char *)cases[i].reason
		};
	kinds_find(&view, KINDS_SKIPPED, &kinds);
	size_t told = 0;
	for (size_t i = 0; i < CASES; i++)
		for (size_t k = 0; cases[i].told && k < kinds.count; k++) {
			struct buf text = BUF_INIT;
			kind_reason(&kinds.kind[k], &text);
			if (kinds.kind[k].results->check == &checks_of[i]) {
				assert_string_equal(text.data, cases[i].told);
				told++;
			}
			buf_free(&text);
		}
	assert_int_equal(told, CASES - 1);
	assert_int_equal(kinds.count, CASES - 1);
	kinds_free(&kinds);
	skips_find(&view, &skips);
	assert_int_equal(skips.count, 4);
	char *first = skip_name(&skips.class[0]);
	assert_string_equal(first, "no-tracer");
	assert_int_equal(skips.class[0].checks, 3);
	free(first);
	skips_free(&skips);
	/* all of a cell: nothing of it was judged */
	for (size_t i = 0; i < CASES; i++)
		checks_of[i].reason = (char *)cases[CASES - 1].reason;
	assert_int_equal(cell_outcome(&cell), OUTCOME_NOTARGET);
	assert_int_equal(mark_cell(&cell), MARK_NOTARGET);
	kinds_find(&view, KINDS_SKIPPED, &kinds);
	assert_int_equal(kinds.count, 0);
	kinds_free(&kinds);
	json_decref(cell.facts);
}

static void test_missing_targets(void **state)
{
	static const struct {
		const char *reason, *name;
	} cases[] = {
		{ "not-fetched: target glibc-2.31: libc6", "glibc-2.31" },
		{ "not-installed: target a: b", "a" },
		{ "no-tree: target osv: c", "osv" },
		{ "no-tracer: target a: b", NULL },
		{ "not-installed: clang", NULL },
		{ "not-installed: target : b", NULL },
		{ "not-installed: target a", NULL },
		{ "not-installed: target", NULL },
		{ "not-fetched", NULL },
		{ "", NULL },
		{ NULL, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct check_result check = { .status = STATUS_SKIP, .reason = (char *)cases[i].reason };
		size_t length = 0;
		const char *name = check_missing_target(&check, &length);
		if (cases[i].name == NULL) {
			assert_null(name);
			continue;
		}
		assert_int_equal(length, strlen(cases[i].name));
		assert_memory_equal(name, cases[i].name, length);
		check.status = STATUS_FAIL;
		assert_null(check_missing_target(&check, &length));
	}
}

static void test_facts(void **state)
{
	(void)state;
	struct view view = targets_view();
	struct facts facts;
	facts_find(&view, &facts);
	static const struct {
		const char *name;
		int common;
	} expected[] = {
		{ "page-size", 1 },
		{ "byte-order", 1 },
		{ "ie-dlopen", 0 },
		{ "initializer-in-dlopen", 0 },
		{ "static-tls-surplus", 0 },
		{ "odd | name", 0 },
	};
	assert_int_equal(facts.count, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < facts.count; i++) {
		assert_string_equal(facts.fact[i].name, expected[i].name);
		assert_int_equal(facts.fact[i].common, expected[i].common);
	}
	facts_free(&facts);
	/* what only the last one tells is not common either */
	view.target_count = 4;
	facts_find(&view, &facts);
	assert_string_equal(facts.fact[facts.count - 1].name, "odd | name");
	assert_int_equal(facts.fact[facts.count - 1].common, 0);
	facts_free(&facts);
	/* of one target there is nothing in common */
	view.target_count = 1;
	facts_find(&view, &facts);
	assert_int_equal(facts.fact[0].common, 0);
	facts_free(&facts);
	view.target_count = TARGETS_FEW;
	targets_view_free(&view);
}

/* ---- what nobody may overlook -------------------------------------------------------------------------- */

static void test_alarms(void **state)
{
	(void)state;
	struct check_result fixed = { .id = (char[]){ "tls.g.main" },
		.verdict = VERDICT_FIXED,
		.reason = (char[]){ "why \033[31m" } },
			    pass = { .id = fixed.id };
	struct cell_result cell = {
		.checks = &pass, .check_count = 1, .build_status = STATUS_PASS, .facts = json_object()
	};
	struct view_stale stale = { &targets_stale_rows[0], 0 };
	struct view view = { .cells = &cell, .count = 1, .planned_cells = 1, .planned_checks = 1, .complete = 1 };
	struct buf text = BUF_INIT;
	view_alarm(&view, &text);
	assert_string_equal(text.data, "");
	assert_int_equal(view_exit_code(&view), 0);
	view.stale = &stale;
	view.stale_count = 1;
	view_alarm(&view, &text);
	assert_ptr_equal(strstr(text.data, "STALE: KNOWN(\"target=musl-1.2.2 & mode=plugin\", "), text.data);
	assert_int_equal(view_exit_code(&view), 1);
	buf_clear(&text);
	view_verdict(&view, &text);
	assert_string_equal(text.data, "Nothing unexpected in 1 check of 1 cell. 1 stale row in known.def.");
	view.stale_count = 0;
	cell.checks = &fixed;
	buf_clear(&text);
	view_alarm(&view, &text);
	assert_string_equal(text.data,
	    "FIXED: 1 check passes in 1 cell although known.def excuses it, the first since \"why \\x1b[31m\": remove "
	    "or narrow the row.\n");
	assert_int_equal(view_exit_code(&view), 1);
	assert_int_equal(mark_cell(&cell), MARK_FIXED);
	buf_free(&text);
	json_decref(cell.facts);
}

/* The page says a text once; texts that share a slot of its table are not taken for one another. */
static void test_said(void **state)
{
	enum { TEXTS = 20000 };
	static struct cell cells[TEXTS];
	struct said *said = said_new();
	char text[32];
	(void)state;
	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < TEXTS; i++) {
			snprintf(text, sizeof text, "text %zu", i);
			const struct cell *first = said_by(said, text, &cells[i]);
			assert_ptr_equal(first, round ? &cells[i] : NULL);
		}
	said_free(said);
}

/* JSON and JUnit are for other programs: what they count is what is in them. */
static void test_machine_readable(void **state)
{
	(void)state;
	struct view view = targets_view();
	char *text = written(&view, report_json);
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *skips = json_object_get(json, "skips"), *class;
	const char *name;
	json_int_t skipped = 0;
	assert_non_null(json);
	json_object_foreach(skips, name, class) skipped += json_integer_value(class);
	assert_int_equal(skipped, json_integer_value(json_object_get(json_object_get(json, "counts"), "skip")));
	assert_int_equal(json_array_size(json_object_get(json, "targets")), TARGETS_FEW);
	for (size_t i = 0; i < TARGETS_FEW; i++) {
		json_t *target = json_array_get(json_object_get(json, "targets"), i),
		       *facts = json_object_get(target, "facts");
		assert_string_equal(json_string_value(json_object_get(target, "name")), targets_list[i].name);
		assert_int_equal(json_is_true(json_object_get(target, "believed")), targets_list[i].message == NULL);
		assert_true(view.targets[i].facts ? json_equal(facts, view.targets[i].facts) : json_is_null(facts));
	}
	assert_int_equal(json_array_size(json_object_get(json, "stale")), 2);
	assert_true(json_is_true(json_object_get(json, "full")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "outcomes"), "notarget")), 11);
	json_decref(json);
	free(text);
	text = written(&view, report_junit);
	char *tests = xprintf("tests=\"%zu\"", view.planned_checks + view.stale_count);
	assert_non_null(strstr(text, tests));
	assert_non_null(strstr(text, "<testsuite name=\"known.def\" tests=\"2\" failures=\"2\""));
	free(tests);
	free(text);
	targets_view_free(&view);
}

/* ---- a run of full size --------------------------------------------------------------------------------- */

enum { LARGE_TARGETS = 80, LARGE_CHECKS = 60, LARGE_CELLS = 4900, PAGE_BYTES = 9 << 20 };

static double cpu_seconds(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* 5,000 cells with 300,000 checks on 80 targets: what a person waits for, and what a browser must take (TLSMATRIX_LARGE
 * names a folder for tests/test_page.py).  Measured: 0.1, 0.3, 0.6 and 0.1 s; what takes longer than the limits, also
 * under sanitizers, grows in the square of the cells. */
static void test_large_run(void **state)
{
	static const struct {
		const char *name;
		writer write;
		double seconds;
		int kept;
	} forms[] = {
		{ "targets.txt", grid_plain, 2, 1 },
		{ "targets.html", report_html, 4, 1 },
		{ "targets.json", report_json, 8, 0 },
		{ "targets.md", report_markdown, 2, 1 },
	};
	(void)state;
	struct view view = targets_large(LARGE_TARGETS, LARGE_CHECKS);
	const char *folder = getenv("TLSMATRIX_LARGE");
	assert_in_range(view.count, LARGE_CELLS, 2 * LARGE_CELLS);
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		double start = cpu_seconds();
		char *text = written(&view, forms[i].write);
		double took = cpu_seconds() - start;
		if (took > forms[i].seconds)
			fail_msg("%s: %.2f s", forms[i].name, took);
		if (forms[i].write == grid_plain)
			expect_narrow_ascii(text);
		if (forms[i].write == report_html)
			assert_in_range(strlen(text), 1 << 20, PAGE_BYTES);
		char *path = folder && forms[i].kept ? xprintf("%s/%s", folder, forms[i].name) : NULL;
		FILE *out = path ? fopen(path, "wb") : NULL;
		assert_true(!path || (out && fputs(text, out) >= 0 && fclose(out) == 0));
		free(path);
		free(text);
	}
	targets_view_free(&view);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_no_cell_is_lost),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_inspected_only),
		cmocka_unit_test(test_columns_that_overlap),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_ten_targets_in_eighty_columns),
		cmocka_unit_test(test_kinds_name_their_targets),
		cmocka_unit_test(test_skips_are_told_once),
		cmocka_unit_test(test_missing_targets),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_alarms),
		cmocka_unit_test(test_said),
		cmocka_unit_test(test_machine_readable),
		cmocka_unit_test(test_large_run),
	};
	return cmocka_run_group_tests_name("reports of several targets", tests, NULL, NULL);
}
