/* The tables that a PE header leads to: imports, exports, the directory of thread-local storage and base
 * relocations, in images made byte by byte. */
#include "tests/unit/pe_sample.h"

#include <stdio.h>

static const unsigned machines[] = { PE_AMD64, PE_386, PE_ARM64 };
enum { MACHINES = sizeof machines / sizeof *machines };

static void test_imports(void **state)
{
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		struct sample sample;
		begin(&sample, IMAGE, machines[i]);
		directory(&sample, DIRECTORY_IMPORT_AT, RDATA, 0, 60);
		for (unsigned dll = 0; dll < 2; dll++) {
			put(&sample, raw_at(RDATA, 20 * dll), 0x2100 + 0x40 * dll, 4);
			put(&sample, raw_at(RDATA, 20 * dll + 12), 0x2200 + 0x20 * dll, 4);
		}
		memcpy(sample.bytes + raw_at(RDATA, 0x200), "kernel32.dll", 12);
		memcpy(sample.bytes + raw_at(RDATA, 0x220), "ws2_32.dll", 10);
		memcpy(sample.bytes + raw_at(RDATA, 0x280), "\0\0TlsAlloc", 10);
		put(&sample, raw_at(RDATA, 0x100), 0x2280, sample.width);
		put(&sample, raw_at(RDATA, 0x140), 1ULL << (8 * sample.width - 1) | 115, sample.width);
		put(&sample, raw_at(RDATA, 0x140) + sample.width, 0x2280, sample.width);
		directory(&sample, DIRECTORY_EXPORT_AT, RDATA, 0x300, 40);
		put(&sample, raw_at(RDATA, 0x30c), 0x2340, 4);
		memcpy(sample.bytes + raw_at(RDATA, 0x340), "case.dll", 8);
		json_t *facts = facts_of(&sample);
		char *names = json_dumps(at(facts, "imports", "symbols"), JSON_COMPACT),
		     *needed = json_dumps(at(facts, NULL, "needed"), JSON_COMPACT);
		assert_string_equal(names, "[\"kernel32.dll!TlsAlloc\",\"ws2_32.dll!#115\",\"ws2_32.dll!TlsAlloc\"]");
		assert_string_equal(needed, "[\"kernel32.dll\",\"ws2_32.dll\"]");
		assert_int_equal(number_at(facts, "imports", "count"), 3);
		assert_string_equal(text_at(facts, NULL, "soname"), "case.dll");
		assert_false(json_is_true(at(facts, NULL, "static")));
		free(names);
		free(needed);
		json_decref(facts);
	}
}

/* "exports" of a table that says that it has so many names; three are there. */
static char *exports_of(unsigned machine, uint32_t claimed)
{
	static const char *const names[] = { "answer", "main", "other" };
	struct sample sample;
	begin(&sample, IMAGE, machine);
	directory(&sample, DIRECTORY_EXPORT_AT, RDATA, 0x300, 40);
	put(&sample, raw_at(RDATA, 0x318), claimed, 4);
	put(&sample, raw_at(RDATA, 0x320), 0x2340, 4);
	for (unsigned i = 0; i < 3; i++) {
		put(&sample, raw_at(RDATA, 0x340 + 4 * i), 0x2360 + 8 * i, 4);
		memcpy(sample.bytes + raw_at(RDATA, 0x360 + 8 * i), names[i], strlen(names[i]));
	}
	json_t *facts = facts_of(&sample);
	char *text = json_dumps(at(facts, NULL, "exports"), JSON_COMPACT);
	json_decref(facts);
	return text;
}

/* Names as many as the table says, and no more than the file has room for. */
static void test_exports(void **state)
{
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		char *two = exports_of(machines[i], 2), *none = exports_of(machines[i], 0),
		     *all = exports_of(machines[i], UINT32_MAX);
		assert_string_equal(two, "{\"count\":2,\"main\":true,\"go\":[\"answer\",\"main\"]}");
		assert_string_equal(none, "{\"count\":0,\"main\":false,\"go\":[]}");
		assert_non_null(strstr(all, "\"go\":[\"answer\",\"main\",\"other\""));
		free(two);
		free(none);
		free(all);
	}
}

static void test_tls_directory(void **state)
{
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		struct sample sample;
		begin(&sample, IMAGE, machines[i]);
		unsigned word = sample.width;
		const uint64_t words[] = { 0x1000, 0x1084, 0x2000, address_of(&sample, RDATA, 0x80) };
		directory(&sample, DIRECTORY_TLS_AT, RDATA, 0, 4 * word + 8);
		for (unsigned k = 0; k < 4; k++)
			put(&sample, raw_at(RDATA, k * word), words[k], word);
		put(&sample, raw_at(RDATA, 4 * word), 7, 4);
		put(&sample, raw_at(RDATA, 4 * word + 4), 7 << 20, 4); /* IMAGE_SCN_ALIGN_64BYTES */
		put(&sample, raw_at(RDATA, 0x80), address_of(&sample, TEXT, 4), word);
		json_t *facts = facts_of(&sample);
		char expected[160], *found = json_dumps(at(facts, "pe", "tls_directory"), JSON_COMPACT);
		snprintf(expected, sizeof expected,
		    "{\"start\":4096,\"end\":4228,\"index\":8192,\"callbacks\":[%llu],\"zero_fill\":7,\"align\":64}",
		    (unsigned long long)address_of(&sample, TEXT, 4));
		assert_string_equal(found, expected);
		free(found);
		json_decref(facts);
	}
}

static void test_base_relocations(void **state)
{
	(void)state;
	struct sample sample;
	begin(&sample, IMAGE, PE_AMD64);
	directory(&sample, DIRECTORY_BASERELOC_AT, RDATA, 0, 28);
	put(&sample, raw_at(RDATA, 4), 16, 4); /* three of a page, and one that pads */
	for (unsigned i = 0; i < 3; i++)
		put(&sample, raw_at(RDATA, 8 + 2 * i), 0xa000 | i, 2);
	put(&sample, raw_at(RDATA, 20), 12, 4);
	put(&sample, raw_at(RDATA, 24), 0xa000, 2);
	put(&sample, optional_at(&sample) + 70, 0x40, 2);
	json_t *facts = facts_of(&sample);
	assert_int_equal(number_at(facts, "pe", "base_relocations"), 4);
	assert_true(json_is_true(at(facts, NULL, "pie")));
	json_decref(facts);
	/* A block beyond the directory is no block. */
	put(&sample, raw_at(RDATA, 20), 14, 4);
	facts = facts_of(&sample);
	assert_int_equal(number_at(facts, "pe", "base_relocations"), 3);
	json_decref(facts);
	/* Allowed to be moved, but not able to: no PIE. */
	put(&sample, raw_at(RDATA, 4), 4, 4);
	facts = facts_of(&sample);
	assert_int_equal(number_at(facts, "pe", "base_relocations"), 0);
	assert_false(json_is_true(at(facts, NULL, "pie")));
	json_decref(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_imports),
		cmocka_unit_test(test_exports),
		cmocka_unit_test(test_tls_directory),
		cmocka_unit_test(test_base_relocations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
