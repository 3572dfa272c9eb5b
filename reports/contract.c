#include "reports/contract.h"

#include "matrix/base/buf.h"
#include "matrix/contract.h"
#include "matrix/version.h"
#include "reports/clauses.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	NAME_WIDTH = 24, /* of the longest clause */
	COLUMN_WIDTH = 11
};

/* The buildmodes with tables of their own, in the order in which they are told. */
static const enum mode tables[] = { MODE_C_SHARED, MODE_EXE };
enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

/* A PIE is owed what any program is, so it is told where it differs from that of the same release. */
static const struct cell_result *program_beside(const struct clauses *programs, const struct cell_result *pie)
{
	for (size_t i = 0; i < programs->count; i++)
		if (strcmp(programs->results[i]->cell.go, pie->cell.go) == 0)
			return programs->results[i];
	return NULL;
}

static int differs(const struct clauses *programs, const struct cell_result *pie, const struct check *clause)
{
	const struct cell_result *program = program_beside(programs, pie);
	return program &&
	    strcmp(clauses_said(clauses_result(program, clause)), clauses_said(clauses_result(pie, clause))) != 0;
}

static size_t column_width(const struct clauses *table, size_t column)
{
	size_t width = strlen(table->column[column].name);
	width = width > COLUMN_WIDTH ? width : COLUMN_WIDTH;
	for (size_t k = 0; k < table->clauses; k++) {
		size_t word = clauses_word(clauses_said(clauses_at(table, k, column)));
		width = word > width ? word : width;
	}
	return width;
}

/* ---- text ------------------------------------------------------------------------------------------- */

static void end_row(struct buf *out)
{
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	buf_add(out, "\n");
}

static void text_row(struct buf *out, const struct clauses *table, size_t clause)
{
	buf_printf(out, "%-*s", NAME_WIDTH, clauses_name(table->clause[clause]));
	for (size_t i = 0; i < table->columns; i++) {
		const struct check_result *result = clauses_at(table, clause, i);
		const char *text = clauses_said(result);
		char *word =
		    xprintf("%.*s%s", (int)clauses_word(text), text, result && check_unexpected(result) ? " !" : "");
		buf_printf(out, "  %-*s", (int)column_width(table, i), word);
		free(word);
	}
	end_row(out);
}

/* The clauses that differ between neighbouring columns: what the table is looked at for. */
static void text_flips(struct buf *out, const struct clauses *table)
{
	for (size_t i = 1; i < table->columns; i++) {
		buf_printf(out, "\nfrom %s to %s\n", version_bare(table->results[table->column[i - 1].last]->cell.go),
		    version_bare(table->results[table->column[i].first]->cell.go));
		for (size_t k = 0; k < table->clauses; k++) {
			const char *was = clauses_said(clauses_at(table, k, i - 1)),
				   *is = clauses_said(clauses_at(table, k, i));
			if (strcmp(was, is) == 0)
				continue;
			buf_printf(out, "  %-*s ", NAME_WIDTH, clauses_name(table->clause[k]));
			text_add(out, was, TEXT_ASCII);
			buf_add(out, " -> ");
			text_add(out, is, TEXT_ASCII);
			buf_add(out, "\n");
		}
	}
}

static void text_table(struct buf *out, const char *title, const struct clauses *table)
{
	buf_printf(out, "%-*s", NAME_WIDTH, title);
	for (size_t i = 0; i < table->columns; i++)
		buf_printf(out, "  %-*s", (int)column_width(table, i), table->column[i].name);
	end_row(out);
	for (size_t i = 0; i < table->clauses; i++)
		text_row(out, table, i);
	text_flips(out, table);
	buf_add(out, "\n");
}

/* Where PIEs are not as programs of the same release; returns the results that are not as expected. */
static size_t text_pies(struct buf *out, const struct cell_result *results, size_t count)
{
	struct clauses programs, pies;
	size_t different = 0, unexpected;
	clauses_make(&programs, MODE_EXE, results, count);
	clauses_make(&pies, MODE_PIE, results, count);
	unexpected = pies.unexpected;
	for (size_t i = 0; i < pies.count; i++)
		for (size_t k = 0; k < pies.clauses; k++) {
			if (!differs(&programs, pies.results[i], pies.clause[k]))
				continue;
			buf_printf(out, "PIE of %s, %s: ", version_bare(pies.results[i]->cell.go),
			    clauses_name(pies.clause[k]));
			text_add(out, clauses_said(clauses_result(pies.results[i], pies.clause[k])), TEXT_ASCII);
			buf_add(out, "\n");
			different++;
		}
	if (pies.count && !different)
		buf_printf(out, "A PIE, after its interpreter: the same in all %zu clauses of a start, %zu %s\n",
		    pies.clauses, pies.count, pies.count == 1 ? "release" : "releases");
	buf_add(out, pies.count ? "\n" : "");
	clauses_free(&programs);
	clauses_free(&pies);
	return unexpected;
}

