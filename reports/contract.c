#include "reports/contract.h"

#include "matrix/base/buf.h"
#include "matrix/check.h"
#include "matrix/contract.h"
#include "matrix/version.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	NAME_WIDTH = 24, /* of the longest clause */
	COLUMN_WIDTH = 11
};

/* A column: the results first to last, which agree. */
struct column {
	size_t first, last;
	char *name; /* "1.5.4 to 1.6.4" */
	size_t width;
};

/* One of libraries, one of programs. */
struct table {
	const struct cell_result **results; /* of one cell of each release */
	size_t count;
	const struct check **clause;
	size_t clauses;
	struct column *column;
	size_t columns;
	size_t unexpected;
};

static const struct check_result *result_of(const struct cell_result *cell, const struct check *clause)
{
	for (size_t i = 0; i < cell->check_count; i++)
		if (strcmp(cell->checks[i].id, clause->id) == 0)
			return &cell->checks[i];
	return NULL;
}

/* Is it tried on a release that is told of?  A system call that none of them makes is no row. */
static int is_tried(const struct table *table, const struct check *clause)
{
	for (size_t i = 0; i < table->count; i++)
		if (result_of(table->results[i], clause))
			return 1;
	return 0;
}

/* What became of Go, or how the check itself ended. */
static const char *said(const struct check_result *result)
{
	return !result ? "-" : result->observed ? result->observed : status_name(result->status);
}

/* "exits" of "exits: its words". */
static size_t word_length(const char *text) { return strcspn(text, ":"); }

static int agree(const struct table *table, size_t a, size_t b)
{
	for (size_t i = 0; i < table->clauses; i++)
		if (strcmp(said(result_of(table->results[a], table->clause[i])),
			said(result_of(table->results[b], table->clause[i]))) != 0)
			return 0;
	return 1;
}

/* Runs of neighbours that agree become columns. */
static void make_columns(struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		struct column *last = table->columns ? &table->column[table->columns - 1] : NULL;
		if (last && agree(table, last->first, i))
			last->last = i;
		else
			table->column[table->columns++] = (struct column){ i, i, NULL, COLUMN_WIDTH };
	}
	for (size_t i = 0; i < table->columns; i++) {
		struct column *column = &table->column[i];
		const char *first = version_bare(table->results[column->first]->cell.go),
			   *last = version_bare(table->results[column->last]->cell.go);
		column->name = column->first == column->last ? xstrdup(first) : xprintf("%s to %s", first, last);
		if (strlen(column->name) > column->width)
			column->width = strlen(column->name);
		for (size_t k = 0; k < table->clauses; k++) {
			size_t word = word_length(said(result_of(table->results[column->first], table->clause[k])));
			column->width = word > column->width ? word : column->width;
		}
	}
}

static void make(struct table *table, int programs, const struct cell_result *results, size_t count)
{
	*table = (struct table){ .results = xcalloc(count + 1, sizeof(*table->results)) };
	table->clause = xcalloc(checks_count + 1, sizeof(*table->clause));
	table->column = xcalloc(count + 1, sizeof(*table->column));
	for (size_t i = 0; i < count; i++) {
		if ((results[i].cell.mode == MODE_EXE) != programs)
			continue;
		table->results[table->count++] = &results[i];
		for (size_t k = 0; k < results[i].check_count; k++)
			table->unexpected += (size_t)check_unexpected(&results[i].checks[k]);
	}
	for (size_t i = 0; i < checks_count; i++)
		if (contract_provide(checks[i].id) && is_tried(table, &checks[i]))
			table->clause[table->clauses++] = &checks[i];
	make_columns(table);
}

static void free_table(struct table *table)
{
	for (size_t i = 0; i < table->columns; i++)
		free(table->column[i].name);
	free(table->column);
	free(table->clause);
	free(table->results);
}

/* "args-null". */
static const char *name_of(const struct check *clause) { return strchr(clause->id, '.') + 1; }

static const struct check_result *at(const struct table *table, size_t clause, size_t column)
{
	return result_of(table->results[table->column[column].first], table->clause[clause]);
}

/* ---- text ------------------------------------------------------------------------------------------- */

static void end_row(struct buf *out)
{
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	buf_add(out, "\n");
}

static void text_row(struct buf *out, const struct table *table, size_t clause)
{
	buf_printf(out, "%-*s", NAME_WIDTH, name_of(table->clause[clause]));
	for (size_t i = 0; i < table->columns; i++) {
		const struct check_result *result = at(table, clause, i);
		const char *text = said(result);
		char *word =
		    xprintf("%.*s%s", (int)word_length(text), text, result && check_unexpected(result) ? " !" : "");
		buf_printf(out, "  %-*s", (int)table->column[i].width, word);
		free(word);
	}
	end_row(out);
}

