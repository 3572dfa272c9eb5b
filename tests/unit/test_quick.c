#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "runner/schedule/quick.h"

#include <stdlib.h>
#include <string.h>

/* ---- plans made by hand: the checks are the first of checks.def, one for each letter --------------------------- */

#define GO "go1.26.8/linux/amd64/"
#define EXEC GO "exe/cgo1/internal@host:exec"

struct row { const char *id, *checks; };

static void plan_row(const struct row *row, struct plan_cell *cell)
{
	memset(cell, 0, sizeof(*cell));
	assert_int_equal(cell_parse(row->id, &cell->cell, NULL), 0);
	cell->checks = xcalloc(checks_count, sizeof(*cell->checks));
	for (const char *p = row->checks; *p; p++)
		cell->checks[cell->count++] = &checks[*p - 'a'];
}

static void free_cells(struct plan_cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(cells[i].checks);
}

/* Which are chosen: "#" and "." in the order of the rows. */
static void choose(const struct row *rows, size_t count, const char *expected)
{
	struct plan_cell cells[16];
	char chosen[17] = "";
	assert_int_equal(strlen(expected), count);
	for (size_t i = 0; i < count; i++)
		plan_row(&rows[i], &cells[i]);
	memset(chosen, 2, count); /* whatever stood there */
	quick_choose(cells, count, chosen);
	for (size_t i = 0; i < count; i++)
		chosen[i] = chosen[i] == 1 ? '#' : chosen[i] == 0 ? '.' : '?';
	assert_string_equal(chosen, expected);
	free_cells(cells, count);
}

#define CHOOSE(expected, ...) \
	do { \
		const struct row rows[] = { __VA_ARGS__ }; \
		choose(rows, sizeof rows / sizeof *rows, expected); \
	} while (0)

static void test_few_that_make_all(void **state)
{
	(void)state;
	quick_choose(NULL, 0, NULL);
	CHOOSE("#", { EXEC, "a" });
	CHOOSE("..#", { EXEC, "ab" }, { EXEC, "bc" }, { EXEC, "abcd" });
	CHOOSE("#.#", { EXEC, "abc" }, { EXEC, "bc" }, { EXEC, "cd" });
	/* abcd makes most, and what it leaves takes both others, which make all without it. */
	CHOOSE("##.", { EXEC, "abe" }, { EXEC, "cdf" }, { EXEC, "abcd" });
	CHOOSE(".##", { EXEC, "abcd" }, { EXEC, "abe" }, { EXEC, "cdf" });
}

/* Each check takes its time; then the order of the plan decides. */
static void test_ties(void **state)
{
	(void)state;
	CHOOSE("#..", { EXEC, "ab" }, { EXEC, "ab" }, { EXEC, "ab" });
	CHOOSE("#..#", { EXEC, "abcd" }, { EXEC, "abce" }, { EXEC, "ae" }, { EXEC, "e" });
	CHOOSE("#.#", { EXEC, "abcd" }, { EXEC, "abe" }, { EXEC, "ae" });
}

static void test_each_target_release_and_port(void **state)
{
	(void)state;
	CHOOSE("#.##", { EXEC, "ab" }, { EXEC, "b" }, { GO "exe/cgo1/internal@musl-1.2.5:exec", "ab" },
	    { "go1.21.13/linux/amd64/exe/cgo1/internal@host:exec", "ab" });
	CHOOSE("##.#", { GO "exe/cgo0/internal@none", "ab" }, { "go1.26.8/linux/arm/exe/cgo0/internal@none", "ab" },
	    { "go1.26.8/linux/arm.5/exe/cgo0/internal@none", "ab" },
	    { "go1.26.8/freebsd/arm/exe/cgo0/internal@none", "ab" });
	/* What only the other target plans is asked of the other target alone. */
	CHOOSE("#.#", { EXEC, "ab" }, { EXEC, "b" }, { GO "exe/cgo1/internal@musl-1.2.5:exec", "c" });
}

/* A row of the grid: buildmode, CGO_ENABLED and load mode, of what runs. */
static void test_each_way_to_load(void **state)
{
	(void)state;
	CHOOSE(
	    "##", { GO "c-shared/cgo1/external@host:dlopen", "ab" }, { GO "c-shared/cgo1/external@host:preload", "a" });
	CHOOSE("##", { GO "exe/cgo1/internal@host:exec", "ab" }, { GO "pie/cgo1/internal@host:exec", "a" });
	CHOOSE("##", { GO "exe/cgo1/internal@host:exec", "ab" }, { GO "exe/cgo0/internal@host:exec", "a" });
	CHOOSE("#.", { GO "exe/cgo1/external@host:exec", "ab" }, { GO "exe/cgo1/external-lld@host:exec", "ab" });
	CHOOSE("#.", { GO "exe/cgo1/external@none", "ab" }, { GO "pie/cgo0/external@none", "a" });
	/* Of a way that is wanted for itself, the cell with the fewest checks. */
	CHOOSE("#.#", { GO "exe/cgo1/external@host:exec", "abc" }, { GO "pie/cgo1/external@host:exec", "abc" },
	    { GO "pie/cgo1/external-lld@host:exec", "ab" });
}

/* ---- the real matrix ------------------------------------------------------------------------------------------- */

