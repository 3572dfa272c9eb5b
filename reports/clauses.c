#include "reports/clauses.h"

#include "matrix/base/buf.h"
#include "matrix/contract.h"
#include "matrix/version.h"

#include <stdlib.h>
#include <string.h>

const struct check_result *clauses_result(const struct cell_result *cell, const struct check *clause)
{
	for (size_t i = 0; i < cell->check_count; i++)
		if (strcmp(cell->checks[i].id, clause->id) == 0)
			return &cell->checks[i];
	return NULL;
}

const struct check_result *clauses_at(const struct clauses *table, size_t clause, size_t column)
{
	return clauses_result(table->results[table->column[column].first], table->clause[clause]);
}

const char *clauses_said(const struct check_result *result)
{
	return !result ? "-" : result->observed ? result->observed : status_name(result->status);
}

size_t clauses_word(const char *said) { return strcspn(said, ":"); }

const char *clauses_name(const struct check *clause) { return strchr(clause->id, '.') + 1; }

/* Is it tried on a release that is told of?  A system call that none of them makes is no row. */
static int is_tried(const struct clauses *table, const struct check *clause)
{
	for (size_t i = 0; i < table->count; i++)
		if (clauses_result(table->results[i], clause))
			return 1;
	return 0;
}

int clauses_agree(const struct check_result *a, const struct check_result *b)
{
	return strcmp(clauses_said(a), clauses_said(b)) == 0 &&
	    (a && check_unexpected(a)) == (b && check_unexpected(b));
}

static int agree(const struct clauses *table, size_t a, size_t b)
{
	for (size_t i = 0; i < table->clauses; i++)
		if (!clauses_agree(clauses_result(table->results[a], table->clause[i]),
			clauses_result(table->results[b], table->clause[i])))
			return 0;
	return 1;
}

/* Runs of neighbours that agree become columns. */
static void make_columns(struct clauses *table)
{
	for (size_t i = 0; i < table->count; i++) {
		struct clauses_column *last = table->columns ? &table->column[table->columns - 1] : NULL;
		if (last && agree(table, last->first, i))
			last->last = i;
		else
			table->column[table->columns++] = (struct clauses_column){ i, i, NULL };
	}
	for (size_t i = 0; i < table->columns; i++) {
		struct clauses_column *column = &table->column[i];
		const char *first = version_bare(table->results[column->first]->cell.go),
			   *last = version_bare(table->results[column->last]->cell.go);
		column->name = column->first == column->last ? xstrdup(first) : xprintf("%s to %s", first, last);
	}
}

/* Its results of clauses that are not as expected; *tried: it has any. */
static size_t count_unexpected(const struct cell_result *cell, int *tried)
{
	size_t unexpected = 0;
	*tried = 0;
	for (size_t i = 0; i < cell->check_count; i++)
		if (contract_provide(cell->checks[i].id)) {
			unexpected += (size_t)check_unexpected(&cell->checks[i]);
			*tried = 1;
		}
	return unexpected;
}

void clauses_make(struct clauses *table, enum mode mode, const struct cell_result *results, size_t count)
{
	*table = (struct clauses){ .results = xcalloc(count + 1, sizeof(*table->results)) };
	table->clause = xcalloc(checks_count + 1, sizeof(*table->clause));
	table->column = xcalloc(count + 1, sizeof(*table->column));
	for (size_t i = 0; i < count; i++) {
		int tried = 0;
		if (results[i].cell.mode == mode)
			table->unexpected += count_unexpected(&results[i], &tried);
		if (tried)
			table->results[table->count++] = &results[i];
	}
	for (size_t i = 0; i < checks_count; i++)
		if (contract_provide(checks[i].id) && is_tried(table, &checks[i]))
			table->clause[table->clauses++] = &checks[i];
	make_columns(table);
}

void clauses_free(struct clauses *table)
{
	for (size_t i = 0; i < table->columns; i++)
		free(table->column[i].name);
	free(table->column);
	free(table->clause);
	free(table->results);
}
