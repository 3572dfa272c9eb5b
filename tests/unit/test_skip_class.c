/* Every class that a table can give is one that can be forbidden, and nothing else is. */
#include "tests/unit/unit.h"

#include "matrix/base/diag.h"
#include "matrix/skip_class.h"

#include <errno.h>
#include <string.h>

static const char *const given[] = {
#define SKIP(class, checks, meaning) class,
#include "runner/trial/skips.def"
#undef SKIP
#define NEED(fact, passes, where, class, meaning) class,
#include "matrix/needs.def"
#undef NEED
};

static void test_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		struct diag diag = DIAG_INIT;
		if (skip_classes_check(given[i], &diag))
			fail_msg("%s", diag.line);
	}
}

static void test_words(void **state)
{
	static const struct {
		const char *list;
		int error;
		const char *says;
	} cases[] = {
		{ "", 0, "" },
		{ "not-installed", 0, "" },
		{ "not-installed,no-compiler", 0, "" },
		{ "no-compilr", -EINVAL, "unknown class 'no-compilr'; did you mean 'no-compiler'?" },
		{ "not-installed,zzz", -EINVAL, "'zzz'; known: not-installed " },
		{ "not-installed,,no-compiler", -EINVAL, "unknown class ''" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct diag diag = DIAG_INIT;
		assert_int_equal(skip_classes_check(cases[i].list, &diag), cases[i].error);
		assert_non_null(strstr(diag.line, cases[i].says));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_tables), cmocka_unit_test(test_words) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
