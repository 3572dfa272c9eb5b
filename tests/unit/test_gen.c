#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/check.h"
#include "matrix/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_ids(const void *a, const void *b) { return strcmp(a, b); }

static void test_ids_are_unique(void **state)
{
	(void)state;
	struct cells cells = host_matrix("amd64");
	char (*ids)[CELL_ID_MAX] = calloc(cells.count, sizeof *ids);
	assert_non_null(ids);
	for (size_t i = 0; i < cells.count; i++)
		cell_id(&cells.cell[i], ids[i]);
	qsort(ids, cells.count, sizeof *ids, compare_ids);
	for (size_t i = 1; i < cells.count; i++)
		assert_string_not_equal(ids[i - 1], ids[i]);
	free(ids);
	cells_free(&cells);
}

/* exe, pie: internal, 4 linkers, 4 static ones; the rest internal and 4 linkers. With cgo each takes
 * its load modes but for internal linking of a library and gold's static-pie, which are refused; without cgo an
 * internally linked program is all that builds. */
static void test_counts(void **state)
{
	static const struct {
		enum mode mode;
		size_t loads, refused;
	} modes[] = {
		{ MODE_EXE, 9 + 1, 8 },
		{ MODE_PIE, 8 + 1, 1 + 8 },
		{ MODE_C_ARCHIVE, 4 * 3, 1 + 5 },
		{ MODE_C_SHARED, 4 * 7, 1 + 5 },
		{ MODE_SHARED, 4, 1 + 5 },
		{ MODE_PLUGIN, 4, 1 + 5 },
	};
	(void)state;
	struct cells cells = host_matrix("amd64");
	size_t total = 0;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		size_t loads = 0, refused = 0;
		for (size_t k = 0; k < cells.count; k++) {
			if (cells.cell[k].mode != modes[i].mode)
				continue;
			*(cells.cell[k].load == LOAD_NONE ? &refused : &loads) += 1;
		}
		assert_int_equal(loads, modes[i].loads);
		assert_int_equal(refused, modes[i].refused);
		total += loads + refused;
	}
	assert_int_equal(total, cells.count);
	cells_free(&cells);
}

static void test_refused_builds_run_nowhere_and_others_do(void **state)
{
	(void)state;
	struct cells cells = host_matrix("arm64");
	for (size_t i = 0; i < cells.count; i++) {
		struct buf message = BUF_INIT;
		const char *source;
		int refused = support_refused(&cells.cell[i], &message, &source);
		buf_free(&message);
		assert_int_equal(refused != 0, cells.cell[i].load == LOAD_NONE);
		assert_string_equal(cells.cell[i].target, refused ? "none" : "host");
		assert_string_equal(cells.cell[i].arch, "arm64");
	}
	cells_free(&cells);
}

static int rank(const struct cell *cell)
{
	return (((int)cell->mode * 2 + cell->cgo) * LINK_COUNT + (int)cell->link) * LOAD_COUNT + (int)cell->load;
}

static void test_order_is_that_of_the_enums(void **state)
{
	(void)state;
	struct cells cells = host_matrix("amd64");
	for (size_t i = 1; i < cells.count; i++)
		assert_true(rank(&cells.cell[i - 1]) < rank(&cells.cell[i]));
	cells_free(&cells);
}

static void test_only_present_linkers(void **state)
{
	(void)state;
	const struct gen_axes axes = { .go = "go1.22",
		.os = "linux",
		.arch = "amd64",
		.target = "host",
		.links = 1u << LINK_INTERNAL | 1u << LINK_EXTERNAL_MOLD };
	const struct gen_axes none = { .go = "go1.22", .os = "linux", .arch = "amd64", .target = "host", .links = 0 };
	struct cells cells;
	assert_int_equal(gen_cells(&axes, &cells), 0);
	size_t internal = 0, mold = 0;
	for (size_t i = 0; i < cells.count; i++)
		*(cells.cell[i].link == LINK_INTERNAL ? &internal : &mold) += 1;
	assert_int_equal(internal, 4 + 4 * 2);
	assert_int_equal(mold, 2 * (1 + 1) + (3 + 7 + 1 + 1) + 4);
	for (size_t i = 0; i < cells.count; i++)
		assert_true(cells.cell[i].link == LINK_INTERNAL || cells.cell[i].link == LINK_EXTERNAL_MOLD);
	cells_free(&cells);
	assert_int_equal(gen_cells(&none, &cells), 0);
	assert_int_equal(cells.count, 0);
	cells_free(&cells);
}

