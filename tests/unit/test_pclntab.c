/* Go's function table, of every layout, width and byte order, as made here: found, understood, and not when it is made
 * wrong. */
#include "harness/code/pclntab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An image: header and table at TABLE, moduledata at MODULE, text of three functions from TEXT on, and behind them
 * up to ETEXT what belongs to none. */
enum {
	BASE = 0x10000,
	TABLE = 0x40,
	MODULE = 0x800,
	SIZE = 0x1000,
	TEXT = 0x20000,
	ETEXT = 0x20100,
	DATA = 0x30000,
	FUNCTIONS = 3
};
static const char *const names[FUNCTIONS] = { "_rt0_amd64_linux_lib", "runtime.main", "main.main" };
static const uint64_t entries[FUNCTIONS + 1] = { 0, 0x40, 0x80, 0xa0 };

struct made {
	unsigned char data[SIZE];
	unsigned word;
	int big_endian;
	unsigned magic;
	uint64_t at;
	struct pclntab_fixed fixed[16];
	size_t fixed_count;
	int is_fixed; /* pointers are made by relocations, and 0 in the file */
};

static void put_at(struct made *made, uint64_t at, unsigned width, uint64_t value)
{
	for (unsigned i = 0; i < width; i++)
		made->data[at + i] = (unsigned char)(value >> 8 * (made->big_endian ? width - 1 - i : i));
}

static void put(struct made *made, unsigned width, uint64_t value)
{
	put_at(made, made->at, width, value);
	made->at += width;
}

static void put_pointer(struct made *made, uint64_t value)
{
	if (made->is_fixed)
		made->fixed[made->fixed_count++] = (struct pclntab_fixed){ BASE + made->at, value };
	put(made, made->word, made->is_fixed ? 0 : value);
}

static int is_offset(const struct made *made) { return made->magic >= 0xf0 && made->magic <= 0xf1; }

/* Names, functions and the table between them; names and the table begin at offsets from the header. */
static void put_table(struct made *made, uint64_t names_at, uint64_t base_at, uint64_t rows_at)
{
	unsigned width = is_offset(made) ? 4 : made->word;
	uint64_t name = TABLE + 0x100, func = TABLE + 0x200, names_from = TABLE + names_at;
	made->at = TABLE + rows_at;
	for (unsigned i = 0; i <= FUNCTIONS; i++) {
		if (is_offset(made))
			put(made, 4, entries[i]);
		else
			put_pointer(made, TEXT + entries[i]);
		if (i == FUNCTIONS)
			break;
		put(made, width, func - (TABLE + base_at));
		put_at(made, func + width, 4, name - names_from);
		memcpy(made->data + name, names[i], strlen(names[i]) + 1);
		name += strlen(names[i]) + 1;
		func += 32;
	}
}

static void put_module(struct made *made)
{
	unsigned minpc = made->magic == 0xfb ? 10 : 20;
	made->at = MODULE;
	put_pointer(made, BASE + TABLE);
	made->at = MODULE + (uint64_t)minpc * made->word;
	put_pointer(made, TEXT);
	put_pointer(made, TEXT + entries[FUNCTIONS]);
	put_pointer(made, TEXT);
	put_pointer(made, ETEXT);
	put_pointer(made, DATA); /* noptrdata; the other three are empty */
	put_pointer(made, DATA + 0x100);
}

static void make(struct made *made, unsigned word, int big_endian, unsigned magic, int is_fixed)
{
	*made = (struct made){ .word = word, .big_endian = big_endian, .magic = magic, .is_fixed = is_fixed };
	made->at = TABLE;
	put(made, 4, 0xffffff00 | magic);
	put(made, 2, 0);
	put(made, 1, 1);
	put(made, 1, word);
	put(made, word, FUNCTIONS);
	if (magic == 0xfb) {
		put_table(made, 0, 0, 8 + word);
	} else {
		put(made, word, 1); /* files */
		if (is_offset(made))
			put(made, word, 0); /* text, as since go1.26 */
		put(made, word, 0x80);
		put(made, word, 0);
		put(made, word, 0);
		put(made, word, 0);
		put(made, word, 0x180);
		put_table(made, 0x80, 0x180, 0x180);
	}
	put_module(made);
}