int report_contract(const struct cell_result *results, size_t count, FILE *out)
{
	static const char *const titles[] = { "broken clause", "of a program's start" };
	struct pen pen = PEN_INIT(out);
	size_t clauses = 0, releases = 0, unexpected = 0;
	for (size_t i = 0; i < TABLES; i++) {
		struct clauses table;
		clauses_make(&table, tables[i], results, count);
		if (table.count)
			text_table(&pen.text, titles[i], &table);
		clauses += table.clauses;
		unexpected += table.unexpected;
		releases = table.count > releases ? table.count : releases;
		clauses_free(&table);
	}
	unexpected += text_pies(&pen.text, results, count);
	buf_printf(&pen.text, "%zu clauses of %zu %s: ", clauses, releases, releases == 1 ? "release" : "releases");
	if (unexpected)
		buf_printf(&pen.text, "%zu not as the release's source says (!)\n", unexpected);
	else
		buf_add(&pen.text, "all as the releases' sources say\n");
	return pen_end(&pen);
}

/* ---- JSON ------------------------------------------------------------------------------------------- */

static json_t *release_json(const struct cell_result *cell, const struct check_result *result)
{
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o}", "go", text_json(cell->cell.go), "status",
	    status_name(result->status), "observed", text_json(result->observed), "expected",
	    text_json(result->expected), "note", text_json(result->message), "source", text_json(result->source));
}

static json_t *releases_json(const struct clauses *table, const struct check *clause)
{
	json_t *releases = json_array();
	for (size_t i = 0; i < table->count; i++) {
		const struct check_result *result = clauses_result(table->results[i], clause);
		if (result)
			json_array_append_new(releases, release_json(table->results[i], result));
	}
	return releases;
}

/* pies: NULL for a clause of libraries. */
static json_t *clause_json(const struct clauses *table, const struct check *clause, const struct clauses *pies)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "check", clause->id, "broken", clause->meaning,
	    "why", clause->why, "provide", contract_provide(clause->id), "source", clause->source, "releases",
	    releases_json(table, clause));
	if (pies)
		json_object_set_new(object, "pie", releases_json(pies, clause));
	return object;
}

int report_contract_json(const struct cell_result *results, size_t count, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	json_t *all = json_array();
	struct clauses pies;
	clauses_make(&pies, MODE_PIE, results, count);
	for (size_t i = 0; i < TABLES; i++) {
		struct clauses table;
		clauses_make(&table, tables[i], results, count);
		for (size_t k = 0; k < table.clauses; k++)
			json_array_append_new(
			    all, clause_json(&table, table.clause[k], tables[i] == MODE_EXE ? &pies : NULL));
		clauses_free(&table);
	}
	clauses_free(&pies);
	char *text = json_dumps(all, JSON_INDENT(1));
	buf_printf(&pen.text, "%s\n", text);
	free(text);
	json_decref(all);
	return pen_end(&pen);
}

/* ---- Markdown --------------------------------------------------------------------------------------- */

/* What became of Go, release by release where it is not the same in all. */
static void became(struct buf *out, const struct clauses *table, const struct check *clause)
{
	for (size_t i = 0; i < table->count;) {
		const char *text = clauses_said(clauses_result(table->results[i], clause));
		size_t last = i;
		while (last + 1 < table->count &&
		    strcmp(text, clauses_said(clauses_result(table->results[last + 1], clause))) == 0)
			last++;
		size_t word = clauses_word(text);
		char *head = xprintf("%.*s", (int)word, text);
		buf_printf(out, "%s**%s**", i ? "; " : "", strcmp(head, "-") == 0 ? "not tried" : head);
		if (text[word])
			text_markdown(out, text + word);
		if (i > 0)
			buf_printf(out, " since %s", version_bare(table->results[i]->cell.go));
		free(head);
		i = last + 1;
	}
}

