/* memfd_create */

#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/glob.h"
#include "matrix/base/hash.h"
#include "matrix/base/nearest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_buf_grows(void **state)
{
	(void)state;
	struct buf buf = BUF_INIT;
	assert_string_equal(buf.data, "");
	char expected[3001] = "";
	for (int i = 0; i < 3000; i++) {
		buf_add_bytes(&buf, "abc" + i % 3, 1);
		expected[i] = "abc"[i % 3];
		assert_int_equal(buf.len, i + 1);
		assert_int_equal(buf.data[buf.len], '\0');
		assert_true(buf.len < buf.cap);
	}
	assert_string_equal(buf.data, expected);
	buf_clear(&buf);
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf.data, "");
	buf_free(&buf);
	assert_string_equal(buf.data, "");
}

static void test_buf_printf_at_every_length(void **state)
{
	(void)state;
	for (int first = 0; first < 200; first++) {
		struct buf buf = BUF_INIT;
		buf_printf(&buf, "%*s", first, "");
		buf_printf(&buf, "<%0*d>", 100, 7);
		assert_int_equal(buf.len, first + 102);
		assert_int_equal(strlen(buf.data), buf.len);
		assert_int_equal(buf.data[buf.len - 1], '>');
		buf_free(&buf);
	}
}

static void test_buf_take_gives_away(void **state)
{
	(void)state;
	struct buf buf = BUF_INIT;
	char *empty = buf_take(&buf);
	assert_string_equal(empty, "");
	buf_add(&buf, "text");
	char *text = buf_take(&buf);
	assert_string_equal(text, "text");
	assert_string_equal(buf.data, "");
	assert_int_equal(buf.cap, 0);
	free(empty);
	free(text);
	char *printed = xprintf("%s-%d", "a", 5);
	assert_string_equal(printed, "a-5");
	free(printed);
}

static void test_buf_holds_nul(void **state)
{
	(void)state;
	struct buf buf = BUF_INIT;
	buf_add_bytes(&buf, "a\0b", 3);
	assert_int_equal(buf.len, 3);
	assert_memory_equal(buf.data, "a\0b", 4);
	buf_free(&buf);
}

/* The shell itself must read back what was quoted. */
static void test_shell_words_survive_the_shell(void **state)
{
	static const char *const words[] = {
		"",
		"plain",
		"a b",
		"it's",
		"'",
		"''",
		"$HOME",
		"`id`",
		"a\nb",
		"*",
		"~",
		"#x",
		"a\\b",
		"\"",
		"!x",
		"-n",
		"a;b",
		"\t",
		"[a]",
		"{a,b}",
		"\xc3\xa4",
		"\xff",
		"GOFLAGS=-x y",
	};
	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct buf line = BUF_INIT;
		char back[64] = "";
		buf_add(&line, "printf '%s.' ");
		buf_add_shell(&line, words[i]);
		FILE *shell = popen(line.data, "r");
		assert_non_null(shell);
		size_t len = fread(back, 1, sizeof back - 1, shell);
		assert_int_equal(pclose(shell), 0);
		assert_int_equal(len, strlen(words[i]) + 1);
		assert_int_equal(back[len - 1], '.');
		assert_memory_equal(back, words[i], len - 1);
		buf_free(&line);
	}
	struct buf plain = BUF_INIT;
	buf_add_shell(&plain, "/usr/bin/go-1.2_x:y=z,%+@");
	assert_string_equal(plain.data, "/usr/bin/go-1.2_x:y=z,%+@");
	buf_free(&plain);
}

