/* The scanner takes nothing that jansson would not, and gives the same texts; texts are kept once. */
#include "tests/unit/unit.h"

#include "matrix/base/buf.h"
#include "matrix/base/scan.h"
#include "matrix/base/texts.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int taken(const char *text)
{
	struct scan scan = { text, text + strlen(text), 0 };
	struct scan_text value;
	return scan_value(&scan, &value) && scan.at == scan.end;
}

static int is_json(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
	json_decref(json);
	return json != NULL;
}

static void test_values(void **state)
{
	static const struct {
		const char *text;
		int taken;
	} cases[] = {
		{ "null", 1 },
		{ "true", 1 },
		{ "false", 1 },
		{ "nul", 0 },
		{ "0", 1 },
		{ "-0", 1 },
		{ "01", 0 },
		{ "-", 0 },
		{ "1.", 0 },
		{ "1.5", 1 },
		{ ".5", 0 },
		{ "1e5", 1 },
		{ "1E-05", 1 },
		{ "1e", 0 },
		{ "1e999", 0 },
		{ "123456789012345678", 1 },
		{ "1234567890123456789012", 0 },
		{ "\"\"", 1 },
		{ "\"a", 0 },
		{ "\"a\\\"b\\n\"", 1 },
		{ "\"\\x\"", 0 },
		{ "\"\\u0041\"", 0 },
		{ "\"\\", 0 },
		{ "\"\xc3\xa4\"", 0 },
		{ "\"\x1f\"", 0 },
		{ "[]", 1 },
		{ "[1]", 1 },
		{ "[1,]", 0 },
		{ "[,1]", 0 },
		{ "[1 ]", 0 },
		{ "[", 0 },
		{ "{}", 1 },
		{ "{\"a\":1,\"b\":[{}]}", 1 },
		{ "{\"a\"}", 0 },
		{ "{1:1}", 0 },
		{ "{\"a\":}", 0 },
		{ "{\"a\":1,}", 0 },
		{ "{\"a\":1", 0 },
		{ "", 0 },
		{ "]", 0 },
		{ "1]", 0 },
		{ "\"0123456789abcdef0123456789abcdef\\\"0123456789abcdef\"", 1 },
	};
	char deep[200] = "";
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(taken(cases[i].text), cases[i].taken);
		assert_true(!cases[i].taken || is_json(cases[i].text));
	}
	memset(deep, '[', 100);
	assert_false(taken(deep));
}

static void test_texts_of_strings(void **state)
{
	static const char *const cases[] = { "", "plain", "a \"quoted\" \\ text", "\b\f\n\r\t/", "0123456789abcde\"f" };
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *json = json_string(cases[i]);
		char *text = json_dumps(json, JSON_ENCODE_ANY), plain[64];
		struct scan scan = { text, text + strlen(text), 0 };
		struct scan_text string;
		assert_int_equal(scan_string(&scan, &string), 1);
		plain[scan_plain(&string, plain)] = '\0';
		assert_string_equal(plain, cases[i]);
		free(text);
		json_decref(json);
	}
}

static void test_kept_once(void **state)
{
	enum { MANY = 5000 };
	struct texts *texts = texts_new();
	const char *first[MANY];
	char text[32];
	(void)state;
	for (size_t turn = 0; turn < 2; turn++)
		for (size_t i = 0; i < MANY; i++) {
			size_t len = (size_t)snprintf(text, sizeof(text), "text %zu", i);
			const char *kept = texts_keep(texts, text, len);
			assert_string_equal(kept, text);
			assert_true(turn == 0 || kept == first[i]);
			first[i] = kept;
			char *room = texts_room(texts, i % 7 * 8);
			assert_int_equal((uintptr_t)room % 8, 0);
		}
	assert_true(texts_add(texts, "a", 1) != texts_add(texts, "a", 1));
	char *large = texts_room(texts, 1 << 20);
	assert_int_equal(large[(1 << 20) - 1], 0);
	texts_free(texts);
	texts_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_texts_of_strings),
		cmocka_unit_test(test_kept_once),
	};
	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
