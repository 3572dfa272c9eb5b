/* baseline_text.c - a baseline as text, and back. */
#include "matrix/baseline.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- writing ----------------------------------------------------------------------------------------- */

static void write_sets(const struct baseline *baseline, struct buf *out)
{
	const char *before = "";
	for (;;) {
		const struct baseline_set *next = NULL;
		for (size_t i = 0; i < baseline->set_count; i++)
			if (strcmp(baseline->set[i].name, before) > 0 &&
			    (!next || strcmp(baseline->set[i].name, next->name) < 0))
				next = &baseline->set[i];
		if (!next)
			return;
		buf_printf(out, "checks %s", next->name);
		for (size_t i = 0; i < next->count; i++)
			buf_printf(out, " %s", next->check[i]->id);
		buf_add(out, "\n");
		before = next->name;
	}
}

static void write_deviation(
    const struct baseline_cell *cell, const struct baseline_deviation *deviation, struct buf *out)
{
	json_t *json = json_string(deviation->observed);
	char *quoted = json_dumps(json, JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	buf_printf(out, "%s %s %s %s\n", status_name(deviation->status), cell->id,
	    deviation->check ? deviation->check->id : "*", quoted ? quoted : "\"\"");
	free(quoted);
	json_decref(json);
}

void baseline_write(const struct baseline *baseline, struct buf *out)
{
	size_t deviations = 0;
	buf_printf(out, "tlsmatrix baseline %d\ntool %s\nplan %s\nkeys %s\nhost %s\n", BASELINE_SCHEMA, baseline->tool,
	    baseline->plan, baseline->keys, baseline->host);
	for (size_t i = 0; i < baseline->target_count; i++)
		buf_printf(out, "target %s %s\n", baseline->targets[i][0], baseline->targets[i][1]);
	write_sets(baseline, out);
	for (size_t i = 0; i < baseline->count; i++)
		buf_printf(out, "cell %s %s %s\n", baseline->cell[i].id, baseline->set[baseline->cell[i].set].name,
		    baseline->cell[i].values);
	for (size_t i = 0; i < baseline->count; i++)
		for (size_t k = 0; k < baseline->cell[i].count; k++, deviations++)
			write_deviation(&baseline->cell[i], &baseline->cell[i].deviation[k], out);
	buf_printf(out, "end %zu cells, %zu deviations\n", baseline->count, deviations);
}

/* ---- reading ------------------------------------------------------------------------------------------ */

struct reader {
	struct baseline *baseline;
	struct diag *diag;
	size_t line, deviations;
	int ended;
};

static int wrong(struct reader *reader, const char *what, const char *text)
{
	return diag_set(reader->diag, EINVAL, "line %zu: %s: %.100s", reader->line, what, text);
}

/* The next word of a line, which it cuts; "" at its end. */
static char *word(char **at)
{
	char *start = *at;
	size_t len = strcspn(start, " ");
	*at = start + len + (start[len] != '\0');
	start[len] = '\0';
	return start;
}

static int read_text(struct reader *reader, const char *key, const char *rest)
{
	struct baseline *baseline = reader->baseline;
	char **text = strcmp(key, "tool") == 0 ? &baseline->tool :
	    strcmp(key, "plan") == 0           ? &baseline->plan :
	    strcmp(key, "keys") == 0           ? &baseline->keys :
	    strcmp(key, "host") == 0           ? &baseline->host :
						 NULL;
	if (!text)
		return 0;
	free(*text);
	*text = xstrdup(rest);
	return 1;
}

static void read_target(struct reader *reader, char *rest)
{
	struct baseline *baseline = reader->baseline;
	baseline->targets = xrealloc(baseline->targets, (baseline->target_count + 1) * sizeof(*baseline->targets));
	baseline->targets[baseline->target_count][0] = xstrdup(word(&rest));
	baseline->targets[baseline->target_count++][1] = xstrdup(rest);
}

static int read_set(struct reader *reader, char *rest)
{
	struct baseline *baseline = reader->baseline;
	struct baseline_set set = { .check = NULL };
	const char *name = word(&rest);
	if (strlen(name) != BASELINE_SET_NAME - 1)
		return wrong(reader, "no name of a set of checks", name);
	strcpy(set.name, name);
	set.check = xcalloc(strlen(rest) / 2 + 1, sizeof(*set.check));
	while (*rest) {
		const char *id = word(&rest);
		set.check[set.count] = check_find(id);
		if (!set.check[set.count++]) {
			free(set.check);
			return wrong(reader, "no check of this tlsmatrix (accept again)", id);
		}
	}
	baseline_sort(set.check, set.count);
	baseline->set = xrealloc(baseline->set, (baseline->set_count + 1) * sizeof(set));
	baseline->set[baseline->set_count++] = set;
	return 0;
}

static int read_cell(struct reader *reader, char *rest)
{
	struct baseline *baseline = reader->baseline;
	struct baseline_cell cell = { .set = 0 };
	struct cell parsed;
	const char *id = word(&rest), *set = word(&rest), *values = word(&rest);
	struct diag none = DIAG_INIT;
	if (cell_parse(id, &parsed, &none))
		return wrong(reader, "no id of a cell", id);
	if (baseline->count && strcmp(baseline->cell[baseline->count - 1].id, id) >= 0)
		return wrong(reader, "the cells are not sorted, or one is there twice", id);
	while (cell.set < baseline->set_count && strcmp(baseline->set[cell.set].name, set) != 0)
		cell.set++;
	if (cell.set == baseline->set_count)
		return wrong(reader, "no set of checks has that name", set);
	if (strlen(values) != BASELINE_VALUES - 1 || *rest)
		return wrong(reader, "no hash of values", values);
	strcpy(cell.values, values);
	cell.id = xstrdup(id);
	if ((baseline->count & (baseline->count - 1)) == 0)
		baseline->cell =
		    xrealloc(baseline->cell, (baseline->count ? 2 * baseline->count : 1) * sizeof(*baseline->cell));
	baseline->cell[baseline->count++] = cell;
	return 0;
}

static int read_deviation(struct reader *reader, enum status status, char *rest)
{
	struct baseline *baseline = reader->baseline;
	const char *id = word(&rest), *name = word(&rest);
	struct baseline_cell *cell = (struct baseline_cell *)baseline_find(baseline, id);
	struct baseline_deviation deviation = { .check = check_find(name), .status = status };
	const struct baseline_deviation *other;
	if (!cell)
		return wrong(reader, "no cell above has that id", id);
	if (!deviation.check && strcmp(name, "*") != 0)
		return wrong(reader, "no check of this tlsmatrix (accept again)", name);
	if (deviation.check && !baseline_planned(baseline, cell, deviation.check, &other))
		return wrong(reader, "its cell has not that check", name);
	json_t *json = json_loads(rest, JSON_DECODE_ANY, NULL);
	if (!json_is_string(json)) {
		json_decref(json);
		return wrong(reader, "no quoted text", rest);
	}
	deviation.observed = xstrdup(json_string_value(json));
	json_decref(json);
	cell->deviation = xrealloc(cell->deviation, (cell->count + 1) * sizeof(deviation));
	cell->deviation[cell->count++] = deviation;
	reader->deviations++;
	return 0;
}

static int read_end(struct reader *reader, const char *rest)
{
	size_t cells, deviations;
	int len = 0;
	if (sscanf(rest, "%zu cells, %zu deviations%n", &cells, &deviations, &len) != 2 || !len || rest[len])
		return wrong(reader, "no end", rest);
	if (cells != reader->baseline->count || deviations != reader->deviations)
		return wrong(reader, "lines are missing, or there are more than its end says", rest);
	reader->ended = 1;
	return 0;
}

static int read_line(struct reader *reader, char *line)
{
	enum status status;
	char *rest = line;
	const char *key = word(&rest);
	if (reader->line == 1) {
		if (strcmp(key, "tlsmatrix") != 0 || strncmp(rest, "baseline ", 9) != 0 || rest[9] < '0' ||
		    rest[9] > '9')
			return wrong(reader, "no baseline of tlsmatrix", line);
		if (strtol(rest + 9, NULL, 10) != BASELINE_SCHEMA)
			return diag_set(reader->diag, ENOTSUP,
			    "line 1: a baseline of schema %.20s, and this tlsmatrix reads %d: accept again", rest + 9,
			    BASELINE_SCHEMA);
		return 0;
	}
	if (reader->ended)
		return wrong(reader, "nothing may stand after the end", key);
	if (read_text(reader, key, rest))
		return 0;
	if (strcmp(key, "target") == 0)
		return read_target(reader, rest), 0;
	if (strcmp(key, "checks") == 0)
		return read_set(reader, rest);
	if (strcmp(key, "cell") == 0)
		return read_cell(reader, rest);
	if (strcmp(key, "end") == 0)
		return read_end(reader, rest);
	if (status_parse(key, &status) == 0 && status != STATUS_PASS)
		return read_deviation(reader, status, rest);
	return wrong(reader, "no line of a baseline begins so", key);
}

int baseline_read(const char *text, struct baseline *baseline, struct diag *diag)
{
	struct baseline read = { .tool = xstrdup(""), .plan = xstrdup(""), .keys = xstrdup(""), .host = xstrdup("") };
	struct reader reader = { .baseline = &read, .diag = diag };
	int error = 0;
	while (*text && !error) {
		size_t len = strcspn(text, "\n");
		char *line = xprintf("%.*s", (int)len, text);
		reader.line++;
		error = read_line(&reader, line);
		free(line);
		text += len + (text[len] == '\n');
	}
	if (!error && !reader.ended)
		error = diag_set(diag, EINVAL, "line %zu: the text is cut off: it has no end", reader.line);
	if (error)
		baseline_free(&read);
	else
		*baseline = read;
	return error;
}
