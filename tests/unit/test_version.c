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

/* go.dev/doc/toolchain#name: "goV-suffix"; V alone is the version. */
static void test_own_builds(void **state)
{
	(void)state;
	struct version own = parsed("go1.21-0123456789ab"), release = parsed("go1.21.0"), low, high;
	assert_int_equal(version_compare(&own, &release), 0);
	own = parsed("go1.22rc1-x");
	assert_int_equal(own.stage, VERSION_RC);
	assert_string_equal(version_suffix("go1.21-0123456789ab"), "-0123456789ab");
	assert_string_equal(version_suffix("go1.21"), "");
	assert_true(version_order("go1.21", "go1.21.0") == 0);
	assert_true(version_order("go1.21", "go1.21-a") < 0);
	assert_true(version_order("go1.21-a", "go1.21-b") < 0);
	assert_true(version_order("go1.21-b", "go1.21.1") < 0);
	assert_true(version_order("tip", "go1.21") > 0);
	assert_true(version_order("a", "b") < 0);
	assert_false(version_is_minor("go1.21-a"));
	assert_int_equal(version_range("1.21-a", &low, &high), -EINVAL);
	assert_true(version_since("go1.21-a", 21));
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
		"1.21-",
		"1.21-a-b",
		"1.21-a/b",
		"-custom",
		"1.-custom",
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
		cmocka_unit_test(test_own_builds),
		cmocka_unit_test(test_what_is_no_release),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
