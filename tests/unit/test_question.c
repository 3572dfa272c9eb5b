#include "tests/unit/unit.h"

#include "matrix/base/diag.h"
#include "runner/search/question.h"

#include <stdlib.h>

/* Each thing once: a cell that is not run is where a refused one is. */
static void test_the_filter_of_a_cell(void **state)
{
	(void)state;
	static const struct {
		const char *cell, *filter;
	} rows[] = {
		{ "go1.26.8/linux/amd64/exe/cgo0/internal@host:exec",
		    "go=1.8.0 & os=linux & arch=amd64 & !arch=*.* & mode=exe & cgo=0 & link=internal & "
		    "(target=glibc-2.31 & load=exec | target=none & load=none)" },
		{ "go1.26.8/linux/arm.5/exe/cgo0/internal@none",
		    "go=1.8.0 & os=linux & arch=arm.5 & mode=exe & cgo=0 & link=internal & target=none & load=none" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct question question = { .check_id = NULL };
		struct diag diag = DIAG_INIT;
		assert_int_equal(cell_parse(rows[i].cell, &question.cell, &diag), 0);
		char *filter = question_filter(&question, "1.8", i ? "none" : "glibc-2.31");
		assert_string_equal(filter, rows[i].filter);
		free(filter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_filter_of_a_cell),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
