#include "reports/contract.h"

#include "matrix/base/buf.h"
#include "matrix/check.h"
#include "matrix/contract.h"
#include "matrix/version.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 24 }; /* of the longest clause */

/* A column: the results first to last, which agree. */
struct column {
	size_t first, last;
	char *name; /* "1.5.4 to 1.6.4" */
};

struct table {
	const struct cell_result *results;
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
static int is_tried(const struct cell_result *results, size_t count, const struct check *clause)
{
	for (size_t i = 0; i < count; i++)
		if (result_of(&results[i], clause))
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
		if (strcmp(said(result_of(&table->results[a], table->clause[i])),
			said(result_of(&table->results[b], table->clause[i]))) != 0)
			return 0;
	return 1;
}

static void make(struct table *table, const struct cell_result *results, size_t count)
{
	*table = (struct table){ .results = results, .count = count };
	table->clause = xcalloc(checks_count + 1, sizeof(*table->clause));
	table->column = xcalloc(count + 1, sizeof(*table->column));
	for (size_t i = 0; i < checks_count; i++)
		if (contract_provide(checks[i].id) && is_tried(results, count, &checks[i]))
			table->clause[table->clauses++] = &checks[i];
	for (size_t i = 0; i < count; i++) {
		struct column *last = table->columns ? &table->column[table->columns - 1] : NULL;
		if (last && agree(table, last->first, i))
			last->last = i;
		else
			table->column[table->columns++] = (struct column){ i, i, NULL };
		for (size_t k = 0; k < results[i].check_count; k++)
			table->unexpected += (size_t)check_unexpected(&results[i].checks[k]);
	}
	for (size_t i = 0; i < table->columns; i++) {
		struct column *column = &table->column[i];
		const char *first = version_bare(results[column->first].cell.go),
			   *last = version_bare(results[column->last].cell.go);
		column->name = column->first == column->last ? xstrdup(first) : xprintf("%s to %s", first, last);
	}
}

static void free_table(struct table *table)
{
	for (size_t i = 0; i < table->columns; i++)
		free(table->column[i].name);
	free(table->column);
	free(table->clause);
}

/* "args-null". */
static const char *name_of(const struct check *clause) { return strchr(clause->id, '.') + 1; }

static const struct check_result *at(const struct table *table, size_t clause, size_t column)
{
	return result_of(&table->results[table->column[column].first], table->clause[clause]);
}

/* ---- text ------------------------------------------------------------------------------------------- */

static void text_row(struct buf *out, const struct table *table, size_t clause)
{
	buf_printf(out, "%-*s", NAME_WIDTH, name_of(table->clause[clause]));
	for (size_t i = 0; i < table->columns; i++) {
		const struct check_result *result = at(table, clause, i);
		const char *text = said(result);
		char *word =
		    xprintf("%.*s%s", (int)word_length(text), text, result && check_unexpected(result) ? " !" : "");
		buf_printf(out, "  %-*s",
		    (int)strlen(table->column[i].name) > 11 ? (int)strlen(table->column[i].name) : 11, word);
		free(word);
	}
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	buf_add(out, "\n");
}

/* The clauses that differ between neighbouring columns: what the table is looked at for. */
static void text_flips(struct buf *out, const struct table *table)
{
	for (size_t i = 1; i < table->columns; i++) {
		buf_printf(out, "\nfrom %s to %s\n", version_bare(table->results[table->column[i - 1].last].cell.go),
		    version_bare(table->results[table->column[i].first].cell.go));
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

int report_contract(const struct cell_result *results, size_t count, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	struct table table;
	make(&table, results, count);
	buf_printf(&pen.text, "%-*s", NAME_WIDTH, "broken clause");
	for (size_t i = 0; i < table.columns; i++)
		buf_printf(&pen.text, "  %-11s", table.column[i].name);
	while (pen.text.len && pen.text.data[pen.text.len - 1] == ' ')
		pen.text.data[--pen.text.len] = '\0';
	buf_add(&pen.text, "\n");
	for (size_t i = 0; i < table.clauses; i++)
		text_row(&pen.text, &table, i);
	text_flips(&pen.text, &table);
	buf_printf(&pen.text, "\n%zu clauses of %zu %s: ", table.clauses, count, count == 1 ? "release" : "releases");
	if (table.unexpected)
		buf_printf(&pen.text, "%zu not as the release's source says (!)\n", table.unexpected);
	else
		buf_add(&pen.text, "all as the releases' sources say\n");
	free_table(&table);
	return pen_end(&pen);
}

/* ---- JSON ------------------------------------------------------------------------------------------- */

static json_t *release_json(const struct cell_result *cell, const struct check_result *result)
{
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o}", "go", text_json(cell->cell.go), "status",
	    status_name(result->status), "observed", text_json(result->observed), "expected",
	    text_json(result->expected), "note", text_json(result->message), "source", text_json(result->source));
}

int report_contract_json(const struct cell_result *results, size_t count, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	struct table table;
	json_t *all = json_array();
	make(&table, results, count);
	for (size_t i = 0; i < table.clauses; i++) {
		const struct check *clause = table.clause[i];
		json_t *releases = json_array();
		for (size_t k = 0; k < count; k++) {
			const struct check_result *result = result_of(&results[k], clause);
			if (result)
				json_array_append_new(releases, release_json(&results[k], result));
		}
		json_array_append_new(all,
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "check", clause->id, "broken", clause->meaning, "why",
			clause->why, "provide", contract_provide(clause->id), "source", clause->source, "releases",
			releases));
	}
	char *text = json_dumps(all, JSON_INDENT(1));
	buf_printf(&pen.text, "%s\n", text);
	free(text);
	json_decref(all);
	free_table(&table);
	return pen_end(&pen);
}

