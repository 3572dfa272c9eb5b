#include "tests/unit/unit.h"

#include "matrix/base/diag.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void test_sample_is_read(void **state)
{
	(void)state;
	const struct ports *ports = sample_ports(0);
	const struct port *linux_amd64 = ports_find(ports, "linux", "amd64"),
			  *plan9 = ports_find(ports, "plan9", "386");
	assert_non_null(linux_amd64);
	assert_int_equal(linux_amd64->modes, (1u << MODE_COUNT) - 1);
	assert_true(linux_amd64->cgo && linux_amd64->race && linux_amd64->msan && linux_amd64->asan &&
	    linux_amd64->internal_pie);
	assert_false(linux_amd64->external[0] || linux_amd64->external[1] || linux_amd64->default_pie);
	assert_non_null(plan9);
	assert_int_equal(plan9->modes, 1u << MODE_EXE);
	assert_false(plan9->cgo);
	assert_null(ports_find(ports, "linux", "vax"));
}

static void test_unknown_words_are_refused_by_line(void **state)
{
	static const struct {
		const char *text, *line;
	} cases[] = {
		{ "linux amd64 cgo=1\nlinux arm go=1\n", "t:2: 'go=1'" },
		{ "linux amd64 cgo=2", "t:1: 'cgo=2'" },
		{ "linux", "t:1: 'linux'" },
		{ " amd64 cgo=1", "t:1: ''" },
		{ "linux amd64 cgo=1 ", "t:1: ''" },
		{ "linux averyverylongarchitecture cgo=1", "t:1: " },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ports ports = { NULL, 77 };
		struct diag diag = DIAG_INIT;
		assert_int_equal(ports_parse("t", cases[i].text, &ports, &diag), -EINVAL);
		assert_ptr_equal(strstr(diag.line, cases[i].line), diag.line);
		assert_int_equal(ports.count, 77);
	}
}

static void test_nothing_is_no_port(void **state)
{
	(void)state;
	struct ports ports;
	assert_int_equal(ports_parse("t", "\n\n", &ports, NULL), 0);
	assert_int_equal(ports.count, 0);
	ports_free(&ports);
}

static void test_variants_belong_to_their_ports(void **state)
{
	static const struct {
		const char *id, *env, *flag;
	} cases[] = {
		{ "linux/arm.5", "GOARM=5", NULL },
		{ "linux/mips64le.softfloat", "GOMIPS64=softfloat", NULL },
		{ "linux/mips.softfloat", "GOMIPS=softfloat", NULL },
		{ "windows/amd64.race", NULL, "-race" },
		{ "freebsd/arm.5", NULL, NULL },
		{ "linux/arm", NULL, NULL },
		{ "linux/amd64.5", NULL, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char id[100];
		struct cell cell;
		snprintf(id, sizeof id, "go1.26.8/%s/exe/cgo0/internal@none", cases[i].id);
		assert_int_equal(cell_parse(id, &cell, NULL), 0);
		const struct variant *variant = variant_of(&cell);
		assert_int_equal(variant != NULL, cases[i].env || cases[i].flag);
		if (variant && cases[i].env)
			assert_string_equal(variant->env, cases[i].env);
		if (variant && cases[i].flag)
			assert_string_equal(variant->flag, cases[i].flag);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample_is_read),
		cmocka_unit_test(test_unknown_words_are_refused_by_line),
		cmocka_unit_test(test_nothing_is_no_port),
		cmocka_unit_test(test_variants_belong_to_their_ports),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
