/* filter_empty.c - why a filter selects nothing. */
#include "matrix/filter_node.h"

#include "matrix/base/buf.h"
#include "matrix/target_facts.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_VALUES = 40, MOST_TEXT = 160 };

/* ---- conditions ------------------------------------------------------------------------------------ */

/* The conditions below a node, in the order of the text: what stands in the brackets of a bracketed '&' is taken one
 * by one.  A cell's id is one.  found may be NULL; how many. */
static size_t conditions(const struct node *node, const struct node **found)
{
	size_t count = 0;
	if (node->kind != NODE_AND || !node->child->len) {
		if (found)
			*found = node;
		return 1;
	}
	for (const struct node *child = node->child; child; child = child->next)
		count += conditions(child, found ? found + count : NULL);
	return count;
}

/* The first so many of them as a filter's text; malloc'ed. */
static char *joined(const struct filter *filter, const struct node *const *list, size_t count)
{
	struct buf out = BUF_INIT;
	buf_add(&out, "");
	for (size_t i = 0; i < count; i++)
		buf_printf(&out, "%s%.*s", i ? " & " : "", (int)list[i]->len, filter->text + list[i]->at);
	return buf_take(&out);
}

static size_t selected(const char *text, const struct filter_among *among)
{
	struct filter *filter;
	if (filter_parse(text, &filter, NULL))
		return 0;
	size_t count = among->selects(filter, among->data);
	filter_free(filter);
	return count;
}

static void add_text(struct buf *out, const char *text)
{
	buf_printf(out, "%.*s%s", MOST_TEXT, text, strlen(text) > MOST_TEXT ? "..." : "");
}

/* Each condition takes from what those before it left, so that the first that leaves nothing is found by halves. */
static void which_empties(const struct filter *filter, const struct filter_among *among, struct buf *out)
{
	size_t count = conditions(filter->root, NULL), full = 0, empty = count;
	if (count < 2)
		return;
	const struct node **list = xcalloc(count, sizeof(*list));
	conditions(filter->root, list);
	while (empty - full > 1) {
		size_t middle = full + (empty - full) / 2;
		char *text = joined(filter, list, middle);
		if (selected(text, among))
			full = middle;
		else
			empty = middle;
		free(text);
	}
	char *before = joined(filter, list, full), *last = joined(filter, &list[full], 1);
	if (!full || !selected(last, among)) {
		add_text(out, last);
		buf_add(out, " alone selects 0");
	} else {
		add_text(out, before);
		buf_printf(out, " selects %zu, with ", selected(before, among));
		add_text(out, last);
		buf_add(out, " 0");
	}
	free(last);
	free(before);
	free(list);
}

/* ---- values ---------------------------------------------------------------------------------------- */

static const char *value_of(const struct cell *cell, enum field field)
{
	const struct target_facts *facts = cell->facts && cell->facts->known ? cell->facts : NULL;
	switch (field) {
	case FIELD_OS:
		return cell->os;
	case FIELD_ARCH:
		return cell->arch;
	case FIELD_TARGET:
		return cell->target;
	case FIELD_LIBC:
		return facts ? facts->libc : "";
	case FIELD_KERNEL:
		return facts ? facts->kernel : "";
	case FIELD_EMULATOR:
		return facts ? facts->emulator : "";
	default:
		return "";
	}
}

/* Fields whose values are known by the cells alone. */
static int is_open(enum field field)
{
	return field == FIELD_OS || field == FIELD_ARCH || field == FIELD_TARGET ||
	    (field >= FIELD_LIBC && field <= FIELD_EMULATOR);
}

/* nearest_word asks by number alone. */
static struct {
	const char *word[MOST_VALUES];
	size_t count, more;
} there;
static const char *there_word(size_t i) { return there.word[i]; }

static void there_are(const struct filter_among *among, enum field field)
{
	there.count = there.more = 0;
	for (size_t i = 0; i < among->count; i++) {
		const char *value = value_of(&among->cell[i], field);
		size_t at = 0;
		while (at < there.count && strcmp(there.word[at], value) != 0)
			at++;
		if (!*value || at < there.count)
			continue;
		if (there.count == MOST_VALUES)
			there.more = 1;
		else
			there.word[there.count++] = value;
	}
}

static int has_value(const struct node *test, const struct value *value, const struct filter_among *among)
{
	struct value one = *value;
	struct node alone = *test;
	one.next = NULL;
	alone.values = &one;
	for (size_t i = 0; i < among->count; i++) {
		const struct filter_subject subject = { &among->cell[i], NULL, NULL, NULL };
		if (filter_match_test(&alone, &subject) != NO)
			return 1;
	}
	return 0;
}

/* The first value that is asked for and that no cell has. */
static int unknown_value(const struct node *node, const struct filter_among *among, struct buf *out)
{
	int found = 0;
	for (const struct node *child = node->child; child && !found; child = child->next)
		found = unknown_value(child, among, out);
	if (found || node->kind != NODE_TEST || node->op != OP_EQ || !is_open(node->field))
		return found;
	const struct value *first = NULL; /* they stand in the node last one first */
	for (const struct value *value = node->values; value; value = value->next)
		first = has_value(node, value, among) ? first : value;
	if (!first)
		return 0;
	there_are(among, node->field);
	const char *near = filter_nearest(first->text, filter_other_values, there_word, there.count);
	buf_printf(out, "no cell has %s=", filter_fields[node->field].name);
	add_text(out, first->text);
	if (near)
		buf_printf(out, "; did you mean '%s'?", near);
	buf_add(out, !there.count ? "; nothing of it is known here" : near ? " there are:" : "; there are:");
	for (size_t i = 0; i < there.count; i++)
		buf_printf(out, " %s", there.word[i]);
	buf_add(out, there.more ? " ..." : "");
	return 1;
}

void filter_why_empty(const struct filter *filter, const struct filter_among *among, struct buf *out)
{
	if (!unknown_value(filter->root, among, out))
		which_empties(filter, among, out);
}
