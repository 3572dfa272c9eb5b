/* test_filter_empty.c - what is said of a filter that selects nothing, and the help, which is the parser's own. */
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/filter.h"
#include "matrix/target_facts.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const ids[] = {
	"go1.26.8/linux/amd64/exe/cgo0/internal@host:exec",
	"go1.26.8/linux/amd64/exe/cgo1/external@host:exec",
	"go1.26.8/linux/amd64/c-shared/cgo1/external@musl-1.2.5:dlopen",
	"go1.26.8/linux/arm.5/exe/cgo0/internal@none",
	"go1.26.8/windows/386/exe/cgo0/internal@none",
};
enum { CELLS = sizeof(ids) / sizeof(*ids) };

static struct cell cells[CELLS];
static struct target_facts glibc = { .known = 1, .libc = "glibc-2.36", .kernel = "Linux-6.1" };
static struct target_facts musl = { .known = 1, .libc = "musl-1.2.5", .kernel = "Linux-6.1" };

static int make_cells(void **state)
{
	(void)state;
	for (size_t i = 0; i < CELLS; i++)
		if (cell_parse(ids[i], &cells[i], NULL))
			return -1;
	cells[0].facts = cells[1].facts = &glibc;
	cells[2].facts = &musl;
	return 0;
}

static size_t count(const struct filter *filter, void *data)
{
	size_t found = 0;
	for (size_t i = 0; i < CELLS; i++)
		found += (size_t)filter_match(filter, &(struct filter_subject){ &cells[i], NULL, data, NULL });
	return found;
}

static char *why(const char *text)
{
	struct filter *filter;
	struct buf out = BUF_INIT;
	const struct filter_among among = { cells, CELLS, count, "pass" };
	buf_add(&out, "");
	assert_int_equal(filter_parse(text, &filter, NULL), 0);
	filter_why_empty(filter, &among, &out);
	filter_free(filter);
	return buf_take(&out);
}

static void test_why(void **state)
{
	(void)state;
	static const struct {
		const char *text, *why;
	} cases[] = {
		/* The condition that leaves nothing of what was there before it, the first such. */
		{ "arch=amd64 & mode=plugin", "mode=plugin alone selects 0" },
		{ "arch=amd64 & os=windows", "arch=amd64 selects 3, with os=windows 0" },
		{ "os=linux & arch=amd64 & cgo=0 & mode=c-shared & load=dlopen",
		    "os=linux & arch=amd64 & cgo=0 selects 1, with mode=c-shared 0" },
		{ "mode=plugin & os=linux", "mode=plugin alone selects 0" },
		/* Words of their own come in brackets, a group stays one condition. */
		{ "(mode=exe) & (load=dlopen)", "mode=exe selects 4, with load=dlopen 0" },
		{ "( mode=exe & cgo=1 ) & (arch=386 | arch=arm )",
		    "mode=exe & cgo=1 selects 1, with (arch=386 | arch=arm ) 0" },
		{ "cgo=1 & !os=linux", "cgo=1 selects 2, with !os=linux 0" },
		{ "cgo=1 & ! (os=linux | mode=pie)", "cgo=1 selects 2, with ! (os=linux | mode=pie) 0" },
		{ "cgo=1 & go1.26.8/windows/386/exe/cgo0/internal@none",
		    "cgo=1 selects 2, with go1.26.8/windows/386/exe/cgo0/internal@none 0" },
		{ "mode=exe & status=fail", "status=fail alone selects 0" },
		{ "os=linux & arch!=amd64,arm", "os=linux selects 4, with arch!=amd64,arm 0" },
		/* One condition of values that there are. */
		{ "mode=plugin", "" },
		{ "go1.26.8/linux/386/exe/cgo0/internal@none", "" },
		{ "mode=plugin | load=needed", "" },
		/* Values that no cell has, wherever they stand, the first of several. */
		{ "os=linus", "no cell has os=linus; did you mean 'linux'? there are: linux windows" },
		{ "os=plan9,linus", "no cell has os=plan9; there are: linux windows" },
		{ "mode=exe & (arch=x86_64 | os=plan9)",
		    "no cell has arch=x86_64; did you mean 'amd64'? there are: amd64 arm 386" },
		{ "arch=i686", "no cell has arch=i686; did you mean '386'? there are: amd64 arm 386" },
		/* macOS is meant, but none is here. */
		{ "os=macos", "no cell has os=macos; there are: linux windows" },
		{ "arch=arm.7", "no cell has arch=arm.7; did you mean 'arm'? there are: amd64 arm 386" },
		{ "target=linux/*", "no cell has target=linux/*; there are: host musl-1.2.5 none" },
		{ "libc=muls-1.2.5 & target=musl-*",
		    "no cell has libc=muls-1.2.5; did you mean 'musl-1.2.5'? there are: glibc-2.36 musl-1.2.5" },
		{ "emulator=qemu-* & target=musl-*", "no cell has emulator=qemu-*; nothing of it is known here" },
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = why(cases[i].text);
		if (strcmp(text, cases[i].why) != 0)
			fail_msg("'%s': '%s', not '%s'", cases[i].text, text, cases[i].why);
		free(text);
	}
}

/* A filter of a machine: the text stays short, and the time too. */
static void test_many_conditions(void **state)
{
	(void)state;
	struct buf long_text = BUF_INIT;
	for (size_t i = 0; i < 20000; i++)
		buf_add(&long_text, "os=linux & ");
	buf_add(&long_text, "mode=exe & load=dlopen");
	char *text = why(long_text.data);
	assert_non_null(strstr(text, "os=lin... selects 3, with load=dlopen 0"));
	assert_true(strlen(text) < 400);
	free(text);
	buf_free(&long_text);
}

/* Each field that the parser knows ("known: ...") has a line with an example that it takes, of that field. */
static void test_help_is_the_parser_s(void **state)
{
	(void)state;
	struct buf help = BUF_INIT;
	struct diag diag = DIAG_INIT;
	struct filter *filter;
	size_t lines = 0, fields = 0;
	filter_help(&help);
	assert_int_equal(filter_parse("zzzzzz=1", &filter, &diag), -EINVAL);
	char *names = strstr(diag.line, "known: ") + strlen("known: ");
	for (char *name = strtok(names, " "); name; name = strtok(NULL, " "), fields++) {
		char *head = xprintf("\n%-12s%s=", name, name), *line = strstr(help.data, head);
		if (!line)
			fail_msg("no example of %s", name);
		line += 13;
		char *example = xprintf("%.*s", (int)strcspn(line, " \n"), line);
		if (filter_parse(example, &filter, &diag))
			fail_msg("%s", diag.line);
		filter_free(filter);
		free(example);
		free(head);
	}
	assert_int_equal(fields, 13);
	for (char *at = help.data; *at; at += strcspn(at, "\n") + 1, lines++)
		assert_true(strcspn(at, "\n") <= 100);
	assert_true(lines <= 24);
	buf_free(&help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_many_conditions),
		cmocka_unit_test(test_help_is_the_parser_s),
	};
	return cmocka_run_group_tests(tests, make_cells, NULL);
}