/* ---- Markdown --------------------------------------------------------------------------------------- */

/* What became of Go, release by release where it is not the same in all. */
static void became(struct buf *out, const struct table *table, const struct check *clause)
{
	for (size_t i = 0; i < table->count;) {
		const char *text = said(result_of(&table->results[i], clause));
		size_t last = i;
		while (last + 1 < table->count && strcmp(text, said(result_of(&table->results[last + 1], clause))) == 0)
			last++;
		size_t word = word_length(text);
		char *head = xprintf("%.*s", (int)word, text);
		buf_printf(out, "%s**%s**", i ? "; " : "", strcmp(head, "-") == 0 ? "not tried" : head);
		if (text[word])
			text_markdown(out, text + word);
		if (i > 0)
			buf_printf(out, " since %s", version_bare(table->results[i].cell.go));
		free(head);
		i = last + 1;
	}
}

int report_contract_markdown(const struct cell_result *results, size_t count, FILE *out)
{
	struct pen pen = PEN_INIT(out);
	struct table table;
	make(&table, results, count);
	buf_printf(&pen.text,
	    "# What a loader owes a Go library\n\nMade by `make docs-contract` from %zu clauses tried on %zu releases, "
	    "%s to %s, "
	    "linux/amd64, -buildmode=c-shared:\none clause is broken at a time (`cases/hosts/contract.c`), and what "
	    "becomes of Go is what "
	    "that release's source says (`matrix/oracle/contract.def`, `contract_sys.def`). A system call "
	    "is denied to Go's own code only\n(`cases/hosts/contract_sys.c`), in the releases that make it themselves "
	    "each time. \"not tried\": the release does not make the call each time, or its source does not say "
	    "what would become of it.\n\n"
	    "| clause | provide | broken, when | Go then |\n|---|---|---|---|\n",
	    table.clauses, count, version_bare(results[0].cell.go), version_bare(results[count - 1].cell.go));
	for (size_t i = 0; i < table.clauses; i++) {
		const struct check *clause = table.clause[i];
		buf_printf(&pen.text, "| `%s` | ", name_of(clause));
		text_markdown(&pen.text, contract_provide(clause->id));
		buf_add(&pen.text, " | ");
		text_markdown(&pen.text, clause->meaning);
		buf_add(&pen.text, " | ");
		became(&pen.text, &table, clause);
		buf_add(&pen.text, " |\n");
	}
	free_table(&table);
	return pen_end(&pen);
}
