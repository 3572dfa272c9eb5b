#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/cell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int same(const struct cell *a, const struct cell *b)
{
	return cell_same_build(a, b) && strcmp(a->target, b->target) == 0 && a->load == b->load;
}

static void test_every_cell_survives_its_id(void **state)
{
	(void)state;
	for (size_t arch = 0; arch < UNIT_ARCHES; arch++) {
		struct cells cells = host_matrix(unit_arches[arch]);
		for (size_t i = 0; i < cells.count; i++) {
			char id[CELL_ID_MAX], again[CELL_ID_MAX];
			struct cell cell;
			struct diag diag = DIAG_INIT;
			cell_id(&cells.cell[i], id);
			assert_int_equal(cell_parse(id, &cell, &diag), 0);
			assert_string_equal(diag.line, "");
			assert_true(same(&cell, &cells.cell[i]));
			assert_string_equal(cell_id(&cell, again), id);
		}
		cells_free(&cells);
	}
}

static void test_every_axis_value_survives(void **state)
{
	(void)state;
	struct cell cell = {
		.go = "go1.22rc1", .os = "linux", .arch = "riscv64", .cgo = 1, .target = "glibc-2.31", .load = LOAD_EXEC
	};
	for (int mode = 0; mode < MODE_COUNT; mode++) {
		for (int link = 0; link < LINK_COUNT; link++) {
			for (int load = LOAD_NONE + 1; load < LOAD_COUNT; load++) {
				char id[CELL_ID_MAX];
				struct cell read;
				cell.mode = (enum mode)mode;
				cell.link = (enum link)link;
				cell.load = (enum load)load;
				assert_int_equal(cell_parse(cell_id(&cell, id), &read, NULL), 0);
				assert_true(same(&cell, &read));
			}
		}
	}
}

static void test_fields_land_where_they_belong(void **state)
{
	(void)state;
	struct cell cell;
	assert_int_equal(cell_parse("go1.27.4/linux/amd64/c-shared/cgo1/external@glibc-2.36:dlopen", &cell, NULL), 0);
	assert_string_equal(cell.go, "go1.27.4");
	assert_string_equal(cell.os, "linux");
	assert_string_equal(cell.arch, "amd64");
	assert_int_equal(cell.mode, MODE_C_SHARED);
	assert_int_equal(cell.cgo, 1);
	assert_int_equal(cell.link, LINK_EXTERNAL);
	assert_string_equal(cell.target, "glibc-2.36");
	assert_int_equal(cell.load, LOAD_DLOPEN);
	assert_int_equal(cell_parse("go1.27.4/linux/amd64/c-shared/cgo0/internal@none", &cell, NULL), 0);
	assert_int_equal(cell.cgo, 0);
	assert_string_equal(cell.target, "none");
	assert_int_equal(cell.load, LOAD_NONE);
}