/* Sizes that no memory has must end in abort, never in a small block. */
static void test_overflowing_sizes_abort(void **state)
{
	(void)state;
	pid_t pid = fork();
	if (pid == 0) {
		fclose(stderr);
		free(xcalloc((size_t)-1 / 2, 3));
		_exit(0);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_diag_keeps_the_first_error(void **state)
{
	(void)state;
	struct diag diag = DIAG_INIT;
	assert_int_equal(diag_set(&diag, EINVAL, "first %d", 1), -EINVAL);
	assert_int_equal(diag_set(&diag, ENOENT, "second"), -ENOENT);
	assert_string_equal(diag.line, "first 1");
	assert_int_equal(diag_set(NULL, EIO, "nobody listens"), -EIO);
}

static void test_diag_is_one_line(void **state)
{
	(void)state;
	struct diag diag = DIAG_INIT;
	diag_set(&diag, EINVAL, "%s", "a\nb\tc\x1b[31md\x7f");
	assert_string_equal(diag.line, "a b c [31md ");
	struct diag full = DIAG_INIT;
	char text[4000];
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	diag_set(&full, EINVAL, "%s", text);
	assert_int_equal(strlen(full.line), sizeof full.line - 1);
}

static const char *hash_of(const char *const *texts, size_t count, char hex[HASH_HEX])
{
	struct hash *hash = hash_new();
	for (size_t i = 0; i < count; i++)
		hash_add_text(hash, texts[i]);
	hash_end(hash, hex);
	return hex;
}

static void test_hash(void **state)
{
	(void)state;
	char a[HASH_HEX], b[HASH_HEX];
	/* XXH3-128 of nothing, seed 0: test vector of xxHash's own sanity test. */
	hash_end(hash_new(), a);
	assert_string_equal(a, "99aa06d3014798d86001c324468d497f");
	assert_string_not_equal(
	    hash_of((const char *const[]){ "a", "b" }, 2, a), hash_of((const char *const[]){ "ab" }, 1, b));
	assert_string_not_equal(
	    hash_of((const char *const[]){ "a", "" }, 2, a), hash_of((const char *const[]){ "a" }, 1, b));
	assert_string_equal(
	    hash_of((const char *const[]){ "a", "b" }, 2, a), hash_of((const char *const[]){ "a", "b" }, 2, b));
}

static void test_hash_of_file_is_hash_of_bytes(void **state)
{
	(void)state;
	enum { SIZE = 200001 };
	char path[64], from_file[HASH_HEX], from_bytes[HASH_HEX];
	char *bytes = xmalloc(SIZE);
	for (int i = 0; i < SIZE; i++)
		bytes[i] = (char)(i * 7 + i / 251);
	int fd = memfd_create("bytes", 0);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, SIZE), SIZE);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	struct hash *hash = hash_new();
	assert_int_equal(hash_add_file(hash, path), 0);
	hash_end(hash, from_file);
	close(fd);
	hash = hash_new();
	hash_add(hash, bytes, SIZE);
	assert_int_equal(hash_add_file(hash, path), -ENOENT);
	hash_end(hash, from_bytes);
	assert_string_equal(from_file, from_bytes);
	free(bytes);
}

