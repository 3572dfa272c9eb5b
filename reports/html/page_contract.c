/* The contract of several releases: a chart of clause x release (clauses.h) for each buildmode that has clauses.
 * Releases that agree in everything are one column, clauses in which none differs are folded; what became of Go is a
 * letter as well as a colour, and words that differ are numbered, so that no column looks like its neighbour. */
#include "reports/html/page.h"

#include "matrix/contract.h"
#include "matrix/version.h"
#include "reports/clauses.h"

#include <stdlib.h>
#include <string.h>

/* What became of Go (cases/hosts/contract.c end_words). */
static const struct look {
	const char *word, *letter, *css_class, *meaning;
} looks[] = {
	{ "tolerated", ".", "tolerated", "tolerated" },
	{ "answers wrongly", "W", "wrong", "answers wrongly" },
	{ "hangs", "H", "hangs", "hangs" },
	{ "exits", "E", "exits", "exits, with words of its own" },
	{ "dies", "D", "dies", "dies" },
	{ "-", "-", "untried", "not tried: the clause is none of this release" },
	{ NULL, "?", "unsaid", "could not be tried, or has no result" },
};
enum { LOOKS = sizeof(looks) / sizeof(looks[0]) };

static const struct {
	enum mode mode;
	const char *title;
} charts[] = {
	{ MODE_C_SHARED, "Go libraries" },
	{ MODE_EXE, "Go programs, at their entry point" },
	{ MODE_PIE, "Position-independent Go programs, at their entry point" },
};
enum { CHARTS = sizeof(charts) / sizeof(charts[0]) };

static const struct look *look_of(const char *said)
{
	size_t i = 0, word = clauses_word(said);
	while (looks[i].word && (strlen(looks[i].word) != word || strncmp(looks[i].word, said, word) != 0))
		i++;
	return &looks[i];
}

/* Do the columns differ in it? */
static int differs(const struct clauses *table, size_t clause)
{
	for (size_t c = 1; c < table->columns; c++)
		if (!clauses_agree(clauses_at(table, clause, c - 1), clauses_at(table, clause, c)))
			return 1;
	return 0;
}

/* The column in which the row says this first. */
static size_t first_saying(const struct clauses *table, size_t clause, size_t column)
{
	const char *said = clauses_said(clauses_at(table, clause, column));
	size_t c = 0;
	while (strcmp(clauses_said(clauses_at(table, clause, c)), said) != 0)
		c++;
	return c;
}

static int has_words(const struct clauses *table, size_t clause, size_t column)
{
	const char *said = clauses_said(clauses_at(table, clause, column));
	return said[clauses_word(said)] != '\0';
}

/* The number of a column's words in its row, from 1; with column as their count: how many there are. */
static size_t words_before(const struct clauses *table, size_t clause, size_t column)
{
	size_t number = 0;
	for (size_t c = 0; c < column; c++)
		number += has_words(table, clause, c) && first_saying(table, clause, c) == c;
	return number;
}

/* "E", or "E2" in a row with words that differ; "E!" when the release's source says otherwise. */
static void add_letter(struct pen *pen, const struct clauses *table, size_t clause, size_t column)
{
	const struct check_result *result = clauses_at(table, clause, column);
	buf_add(&pen->text, look_of(clauses_said(result))->letter);
	if (has_words(table, clause, column) && words_before(table, clause, table->columns) > 1)
		buf_printf(&pen->text, "%zu", words_before(table, clause, first_saying(table, clause, column)) + 1);
	if (result && check_unexpected(result))
		buf_add(&pen->text, "!");
}

static void mark(struct pen *pen, const struct clauses *table, size_t clause, size_t column)
{
	const struct check_result *result = clauses_at(table, clause, column);
	const struct look *look = look_of(clauses_said(result));
	char id[CELL_ID_MAX];
	if (!result) {
		buf_printf(&pen->text, "<td><abbr class=\"mark %s\" title=\"%s\">%s</abbr></td>", look->css_class,
		    look->meaning, look->letter);
		return;
	}
	buf_printf(&pen->text, "<td><a class=\"mark %s\" href=\"#", look->css_class);
	text_fragment(&pen->text, cell_id(&table->results[table->column[column].first]->cell, id));
	buf_add(&pen->text, "\" title=\"");
	text_xml(&pen->text, table->column[column].name);
	buf_add(&pen->text, ": ");
	text_xml(&pen->text, clauses_said(result));
	if (check_unexpected(result)) {
		buf_add(&pen->text, "; expected ");
		text_xml(&pen->text, result->expected);
	}
	buf_add(&pen->text, "\">");
	add_letter(pen, table, clause, column);
	buf_add(&pen->text, "</a></td>");
}

