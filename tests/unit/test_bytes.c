/* The view of bytes that nobody vouches for: what is there, what is not, and nothing beyond. */
#include "tests/unit/unit.h"

#include "matrix/base/bytes.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const unsigned char sample[] = { 1, 2, 3, 4, 5, 6, 7, 8, 'a', 'b', 0, 'c' };
static const struct bytes view = { sample, sizeof sample, 0 };

static void test_have(void **state)
{
	(void)state;
	static const struct {
		uint64_t at, size;
		int have;
	} rows[] = {
		{ 0, 12, 1 },
		{ 0, 13, 0 },
		{ 12, 0, 1 },
		{ 13, 0, 0 },
		{ 11, 1, 1 },
		{ 11, 2, 0 },
		{ UINT64_MAX, 1, 0 },
		{ 1, UINT64_MAX, 0 },
		{ UINT64_MAX, UINT64_MAX, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(bytes_have(&view, rows[i].at, rows[i].size), rows[i].have);
}

static void test_number(void **state)
{
	(void)state;
	struct bytes big = view;
	big.big_endian = 1;
	assert_int_equal(bytes_number(&view, 0, 1), 1);
	assert_int_equal(bytes_number(&view, 1, 2), 0x0302);
	assert_int_equal(bytes_number(&big, 1, 2), 0x0203);
	assert_int_equal(bytes_number(&view, 0, 4), 0x04030201);
	assert_int_equal(bytes_number(&big, 0, 4), 0x01020304);
	assert_true(bytes_number(&view, 0, 8) == 0x0807060504030201);
	assert_true(bytes_number(&big, 0, 8) == 0x0102030405060708);
	assert_int_equal(bytes_number(&view, 11, 1), 'c');
	assert_int_equal(bytes_number(&view, 11, 2), 0);
	assert_int_equal(bytes_number(&view, 12, 1), 0);
	assert_int_equal(bytes_number(&view, UINT64_MAX - 1, 4), 0);
}

static void test_text(void **state)
{
	(void)state;
	assert_string_equal(bytes_text(&view, 8), "ab");
	assert_string_equal(bytes_text(&view, 10), "");
	assert_null(bytes_text(&view, 11));
	assert_null(bytes_text(&view, 12));
	assert_null(bytes_text(&view, UINT64_MAX));
}

static void test_part_and_find(void **state)
{
	(void)state;
	struct bytes part = bytes_part(&view, 8, 100);
	assert_int_equal(part.size, 4);
	assert_ptr_equal(part.data, sample + 8);
	assert_int_equal(bytes_part(&view, 12, 1).size, 0);
	assert_int_equal(bytes_part(&view, UINT64_MAX, UINT64_MAX).size, 0);
	assert_int_equal(bytes_part(&view, 2, 3).size, 3);
	assert_int_equal(bytes_find(&view, "ab", 2), 8);
	assert_int_equal(bytes_find(&view, "ba", 2), -1);
	part = bytes_part(&view, 12, 1);
	assert_int_equal(bytes_find(&part, "a", 1), -1);
}

static void test_start(void **state)
{
	(void)state;
	char text[BYTES_START_SIZE];
	static const unsigned char high[] = { 255, 254, 253, 252, 251, 250, 249, 248, 247 };
	const struct bytes longest = { high, sizeof high, 0 }, none = { NULL, 0, 0 },
			   word = { (const unsigned char *)"no \177", 4, 0 };
	assert_string_equal(bytes_start(&longest, text), "\\377\\376\\375\\374\\373\\372\\371\\370");
	assert_string_equal(bytes_start(&none, text), "");
	assert_string_equal(bytes_start(&word, text), "no\\040\\177");
}

static void test_map(void **state)
{
	(void)state;
	char path[] = "/tmp/tlsmatrix-bytes-XXXXXX";
	struct bytes bytes = { NULL, 99, 0 };
	struct diag diag = DIAG_INIT;
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(bytes_map(path, &bytes, &diag), 0);
	assert_int_equal(bytes.size, 0);
	bytes_unmap(&bytes);
	assert_int_equal(write(fd, sample, sizeof sample), sizeof sample);
	assert_int_equal(close(fd), 0);
	assert_int_equal(bytes_map(path, &bytes, &diag), 0);
	assert_int_equal(bytes.size, sizeof sample);
	assert_memory_equal(bytes.data, sample, sizeof sample);
	bytes_unmap(&bytes);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(bytes_map(path, &bytes, &diag), -ENOENT);
	assert_int_equal(bytes_map("/", &bytes, &diag), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_have),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_part_and_find),
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_map),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