static void test_glob(void **state)
{
	static const struct {
		const char *pattern, *text;
		int match;
	} cases[] = {
		{ "", "", 1 },
		{ "", "a", 0 },
		{ "*", "", 1 },
		{ "*", "abc", 1 },
		{ "**", "", 1 },
		{ "?", "", 0 },
		{ "?", "a", 1 },
		{ "a*c", "abbc", 1 },
		{ "a*c", "abbd", 0 },
		{ "*.go", "x.go", 1 },
		{ "tls.g.*", "tls.g.main", 1 },
		{ "tls.g.*", "tls.g", 0 },
		{ "*a*b*", "xxaxxbxx", 1 },
		{ "*a*b*", "xxbxxaxx", 0 },
		{ "a?c", "abc", 1 },
		{ "a?c", "ac", 0 },
		{ "*?", "", 0 },
		{ "?*", "a", 1 },
		{ "[a]", "a", 0 },
		{ "[a]", "[a]", 1 },
		{ "a\\*", "a*", 0 },
		{ "a\\*", "a\\b", 1 },
		{ "*aab", "aaaab", 1 },
		{ "*ab*ab", "abab", 1 },
		{ "*ab*ab", "ab", 0 },
		{ "dlopen*", "dlmopen", 0 },
		{ "*-static", "external-lld-static", 1 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (glob_match(cases[i].pattern, cases[i].text) != cases[i].match)
			fail_msg("'%s' against '%s' is not %d", cases[i].pattern, cases[i].text, cases[i].match);
	assert_true(glob_is_pattern("a*") && glob_is_pattern("?") && !glob_is_pattern("[a]"));
}

/* The plain definition, to compare with. */
static int glob_slow(const char *pattern, const char *text)
{
	if (!*pattern)
		return !*text;
	if (*pattern == '*')
		return glob_slow(pattern + 1, text) || (*text && glob_slow(pattern, text + 1));
	return *text && (*pattern == '?' || *pattern == *text) && glob_slow(pattern + 1, text + 1);
}

static void test_glob_equals_its_definition(void **state)
{
	(void)state;
	for (int p = 0; p < 4 * 4 * 4 * 4 * 4; p++) {
		char pattern[6] = "", text[7] = "";
		for (int i = 0, n = p; i < 5; i++, n /= 4)
			pattern[i] = "ab*?"[n % 4];
		for (int len = 0; len <= 6; len++) {
			for (int t = 0; t < 1 << len; t++) {
				for (int i = 0; i < len; i++)
					text[i] = t >> i & 1 ? 'b' : 'a';
				text[len] = '\0';
				if (glob_match(pattern, text) != glob_slow(pattern, text))
					fail_msg("'%s' against '%s'", pattern, text);
			}
		}
	}
}

static const char *const known_words[] = { "mode", "link", "load", NULL, "c-shared", "c-archive" };
static const char *known_word(size_t i) { return known_words[i]; }

static void test_nearest(void **state)
{
	static const struct {
		const char *text, *near;
	} cases[] = {
		{ "modee", "mode" },
		{ "mdoe", "mode" },
		{ "lod", "load" },
		{ "c-shred", "c-shared" },
		{ "carchive", "c-archive" },
		{ "lnik", "link" },
		{ "zzzz", NULL },
		{ "", NULL },
		{ "x", NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *near = nearest_word(cases[i].text, known_word, sizeof known_words / sizeof *known_words);
		if (!cases[i].near)
			assert_null(near);
		else
			assert_string_equal(near ? near : "", cases[i].near);
	}
	char longest[300];
	memset(longest, 'm', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	assert_null(nearest_word(longest, known_word, 3));
}

static const char *const parted[] = { "tls.access", "tls.slot-offset", "tls.slot-promised", "tls.slow", NULL,
	"tls.slot-distinct", "thread.slot" };
static const char *parted_word(size_t i) { return parted[i]; }

/* All that are equally near, of which two are asked for. */
static void test_nearest_words(void **state)
{
	static const struct {
		const char *text;
		size_t count;
		const char *near[2];
	} cases[] = {
		{ "tls.slto", 3,
		    { "tls.slot-offset", "tls.slot-promised" } }, /* the beginning, not tls.slow, 2 edits */
		{ "tls.slot", 3, { "tls.slot-offset", "tls.slot-promised" } },
		{ "tls.slo", 1, { "tls.slow" } }, /* the whole of a word before the beginning of others */
		{ "tsl.", 5, { "tls.access", "tls.slot-offset" } },
		{ "thread", 1, { "thread.slot" } },
		{ "tls.slot-ofset", 1, { "tls.slot-offset" } },
		{ "zzzz", 0, { NULL } },
		{ "zzz", 0, { NULL } }, /* as many edits as "tls" has letters */
		{ "", 0, { NULL } },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *found[2] = { NULL, NULL };
		size_t count = nearest_words(cases[i].text, parted_word, sizeof parted / sizeof *parted, found, 2);
		if (count != cases[i].count)
			fail_msg("%s: %zu, not %zu", cases[i].text, count, cases[i].count);
		for (size_t k = 0; k < 2 && cases[i].near[k]; k++)
			assert_string_equal(found[k], cases[i].near[k]);
	}
	char longest[300];
	memset(longest, 't', sizeof longest);
	longest[sizeof longest - 1] = '\0';
	assert_int_equal(nearest_words(longest, parted_word, 3, NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf_grows),
		cmocka_unit_test(test_buf_printf_at_every_length),
		cmocka_unit_test(test_buf_take_gives_away),
		cmocka_unit_test(test_buf_holds_nul),
		cmocka_unit_test(test_shell_words_survive_the_shell),
		cmocka_unit_test(test_overflowing_sizes_abort),
		cmocka_unit_test(test_diag_keeps_the_first_error),
		cmocka_unit_test(test_diag_is_one_line),
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_hash_of_file_is_hash_of_bytes),
		cmocka_unit_test(test_glob),
		cmocka_unit_test(test_glob_equals_its_definition),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_nearest_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