static void test_target_none_builds_once(void **state)
{
	(void)state;
	const struct gen_axes axes = {
		.go = "go1.22", .os = "linux", .arch = "amd64", .target = "none", .links = (1u << LINK_COUNT) - 1
	};
	struct cells cells;
	assert_int_equal(gen_cells(&axes, &cells), 0);
	assert_int_equal(cells.count, 2 * 2 * 9 + 4 * 2 * 5);
	for (size_t i = 0; i < cells.count; i++) {
		assert_int_equal(cells.cell[i].load, LOAD_NONE);
		if (i)
			assert_false(cell_same_build(&cells.cell[i - 1], &cells.cell[i]));
	}
	cells_free(&cells);
}

static void test_loads(void **state)
{
	static const struct {
		enum mode mode;
		size_t count;
		enum load first, last;
	} modes[MODE_COUNT] = {
		{ MODE_EXE, 1, LOAD_EXEC, LOAD_EXEC },
		{ MODE_PIE, 1, LOAD_EXEC, LOAD_EXEC },
		{ MODE_SHARED, 1, LOAD_EXEC, LOAD_EXEC },
		{ MODE_C_ARCHIVE, 3, LOAD_ARCHIVE, LOAD_ARCHIVE_SO },
		{ MODE_C_SHARED, 8, LOAD_NEEDED, LOAD_GOMAIN },
		{ MODE_PLUGIN, 1, LOAD_PLUGIN, LOAD_PLUGIN },
	};
	(void)state;
	for (size_t i = 0; i < MODE_COUNT; i++) {
		for (int link = 0; link < LINK_COUNT; link++) {
			enum load loads[LOAD_COUNT];
			const struct cell cell = {
				.go = "go1.26.8", .os = "linux", .mode = modes[i].mode, .link = (enum link)link
			};
			size_t count = gen_loads(&cell, loads);
			int program = modes[i].mode == MODE_EXE || modes[i].mode == MODE_PIE;
			if (link_is_static((enum link)link) && !program) {
				assert_int_equal(count, 0);
				continue;
			}
			assert_int_equal(count, modes[i].count);
			assert_int_equal(loads[0], modes[i].first);
			assert_int_equal(loads[count - 1], modes[i].last);
		}
	}
}

/* What belongs to one port or variant of the whole list. */
static size_t count_where(const struct cells *cells, const char *where)
{
	size_t count = 0;
	for (size_t i = 0; i < cells->count; i++) {
		const struct filter_subject subject = { &cells->cell[i], NULL, NULL, NULL };
		count += (size_t)filter_text_match(where, &subject);
	}
	return count;
}

/* Six buildmodes, two CGO_ENABLED, two link modes for every port but the host's, which has its matrix. */
static void test_every_port_is_there(void **state)
{
	(void)state;
	struct cells cells = whole_list(0, "amd64"), host = host_matrix("amd64");
	const struct ports *ports = sample_ports(0);
	assert_true(ports->count > 40);
	for (size_t i = 0; i < ports->count; i++) {
		char where[100];
		int is_host = strcmp(ports->port[i].os, "linux") == 0 && strcmp(ports->port[i].arch, "amd64") == 0;
		snprintf(where, sizeof where, "os=%s & arch=%s & !arch=*.*", ports->port[i].os, ports->port[i].arch);
		assert_int_equal(count_where(&cells, where), is_host ? host.count : 6 * 2 * 2);
	}
	for (size_t i = host.count; i < cells.count; i++) {
		assert_string_equal(cells.cell[i].target, "none");
		assert_ptr_equal(cells.cell[i].port, ports_find(ports, cells.cell[i].os, cells.cell[i].arch));
		assert_int_equal(*cells.cell[i].variant != '\0', variant_of(&cells.cell[i]) != NULL);
	}
	cells_free(&host);
	cells_free(&cells);
}

/* A variant adds what its port can build, and of a sanitizer that is not there one refusal. */
static void test_variants_say_something_of_their_own(void **state)
{
	(void)state;
	struct cells cells = whole_list(0, "amd64");
	assert_int_equal(count_where(&cells, "os=linux & arch=amd64.v3"), 3 + 3 + 4);
	assert_int_equal(count_where(&cells, "os=linux & arch=mips.softfloat"), 1 + 1);
	assert_int_equal(count_where(&cells, "os=plan9 & arch=arm.race"), 1);
	assert_int_equal(count_where(&cells, "os=linux & arch=386.race"), 1);
	assert_int_equal(count_where(&cells, "os=freebsd & arch=*.5"), 0);
	cells_free(&cells);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ids_are_unique),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_refused_builds_run_nowhere_and_others_do),
		cmocka_unit_test(test_order_is_that_of_the_enums),
		cmocka_unit_test(test_only_present_linkers),
		cmocka_unit_test(test_target_none_builds_once),
		cmocka_unit_test(test_loads),
		cmocka_unit_test(test_every_port_is_there),
		cmocka_unit_test(test_variants_say_something_of_their_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
