#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/release_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Out of order on purpose, as the module proxy has them, with what it lacks: no 1.6.3, no 1.7.0. */
static const char *const had[] = { "go1.7.4", "1.6.2", "go1.6.4", "go1.7.1", "go1.7.6", "go1.10", "go1.10.2",
	"go1.10.8", "go1.21.0", "go1.21.13", "go1.26rc1", "go1.26.0", "go1.26.8", "go1.9", "go1.27.4" };

static struct release_list all(void)
{
	struct release_list list = RELEASE_LIST_INIT;
	for (size_t i = 0; i < sizeof(had) / sizeof(had[0]); i++)
		assert_int_equal(release_list_add(&list, had[i]), 0);
	return list;
}

/* "1.6.2 1.6.4", malloc'ed. */
static char *words(const struct release_list *list)
{
	struct buf text = BUF_INIT;
	for (size_t i = 0; i < list->count; i++)
		buf_printf(&text, "%s%s", i ? " " : "", list->name[i] + 2);
	return buf_take(&text);
}

static void test_in_the_order_of_versions_and_each_once(void **state)
{
	(void)state;
	struct release_list list = all();
	assert_int_equal(release_list_add(&list, "go1.21"), 0);
	assert_int_equal(release_list_add(&list, "go1.10"), 0);
	assert_int_equal(release_list_add(&list, "devel"), -EINVAL);
	assert_int_equal(release_list_add(&list, ""), -EINVAL);
	char *text = words(&list);
	assert_string_equal(
	    text, "1.6.2 1.6.4 1.7.1 1.7.4 1.7.6 1.9 1.10 1.10.2 1.10.8 1.21.0 1.21.13 1.26rc1 1.26.0 1.26.8 1.27.4");
	free(text);
	assert_string_equal(release_list_find(&list, "1.21"), "go1.21.0");
	assert_null(release_list_find(&list, "1.6.3"));
	assert_null(release_list_find(&list, "1.6.*"));
	release_list_free(&list);
}

static void test_what_is_meant(void **state)
{
	static const struct {
		const char *text, *chosen;
	} rows[] = {
		{ "1.6.4", "1.6.4" },
		{ "go1.6.4", "1.6.4" },
		{ "1.21", "1.21.0" },
		{ "1.26rc1", "1.26rc1" },
		{ "1.7.*", "1.7.1 1.7.4 1.7.6" },
		{ "1.26.*", "1.26.0 1.26.8" },
		{ "1.6..1.7", "1.6.2 1.6.4 1.7.1 1.7.6" },
		{ "1.6.3..1.7.4", "1.6.4 1.7.1 1.7.4" },
		{ "1.7.4..1.7.4", "1.7.4" },
		{ "1.5..1.10", "1.6.2 1.6.4 1.7.1 1.7.6 1.9 1.10 1.10.8" },
		{ "1.26..1.27", "1.26.0 1.26.8 1.27.4" },
	};
	(void)state;
	struct release_list list = all();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct release_list chosen = RELEASE_LIST_INIT;
		struct diag diag = DIAG_INIT;
		/* A second time adds nothing and is no error. */
		for (int again = 0; again < 2; again++)
			if (release_list_select(&list, rows[i].text, &chosen, &diag))
				fail_msg("%s: %s", rows[i].text, diag.line);
		char *text = words(&chosen);
		assert_string_equal(text, rows[i].chosen);
		free(text);
		release_list_free(&chosen);
	}
	release_list_free(&list);
}

