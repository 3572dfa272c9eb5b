/* The bounds of what is unpacked (harness/pack/members.h), with limits that a test can reach. */
#include "tests/unit/unit.h"

#include "harness/pack/members.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void tell(void *context, const char *name, struct bytes bytes, const struct diag *why)
{
	buf_printf(context, "%s %zu %s\n", name, bytes.size, why ? why->line : "");
}

static void add_number(struct buf *out, uint64_t value, unsigned width)
{
	for (unsigned i = 0; i < width; i++)
		buf_add_bytes(out, &(char){ (char)(value >> 8 * i) }, 1);
}

/* A member's header, or its row in the table, as APPNOTE.TXT 4.3.7 and 4.3.12 have them; stored, the checksum that of
 * the bytes. */
static void add_head(struct buf *out, int in_table, char name, uint32_t sum, size_t size, size_t offset)
{
	buf_add_bytes(out, in_table ? "PK\1\2" : "PK\3\4", 4);
	add_number(out, 20, in_table ? 2 : 0);
	add_number(out, 20, 2);
	add_number(out, 0, 8); /* flags, method, time and date */
	add_number(out, sum, 4);
	add_number(out, size, 4);
	add_number(out, size, 4);
	add_number(out, 1, 2);
	add_number(out, 0, 2);
	add_number(out, 0, in_table ? 10 : 0); /* comment, disk, attributes */
	add_number(out, offset, in_table ? 4 : 0);
	buf_add_bytes(out, &name, 1);
}

static uint32_t sum_of(const char *text, size_t size)
{
	uint32_t sum = ~0U;
	for (size_t i = 0; i < size; i++) {
		sum ^= (unsigned char)text[i];
		for (int k = 0; k < 8; k++)
			sum = sum >> 1 ^ (0xedb88320U & -(sum & 1));
	}
	return ~sum;
}

/* A zip file with count members a, b, ... that all are text; said is the size that the headers have. */
static void make_zip(struct buf *zip, const char *text, size_t size, size_t said, unsigned count)
{
	size_t start[8];
	for (unsigned i = 0; i < count; i++) {
		start[i] = zip->len;
		add_head(zip, 0, (char)('a' + i), sum_of(text, size), said, 0);
		buf_add_bytes(zip, text, size);
	}
	size_t table = zip->len;
	for (unsigned i = 0; i < count; i++)
		add_head(zip, 1, (char)('a' + i), sum_of(text, size), said, start[i]);
	size_t end = zip->len;
	buf_add_bytes(zip, "PK\5\6", 4);
	add_number(zip, 0, 4);
	add_number(zip, count, 2);
	add_number(zip, count, 2);
	add_number(zip, end - table, 4);
	add_number(zip, table, 4);
	add_number(zip, 0, 2);
}

static const struct row {
	struct members_limits limits;
	size_t size, said;
	unsigned count;
	int result;
	const char *told, *why; /* what was told of the members; the line at the end */
} rows[] = {
	{ { 100, 1000, 10 }, 100, 100, 2, 0, "z!a 100 \nz!b 100 \n", "" },
	{ { 99, 1000, 10 }, 100, 100, 1, 0, "z!a 0 z!a: unpacks to more than 99 bytes: not read\n", "" },
	{ { 100, 199, 10 }, 100, 100, 3, -E2BIG, "z!a 100 \nz!b 100 \n", "z: zip: unpacks to more than 199 bytes" },
	{ { 100, 1000, 2 }, 100, 100, 3, -E2BIG, "z!a 100 \nz!b 100 \n", "z: zip: more than 2 members" },
};

static void test_bounds(void **state)
{
	(void)state;
	char text[100] = "\177ELF";
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf told = BUF_INIT, zip = BUF_INIT;
		struct diag diag = DIAG_INIT;
		struct members members = { .limits = rows[i].limits, .tell = tell, .context = &told };
		make_zip(&zip, text, rows[i].size, rows[i].said, rows[i].count);
		struct bytes file = { (const unsigned char *)zip.data, zip.len, 0 };
		assert_int_equal(members_kind(file), MEMBERS_ZIP);
		assert_int_equal(members_each(&members, "z", file, &diag), rows[i].result);
		assert_string_equal(told.data, rows[i].told);
		if (strncmp(diag.line, rows[i].why, strlen(rows[i].why)) || !*diag.line != !rows[i].result)
			fail_msg("row %zu: %s", i, diag.line);
		buf_free(&told);
		buf_free(&zip);
	}
}

/* What is no object is neither told nor counted among the bytes that were unpacked. */
static void test_passed_over(void **state)
{
	(void)state;
	struct buf told = BUF_INIT, zip = BUF_INIT;
	struct diag diag = DIAG_INIT;
	struct members members = { .limits = { 1, 1, 10 }, .tell = tell, .context = &told };
	make_zip(&zip, "text", 4, 4, 3);
	struct bytes file = { (const unsigned char *)zip.data, zip.len, 0 };
	assert_int_equal(members_each(&members, "z", file, &diag), 0);
	assert_int_equal(members.passed, 3);
	assert_int_equal(told.len, 0);
	buf_free(&told);
	buf_free(&zip);
}

static void test_thin_archives(void **state)
{
	(void)state;
	static const struct {
		const char *text, *told, *why;
	} files[] = {
#define THIN(name16) "!<thin>\n" name16 "0           0     0     100644  4         `\n"
		{ THIN("missing.o/      "), "d/t!missing.o 0 d/missing.o: cannot open: No such file or directory\n",
		    "" },
		{ THIN("/0:8            "), "", "d/t: archive: a member of an archive within a thin archive" },
		{ THIN("/9              "), "", "d/t: archive: name beyond the table of names at 8" },
		{ "!<thin>\nx", "", "d/t: archive: truncated: member header at 8 (9 bytes)" },
	};
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct buf told = BUF_INIT;
		struct diag diag = DIAG_INIT;
		struct members members = { .limits = members_limits, .tell = tell, .context = &told };
		struct bytes file = { (const unsigned char *)files[i].text, strlen(files[i].text), 0 };
		assert_int_equal(members_kind(file), MEMBERS_THIN);
		assert_int_equal(members_each(&members, "d/t", file, &diag), *files[i].why ? -EBADMSG : 0);
		assert_string_equal(told.data, files[i].told);
		assert_memory_equal(diag.line, files[i].why, strlen(files[i].why));
		buf_free(&told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_passed_over),
		cmocka_unit_test(test_thin_archives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
