/* Archives: what ar and AIX write, names of every kind, and what is refused. */
#include "tests/unit/elf_sample.h"

#include "harness/format/format.h"

#include <errno.h>

/* ---- what is refused, and what an archive without objects is ------------------------------- */

#define MEMBER(name16, size10) name16 "0           0     0     100644  " size10 "`\n"
#define BIG_FIELD "0                   "
#define BIG_HEAD(first, last) "<bigaf>\n" BIG_FIELD BIG_FIELD BIG_FIELD first last BIG_FIELD
#define BIG_MEMBER(size, next, length, name) \
	size next BIG_FIELD "0           0           0           644         " length name "`\n"

static json_t *read_text(const char *text, size_t size, struct diag *diag)
{
	json_t *facts = NULL;
	int result = archive_facts("a", (struct bytes){ (const unsigned char *)text, size, 0 }, &facts, diag);
	assert_int_equal(result, facts ? 0 : -EBADMSG);
	assert_true(facts ? !diag->line[0] : diag->line[0] != 0);
	return facts;
}

static const struct {
	const char *text, *why;
} refused_rows[] = {
	{ "!<arch>\nfoo", "truncated: member header at 8 (11 bytes)" },
	{ "!<arch>\n" MEMBER("a.o/            ", "5         ") "1234",
	    "the member's bytes end beyond the end: member at 8" },
	{ "!<arch>\n" MEMBER("a.o/            ", "x         "), "malformed member header at 8" },
	{ "!<arch>\n" MEMBER("a.o/            ", "          "), "malformed member header at 8" },
	{ "!<arch>\n" MEMBER("a.o/            ", "1 2       ") "123456789012", "malformed member header at 8" },
	{ "!<arch>\n" MEMBER("a.o/            ", "-1        "), "malformed member header at 8" },
	{ "!<arch>\n" MEMBER("/9              ", "0         "), "name beyond the table of names at 8" },
	{ "!<arch>\n" MEMBER("#1/5            ", "4         ") "1234", "name longer than its member at 8" },
	{ "!<arch>\n" MEMBER("a.o/            ", "4         ") "\177ELF",
	    "a(a.o): truncated or malformed ELF header (4 bytes)" },
	{ "<bigaf>\n0", "truncated or malformed header at 0" },
	{ BIG_HEAD("128                 ", "128                 "), "truncated: member header at 128" },
	{ BIG_HEAD("999                 ", "128                 "), "truncated: member header at 999" },
	{ BIG_HEAD("128                 ", "128                 ")
		BIG_MEMBER("9                   ", BIG_FIELD, "4   ", "a.so") "1",
	    "bytes end beyond the end: member at 128" },
	/* A list that never ends. */
	{ BIG_HEAD("128                 ", "0                   ")
		BIG_MEMBER("0                   ", "128                 ", "4   ", "a.so"),
	    "members overlap: member at 128" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused_rows / sizeof *refused_rows; i++) {
		struct diag diag = DIAG_INIT;
		assert_null(read_text(refused_rows[i].text, strlen(refused_rows[i].text), &diag));
		if (!strstr(diag.line, refused_rows[i].why))
			fail_msg("row %zu: '%s' does not say '%s'", i, diag.line, refused_rows[i].why);
	}
}

static const char *member_name(const json_t *facts, size_t number)
{
	const json_t *members = json_object_get(json_object_get(facts, "archive"), "members");
	return json_string_value(json_object_get(json_array_get(members, number), "name"));
}

static long long member_count(const json_t *facts)
{
	return json_integer_value(json_object_get(json_object_get(facts, "archive"), "count"));
}

