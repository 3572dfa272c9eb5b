#include "matrix/coverage.h"

#include "matrix/base/buf.h"
#include "matrix/base/glob.h"

#include <stdio.h>
#include <string.h>

static const struct covered bug_rows[] = {
#define BUG(number, text, upstream, seen, by, note) { "#" #number, FAMILY, text, upstream, seen, by, note },
#include "matrix/bugs.def"
#undef BUG
};

static const struct covered test_rows[] = {
#define TEST(names, text, where, seen, by, note) { names, FAMILY, text, where, seen, by, note },
#include "matrix/upstream.def"
#undef TEST
};

static const char bugs_text[] =
    "Made by `make docs` from `matrix/bugs.def`: bugs that Go, linkers, libcs, loaders and emulators have\n"
    "had with one another, and the checks ([checks.md](checks.md)) that would fail if one of them came\n"
    "back. Each of these checks has a control: `tlsmatrix selfcheck` makes it fail on purpose. \"Seen\" is a\n"
    "bug that breaks what a check expects in a cell that is planned; \"in part\" one of which that holds of a\n"
    "part, on another port, or by chance; \"not\" one with which every check stays green. The last column\n"
    "says what is missing there. `tlsmatrix explain '#72'` has a row for itself. Below them are\n"
    "[golang/go's own tests](#upstream) in the same way.";

const struct coverage bugs = {
	.rows = bug_rows,
	.count = sizeof bug_rows / sizeof *bug_rows,
	.sights = OUT,
	.title = "bugs, and which check sees them",
	.text = bugs_text,
	.what = "bugs",
	.columns = "bug | what went wrong | told",
};

static const char upstream_tests_text[] =
    "Made from `matrix/upstream.def`: golang/go's own tests for C, libraries, plugins, threads and signals,\n"
    "as of go1.26.8, below `src`. A row is a test, or several that assert one behaviour. \"Seen\" is one\n"
    "where the fault that the test is there for would turn a check of ours red; \"out of scope\" one of\n"
    "nothing that a loader, a linker, libc, a kernel or a running program does. Not here are the other\n"
    "tests of cmd/cgo/internal/test, of cgo's language: types, constants, names.";

const struct coverage upstream_tests = {
	.rows = test_rows,
	.count = sizeof test_rows / sizeof *test_rows,
	.sights = SIGHT_COUNT,
	.title = "behaviours that golang/go tests itself, and which check sees them <a id=\"upstream\"></a>",
	.text = upstream_tests_text,
	.what = "behaviours",
	.columns = "test | what has to hold | files",
};

/* ---- rows ------------------------------------------------------------------------------------------------ */

const struct covered *bug_find(const char *name)
{
	for (size_t i = 0; i < bugs.count; i++)
		if (strcmp(bugs.rows[i].name, name) == 0)
			return &bugs.rows[i];
	return NULL;
}

const char *sight_name(enum sight seen)
{
	static const char *const names[SIGHT_COUNT] = {
		[SEEN] = "seen", [IN_PART] = "in part", [NOT] = "not", [OUT] = "out of scope"
	};
	return names[seen];
}

/* Longer than any id, and than any name of a test (tests/unit/test_coverage.c). */
enum { WORD_MAX = 80 };

/* The next word from *at on, copied; 0 at the end. */
static int next_word(const char **at, char word[WORD_MAX])
{
	const char *begin = *at + strspn(*at, " ");
	size_t len = strcspn(begin, " ");
	*at = begin + len;
	snprintf(word, WORD_MAX, "%.*s", (int)len, begin);
	return len != 0;
}

int covered_by(const struct covered *row, const char *check)
{
	char pattern[WORD_MAX];
	for (const char *at = row->by; next_word(&at, pattern);)
		if (glob_match(pattern, check))
			return 1;
	return 0;
}

static int matches_some(const char *pattern)
{
	for (size_t i = 0; i < checks_count; i++)
		if (glob_match(pattern, checks[i].id))
			return 1;
	return 0;
}

const char *covered_fault(const struct covered *row)
{
	char pattern[WORD_MAX];
	int unseen = row->seen == NOT || row->seen == OUT, named = row->by[strspn(row->by, " ")] != 0;
	if (!*row->text || !*row->upstream || !*row->family)
		return "says not what it is, where it was told or of which family it is";
	for (const char *at = row->by; next_word(&at, pattern);)
		if (!matches_some(pattern))
			return "names a check that is not in checks.def";
	if (named == unseen)
		return unseen ? "no check sees it, and it names one" : "is seen by no check that it names";
	return row->seen != SEEN && !*row->note ? "says not what is missing" : NULL;
}

/* ---- the page -------------------------------------------------------------------------------------------- */

static void add_text(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_add(out, "\\");
		buf_add_bytes(out, text, 1);
	}
}

static int is_first_of_family(const struct covered *rows, size_t i)
{
	return !i || strcmp(rows[i].family, rows[i - 1].family) != 0;
}

/* NULL: of all. */
static void add_counts(struct buf *out, const struct coverage *table, const char *family)
{
	size_t counts[SIGHT_COUNT] = { 0 }, all = 0;
	for (size_t i = 0; i < table->count; i++) {
		if (family && strcmp(table->rows[i].family, family) != 0)
			continue;
		counts[table->rows[i].seen]++;
		all++;
	}
	buf_printf(out, "| %s | %zu |", family ? family : "all", all);
	for (int seen = 0; seen < table->sights; seen++)
		buf_printf(out, " %zu |", counts[seen]);
	buf_add(out, "\n");
}

static void add_summary(struct buf *out, const struct coverage *table)
{
	buf_printf(out, "# %zu %s\n\n%s\n\n| family | %s |", table->count, table->title, table->text, table->what);
	for (int seen = 0; seen < table->sights; seen++)
		buf_printf(out, " %s |", sight_name((enum sight)seen));
	buf_add(out, "\n|---|---:|");
	for (int seen = 0; seen < table->sights; seen++)
		buf_add(out, "---:|");
	buf_add(out, "\n");
	for (size_t i = 0; i < table->count; i++)
		if (is_first_of_family(table->rows, i))
			add_counts(out, table, table->rows[i].family);
	add_counts(out, table, NULL);
}

static void add_row(struct buf *out, const struct covered *row)
{
	char word[WORD_MAX];
	buf_printf(out, "| %s | ", row->name);
	add_text(out, row->text);
	buf_add(out, " | ");
	add_text(out, row->upstream);
	buf_printf(out, " | %s |", sight_name(row->seen));
	for (const char *at = row->by; next_word(&at, word);)
		buf_printf(out, " `%s`", word);
	buf_add(out, " |");
	if (*row->note)
		buf_add(out, " ");
	add_text(out, row->note);
	buf_add(out, " |\n");
}

static void add_table(struct buf *out, const struct coverage *table)
{
	add_summary(out, table);
	for (size_t i = 0; i < table->count; i++) {
		if (is_first_of_family(table->rows, i))
			buf_printf(out,
			    "\n## %s\n\n| %s | seen | by | where, or what is missing |\n|---|---|---|---|---|---|\n",
			    table->rows[i].family, table->columns);
		add_row(out, &table->rows[i]);
	}
}

void coverage_markdown(struct buf *out)
{
	add_table(out, &bugs);
	buf_add(out, "\n");
	add_table(out, &upstream_tests);
}
