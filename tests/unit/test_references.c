#include "tests/unit/unit.h"

#include "matrix/check.h"
#include "matrix/known.h"
#include "matrix/references.h"

#include <stdio.h>
#include <string.h>

/* Every "#10" that a table cites as a word of its own is in the list. */
static void assert_resolves(const char *of, const char *source)
{
	for (const char *at = strchr(source, '#'); at; at = strchr(at + 1, '#')) {
		size_t digits = strspn(at + 1, "0123456789");
		if (!digits || (at > source && !strchr(" (,;", at[-1])))
			continue;
		if (!reference_find(at, 1 + digits))
			print_error(
			    "%s: %.*s in \"%s\" is in no row of references.def\n", of, (int)(1 + digits), at, source);
		assert_non_null(reference_find(at, 1 + digits));
	}
}

static void test_what_tables_cite_is_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < checks_count; i++) {
		const struct expectation *row;
		assert_resolves(checks[i].id, checks[i].source);
		for (size_t n = 0; (row = oracle_row(&checks[i], n)); n++)
			assert_resolves(checks[i].id, row->source);
	}
	for (size_t i = 0; i < known_count; i++)
		assert_resolves(knowns[i].check, knowns[i].link);
}

static void test_names_are_unique_and_say_something(void **state)
{
	(void)state;
	for (size_t i = 0; i < reference_count; i++) {
		assert_true(reference_find(references[i].name, strlen(references[i].name)) == &references[i]);
		assert_true(*references[i].where && *references[i].what);
	}
}

/* In their order, each as often as it is cited; parts of other words are none. */
static void test_citations_of_a_text(void **state)
{
	(void)state;
	static const struct {
		const char *text, *names;
	} rows[] = {
		{ "", "" },
		{ "S5; gABI DF_STATIC_TLS", "S5" },
		{ "#1, #2, #15; runtime/rt0_linux_amd64.s", "#1 #2 #15" },
		{ "golang/go#13492; OSv issue 795", "" },
		{ "S8, #60; S390X, xS5, S5x, #", "S8 #60" },
		{ "(#22)", "#22" },
		{ "#99999 S77", "" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char names[100] = "";
		const struct reference *reference;
		for (const char *at = rows[i].text; (reference = reference_next(&at));)
			snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", *names ? " " : "",
			    reference->name);
		assert_string_equal(names, rows[i].names);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_tables_cite_is_there),
		cmocka_unit_test(test_names_are_unique_and_say_something),
		cmocka_unit_test(test_citations_of_a_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
