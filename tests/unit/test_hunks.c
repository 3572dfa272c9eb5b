#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/hunks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What diff -n says of two texts, as diffutils prints it. */
static char *diff_of(const char *old, const char *new)
{
	char folder[] = "/tmp/test_hunks-XXXXXX", names[2][60], command[200], out[4096];
	assert_non_null(mkdtemp(folder));
	for (int side = 0; side < 2; side++) {
		snprintf(names[side], sizeof(names[side]), "%s/%s", folder, side ? "new" : "old");
		FILE *file = fopen(names[side], "w");
		assert_non_null(file);
		fputs(side ? new : old, file);
		fclose(file);
	}
	snprintf(command, sizeof(command), "diff -n %s %s", names[0], names[1]);
	FILE *diff = popen(command, "r");
	assert_non_null(diff);
	size_t len = fread(out, 1, sizeof(out) - 1, diff);
	out[len] = '\0';
	pclose(diff);
	remove(names[0]);
	remove(names[1]);
	remove(folder);
	return xstrdup(out);
}

static void random_text(char *text, int lines)
{
	*text = '\0';
	for (int i = 0; i < lines; i++)
		sprintf(text + strlen(text), "%d\n", rand() % 4);
}

/* All of diff's hunks make the new text, none the old one, in any pair of texts. */
static void test_all_or_none(void **state)
{
	(void)state;
	srand(1623);
	for (int round = 0; round < 150; round++) {
		char old[200], new[200];
		struct hunk *hunks;
		size_t count;
		unsigned char in[64] = { 0 };
		struct buf none = BUF_INIT, all = BUF_INIT;
		random_text(old, rand() % 20);
		random_text(new, rand() % 20);
		char *diff = diff_of(old, new);
		assert_int_equal(hunks_read(diff, &hunks, &count), 0);
		assert_true(count < sizeof(in));
		assert_int_equal(hunks_apply(old, hunks, count, in, &none), 0);
		memset(in, 1, sizeof(in));
		assert_int_equal(hunks_apply(old, hunks, count, in, &all), 0);
		assert_string_equal(none.data, old);
		assert_string_equal(all.data, new);
		/* Each line of the new text is of a hunk, or is there without it too. */
		size_t line = 1;
		for (const char *at = new; *at; at += strcspn(at, "\n") + 1, line++) {
			size_t hunk = hunks_at(hunks, count, in, line);
			if (hunk < count)
				assert_non_null(strstr(hunks[hunk].adds, (char[]){ *at, '\n', '\0' }));
		}
		size_t adds = 0, lines = 0;
		for (size_t i = 0; i < count; i++)
			for (const char *c = hunks[i].adds; *c; c++)
				adds += *c == '\n';
		for (size_t i = 1; i < line; i++)
			lines += hunks_at(hunks, count, in, i) < count;
		assert_int_equal(lines, adds);
		hunks_free(hunks, count);
		buf_free(&none);
		buf_free(&all);
		free(diff);
	}
}

/* One without the others: a line added, lines replaced, lines gone. */
static void test_one_of_three(void **state)
{
	(void)state;
	static const char old[] = "a\nb\nc\nd\ne\nf\n", diff[] = "a0 1\nA\nd2 2\na3 1\nBC\nd6 1\n";
	static const char *const made[] = { "A\na\nb\nc\nd\ne\nf\n", "a\nBC\nd\ne\nf\n", "a\nb\nc\nd\ne\n" };
	struct hunk *hunks;
	size_t count;
	assert_int_equal(hunks_read(diff, &hunks, &count), 0);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++) {
		unsigned char in[3] = { i == 0, i == 1, i == 2 };
		struct buf out = BUF_INIT;
		assert_int_equal(hunks_apply(old, hunks, count, in, &out), 0);
		assert_string_equal(out.data, made[i]);
		buf_free(&out);
	}
	/* The text is another: the last hunk is behind its end. */
	struct buf out = BUF_INIT;
	assert_int_equal(hunks_apply("a\nb\nc\n", hunks, count, (unsigned char[]){ 0, 0, 1 }, &out), -EINVAL);
	assert_string_equal(out.data, "");
	hunks_free(hunks, count);
}

static void test_what_is_no_diff(void **state)
{
	(void)state;
	static const char *const texts[] = { "x1 1\n", "a1\n", "d0 1\n", "a1 2\none\n", "d5 1\nd2 1\n", "a1 0\n",
		"d1 1", "Binary files a and b differ\n" };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct hunk *hunks = (void *)1;
		size_t count = 7;
		assert_int_equal(hunks_read(texts[i], &hunks, &count), -EINVAL);
		assert_true(hunks == (void *)1 && count == 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_or_none),
		cmocka_unit_test(test_one_of_three),
		cmocka_unit_test(test_what_is_no_diff),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