/* What a loader must provide, and the words of Go. */
static void words(struct pen *pen, const struct clauses *table, size_t clause, size_t columns)
{
	buf_add(&pen->text, "<td class=\"words\">");
	text_xml(&pen->text, contract_provide(table->clause[clause]->id));
	for (size_t c = 0; c < columns; c++) {
		const char *said = clauses_said(clauses_at(table, clause, c));
		if (!has_words(table, clause, c) || first_saying(table, clause, c) != c)
			continue;
		buf_add(&pen->text, "<div class=\"note\">");
		add_letter(pen, table, clause, c);
		text_xml(&pen->text, said + clauses_word(said));
		buf_add(&pen->text, "</div>");
	}
	buf_add(&pen->text, "</td>");
}

static void row(struct pen *pen, const struct clauses *table, size_t clause, size_t columns)
{
	const struct check *check = table->clause[clause];
	buf_add(&pen->text, "<tr><th scope=\"row\"><a href=\"#check:");
	text_fragment(&pen->text, check->id);
	buf_add(&pen->text, "\" title=\"");
	text_xml(&pen->text, check->meaning);
	buf_printf(&pen->text, "\">%s</a></th>", clauses_name(check));
	for (size_t c = 0; c < columns; c++)
		mark(pen, table, clause, c);
	words(pen, table, clause, columns);
	buf_add(&pen->text, "</tr>\n");
}

/* The rows in which columns differ, or those in which they do not, which have one column for all releases. */
static void chart(struct pen *pen, const struct clauses *table, const char *title, int differing)
{
	size_t columns = differing ? table->columns : 1;
	buf_printf(&pen->text,
	    "<div class=\"wide\"><table class=\"grid clauses\"><caption>%s</caption>\n<thead>\n<tr><th scope=\"col\">"
	    "broken clause</th>",
	    title);
	for (size_t c = 0; c < columns; c++)
		buf_printf(&pen->text, "<th scope=\"col\" class=\"target\">%s</th>",
		    differing ? table->column[c].name : "all");
	buf_add(&pen->text, "<th scope=\"col\" class=\"words\">a loader must provide</th></tr>\n</thead>\n<tbody>\n");
	for (size_t i = 0; i < table->clauses; i++)
		if (differs(table, i) == differing)
			row(pen, table, i, columns);
	buf_add(&pen->text, "</tbody></table></div>\n");
}

static void charts_of(struct pen *pen, const struct clauses *table, const char *name)
{
	size_t different = 0, same;
	for (size_t i = 0; i < table->clauses; i++)
		different += (size_t)differs(table, i);
	same = table->clauses - different;
	char *title = xprintf("%s: %zu of %zu clauses differ in %zu releases, %s to %s", name, different,
	    table->clauses, table->count, version_bare(table->results[0]->cell.go),
	    version_bare(table->results[table->count - 1]->cell.go));
	if (different)
		chart(pen, table, title, 1);
	if (same) {
		buf_printf(&pen->text, "<details><summary>%s: ", name);
		text_number(&pen->text, same, "clause");
		buf_printf(&pen->text, " in which none of %zu releases differs</summary>\n", table->count);
		chart(pen, table, "The same in all of these releases", 0);
		buf_add(&pen->text, "</details>\n");
	}
	free(title);
	pen_flush(pen);
}

static void legend(struct pen *pen)
{
	buf_add(&pen->text, "<ul class=\"legend\">\n");
	for (size_t i = 0; i < LOOKS; i++)
		buf_printf(&pen->text, "<li><span class=\"mark %s\">%s</span> %s</li>\n", looks[i].css_class,
		    looks[i].letter, looks[i].meaning);
	buf_add(&pen->text, "<li><b>!</b> not what the release's source says</li>\n</ul>\n");
}

int page_contract_wanted(const struct view *view)
{
	int wanted = 0;
	for (size_t i = 0; i < CHARTS && !wanted; i++) {
		struct clauses table;
		clauses_make(&table, charts[i].mode, view->cells, view->count);
		wanted = table.count > 1;
		clauses_free(&table);
	}
	return wanted;
}

void page_contract(struct pen *pen, const struct view *view)
{
	if (!page_contract_wanted(view))
		return;
	buf_add(&pen->text,
	    "<section id=\"contract\">\n<h2>Contract</h2>\n<p>What became of Go when a loader broke one clause. "
	    "Releases "
	    "in which nothing differs share a column.</p>\n");
	legend(pen);
	for (size_t i = 0; i < CHARTS; i++) {
		struct clauses table;
		clauses_make(&table, charts[i].mode, view->cells, view->count);
		if (table.count > 1)
			charts_of(pen, &table, charts[i].title);
		clauses_free(&table);
	}
	buf_add(&pen->text, "</section>\n");
}