static void test_what_is_not_there_is_said(void **state)
{
	static const struct {
		const char *text;
		int error;
		const char *line;
	} rows[] = {
		{ "1.6.3", -ENOENT, "1.6.3 not available; 1.6.2 and 1.6.4 bracket it" },
		{ "go1.7.0", -ENOENT, "1.7.0 not available; 1.6.4 and 1.7.1 bracket it" },
		{ "1.5.4", -ENOENT, "1.5.4 not available; 1.6.2 brackets it" },
		{ "1.99", -ENOENT, "1.99 not available; 1.27.4 brackets it" },
		{ "1.8.*", -ENOENT, "1.8.* not available; 1.7.6 and 1.9 bracket it" },
		{ "1.11..1.20", -ENOENT, "1.11..1.20 not available; 1.10.8 and 1.21.0 bracket it" },
		{ "1.7..1.6", -EINVAL, "1.7..1.6: the second is older than the first: write 1.6..1.7" },
		{ "1.6..", -EINVAL, "1.6..: not a Go release such as 1.6.4, 1.6.* or 1.5..1.27" },
		{ "*", -EINVAL, "*: not a Go release such as 1.6.4, 1.6.* or 1.5..1.27" },
		{ "1.*", -EINVAL, "1.*: not a Go release such as 1.6.4, 1.6.* or 1.5..1.27" },
		{ "1.6.4.*", -EINVAL, "1.6.4.*: not a Go release such as 1.6.4, 1.6.* or 1.5..1.27" },
		{ "latest", -EINVAL, "latest: not a Go release such as 1.6.4, 1.6.* or 1.5..1.27" },
	};
	(void)state;
	struct release_list list = all();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct release_list chosen = RELEASE_LIST_INIT;
		struct diag diag = DIAG_INIT;
		assert_int_equal(release_list_select(&list, rows[i].text, &chosen, &diag), rows[i].error);
		assert_string_equal(diag.line, rows[i].line);
		assert_int_equal(chosen.count, 0);
	}
	release_list_free(&list);
}

/* Somebody's own builds stand beside the releases of their version, and are meant by their whole name alone. */
static void test_own_builds(void **state)
{
	(void)state;
	struct release_list list = all(), chosen = RELEASE_LIST_INIT;
	struct diag diag = DIAG_INIT;
	assert_int_equal(release_list_add(&list, "go1.7-0123456789ab"), 0);
	assert_int_equal(release_list_add(&list, "go1.7-abcdef012345"), 0);
	assert_int_equal(release_list_add(&list, "go1.10-abcdef012345"), 0);
	assert_int_equal(release_list_add(&list, "go1.26.8-x"), 0);
	char *text = words(&list);
	assert_string_equal(text,
	    "1.6.2 1.6.4 1.7-0123456789ab 1.7-abcdef012345 1.7.1 1.7.4 1.7.6 1.9 1.10 1.10-abcdef012345 1.10.2 "
	    "1.10.8 1.21.0 1.21.13 1.26rc1 1.26.0 1.26.8 1.26.8-x 1.27.4");
	free(text);
	assert_int_equal(release_list_select(&list, "1.7", &chosen, &diag), -ENOENT);
	assert_int_equal(release_list_select(&list, "1.10.*", &chosen, &diag), 0);
	assert_int_equal(release_list_select(&list, "1.6..1.7", &chosen, &diag), 0);
	assert_int_equal(release_list_select(&list, "1.26..1.26.8", &chosen, &diag), 0);
	assert_int_equal(release_list_select(&list, "1.7-abcdef012345", &chosen, &diag), 0);
	text = words(&chosen);
	assert_string_equal(text, "1.6.2 1.6.4 1.7-abcdef012345 1.7.1 1.7.6 1.10 1.10.2 1.10.8 1.26.0 1.26.8");
	free(text);
	diag = (struct diag)DIAG_INIT;
	assert_int_equal(release_list_select(&list, "1.7-abc", &chosen, &diag), -ENOENT);
	release_list_free(&chosen);
	release_list_free(&list);
}

static void test_what_builds_a_tree(void **state)
{
	static const struct {
		int minor;
		const char *release; /* among those of all */
	} rows[] = { { 5, "go1.6.2" }, { 6, "go1.6.2" }, { 7, "go1.6.4" }, { 9, "go1.7.6" }, { 19, "go1.10.8" },
		{ 20, "go1.21.0" }, { 22, "go1.21.13" }, { 24, "go1.26.0" }, { 26, "go1.26.0" }, { 27, "go1.26.8" },
		{ 29, "go1.27.4" }, { 30, NULL } };
	(void)state;
	struct release_list list = all();
	assert_int_equal(release_list_add(&list, "go1.9-abc"), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *found = release_list_bootstrap(&list, rows[i].minor);
		if (!rows[i].release)
			assert_null(found);
		else
			assert_string_equal(found ? found : "none", rows[i].release);
	}
	release_list_free(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_the_order_of_versions_and_each_once),
		cmocka_unit_test(test_what_is_meant),
		cmocka_unit_test(test_what_is_not_there_is_said),
		cmocka_unit_test(test_own_builds),
		cmocka_unit_test(test_what_builds_a_tree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
