/* filter_some.c - what a filter asks for, and what it says when a part of a cell is all that is known. */
#include "matrix/filter_node.h"

#include <string.h>

static int asks(const struct node *node, enum field from, enum field to)
{
	int found = node->kind == NODE_TEST && node->field >= from && node->field <= to;
	for (const struct node *child = node->child; child && !found; child = child->next)
		found = asks(child, from, to);
	return found;
}

static int asks_cell(const struct node *node)
{
	int found = node->kind == NODE_CELL;
	for (const struct node *child = node->child; child && !found; child = child->next)
		found = asks_cell(child);
	return found;
}

int filter_asks_facts(const struct filter *filter) { return asks(filter->root, FIELD_LIBC, FIELD_EMULATOR); }
int filter_asks_place(const struct filter *filter)
{
	return asks(filter->root, FIELD_OS, FIELD_ARCH) || asks(filter->root, FIELD_TARGET, FIELD_TARGET) ||
	    filter_asks_facts(filter) || asks_cell(filter->root);
}

int filter_asks_status(const struct filter *filter) { return asks(filter->root, FIELD_STATUS, FIELD_STATUS); }
int filter_asks_check(const struct filter *filter) { return asks(filter->root, FIELD_CHECK, FIELD_CHECK); }

/* Some tests are made, all others left open. */
typedef enum answer some_tests(const struct node *test, const void *of);

static enum answer match_some(const struct node *node, some_tests *test, const void *of)
{
	enum answer all = node->kind == NODE_AND ? YES : NO;
	switch (node->kind) {
	case NODE_TRUE:
		return YES;
	case NODE_TEST:
		return test(node, of);
	case NODE_CELL:
		return MAYBE;
	case NODE_NOT:
		return (enum answer)(YES - match_some(node->child, test, of));
	case NODE_AND:
	case NODE_OR:
		for (const struct node *child = node->child; child; child = child->next) {
			enum answer one = match_some(child, test, of);
			all = (node->kind == NODE_AND ? one < all : one > all) ? one : all;
		}
	}
	return all;
}

static enum answer test_release(const struct node *node, const void *go)
{
	return node->field != FIELD_GO ? MAYBE : filter_match_go(node, go) == (node->op != OP_NE) ? YES : NO;
}

static enum answer test_check(const struct node *node, const void *check)
{
	return node->field != FIELD_CHECK ? MAYBE : filter_match_text(node, check) == (node->op != OP_NE) ? YES : NO;
}

static enum answer test_place(const struct node *node, const void *place)
{
	const struct filter_subject subject = { place, NULL, NULL, NULL };
	int is_of_place = node->field == FIELD_OS || node->field == FIELD_ARCH || node->field == FIELD_TARGET ||
	    (node->field >= FIELD_LIBC && node->field <= FIELD_EMULATOR);
	return is_of_place ? filter_match_test(node, &subject) : MAYBE;
}

int filter_takes_release(const struct filter *filter, const char *go)
{
	return match_some(filter->root, test_release, go) != NO;
}

int filter_takes_check(const struct filter *filter, const char *check)
{
	return match_some(filter->root, test_check, check) != NO;
}

int filter_takes_place(const struct filter *filter, const struct cell *place)
{
	return match_some(filter->root, test_place, place) != NO;
}

static int each_release(
    const struct node *node, int (*body)(const char *text, int bound, void *data), void *data, int *asks)
{
	int result = 0;
	if (node->kind == NODE_TEST && node->field == FIELD_GO) {
		*asks = 1;
		for (const struct value *value = node->values; value && !result && body; value = value->next)
			result = body(value->text, node->op != OP_EQ, data);
	}
	for (const struct node *child = node->child; child && !result; child = child->next)
		result = each_release(child, body, data, asks);
	return result;
}

int filter_each_release(const struct filter *filter, int (*body)(const char *text, int bound, void *data), void *data)
{
	int asks = 0, result = each_release(filter->root, body, data, &asks);
	return result ? result : asks;
}
