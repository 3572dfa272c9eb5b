#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
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

/* plan.json holds the lines that port_print makes. */
static void test_a_printed_port_is_read_back(void **state)
{
	(void)state;
	for (size_t sample = 0; sample < SAMPLES; sample++) {
		const struct ports *ports = sample_ports(sample);
		struct ports read;
		struct buf lines = BUF_INIT;
		for (size_t i = 0; i < ports->count; i++) {
			port_print(&ports->port[i], &lines);
			buf_add(&lines, "\n");
		}
		assert_int_equal(ports_parse("printed", lines.data, &read, NULL), 0);
		assert_int_equal(read.count, ports->count);
		/* Both were zero before they were filled, and port has no holes but behind its names. */
		for (size_t i = 0; i < read.count; i++)
			assert_memory_equal(&read.port[i], &ports->port[i], sizeof *read.port);
		ports_free(&read);
		buf_free(&lines);
	}
}

/* One fact at a time, since no release has them all in all ways. */
static void test_each_fact_of_a_port_is_printed(void **state)
{
	static const char *const facts[] = { "cgo=1", "race=1", "msan=1", "asan=1", "external=1", "external-cgo=1",
		"internal-pie=1", "default-pie=1", "race-pie=1", "modes=exe", "modes=pie", "modes=c-archive",
		"modes=c-shared", "modes=shared", "modes=plugin", "modes=pie,plugin" };
	(void)state;
	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		char line[64];
		struct ports ports, read;
		struct buf printed = BUF_INIT;
		snprintf(line, sizeof line, "linux amd64 %s", facts[i]);
		assert_int_equal(ports_parse("t", line, &ports, NULL), 0);
		port_print(ports.port, &printed);
		assert_non_null(strstr(printed.data, facts[i]));
		assert_int_equal(ports_parse("printed", printed.data, &read, NULL), 0);
		assert_memory_equal(read.port, ports.port, sizeof *read.port);
		ports_free(&ports);
		ports_free(&read);
		buf_free(&printed);
	}
}

/* A cell without a row keeps none: an old release may have a port that the new one has not. */
static void test_a_port_is_attached_by_its_name(void **state)
{
	(void)state;
	const struct ports *ports = sample_ports(0);
	struct cell cell;
	assert_int_equal(cell_parse("go1.26.8/linux/arm.5/exe/cgo0/internal@none", &cell, NULL), 0);
	ports_attach(ports, &cell);
	assert_ptr_equal(cell.port, ports_find(ports, "linux", "arm"));
	assert_non_null(cell.port);
	strcpy(cell.os, "hurd");
	ports_attach(ports, &cell);
	assert_null(cell.port);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample_is_read),
		cmocka_unit_test(test_unknown_words_are_refused_by_line),
		cmocka_unit_test(test_nothing_is_no_port),
		cmocka_unit_test(test_variants_belong_to_their_ports),
		cmocka_unit_test(test_a_printed_port_is_read_back),
		cmocka_unit_test(test_each_fact_of_a_port_is_printed),
		cmocka_unit_test(test_a_port_is_attached_by_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