static int by_address(const void *a, const void *b)
{
	const struct pclntab_fixed *x = a, *y = b;
	return (x->address > y->address) - (x->address < y->address);
}

static void read_made(struct made *made, struct pclntab *table)
{
	const struct pclntab_range range = { BASE, { made->data, SIZE, made->big_endian }, NULL };
	const struct pclntab_image image = { .range = &range,
		.count = 1,
		.word = made->word,
		.size = SIZE,
		.fixed = made->fixed,
		.fixed_count = made->fixed_count };
	qsort(made->fixed, made->fixed_count, sizeof *made->fixed, by_address);
	pclntab_read(&image, table);
}

static const unsigned magics[] = { 0xfb, 0xfa, 0xf0, 0xf1 };

static void test_every_layout(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4 * 2 * 2 * 2; i++) {
		struct made made;
		struct pclntab table;
		make(&made, i & 1 ? 8 : 4, i >> 1 & 1, magics[i >> 3], i >> 2 & 1);
		read_made(&made, &table);
		assert_true(table.found && table.placed);
		assert_int_equal(table.address, BASE + TABLE);
		assert_int_equal(table.text, TEXT);
		assert_int_equal(table.etext, ETEXT);
		assert_int_equal(table.count, FUNCTIONS + 1);
		for (unsigned k = 0; k < FUNCTIONS; k++) {
			assert_int_equal(table.functions[k].address, TEXT + entries[k]);
			assert_string_equal(table.functions[k].name, names[k]);
		}
		assert_int_equal(table.functions[FUNCTIONS].address, ETEXT);
		assert_true(pclntab_is_variable(&table, DATA) && pclntab_is_variable(&table, DATA + 0xff));
		assert_false(pclntab_is_variable(&table, DATA - 1) || pclntab_is_variable(&table, DATA + 0x100));
		pclntab_free(&table);
	}
}

/* Without moduledata the header's own text (go1.18 to 1.25) or the entries (before) give the bounds; without these the
 * table is there, and nothing is known of its place. */
static void test_without_moduledata(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 4 * 2; i++) {
		struct made made;
		struct pclntab table;
		make(&made, 8, 0, magics[i >> 1], i & 1);
		put_at(&made, MODULE, 8, 0);
		for (size_t k = 0; k < made.fixed_count; k++)
			if (made.fixed[k].address == BASE + MODULE)
				made.fixed[k].value++;
		read_made(&made, &table);
		assert_true(table.found);
		assert_int_equal(table.placed, !is_offset(&made));
		assert_int_equal(table.text, is_offset(&made) ? 0 : TEXT);
		assert_int_equal(table.etext, is_offset(&made) ? 0 : TEXT + entries[FUNCTIONS]);
		pclntab_free(&table);
		if (!is_offset(&made))
			continue;
		put_at(&made, TABLE + 8 + 16, 8, TEXT);
		read_made(&made, &table);
		assert_true(table.placed);
		assert_int_equal(table.text, TEXT);
		assert_int_equal(table.etext, TEXT + entries[FUNCTIONS]);
		assert_false(pclntab_is_variable(&table, 0));
		pclntab_free(&table);
	}
}

