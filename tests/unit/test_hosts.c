#include "tests/unit/unit.h"

#include "runner/build/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Programs of C serve a mixture of sources as they serve its base; what Go builds does not. */
static void test_those_of_a_mixture(void **state)
{
	(void)state;
	struct release releases[] = {
		{ .go = "/a/bin/go", .goroot = "/a", .version = "go1.6.4", .key = "a" },
		{ .go = "/b/bin/go",
		    .goroot = "/b",
		    .version = "go1.6.4-0123456789ab",
		    .key = "b",
		    .ports_of = "go1.6.4" },
		{ .go = "/c/bin/go", .goroot = "/c", .version = "go1.7.1", .key = "c" },
	};
	struct setup setup = { .releases = releases, .release_count = 3 };
	setup.places.root = ".";
	setup.places.cache = "/cache";
	for (enum hosts hosts = 0; hosts < HOSTS_COUNT; hosts++) {
		char *dir[3];
		for (size_t i = 0; i < 3; i++) {
			struct cell cell = { .os = "linux", .arch = "amd64", .mode = MODE_C_SHARED, .cgo = 1 };
			snprintf(cell.go, sizeof(cell.go), "%s", releases[i].version);
			dir[i] = hosts_dir(&setup, &cell, hosts, 0);
		}
		assert_int_equal(strcmp(dir[0], dir[1]) == 0, hosts == HOSTS_C);
		assert_string_not_equal(dir[0], dir[2]);
		for (size_t i = 0; i < 3; i++)
			free(dir[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_those_of_a_mixture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
