#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/bisect.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

/* A history of letters, one for each candidate: "aaabbb"; '-' cannot be judged. */
static size_t search(const char *history, struct candidate *candidates, size_t *asked)
{
	static const char *const values[] = { "a", "b", "c" };
	static const char names[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!?";
	static char name[MOST][2];
	size_t count = strlen(history), next;
	for (size_t i = 0; i < count; i++) {
		name[i][0] = names[i];
		candidates[i] = (struct candidate){ .name = name[i] };
	}
	for (*asked = 0; (next = bisect_next(candidates, count)) < count; ++*asked) {
		size_t ahead[2];
		assert_int_equal(candidates[next].state, BISECT_UNKNOWN);
		bisect_ahead(candidates, count, next, ahead);
		candidates[next].state = history[next] == '-' ? BISECT_UNTESTABLE : BISECT_KNOWN;
		candidates[next].value = history[next] == '-' ? NULL : values[history[next] - 'a'];
		size_t then = bisect_next(candidates, count);
		if (ahead[0] < count && ahead[1] < count && candidates[next].state == BISECT_KNOWN)
			assert_true(then == ahead[0] || then == ahead[1]);
	}
	return count;
}

static size_t bits(size_t n)
{
	size_t count = 0;
	for (n--; n; n >>= 1)
		count++;
	return count;
}

/* Every history with one change, of every length: found, with at most ceil(log2 n) + 2 evaluations. */
static void test_one_change_is_found(void **state)
{
	(void)state;
	for (size_t count = 2; count <= MOST; count++) {
		for (size_t change = 1; change < count; change++) {
			char history[MOST + 1];
			struct candidate candidates[MOST];
			size_t asked, before, after;
			memset(history, 'a', count);
			memset(history + change, 'b', count - change);
			history[count] = '\0';
			search(history, candidates, &asked);
			assert_true(asked <= bits(count) + 2);
			assert_int_equal(bisect_change(candidates, count, &before, &after), 1);
			assert_int_equal(after, change);
			assert_int_equal(before, change - 1);
			assert_false(bisect_is_unordered(candidates, count));
		}
	}
}

static void test_what_cannot_be_judged_is_passed_over(void **state)
{
	static const struct {
		const char *history;
		int found;
		size_t before, after;
	} rows[] = {
		{ "aa--bb", 1, 1, 4 },
		{ "a----b", 1, 0, 5 },
		{ "aaaa", 0, 0, 0 },
		{ "-aab", 0, 0, 0 },
		{ "aaa-", 0, 0, 0 },
		{ "a", 0, 0, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct candidate candidates[MOST];
		size_t asked, before = 99, after = 99, count = search(rows[i].history, candidates, &asked);
		assert_int_equal(bisect_change(candidates, count, &before, &after), rows[i].found);
		assert_int_equal(before, rows[i].found ? rows[i].before : 99);
		assert_int_equal(after, rows[i].found ? rows[i].after : 99);
	}
}

/* What somebody knew already counts, and nothing is asked for it. */
static void test_what_is_known_is_not_asked(void **state)
{
	(void)state;
	struct candidate candidates[] = { { "0", BISECT_KNOWN, "a" }, { "1", BISECT_KNOWN, "a" },
		{ "2", BISECT_KNOWN, "b" }, { "3", BISECT_UNKNOWN, NULL }, { "4", BISECT_KNOWN, "a" },
		{ "5", BISECT_KNOWN, "c" } };
	size_t before, after;
	assert_int_equal(bisect_next(candidates, 6), 6);
	assert_int_equal(bisect_change(candidates, 6, &before, &after), 1);
	assert_true(before == 1 && after == 2);
	assert_true(bisect_is_unordered(candidates, 6));
	struct buf text = BUF_INIT;
	assert_int_equal(bisect_ranges(candidates, 6, "  ", &text), 4);
	assert_string_equal(text.data, "  0..1: a\n  2: b\n  4: a\n  5: c\n");
	buf_free(&text);
}

static void test_ladders(void **state)
{
	static const char *const had[] = { "1.6.2", "1.6.4", "1.7.1", "1.7.6", "1.8", "1.8.7", "1.23.0", "1.23.12",
		"1.24rc1", "1.24.0", "1.24.1", "1.24.13" };
	static const struct {
		const char *first, *last, *ladder;
	} rows[] = {
		{ "go1.6.2", "go1.24.1", "go1.6.2 go1.7.1 go1.8 go1.23.0 go1.24rc1 go1.24.0 go1.24.1 " },
		{ "go1.6.4", "go1.7.6", "go1.6.4 go1.7.1 go1.7.6 " },
		{ "go1.7.6", "go1.23.12", "go1.7.6 go1.8 go1.23.0 go1.23.12 " },
		{ "go1.24.0", "go1.24.13", "go1.24.0 go1.24.1 go1.24.13 " },
		{ "go1.23.12", "go1.24.0", "go1.23.12 go1.24rc1 go1.24.0 " },
	};
	(void)state;
	struct release_list list = RELEASE_LIST_INIT;
	for (size_t i = 0; i < sizeof had / sizeof *had; i++)
		assert_int_equal(release_list_add(&list, had[i]), 0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct release_list ladder;
		struct buf text = BUF_INIT;
		bisect_ladder(&list, rows[i].first, rows[i].last, &ladder);
		for (size_t k = 0; k < ladder.count; k++)
			buf_printf(&text, "%s ", ladder.name[k]);
		assert_string_equal(text.data, rows[i].ladder);
		buf_free(&text);
		release_list_free(&ladder);
	}
	release_list_free(&list);
}

/* What is kept stands for its minor, but not in the minor at the end. */
static void test_what_can_be_had_is_offered(void **state)
{
	static const char *const kept[] = { "1.7.6", "1.8.7" };
	static const char *const had[] = { "1.4.3", "1.6.2", "1.6.4", "1.7.1", "1.8rc1", "1.8", "1.8.7", "1.9" };
	(void)state;
	struct release_list list = RELEASE_LIST_INIT, available = RELEASE_LIST_INIT;
	struct buf text = BUF_INIT;
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		release_list_add(&list, kept[i]);
	for (size_t i = 0; i < sizeof had / sizeof *had; i++)
		release_list_add(&available, had[i]);
	bisect_offer(&list, &available, "go1.8.7");
	for (size_t i = 0; i < list.count; i++)
		buf_printf(&text, "%s ", list.name[i]);
	assert_string_equal(text.data, "go1.6.2 go1.6.4 go1.7.6 go1.8 go1.8.7 go1.9 ");
	buf_free(&text);
	release_list_free(&list);
	release_list_free(&available);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_change_is_found),
		cmocka_unit_test(test_what_cannot_be_judged_is_passed_over),
		cmocka_unit_test(test_what_is_known_is_not_asked),
		cmocka_unit_test(test_ladders),
		cmocka_unit_test(test_what_can_be_had_is_offered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