/* The clauses that differ between neighbouring columns: what the table is looked at for. */
static void text_flips(struct buf *out, const struct table *table)
{
	for (size_t i = 1; i < table->columns; i++) {
		buf_printf(out, "\nfrom %s to %s\n", version_bare(table->results[table->column[i - 1].last]->cell.go),
		    version_bare(table->results[table->column[i].first]->cell.go));
		for (size_t k = 0; k < table->clauses; k++) {
			const char *was = said(at(table, k, i - 1)), *is = said(at(table, k, i));
			if (strcmp(was, is) == 0)
				continue;
			buf_printf(out, "  %-*s ", NAME_WIDTH, name_of(table->clause[k]));
			text_add(out, was, TEXT_ASCII);
			buf_add(out, " -> ");
			text_add(out, is, TEXT_ASCII);
			buf_add(out, "\n");
		}
	}
}

static void text_table(struct buf *out, const char *title, const struct table *table)
{
	buf_printf(out, "%-*s", NAME_WIDTH, title);
	for (size_t i = 0; i < table->columns; i++)
		buf_printf(out, "  %-*s", (int)table->column[i].width, table->column[i].name);
	end_row(out);
	for (size_t i = 0; i < table->clauses; i++)
		text_row(out, table, i);
	text_flips(out, table);
	buf_add(out, "\n");
}

int report_contract(const struct cell_result *results, size_t count, FILE *out)
{
	static const char *const titles[] = { "broken clause", "of a program's start" };
	struct pen pen = PEN_INIT(out);
	size_t clauses = 0, releases = 0, unexpected = 0;
	for (int programs = 0; programs < 2; programs++) {
		struct table table;
		make(&table, programs, results, count);
		if (table.count)
			text_table(&pen.text, titles[programs], &table);
		clauses += table.clauses;
		unexpected += table.unexpected;
		releases = table.count > releases ? table.count : releases;
		free_table(&table);
	}
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

static json_t *clause_json(const struct table *table, const struct check *clause)
{
	json_t *releases = json_array();
	for (size_t i = 0; i < table->count; i++) {
		const struct check_result *result = result_of(table->results[i], clause);
		if (result)
			json_array_append_new(releases, release_json(table->results[i], result));
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "check", clause->id, "broken", clause->meaning, "why",
	    clause->why, "provide", contract_provide(clause->id), "source", clause->source, "releases", releases);
}

int report_contract_json(const struct cell_result *results, size_t count, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	json_t *all = json_array();
	for (int programs = 0; programs < 2; programs++) {
		struct table table;
		make(&table, programs, results, count);
		for (size_t i = 0; i < table.clauses; i++)
			json_array_append_new(all, clause_json(&table, table.clause[i]));
		free_table(&table);
	}
	char *text = json_dumps(all, JSON_INDENT(1));
	buf_printf(&pen.text, "%s\n", text);
	free(text);
	json_decref(all);
	return pen_end(&pen);
}

/* ---- Markdown --------------------------------------------------------------------------------------- */

/* What became of Go, release by release where it is not the same in all. */
static void became(struct buf *out, const struct table *table, const struct check *clause)
{
	for (size_t i = 0; i < table->count;) {
		const char *text = said(result_of(table->results[i], clause));
		size_t last = i;
		while (last + 1 < table->count && strcmp(text, said(result_of(table->results[last + 1], clause))) == 0)
			last++;
		size_t word = word_length(text);
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

static void markdown_table(struct buf *out, const struct table *table)
{
	buf_add(out, "| clause | provide | broken, when | Go then |\n|---|---|---|---|\n");
	for (size_t i = 0; i < table->clauses; i++) {
		const struct check *clause = table->clause[i];
		buf_printf(out, "| `%s` | ", name_of(clause));
		text_markdown(out, contract_provide(clause->id));
		buf_add(out, " | ");
		text_markdown(out, clause->meaning);
		buf_add(out, " | ");
		became(out, table, clause);
		buf_add(out, " |\n");
	}
}

static void markdown_of_libraries(struct buf *out, const struct table *table)
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

static void markdown_of_programs(struct buf *out, const struct table *table)
{
	buf_printf(out,
	    "\n# What a loader owes a Go program at its entry point\n\n%zu clauses tried on %zu releases, %s to %s, "
	    "linux/amd64, a static executable without cgo (-buildmode=exe, CGO_ENABLED=0):\nbefore its first "
	    "instruction the program gets a stack and registers that break one clause "
	    "(`cases/hosts/contract_start.c`); what becomes of Go follows from the release's source "
	    "(`matrix/oracle/contract_start.def`).\n\n",
	    table->clauses, table->count, version_bare(table->results[0]->cell.go),
	    version_bare(table->results[table->count - 1]->cell.go));
	markdown_table(out, table);
}

int report_contract_markdown(const struct cell_result *results, size_t count, FILE *out)
{
	static void (*const sections[])(
	    struct buf *, const struct table *) = { markdown_of_libraries, markdown_of_programs };
	struct pen pen = PEN_INIT(out);
	for (int programs = 0; programs < 2; programs++) {
		struct table table;
		make(&table, programs, results, count);
		if (table.count)
			sections[programs](&pen.text, &table);
		free_table(&table);
	}
	return pen_end(&pen);
}
