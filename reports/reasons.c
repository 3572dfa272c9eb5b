#include "reports/reasons.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* One cell and its reason, before they are gathered. */
struct told {
	char *text;
	const struct cell_result *cell;
};

/* Appends text with each whole word "from" as "to". */
static void add_replaced(struct buf *out, const char *text, const char *from, const char *to)
{
	const size_t length = strlen(from);

	for (const char *at; (at = strstr(text, from)); text = at + length) {
		int whole = !isalnum((unsigned char)at[length]) && at[length] != '-' && at[length] != '_';
		buf_add_bytes(out, text, (size_t)(at - text));
		buf_add(out, whole ? to : from);
	}
	buf_add(out, text);
}

/* The words without what is this cell's alone. */
static char *general(const struct cell *cell, const char *text)
{
	struct buf ported = BUF_INIT, out = BUF_INIT;
	char *port = xprintf("%s/%s", cell->os, cell->arch), *mode = xprintf("buildmode=%s", mode_name(cell->mode));

	add_replaced(&ported, text, port, "$GOOS/$GOARCH");
	add_replaced(&out, ported.data, mode, "buildmode=$MODE");
	free(port);
	free(mode);
	buf_free(&ported);
	return buf_take(&out);
}

/* The message in: exit=1 "MESSAGE". */
static char *refusal_words(const char *expected)
{
	const char *open = expected ? strchr(expected, '"') : NULL, *close = open ? strrchr(expected, '"') : NULL;

	if (open == NULL || close == open)
		return xstrdup(expected ? expected : "no words");
	return xprintf("%.*s", (int)(close - open - 1), open + 1);
}

/* A refusal has one check; of an unbuildable cell all checks say the same. */
static char *words(const struct cell_result *cell)
{
	const struct check_result *check = &cell->checks[0];
	char *text = cell_is_refusal(cell) && check->status == STATUS_PASS ?
	    refusal_words(check->expected) :
	    xstrdup(check->reason ? check->reason : "no reason given");
	char *made = general(&cell->cell, text);

	free(text);
	return made;
}

static int compare_told(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int d = strcmp(x->text, y->text);

	return d != 0 ? d : (x->cell > y->cell) - (x->cell < y->cell);
}

static int compare_ports(const void *a, const void *b)
{
	const struct cell *x = &(*(const struct cell_result *const *)a)->cell,
			  *y = &(*(const struct cell_result *const *)b)->cell;
	int d = strcmp(x->os, y->os);

	return d != 0 ? d : strcmp(x->arch, y->arch);
}

/* A copy of the cells of a reason, sorted by port. */
static const struct cell_result **by_port(const struct reason *reason)
{
	const struct cell_result **cells = xcalloc(reason->count, sizeof(*cells));

	memcpy(cells, reason->cells, reason->count * sizeof(*cells));
	qsort(cells, reason->count, sizeof(*cells), compare_ports);
	return cells;
}

static size_t count_ports(const struct reason *reason)
{
	const struct cell_result **cells = by_port(reason);
	size_t ports = 1;

	for (size_t i = 1; i < reason->count; i++)
		ports += compare_ports(&cells[i - 1], &cells[i]) != 0;
	free(cells);
	return ports;
}

/* "no-compiler" of "no-compiler: cc"; a refusal has no class. */
static int compare_class(const char *a, const char *b)
{
	size_t x = strcspn(a, ":"), y = strcspn(b, ":");
	int d = strncmp(a, b, x < y ? x : y);

	return d != 0 ? d : (x > y) - (x < y);
}

static int compare_size(const struct reason *x, const struct reason *y)
{
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->text, y->text);
}

static int compare_refusals(const void *a, const void *b) { return compare_size(a, b); }

static int compare_lacks(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;
	int d = compare_class(x->text, y->text);

	return d != 0 ? d : compare_size(x, y);
}

void reasons_find(const struct view *view, enum outcome outcome, struct reasons *reasons)
{
	struct told *told = xcalloc(view->count + 1, sizeof(*told));
	size_t count = 0;

	for (size_t i = 0; i < view->count; i++)
		if (cell_outcome(&view->cells[i]) == outcome)
			told[count++] = (struct told){ words(&view->cells[i]), &view->cells[i] };
	qsort(told, count, sizeof(*told), compare_told);
	*reasons = (struct reasons){ .reason = xcalloc(count + 1, sizeof(*reasons->reason)),
		.cells = xcalloc(count + 1, sizeof(*reasons->cells)) };
	for (size_t i = 0; i < count; i++) {
		reasons->cells[i] = told[i].cell;
		if (i > 0 && strcmp(told[i].text, reasons->reason[reasons->count - 1].text) == 0) {
			reasons->reason[reasons->count - 1].count++;
			free(told[i].text);
			continue;
		}
		reasons->reason[reasons->count++] =
		    (struct reason){ .text = told[i].text, .cells = &reasons->cells[i], .count = 1 };
	}
	free(told);
	for (size_t i = 0; i < reasons->count; i++)
		reasons->reason[i].ports = count_ports(&reasons->reason[i]);
	qsort(reasons->reason, reasons->count, sizeof(*reasons->reason),
	    outcome == OUTCOME_REFUSED ? compare_refusals : compare_lacks);
}

void reasons_free(struct reasons *reasons)
{
	for (size_t i = 0; i < reasons->count; i++)
		free(reasons->reason[i].text);
	free(reasons->reason);
	free(reasons->cells);
	*reasons = (struct reasons){ 0 };
}

void reason_ports(const struct reason *reason, struct buf *out)
{
	const struct cell_result **cells = by_port(reason);

	for (size_t i = 0; i < reason->count; i++)
		if (i == 0 || compare_ports(&cells[i - 1], &cells[i]) != 0)
			buf_printf(out, "%s%s/%s", i > 0 ? " " : "", cells[i]->cell.os, cells[i]->cell.arch);
	free(cells);
}
