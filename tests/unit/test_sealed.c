/* Records come back as they were written, name no place, and are found wherever the places are moved to; what was
 * changed in any byte is not there. */
#include "runner/setup/sealed.h"

#include "matrix/base/buf.h"
#include "runner/setup/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct release release = { .goroot = "/w/cache/go" }, moved_release = { .goroot = "/opt/go" };
static const struct setup here = {
	.places = { .root = "/w", .cache = "/w/cache" }, .releases = &release, .release_count = 1
};
static const struct setup there = {
	.places = { .root = "/new/tree", .cache = "/c" }, .releases = &moved_release, .release_count = 1
};
static char path[] = "/tmp/test-sealed-XXXXXX";

/* The tree lies in /w, its cache in the tree, the release in the cache; all of it is moved elsewhere. */
static const struct {
	const char *text, *kept, *moved;
} rows[] = {
	{ "", "", "" },
	{ "/w", "@root", "/new/tree" },
	{ "/w/x.c:3: /w/y", "@root/x.c:3: @root/y", "/new/tree/x.c:3: /new/tree/y" },
	{ "/w/cache/a", "@cache/a", "/c/a" },
	{ "/w/cache/go", "@goroot", "/opt/go" },
	{ "-I/w -L/w/cache,/w/cache/go/src", "-I@root -L@cache,@goroot/src", "-I/new/tree -L/c,/opt/go/src" },
	{ "X='/w/cache'\t\"/w\"", "X='@cache'\t\"@root\"", "X='/c'\t\"/new/tree\"" },
	/* Other paths. */
	{ "/w2 /w.d /w/cache2", "/w2 /w.d @root/cache2", "/w2 /w.d /new/tree/cache2" },
	{ "/mnt/w /mnt/w/cache //w", "/mnt/w /mnt/w/cache //w", "/mnt/w /mnt/w/cache //w" },
	/* Texts that look like names of places. */
	{ "@", "@@", "@" },
	{ "@@", "@@@@", "@@" },
	{ "@root @cache/x @goroot", "@@root @@cache/x @@goroot", "@root @cache/x @goroot" },
	{ "@/w", "@@@root", "@/new/tree" },
	{ "f@plt+0x10", "f@@plt+0x10", "f@plt+0x10" },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		json_t *json = json_pack("{s:{s:s, s:[s, i, n]}}", "in", rows[i].text, "key", "list", rows[i].text, 7);
		json_t *kept = json_pack("{s:{s:s, s:[s, i, n]}}", "in", rows[i].kept, "key", "list", rows[i].kept, 7);
		json_t *moved =
		    json_pack("{s:{s:s, s:[s, i, n]}}", "in", rows[i].moved, "key", "list", rows[i].moved, 7);
		json_t *placeless = sealed_placeless(&here, json);
		assert_int_equal(sealed_write(&here, path, json), 0);
		json_t *back = sealed_read(&here, path), *elsewhere = sealed_read(&there, path);
		if (!json_equal(placeless, kept) || !json_equal(back, json) || !json_equal(elsewhere, moved))
			fail_msg("%s", rows[i].text);
		json_decref(elsewhere);
		json_decref(back);
		json_decref(placeless);
		json_decref(moved);
		json_decref(kept);
		json_decref(json);
	}
}

static void assert_not_there(const char *bytes, size_t len)
{
	assert_int_equal(file_write(path, bytes, len), 0);
	json_t *json = sealed_read(&here, path);
	assert_null(json);
}

static void test_spoiled(void **state)
{
	(void)state;
	json_t *json = json_pack("{s:s}", "status", "pass");
	assert_int_equal(sealed_write(&here, path, json), 0);
	json_decref(json);
	char *line;
	size_t len;
	assert_int_equal(file_read(path, &line, &len), 0);
	for (size_t at = 0; at < len; at++) {
		assert_not_there(line, at);
		char byte = line[at];
		for (int bit = 0; bit < 8; bit++) {
			line[at] = (char)(byte ^ 1 << bit);
			assert_not_there(line, len);
		}
		line[at] = byte;
	}
	char *twice = xprintf("%s%s", line, line);
	assert_not_there(twice, 2 * len);
	assert_not_there("{}\n", 3);
	assert_not_there("", 0);
	free(twice);
	free(line);
	assert_int_equal(unlink(path), 0);
	assert_null(sealed_read(&here, path));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows), cmocka_unit_test(test_spoiled) };
	int fd = mkstemp(path);
	if (fd < 0)
		return 1;
	close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