static void test_names(void **state)
{
	(void)state;
	static const char text[] = "!<arch>\n" MEMBER("/               ", "4         ") "1234" MEMBER(
	    "__.SYMDEF SORTED", "2         ") "12" MEMBER("//              ",
	    "20        ") "a_long_name.o/\nb.o/\n" MEMBER("plain.o/        ",
	    "3         ") "abc\n" MEMBER("/0              ", "0         ") MEMBER("/15             ", "0         ")
	    MEMBER("#1/4            ", "6         ") "c.o\0ab" MEMBER("bsd.o           ", "0         ")
		MEMBER("in.a/           ", "8         ") "!<arch>\n";
	static const char *const names[] = { "plain.o", "a_long_name.o", "b.o", "c.o", "bsd.o", "in.a" };
	struct diag diag = DIAG_INIT;
	json_t *facts = read_text(text, sizeof text - 1, &diag);
	if (!facts)
		fail_msg("%s", diag.line);
	assert_int_equal(member_count(facts), 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(member_name(facts, i), names[i]);
	/* No object file: no facts; and the page for people is there all the same. */
	struct buf page = BUF_INIT;
	inspect_print("a", facts, &page);
	assert_non_null(strstr(page.data, "a: archive\n"));
	assert_non_null(strstr(page.data, "plain.o          no object file"));
	buf_free(&page);
	json_decref(facts);
}

static void test_big(void **state)
{
	(void)state;
	/* The second member stands first in the file. */
	static const char text[] = BIG_HEAD("256                 ", "128                 ")
	    BIG_MEMBER("7                   ", "0                   ", "4   ",
		"b.so") "1234567"
			"\n"
			"\n\n" BIG_MEMBER("2                   ", "128                 ", "3   ", "a.o\0") "12";
	struct diag diag = DIAG_INIT;
	json_t *facts = read_text(text, sizeof text - 1, &diag);
	if (!facts)
		fail_msg("%s", diag.line);
	assert_int_equal(member_count(facts), 2);
	assert_string_equal(member_name(facts, 0), "a.o");
	assert_string_equal(member_name(facts, 1), "b.so");
	json_decref(facts);
}

/* ---- with Go's code ------------------------------------------------------------------------ */

/* Go's member is told, wherever it stands; the check sees it. */
static void test_go_member(void **state)
{
	(void)state;
	sh("cd %s && cc -c -o first.o c.c && cc -c -o a_name_that_is_long.o go.s && ar rcs lib first.o "
	   "a_name_that_is_long.o",
	    sample_dir);
	json_t *facts = facts_of("lib"), *archive = json_object_get(facts, "archive");
	assert_string_equal(json_string_value(json_object_get(facts, "format")), "archive");
	assert_string_equal(json_string_value(json_object_get(facts, "type")), "ARCHIVE");
	assert_string_equal(json_string_value(json_object_get(facts, "arch")), SAMPLE_ARCH);
	assert_string_equal(json_string_value(json_object_get(archive, "go_member")), "a_name_that_is_long.o");
	assert_int_equal(member_count(facts), 2);
	char *observed = observed_in("lib", "tls.access");
	assert_non_null(strstr(observed, "model=IE at=linker reloc=R_"));
	free(observed);
	json_decref(facts);
	/* Without it the first object speaks, and there is no slot. */
	sh("cd %s && ar d lib a_name_that_is_long.o", sample_dir);
	facts = facts_of("lib");
	assert_true(json_is_null(json_object_get(json_object_get(facts, "archive"), "go_member")));
	observed = observed_in("lib", "tls.access");
	assert_non_null(strstr(observed, "at=none reloc=none"));
	free(observed);
	json_decref(facts);
}

/* At any length: an error with its line, or fewer members, never a crash. */
static void test_cut(void **state)
{
	(void)state;
	char path[128];
	sh("cd %s && ar rcs lib first.o a_name_that_is_long.o", sample_dir);
	FILE *file = fopen(sample_path("lib", path), "rb");
	assert_non_null(file);
	char *bytes = malloc(1 << 16);
	assert_non_null(bytes);
	size_t size = fread(bytes, 1, 1 << 16, file);
	fclose(file);
	for (size_t cut = 0; cut < size; cut++) {
		char *exact = malloc(cut + 1);
		struct diag diag = DIAG_INIT;
		assert_non_null(exact);
		memcpy(exact, bytes, cut);
		json_decref(read_text(exact, cut, &diag));
		free(exact);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_big),
		cmocka_unit_test(test_go_member),
		cmocka_unit_test(test_cut),
	};
	return cmocka_run_group_tests(tests, build_samples, remove_samples);
}
