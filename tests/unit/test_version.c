#include "tests/unit/unit.h"

#include "matrix/version.h"

#include <errno.h>
#include <string.h>

static struct version parsed(const char *text)
{
	struct version version;
	if (version_parse(text, &version) != 0)
		fail_msg("'%s' is not taken as a release", text);
	return version;
}

/* In the order of their publication, as go.dev/doc/devel/release and the tags of the Go tree have them. */
static const char *const ascending[] = {
	"go1",
	"go1.0.3",
	"go1.4beta1",
	"go1.4rc1",
	"go1.4rc2",
	"go1.4",
	"go1.4.3",
	"go1.5",
	"go1.6.3",
	"go1.7",
	"go1.9.7",
	"go1.10beta1",
	"go1.10",
	"go1.10.8",
	"go1.20.14",
	"go1.21rc2",
	"go1.21rc10",
	"go1.21.0",
	"go1.21.1",
	"go1.22beta1",
	"go1.22rc1",
	"go1.22.0",
	"go1.26.8",
	"go1.27.4",
	"go2.0",
};
enum { ASCENDING = sizeof ascending / sizeof *ascending };

static int sign(int n) { return (n > 0) - (n < 0); }

static void test_order(void **state)
{
	(void)state;
	for (int i = 0; i < ASCENDING; i++) {
		for (int j = 0; j < ASCENDING; j++) {
			struct version a = parsed(ascending[i]), b = parsed(ascending[j]);
			if (sign(version_compare(&a, &b)) != sign(i - j))
				fail_msg(
				    "%s and %s compare as %d", ascending[i], ascending[j], version_compare(&a, &b));
		}
	}
}

static void test_equal_names(void **state)
{
	static const char *const equal[][2] = {
		{ "1.21", "go1.21" },
		{ "go1.21", "go1.21.0" },
		{ "1.21.0", "1.21" },
		{ "go1", "1.0.0" },
		{ "1.22rc1", "go1.22rc1" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof equal / sizeof *equal; i++) {
		struct version a = parsed(equal[i][0]), b = parsed(equal[i][1]);
		assert_int_equal(version_compare(&a, &b), 0);
	}
}

static void test_fields(void **state)
{
	(void)state;
	struct version version = parsed("go1.22rc3");
	assert_int_equal(version.major, 1);
	assert_int_equal(version.minor, 22);
	assert_int_equal(version.patch, 0);
	assert_int_equal(version.stage, 1);
	assert_int_equal(version.stage_number, 3);
	assert_int_equal(parsed("1.22beta2").stage, 0);
	assert_int_equal(parsed("1.22.7").stage, 2);
	assert_int_equal(parsed("1.22.7").patch, 7);
}

static void test_what_is_no_release(void **state)
{
	static const char *const bad[] = {
		"",
		"go",
		"gogo1.2",
		"1.",
		"1..2",
		".1",
		"1.21.",
		"1.21.3.4",
		"1.21.3rc1",
		"1.21rc",
		"1.21alpha1",
		"1.021",
		"01.21",
		"1.21 ",
		" 1.21",
		"1.-1",
		"1.21rc-1",
		"v1.21",
		"1.9999999",
		"tip",
		"devel go1.28",
		"1.21-custom",
		"1rc1",
	};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct version version, untouched;
		memset(&version, 0x5a, sizeof version);
		untouched = version;
		if (version_parse(bad[i], &version) != -EINVAL)
			fail_msg("'%s' is taken as a release", bad[i]);
		assert_memory_equal(&version, &untouched, sizeof version);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_equal_names),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_what_is_no_release),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
