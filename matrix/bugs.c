#include "matrix/bugs.h"

#include "matrix/base/buf.h"
#include "matrix/base/glob.h"

#include <stdio.h>
#include <string.h>

const struct bug bugs[] = {
#define BUG(number, text, upstream, seen, by, note) { "#" #number, FAMILY, text, upstream, seen, by, note },
#include "matrix/bugs.def"
#undef BUG
};

const size_t bugs_count = sizeof bugs / sizeof *bugs;

/* ---- rows ------------------------------------------------------------------------------------------------ */

const struct bug *bug_find(const char *name)
{
	for (size_t i = 0; i < bugs_count; i++)
		if (strcmp(bugs[i].name, name) == 0)
			return &bugs[i];
	return NULL;
}

const char *bug_seen_name(enum bug_seen seen)
{
	static const char *const names[BUG_SEEN_COUNT] = { [SEEN] = "seen", [IN_PART] = "in part", [NOT] = "not" };
	return names[seen];
}

/* Longer than any id (tests/unit/test_bugs.c). */
enum { PATTERN_MAX = 80 };

/* The next pattern from *at on, copied; 0 at the end. */
static int next_pattern(const char **at, char pattern[PATTERN_MAX])
{
	const char *word = *at + strspn(*at, " ");
	size_t len = strcspn(word, " ");
	*at = word + len;
	snprintf(pattern, PATTERN_MAX, "%.*s", (int)len, word);
	return len != 0;
}

int bug_names(const struct bug *bug, const char *check)
{
	char pattern[PATTERN_MAX];
	for (const char *at = bug->by; next_pattern(&at, pattern);)
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

const char *bug_fault(const struct bug *bug)
{
	char pattern[PATTERN_MAX];
	if (!*bug->text || !*bug->upstream || !*bug->family)
		return "says not what it is, where it was told or of which family it is";
	for (const char *at = bug->by; next_pattern(&at, pattern);)
		if (!matches_some(pattern))
			return "names a check that is not in checks.def";
	if (!bug->by[strspn(bug->by, " ")] != (bug->seen == NOT))
		return bug->seen == NOT ? "no check sees it, and it names one" : "is seen by no check that it names";
	return bug->seen != SEEN && !*bug->note ? "says not what is missing" : NULL;
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

static int is_first_of_family(size_t i) { return !i || strcmp(bugs[i].family, bugs[i - 1].family) != 0; }

/* NULL: of all. */
static void add_counts(struct buf *out, const char *title, const char *family)
{
	size_t counts[BUG_SEEN_COUNT] = { 0 }, all = 0;
	for (size_t i = 0; i < bugs_count; i++) {
		if (family && strcmp(bugs[i].family, family) != 0)
			continue;
		counts[bugs[i].seen]++;
		all++;
	}
	buf_printf(out, "| %s | %zu | %zu | %zu | %zu |\n", title, all, counts[SEEN], counts[IN_PART], counts[NOT]);
}

static void add_summary(struct buf *out)
{
	buf_printf(out,
	    "# %zu bugs, and which check sees them\n\nMade by `make docs` from `matrix/bugs.def`: bugs that Go, "
	    "linkers, libcs, loaders and emulators have had\nwith one another, and the checks "
	    "([checks.md](checks.md)) that would fail if one of them came back. Each of these checks\nhas a control: "
	    "`tlsmatrix selfcheck` makes it fail on purpose. \"Seen\" is a bug that breaks what a check expects in\na "
	    "cell that is planned; \"in part\" one of which that holds of a part, on another port, or by chance; "
	    "\"not\" one with which\nevery check stays green. The last column says what is missing there. `tlsmatrix "
	    "explain '#72'` has a row for itself.\n\n| family | bugs | seen | in part | not "
	    "|\n|---|---:|---:|---:|---:|\n",
	    bugs_count);
	for (size_t i = 0; i < bugs_count; i++)
		if (is_first_of_family(i))
			add_counts(out, bugs[i].family, bugs[i].family);
	add_counts(out, "all", NULL);
}

static void add_bug(struct buf *out, const struct bug *bug)
{
	char pattern[PATTERN_MAX];
	buf_printf(out, "| %s | ", bug->name);
	add_text(out, bug->text);
	buf_add(out, " | ");
	add_text(out, bug->upstream);
	buf_printf(out, " | %s |", bug_seen_name(bug->seen));
	for (const char *at = bug->by; next_pattern(&at, pattern);)
		buf_printf(out, " `%s`", pattern);
	buf_add(out, " |");
	if (*bug->note)
		buf_add(out, " ");
	add_text(out, bug->note);
	buf_add(out, " |\n");
}

void bugs_markdown(struct buf *out)
{
	add_summary(out);
	for (size_t i = 0; i < bugs_count; i++) {
		if (is_first_of_family(i))
			buf_printf(out,
			    "\n## %s\n\n| bug | what went wrong | told | seen | by | where, or what is missing "
			    "|\n|---|---|---|---|---|---|\n",
			    bugs[i].family);
		add_bug(out, &bugs[i]);
	}
}
