/* A system call that only some of a release's starts make is told as of the release before, and of the first release as
 * of the next that is certain: in the tables it neither comes nor goes by chance. */
#include "reports/census.h"

#include "matrix/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { RELEASES = 6 };

static const struct release {
	const char *go, *each, *some;
} releases[RELEASES] = {
	{ "go1.5.4", "\"gettid\"", "\"openat\", \"uname\", \"futex\"" }, /* openat is to come, uname not */
	{ "go1.6.4", "\"gettid\"", "\"openat\"" },
	{ "go1.7.6", "\"gettid\", \"openat\"", "" },
	{ "go1.8.7", "\"gettid\"", "\"openat\", \"uname\"" }, /* as 1.7: there, and not there */
	{ "go1.9.7", "\"gettid\"", "" },
	{ "go1.10.8", "\"gettid\", \"uname\"", "" },
};

static char *table(enum census_form form)
{
	struct cell cell[RELEASES] = { { .mode = MODE_EXE } };
	struct asked asked[RELEASES];
	json_t *facts = json_object();
	for (size_t i = 0; i < RELEASES; i++) {
		char *text = xprintf("{\"runs\": 10, \"phases\": {\"run\": {\"units\": 10, \"go\": {\"each\": [%s], "
				     "\"some\": [%s]}, \"others\": {\"each\": [], \"some\": []}}}}",
		    releases[i].each, releases[i].some);
		cell[i] = (struct cell){ .mode = MODE_EXE };
		snprintf(cell[i].go, sizeof(cell[i].go), "%s", releases[i].go);
		asked[i] = (struct asked){ .cell = &cell[i], .facts = facts, .calls = json_loads(text, 0, NULL) };
		assert_non_null(asked[i].calls);
		free(text);
	}
	char *out = NULL;
	size_t len;
	FILE *stream = open_memstream(&out, &len);
	assert_int_equal(report_census(asked, RELEASES, form, stream), 0);
	fclose(stream);
	for (size_t i = 0; i < RELEASES; i++)
		json_decref((json_t *)asked[i].calls);
	json_decref(facts);
	return out;
}

static void chance_changes_nothing(void **state)
{
	(void)state;
	char *told = table(CENSUS_MARKDOWN);
	const char *row = strstr(told, "| calls: first thread |"), *end = row ? strchr(row, '\n') : NULL;
	char *line = end ? xprintf("%.*s", (int)(end - row), row) : xstrdup("none");
	assert_string_equal(line,
	    "| calls: first thread | Go: gettid openat<br>**since 1.9.7** Go: -openat<br>**since 1.10.8** Go: +uname "
	    "|");
	free(line);
	free(told);
}

/* The JSON keeps both. */
static void json_has_some(void **state)
{
	(void)state;
	char *text = table(CENSUS_JSON);
	json_t *all = json_loads(text, 0, NULL);
	json_t *go = json_object_get(
	    json_object_get(json_object_get(json_object_get(json_array_get(all, 3), "calls"), "phases"), "run"), "go");
	assert_int_equal(json_array_size(json_object_get(go, "each")), 1);
	assert_int_equal(json_array_size(json_object_get(go, "some")), 2);
	json_decref(all);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chance_changes_nothing),
		cmocka_unit_test(json_has_some),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