static void markdown_table(struct buf *out, const struct clauses *table)
{
	buf_add(out, "| clause | provide | broken, when | Go then |\n|---|---|---|---|\n");
	for (size_t i = 0; i < table->clauses; i++) {
		const struct check *clause = table->clause[i];
		buf_printf(out, "| `%s` | ", clauses_name(clause));
		text_markdown(out, contract_provide(clause->id));
		buf_add(out, " | ");
		text_markdown(out, clause->meaning);
		buf_add(out, " | ");
		became(out, table, clause);
		buf_add(out, " |\n");
	}
}

static void markdown_of_libraries(struct buf *out, const struct clauses *table)
{
	buf_printf(out,
	    "# What a loader owes a Go library\n\nMade by `make docs-contract` from %zu clauses tried on %zu releases, "
	    "%s to %s, linux/amd64, -buildmode=c-shared:\none clause is broken at a time (`cases/hosts/contract.c`), "
	    "and what becomes of Go is what that release's source says (`matrix/oracle/contract.def`, "
	    "`contract_sys.def`). A system call is denied to Go's own code only\n(`cases/hosts/contract_sys.c`), in "
	    "the "
	    "releases that make it themselves each time. \"not tried\": the release does not make the call each time, "
	    "or its source does not say what would become of it.\n\n",
	    table->clauses, table->count, version_bare(table->results[0]->cell.go),
	    version_bare(table->results[table->count - 1]->cell.go));
	markdown_table(out, table);
}

static void markdown_of_programs(struct buf *out, const struct clauses *table)
{
	buf_printf(out,
	    "\n# What a loader owes a Go program at its entry point\n\n%zu clauses tried on %zu releases, %s to %s, "
	    "linux/amd64, a static executable without cgo (-buildmode=exe, CGO_ENABLED=0):\nbefore its first "
	    "instruction the program gets a stack and registers that break one clause, or another thread than the "
	    "process's first (`cases/hosts/contract_start.c`); what becomes of Go follows from the release's source "
	    "(`matrix/oracle/contract_start.def`).\n\n",
	    table->clauses, table->count, version_bare(table->results[0]->cell.go),
	    version_bare(table->results[table->count - 1]->cell.go));
	markdown_table(out, table);
}

static void markdown_of_pies(struct buf *out, const struct cell_result *results, size_t count)
{
	struct clauses programs, pies;
	size_t different = 0;
	clauses_make(&programs, MODE_EXE, results, count);
	clauses_make(&pies, MODE_PIE, results, count);
	if (pies.count)
		buf_printf(out,
		    "\n## A position-independent one\n\nThe same clauses of a program without cgo that Go links itself "
		    "(-buildmode=pie) on %zu releases, %s to %s: the kernel enters its interpreter, and the host stops "
		    "it "
		    "where that has jumped to the entry point. What differs from the table above: ",
		    pies.count, version_bare(pies.results[0]->cell.go),
		    version_bare(pies.results[pies.count - 1]->cell.go));
	for (size_t i = 0; i < pies.count; i++)
		for (size_t k = 0; k < pies.clauses; k++) {
			if (!differs(&programs, pies.results[i], pies.clause[k]))
				continue;
			buf_printf(out, "%s`%s` of %s: ", different++ ? "; " : "", clauses_name(pies.clause[k]),
			    version_bare(pies.results[i]->cell.go));
			text_markdown(out, clauses_said(clauses_result(pies.results[i], pies.clause[k])));
		}
	buf_add(out, !pies.count ? "" : different ? ".\n" : "nothing.\n");
	clauses_free(&programs);
	clauses_free(&pies);
}

int report_contract_markdown(const struct cell_result *results, size_t count, FILE *out)
{
	static void (*const sections[])(
	    struct buf *, const struct clauses *) = { markdown_of_libraries, markdown_of_programs };
	struct pen pen = PEN_INIT(out);
	for (size_t i = 0; i < TABLES; i++) {
		struct clauses table;
		clauses_make(&table, tables[i], results, count);
		if (table.count)
			sections[i](&pen.text, &table);
		clauses_free(&table);
	}
	markdown_of_pies(&pen.text, results, count);
	return pen_end(&pen);
}
