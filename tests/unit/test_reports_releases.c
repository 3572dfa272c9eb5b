/* The reports of a run of several Go releases: a column for each, folded where nothing differs; since when something
 * is as it is. */
#include "tests/unit/golden.h"

#include "reports/bytarget.h"
#include "reports/releases.h"

#include <string.h>

enum { RELEASES = 4, CHECKS = 2, STILL = 7, CELLS = RELEASES + STILL };

static const char *const releases[RELEASES] = { "go1.6.4", "go1.7.1", "go1.8.7", "go1.9.7" };

/* What runs nowhere, and whether it is refused: two refusals of the oldest on the port that runs; a port whose PIE came
 * with 1.9; and one that came with 1.9 itself. */
static const struct {
	const char *id;
	int refused;
} still[STILL] = {
	{ "go1.6.4/linux/amd64/plugin/cgo1/external@none", 1 },
	{ "go1.7.1/linux/amd64/plugin/cgo1/external@none", 1 },
	{ "go1.8.7/freebsd/arm/exe/cgo0/internal@none", 0 },
	{ "go1.9.7/freebsd/arm/exe/cgo0/internal@none", 0 },
	{ "go1.8.7/freebsd/arm/pie/cgo0/internal@none", 1 },
	{ "go1.9.7/freebsd/arm/pie/cgo0/internal@none", 0 },
	{ "go1.9.7/openbsd/arm64/exe/cgo0/internal@none", 0 },
};

/* One cell in four releases: the second and third agree, the fourth is known to fail one check more.  What is still
 * follows. */
struct sample {
	struct check_result results[CELLS][CHECKS];
	struct cell_result cells[CELLS];
	struct view view;
};

static struct check_result result_of(const char *id, enum verdict verdict)
{
	return (struct check_result){ .id = (char *)id,
		.status = verdict == VERDICT_OK ? STATUS_PASS : STATUS_FAIL,
		.reason = verdict == VERDICT_OK ? NULL : (char *)"it was so then",
		.verdict = verdict };
}

static void sample_make(struct sample *sample)
{
	static const enum verdict verdicts[RELEASES][CHECKS] = { { VERDICT_KNOWN, VERDICT_OK },
		{ VERDICT_OK, VERDICT_OK }, { VERDICT_OK, VERDICT_OK }, { VERDICT_OK, VERDICT_KNOWN } };
	for (size_t i = 0; i < CELLS; i++) {
		const int is_still = i >= RELEASES, refused = is_still && still[i - RELEASES].refused;
		char *id = is_still ? xstrdup(still[i - RELEASES].id) :
				      xprintf("%s/linux/amd64/exe/cgo0/internal@host:exec", releases[i]);
		sample->cells[i] =
		    (struct cell_result){ .checks = sample->results[i], .check_count = is_still ? 1 : CHECKS };
		assert_int_equal(cell_parse(id, &sample->cells[i].cell, NULL), 0);
		free(id);
		for (size_t k = 0; k < CHECKS; k++)
			sample->results[i][k] = is_still ?
			    result_of(refused ? "build.refused" : "build.succeeds", VERDICT_OK) :
			    result_of(k ? "tls.aligns" : "build.succeeds", verdicts[i][k]);
		if (refused)
			sample->results[i][0].expected = (char *)"exit=1 \"buildmode=plugin not supported\"";
		cell_result_sum(&sample->cells[i]);
	}
	sample->view = (struct view){ .cells = sample->cells,
		.count = CELLS,
		.planned_cells = CELLS,
		.planned_checks = RELEASES * CHECKS + STILL };
}

static void test_releases_are_columns(void **state)
{
	struct sample sample;
	(void)state;
	sample_make(&sample);
	sample.view.count = RELEASES;
	assert_true(view_many_releases(&sample.view));
	assert_false(view_many_targets(&sample.view));
	for (int folded = 0; folded < 2; folded++) {
		struct bytarget grid;
		bytarget_make(&sample.view, folded, &grid);
		assert_int_equal(grid.count, 1);
		assert_int_equal(grid.section[0].kind, BYTARGET_RELEASES);
		assert_int_equal(grid.section[0].columns, folded ? 3 : 4);
		char *title = bytarget_title(&grid.section[0]),
		     *heading = bytarget_heading(&grid.section[0], &grid.section[0].column[1]);
		assert_string_equal(title, "linux/amd64 on host, Go 1.6.4 to 1.9.7");
		assert_string_equal(heading, folded ? "1.7.1..1.8.7" : "1.7.1");
		const struct bytarget_slot *slot = grid.section[0].row[0].slot;
		assert_int_equal(slot[0].mark, MARK_KNOWN);
		assert_int_equal(slot[1].mark, MARK_PASS);
		assert_int_equal(slot[folded ? 2 : 3].mark, MARK_KNOWN);
		free(heading);
		free(title);
		bytarget_free(&grid);
	}
	/* Two that are known for different reasons are two columns. */
	sample.cells[1] = sample.cells[3];
	snprintf(sample.cells[1].cell.go, sizeof sample.cells[1].cell.go, "go1.7.1");
	struct bytarget grid;
	bytarget_make(&sample.view, 1, &grid);
	assert_int_equal(grid.section[0].columns, 4);
	bytarget_free(&grid);
}

static void test_golden(void **state)
{
	struct sample sample;
	(void)state;
	sample_make(&sample);
	char *text = written(&sample.view, report_releases);
	compare("releases.md", text);
	free(text);
}

static void test_which_releases_it_holds_for(void **state)
{
	static const struct {
		unsigned holds; /* bit i: the release i */
		const char *words;
	} rows[] = { { 0, "" }, { 1, "1.6.4" }, { 3, "1.6.4, 1.7.1" }, { 7, "1.6.4..1.8.7" }, { 5, "1.6.4, 1.8.7" },
		{ 13, "1.6.4, 1.8.7, 1.9.7" }, { 14, "1.7.1..1.9.7" }, { 15, "all" } };
	struct sample sample;
	struct releases all;
	(void)state;
	sample_make(&sample);
	releases_find(&sample.view, &all);
	assert_int_equal(all.count, RELEASES);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf words = BUF_INIT;
		releases_clear(&all);
		for (size_t k = 0; k < RELEASES; k++)
			if (rows[i].holds >> k & 1)
				releases_hold(&all, &sample.cells[k].cell);
		releases_words(&all, &words);
		assert_string_equal(words.data, rows[i].words);
		buf_free(&words);
	}
	releases_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_releases_are_columns),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_which_releases_it_holds_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