static struct plan_cell *planned_in(const struct cells *list)
{
	struct plan_cell *cells = xcalloc(list->count, sizeof(*cells));
	for (size_t i = 0; i < list->count; i++) {
		cells[i].cell = list->cell[i];
		cells[i].checks = xcalloc(checks_count, sizeof(*cells[i].checks));
		for (size_t k = 0; k < checks_count; k++)
			if (check_planned(&checks[k], &cells[i].cell))
				cells[i].checks[cells[i].count++] = &checks[k];
	}
	return cells;
}

/* "RELEASE TARGET GOOS/GOARCH CHECK", and the same of ways: what a cell makes, in the words of the header. */
static char *made(const struct plan_cell *cell, size_t k)
{
	const struct cell *c = &cell->cell;
	if (k < cell->count)
		return xprintf("%s %s %s/%s %s", c->go, c->target, c->os, c->arch, cell->checks[k]->id);
	if (c->load == LOAD_NONE)
		return NULL;
	return xprintf(
	    "%s %s %s/%s %s %d %s", c->go, c->target, c->os, c->arch, mode_name(c->mode), c->cgo, load_name(c->load));
}

/* All that the cells with keep[i] make, but for cell but: a set of names. */
static json_t *all_made(const struct plan_cell *cells, size_t count, const char *keep, size_t but)
{
	json_t *set = json_object();
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; i != but && (!keep || keep[i]) && k <= cells[i].count; k++) {
			char *name = made(&cells[i], k);
			if (name)
				json_object_set_new(set, name, json_null());
			free(name);
		}
	}
	return set;
}

static void assert_good_choice(const struct plan_cell *cells, size_t count)
{
	char *chosen = xcalloc(count, 1), *again = xcalloc(count, 1);
	quick_choose(cells, count, chosen);
	quick_choose(cells, count, again);
	assert_memory_equal(chosen, again, count);
	json_t *all = all_made(cells, count, NULL, count), *by_chosen = all_made(cells, count, chosen, count);
	assert_true(json_object_size(all) > 0);
	assert_true(json_equal(all, by_chosen));
	/* None of them is there for nothing. */
	for (size_t i = 0; i < count; i++) {
		json_t *others = chosen[i] ? all_made(cells, count, chosen, i) : NULL;
		assert_true(!others || json_object_size(others) < json_object_size(all));
		json_decref(others);
	}
	json_decref(by_chosen);
	json_decref(all);
	free(again);
	free(chosen);
}

static void assert_good_for(struct cells *list)
{
	struct plan_cell *cells = planned_in(list);
	assert_good_choice(cells, list->count);
	free_cells(cells, list->count);
	free(cells);
	cells_free(list);
}

static void test_the_matrix(void **state)
{
	(void)state;
	for (size_t i = 0; i < UNIT_ARCHES; i++) {
		struct cells list = host_matrix(unit_arches[i]);
		assert_good_for(&list);
	}
	for (size_t i = 0; i < OLDER_RELEASES; i++) {
		struct cells list = host_matrix_of(older_releases[i], "amd64");
		assert_good_for(&list);
	}
	struct cells list = target_list(0);
	assert_good_for(&list);
}

/* Whatever a filter may select: any cells of the whole list, in any order, some of them twice. */
static void test_parts_of_the_matrix(void **state)
{
	(void)state;
	struct cells list = target_list(0);
	struct plan_cell *cells = planned_in(&list), part[60];
	unsigned seed = 1;
	for (size_t round = 0; round < 100; round++) {
		size_t count = 1 + round % 60;
		for (size_t i = 0; i < count; i++) {
			seed = seed * 1103515245u + 12345u;
			part[i] = cells[(seed >> 8) % list.count];
		}
		assert_good_choice(part, count);
	}
	free_cells(cells, list.count);
	free(cells);
	cells_free(&list);
}

/* ---- the plan -------------------------------------------------------------------------------------------------- */

static void test_what_is_left_of_a_plan(void **state)
{
	static const struct row rows[] = { { EXEC, "ab" }, { EXEC, "abc" }, { GO "exe/cgo1/external@none", "d" } };
	struct plan plan = { .cells = xcalloc(3, sizeof(*plan.cells)), .count = 3, .checks = 6, .full = 1 };
	char *told = NULL, hash[HASH_HEX];
	size_t len;
	(void)state;
	for (size_t i = 0; i < 3; i++)
		plan_row(&rows[i], &plan.cells[i]);
	FILE *stream = open_memstream(&told, &len);
	quick_plan(&plan, stream);
	assert_int_equal(plan.count, 2);
	assert_int_equal(plan.checks, 4);
	assert_int_equal(plan.cells[0].count, 3);
	assert_false(plan.full);
	memcpy(hash, plan.hash, sizeof(hash));
	/* A plan of which everything is needed stays what it is: full as well. */
	plan.full = 1;
	quick_plan(&plan, stream);
	fclose(stream);
	assert_true(plan.full);
	assert_string_equal(plan.hash, hash);
	assert_string_equal(told,
	    "quick: 2 of 3 cells make all checks (4) and take all ways to load (1)\n"
	    "quick: 2 of 2 cells make all checks (4) and take all ways to load (1)\n");
	free(told);
	plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few_that_make_all),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_each_target_release_and_port),
		cmocka_unit_test(test_each_way_to_load),
		cmocka_unit_test(test_the_matrix),
		cmocka_unit_test(test_parts_of_the_matrix),
		cmocka_unit_test(test_what_is_left_of_a_plan),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