/* Each of these bytes alone makes it no table of Go's. */
static void test_made_wrong(void **state)
{
	static const struct {
		const char *what;
		uint64_t at;
		unsigned width;
		uint64_t value;
	} rows[] = {
		{ "magic", TABLE, 4, 0xfffffff2 },
		{ "padding", TABLE + 5, 1, 1 },
		{ "quantum", TABLE + 6, 1, 3 },
		{ "width", TABLE + 7, 1, 4 },
		{ "no functions", TABLE + 8, 8, 0 },
		{ "too many functions", TABLE + 8, 8, SIZE },
		{ "far too many", TABLE + 8, 8, UINT64_MAX / 8 },
		{ "names beyond", TABLE + 8 + 24, 8, SIZE },
		{ "names far beyond", TABLE + 8 + 24, 8, UINT64_MAX },
		{ "functions beyond", TABLE + 8 + 56, 8, SIZE },
		{ "functions far beyond", TABLE + 8 + 56, 8, UINT64_MAX - 8 },
		{ "entries go down", TABLE + 0x180 + 8, 4, 0x100 },
		{ "a function beyond", TABLE + 0x180 + 4, 4, SIZE },
		{ "a name beyond", TABLE + 0x200 + 4, 4, SIZE },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct made made;
		struct pclntab table;
		make(&made, 8, 0, 0xf1, 0);
		put_at(&made, rows[i].at, rows[i].width, rows[i].value);
		read_made(&made, &table);
		if (table.found || table.placed || table.count)
			fail_msg("%s: found", rows[i].what);
		pclntab_free(&table);
	}
}

/* A moduledata that does not agree with the table is none. */
static void test_wrong_moduledata(void **state)
{
	static const struct {
		unsigned word;
		uint64_t value;
	} rows[] = { { 20, TEXT + 1 }, { 21, TEXT - 1 }, { 22, TEXT + 1 }, { 23, TEXT } };
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct made made;
		struct pclntab table;
		make(&made, 8, 0, 0xf1, 0);
		put_at(&made, MODULE + 8 * rows[i].word, 8, rows[i].value);
		read_made(&made, &table);
		assert_true(table.found);
		assert_false(table.placed);
		pclntab_free(&table);
	}
}

/* Text of several sections that a linker moved apart: the bounds hold, where functions are is not known. */
static void test_text_moved_apart(void **state)
{
	struct made made;
	struct pclntab table;
	(void)state;
	make(&made, 8, 0, 0xf1, 0);
	put_at(&made, TABLE + 0x180 + 8 * FUNCTIONS, 4, entries[FUNCTIONS] - 1);
	read_made(&made, &table);
	assert_true(table.placed);
	assert_int_equal(table.count, 0);
	pclntab_free(&table);
}

static uint64_t target_of(const void *context, const void *chain, uint64_t word)
{
	assert_ptr_equal(chain, context);
	return word & UINT32_MAX;
}

/* Words of a range that dyld reads as links of a chain: the target is a part of each. */
static void test_chained(void **state)
{
	struct made made;
	struct pclntab table;
	(void)state;
	make(&made, 8, 0, 0xf1, 0);
	for (unsigned i = 0; i < 28; i++)
		put_at(&made, MODULE + 8 * i + 4, 4, 0x80000);
	const struct pclntab_range range = { BASE, { made.data, SIZE, 0 }, &made };
	struct pclntab_image image = { .range = &range, .count = 1, .word = 8, .size = SIZE };
	pclntab_read(&image, &table);
	assert_true(table.found && !table.placed);
	pclntab_free(&table);
	image.target = target_of;
	image.context = &made;
	pclntab_read(&image, &table);
	assert_true(table.placed);
	assert_int_equal(table.text, TEXT);
	pclntab_free(&table);
}

/* More headers than are tried, each with a table that goes wrong at its end: it ends, and says no. */
static void test_many_headers(void **state)
{
	struct made made;
	struct pclntab table;
	(void)state;
	make(&made, 8, 0, 0xf1, 0);
	put_at(&made, TABLE + 0x180 + 8 * FUNCTIONS, 4, 0);
	unsigned char one[0x40];
	memcpy(one, made.data + TABLE, sizeof one);
	for (uint64_t at = TABLE + 0x300; at + sizeof one < SIZE; at += sizeof one)
		memcpy(made.data + at, one, sizeof one);
	read_made(&made, &table);
	assert_false(table.found);
	pclntab_free(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_layout),
		cmocka_unit_test(test_without_moduledata),
		cmocka_unit_test(test_made_wrong),
		cmocka_unit_test(test_wrong_moduledata),
		cmocka_unit_test(test_text_moved_apart),
		cmocka_unit_test(test_chained),
		cmocka_unit_test(test_many_headers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
