/* A shell line with variables in the place of paths. */
#include "matrix/base/buf.h"
#include "runner/cmd/relocate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct relocation places[] = { { "/root/.cache/t", "W" }, { NULL, "GOROOT" }, { "/usr/go", "R" } };

static void check(const char *line, const char *expected)
{
	struct buf out = BUF_INIT;
	relocate(line, places, sizeof(places) / sizeof(places[0]), &out);
	assert_string_equal(out.data, expected);
	buf_free(&out);
}

static void test_paths(void **state)
{
	(void)state;
	check("cd /root/.cache/t/src && go", "cd \"$W\"/src && go");
	check("-I/usr/go -L/usr/go:/usr/go/lib A=/usr/go", "-I\"$R\" -L\"$R\":\"$R\"/lib A=\"$R\"");
	check("", "");
}

static void test_what_only_begins_alike_stays(void **state)
{
	(void)state;
	check("/usr/go1 /usr/go-2 /usr/go.x /root/.cache/t2", "/usr/go1 /usr/go-2 /usr/go.x /root/.cache/t2");
	check("x//usr/go", "x//usr/go");
}

/* The shell is to see one word, as before. */
static void test_within_quotes(void **state)
{
	(void)state;
	check("'-f=a b /usr/go/c' /usr/go", "'-f=a b '\"$R\"'/c' \"$R\"");
	check("'it'\\''s /usr/go'", "'it'\\''s '\"$R\"''");
	check("\\' /usr/go", "\\' \"$R\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_what_only_begins_alike_stays),
		cmocka_unit_test(test_within_quotes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