static void test_malformed_ids_are_refused_with_a_reason(void **state)
{
	static const struct {
		const char *id, *reason;
	} bad[] = {
		{ "", "the Go release is missing" },
		{ "go1.27.4", "is not followed by '/'" },
		{ "1.27.4/linux/amd64/exe/cgo0/internal@host:exec", "is not a Go release" },
		{ "gone/linux/amd64/exe/cgo0/internal@host:exec", "is not a Go release" },
		{ "go1.27.4/linux/amd64", "is not followed by '/'" },
		{ "go1.27.4//amd64/exe/cgo0/internal@host:exec", "GOOS is missing at column 10" },
		{ "go1.27.4/linux-but-much-too-long/amd64/exe/cgo0/internal@host:exec", "longer than 15" },
		{ "go1.27.4/linux/amd 64/exe/cgo0/internal@host:exec", "may hold only" },
		{ "go1.27.4/linux/amd64/c-shred/cgo0/internal@host:exec", "did you mean 'c-shared'?" },
		{ "go1.27.4/linux/amd64/zzzz/cgo0/internal@host:exec", "known: exe pie" },
		{ "go1.27.4/linux/amd64/exe/cgo2/internal@host:exec", "neither cgo0 nor cgo1" },
		{ "go1.27.4/linux/amd64/exe/cgo/internal@host:exec", "neither cgo0 nor cgo1" },
		{ "go1.27.4/linux/amd64/exe/cgo0/external-mould@host:exec", "did you mean 'external-mold'?" },
		{ "go1.27.4/linux/amd64/exe/cgo0/internal/host:exec", "is not followed by '@'" },
		{ "go1.27.4/linux/amd64/exe/cgo0/internal@", "the target is missing" },
		{ "go1.27.4/linux/amd64/exe/cgo0/internal@host", "is not followed by ':'" },
		{ "go1.27.4/linux/amd64/exe/cgo0/internal@host:", "load mode is missing" },
		{ "go1.27.4/linux/amd64/exe/cgo0/internal@host:exce", "did you mean 'exec'?" },
		{ "go1.27.4/linux/amd64/exe/cgo0/internal@host:none", "unknown load mode 'none'" },
		{ "go1.27.4/linux/amd64/exe/cgo0/internal@none:exec", "target none takes no load mode" },
		{ "go1.27.4/linux/amd64/exe/cgo0/internal@host:exec:x", "the id goes on" },
		{ "go1.27.4/linux/amd64/exe/cgo0/internal@none ", "may hold only" },
		{ "go1.27.4/linux/amd64/exe/cgo0/internal@host:exec\n", "may hold only" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct diag diag = DIAG_INIT;
		struct cell cell, untouched;
		memset(&cell, 0x5a, sizeof cell);
		untouched = cell;
		assert_int_equal(cell_parse(bad[i].id, &cell, &diag), -EINVAL);
		if (!strstr(diag.line, bad[i].reason))
			fail_msg("'%s' gives '%s', not '%s'", bad[i].id, diag.line, bad[i].reason);
		assert_null(strchr(diag.line, '\n'));
		assert_memory_equal(&cell, &untouched, sizeof cell);
	}
}

static void test_a_piece_of_an_id_is_no_id(void **state)
{
	static const char id[] = "go1.27.4/linux/amd64/c-shared/cgo1/external@glibc-2.36:preload";
	(void)state;
	for (size_t len = 0; len < strlen(id); len++) {
		char piece[sizeof id] = "";
		struct cell cell;
		memcpy(piece, id, len);
		assert_int_equal(cell_parse(piece, &cell, NULL), -EINVAL);
	}
}

static void test_longest_id_fits(void **state)
{
	(void)state;
	struct cell cell = {
		.mode = MODE_C_ARCHIVE, .cgo = 1, .link = LINK_EXTERNAL_GOLD_STATIC, .load = LOAD_DLOPEN_LAZY_GLOBAL
	};
	struct cell read;
	char id[CELL_ID_MAX];
	strcpy(cell.go, "go123456.123456.123456");
	memset(cell.os, 'o', sizeof cell.os - 1);
	memset(cell.arch, 'a', sizeof cell.arch - 1);
	memset(cell.target, 't', sizeof cell.target - 1);
	assert_int_equal(cell_parse(cell_id(&cell, id), &read, NULL), 0);
	assert_true(same(&cell, &read));
}

static void test_link_facts(void **state)
{
	(void)state;
	for (int link = 0; link < LINK_COUNT; link++) {
		const char *name = link_name((enum link)link), *linker = link_linker((enum link)link);
		assert_int_equal(link_is_external((enum link)link), strncmp(name, "external", 8) == 0);
		assert_int_equal(link_is_static((enum link)link), strstr(name, "-static") != NULL);
		assert_true(*linker == '\0' ? strlen(name) == 8 || strcmp(name, "external-static") == 0 :
					      strstr(name, linker) != NULL);
	}
}

static void test_same_build_looks_at_the_build_alone(void **state)
{
	(void)state;
	struct cell a = { .go = "go1.22",
		.os = "linux",
		.arch = "amd64",
		.mode = MODE_C_SHARED,
		.cgo = 1,
		.link = LINK_EXTERNAL,
		.target = "host",
		.load = LOAD_DLOPEN },
		    b = a;
	b.load = LOAD_NEEDED;
	strcpy(b.target, "musl-1.2.6");
	assert_true(cell_same_build(&a, &b));
	struct cell other[] = { a, a, a, a, a, a, a };
	strcpy(other[0].go, "go1.22.1");
	strcpy(other[1].os, "freebsd");
	strcpy(other[2].arch, "arm64");
	other[3].mode = MODE_PLUGIN;
	other[4].cgo = 0;
	other[5].link = LINK_EXTERNAL_LLD;
	strcpy(other[6].variant, "v3");
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		assert_false(cell_same_build(&a, &other[i]));
}

static void test_variants(void **state)
{
	(void)state;
	static const char *const bad[] = { "linux/arm./exe", "linux/.5/exe", "linux/amd64.averyverylongvariant/exe" };
	struct cell cell;
	char id[CELL_ID_MAX], arch[32];
	const char *const whole = "go1.26.8/linux/arm.7-softfloat/exe/cgo0/internal@none";
	assert_int_equal(cell_parse(whole, &cell, NULL), 0);
	assert_string_equal(cell.arch, "arm");
	assert_string_equal(cell.variant, "7-softfloat");
	assert_string_equal(cell_arch(&cell, arch), "arm.7-softfloat");
	assert_string_equal(cell_id(&cell, id), whole);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct diag diag = DIAG_INIT;
		snprintf(id, sizeof id, "go1.26.8/%s/cgo0/internal@none", bad[i]);
		assert_int_equal(cell_parse(id, &cell, &diag), -EINVAL);
		assert_non_null(strstr(diag.line, "GOARCH"));
	}
}

static void test_expand(void **state)
{
	(void)state;
	struct cell cell;
	struct buf out = BUF_INIT;
	assert_int_equal(cell_parse("go1.26.8/linux/arm.5/c-shared/cgo0/internal@none", &cell, NULL), 0);
	cell_expand(&cell, "-buildmode=$MODE on $OS/$ARCH; $GOARCH $", &out);
	assert_string_equal(out.data, "-buildmode=c-shared on linux/arm; $GOARCH $");
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cell_survives_its_id),
		cmocka_unit_test(test_every_axis_value_survives),
		cmocka_unit_test(test_fields_land_where_they_belong),
		cmocka_unit_test(test_malformed_ids_are_refused_with_a_reason),
		cmocka_unit_test(test_a_piece_of_an_id_is_no_id),
		cmocka_unit_test(test_longest_id_fits),
		cmocka_unit_test(test_link_facts),
		cmocka_unit_test(test_same_build_looks_at_the_build_alone),
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_expand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
