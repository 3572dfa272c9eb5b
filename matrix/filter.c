#include "matrix/filter_node.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/glob.h"
#include "matrix/check.h"
#include "matrix/target_facts.h"
#include "matrix/version.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 200 };

/* ---- parsing ------------------------------------------------------------------------------- */

struct parser {
	const char *text, *at;
	struct diag *diag;
	int depth;
};

static struct node *parse_or(struct parser *parser);
static struct node *parse_factor(struct parser *parser);

/* Sets "WHAT at column N of 'TEXT'" and the hint, and returns NULL. */
static struct node *fail(struct parser *parser, const char *at, const char *what, const char *hint)
{
	diag_set(
	    parser->diag, EINVAL, "%s at column %d of '%s'%s", what, (int)(at - parser->text) + 1, parser->text, hint);
	return NULL;
}

static void skip_space(struct parser *parser)
{
	while (isspace((unsigned char)*parser->at))
		parser->at++;
}

static struct node *new_node(enum kind kind, struct node *child)
{
	struct node *node = xcalloc(1, sizeof *node);
	node->kind = kind;
	node->child = child;
	return node;
}

static void free_node(struct node *node)
{
	if (!node)
		return;
	for (struct node *child = node->child, *next; child; child = next) {
		next = child->next;
		free_node(child);
	}
	for (struct value *value = node->values, *next; value; value = next) {
		next = value->next;
		free(value->text);
		free(value);
	}
	free(node);
}

/* Of the checks, which are too many for a line, the nearest ones. */
static void fail_check(struct parser *parser, const char *at, const char *word)
{
	char *message = xprintf(glob_is_pattern(word) ? "no check matches '%s'" : "unknown check '%s'", word);
	struct buf hint = BUF_INIT;
	check_near(word, &hint);
	fail(parser, at, message, hint.data);
	buf_free(&hint);
	free(message);
}

/* The nearest word there is, and all that there are. */
static struct node *fail_word(struct parser *parser, const char *at, const char *what, const char *word,
    const struct filter_other *others, nearest_word_fn *known, size_t count)
{
	char *message = xprintf("unknown %s '%s'", what, word);
	const char *near = filter_nearest(word, others, known, count);
	struct buf hint = BUF_INIT;
	if (near)
		buf_printf(&hint, "; did you mean '%s'?", near);
	buf_add(&hint, near ? " known:" : "; known:");
	for (size_t i = 0; i < count; i++)
		buf_printf(&hint, " %s", known(i));
	fail(parser, at, message, hint.data);
	buf_free(&hint);
	free(message);
	return NULL;
}

static int parse_field(struct parser *parser, enum field *field)
{
	size_t len = strspn(parser->at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
	if (len == 0) {
		fail(parser, parser->at,
		    *parser->at ? "expected a field, '!' or '('" : "the expression ends: a field is missing", "");
		return -EINVAL;
	}
	for (int i = 0; i < FIELD_COUNT; i++) {
		if (strlen(filter_fields[i].name) == len && strncmp(parser->at, filter_fields[i].name, len) == 0) {
			parser->at += len;
			*field = (enum field)i;
			return 0;
		}
	}
	char *word = xprintf("%.*s", (int)(len < 80 ? len : 80), parser->at);
	fail_word(parser, parser->at, "field", word, filter_other_fields, filter_field_word, FIELD_COUNT);
	free(word);
	return -EINVAL;
}

static int parse_op(struct parser *parser, enum field field, enum op *op)
{
	static const struct {
		const char *text;
		enum op op;
	} ops[] = {
		{ "<=", OP_LE },
		{ ">=", OP_GE },
		{ "!=", OP_NE },
		{ "<", OP_LT },
		{ ">", OP_GT },
		{ "=", OP_EQ },
	};
	skip_space(parser);
	const char *at = parser->at;
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
		if (strncmp(at, ops[i].text, strlen(ops[i].text)) != 0)
			continue;
		if (ops[i].op >= OP_LT && field != FIELD_GO) {
			fail(parser, at, "only go has an order: '=' or '!=' expected", "");
			return -EINVAL;
		}
		parser->at += strlen(ops[i].text);
		*op = ops[i].op;
		return 0;
	}
	fail(parser, at, field == FIELD_GO ? "expected = != < <= > or >=" : "expected = or !=", "");
	return -EINVAL;
}

/* Enters a value into the test; text belongs to the node afterwards, or is freed. */
static int add_value(struct parser *parser, struct node *node, char *text, const char *at)
{
	/* The name of somebody's own build is itself: nothing lies before or after it. */
	int pattern = glob_is_pattern(text) || (node->field == FIELD_GO && *version_suffix(text)),
	    known = !filter_fields[node->field].word;
	for (size_t i = 0; filter_fields[node->field].word && i < filter_words(node->field); i++) {
		if (!glob_match(text, filter_fields[node->field].word(i)))
			continue;
		known = 1;
		if (filter_fields[node->field].masked)
			node->mask |= 1u << i;
	}
	struct value *value = xcalloc(1, sizeof *value);
	value->text = text;
	value->next = node->values;
	node->values = value;
	if (!known && node->field == FIELD_CHECK) {
		fail_check(parser, at, text);
		return -EINVAL;
	}
	if (!known && !pattern) {
		fail_word(parser, at, filter_fields[node->field].name, text, filter_other_values,
		    filter_fields[node->field].word, filter_words(node->field));
		return -EINVAL;
	}
	if (node->field != FIELD_GO)
		return 0;
	int range = strstr(text, "..") != NULL;
	value->is_version = !pattern;
	if ((pattern || range) && node->op >= OP_LT) {
		fail(parser, at, "a pattern or range has no order: a Go release such as 1.21 expected", "");
		return -EINVAL;
	}
	if (!pattern && version_range(text, &value->low, &value->high) != 0) {
		fail(parser, at, "expected a Go release such as 1.21, 1.21.3, 1.22rc1 or 1.5..1.27", "");
		return -EINVAL;
	}
	if (range && version_compare(&value->low, &value->high) > 0) {
		fail(parser, at, "the second release of the range is older than the first", "");
		return -EINVAL;
	}
	return 0;
}

static struct node *parse_test(struct parser *parser)
{
	struct node *node = new_node(NODE_TEST, NULL);
	int error = parse_field(parser, &node->field);
	if (!error)
		error = parse_op(parser, node->field, &node->op);
	while (!error) {
		skip_space(parser);
		size_t len = strcspn(parser->at, " \t\n\v\f\r&|),");
		/* No value begins with an operator: "mode==exe" is a typing error, not the value "=exe". */
		if (len == 0 || strchr("=!<>(", *parser->at)) {
			fail(parser, parser->at, "expected a value", "");
			error = -EINVAL;
			break;
		}
		const char *at = parser->at;
		char *text = xmalloc(len + 1);
		memcpy(text, at, len);
		text[len] = '\0';
		parser->at += len;
		error = add_value(parser, node, text, at);
		skip_space(parser);
		if (*parser->at != ',')
			break;
		parser->at++;
	}
	if (!error)
		return node;
	free_node(node);
	return NULL;
}

/* A cell by its id: its release, by which releases are looked for, and the whole of it. */
static struct node *parse_cell(struct parser *parser, size_t len)
{
	struct cell cell;
	char *id = xprintf("%.*s", (int)len, parser->at);
	if (cell_parse(id, &cell, parser->diag)) {
		free(id);
		return NULL;
	}
	struct node *go = new_node(NODE_TEST, NULL), *whole = new_node(NODE_CELL, NULL);
	whole->values = xcalloc(1, sizeof *whole->values);
	whole->values->text = id;
	go->next = whole;
	add_value(parser, go, xstrdup(cell.go), parser->at); /* FIELD_GO is 0, and a cell's release is one */
	parser->at += len;
	return new_node(NODE_AND, go);
}

static struct node *parse_bare(struct parser *parser)
{
	char c = *parser->at;
	size_t word = strcspn(parser->at, " \t\n\v\f\r&|()!=<>");
	if (memchr(parser->at, '/', word))
		return parse_cell(parser, word);
	if (c != '!' && c != '(')
		return parse_test(parser);
	const char *at = parser->at++;
	if (++parser->depth > DEPTH_MAX)
		return fail(parser, at, "too deeply nested", "");
	struct node *node = c == '!' ? parse_factor(parser) : parse_or(parser);
	parser->depth--;
	if (!node || c == '!')
		return node ? new_node(NODE_NOT, node) : NULL;
	skip_space(parser);
	if (*parser->at == ')') {
		parser->at++;
		return node;
	}
	free_node(node);
	return fail(parser, parser->at, "expected '&', '|' or ')'", "");
}

/* A factor knows where it stands in the text; brackets are a part of it where they hold more than a factor. */
static struct node *parse_factor(struct parser *parser)
{
	skip_space(parser);
	size_t at = (size_t)(parser->at - parser->text);
	struct node *node = parse_bare(parser);
	if (node && !node->len) {
		node->at = at;
		node->len = (size_t)(parser->at - parser->text) - at;
		while (node->len && isspace((unsigned char)parser->text[at + node->len - 1]))
			node->len--;
	}
	return node;
}

/* Operands joined by an operator: one node with them as children, or the only operand itself. */
static struct node *parse_chain(
    struct parser *parser, char joint, enum kind kind, struct node *(*operand)(struct parser *))
{
	struct node *chain = NULL, *last = operand(parser);
	while (last) {
		skip_space(parser);
		if (*parser->at != joint)
			return chain ? chain : last;
		parser->at++;
		if (!chain)
			chain = new_node(kind, last);
		last = last->next = operand(parser);
	}
	free_node(chain);
	return NULL;
}

static struct node *parse_and(struct parser *parser) { return parse_chain(parser, '&', NODE_AND, parse_factor); }
static struct node *parse_or(struct parser *parser) { return parse_chain(parser, '|', NODE_OR, parse_and); }

int filter_parse(const char *text, struct filter **filter, struct diag *diag)
{
	struct parser parser = { text, text, diag, 0 };
	skip_space(&parser);
	struct node *root;
	if (!*parser.at) {
		root = new_node(NODE_TRUE, NULL);
	} else {
		root = parse_or(&parser);
		if (root && *parser.at) {
			free_node(root);
			root = fail(&parser, parser.at, "expected '&' or '|'", "");
		}
	}
	if (!root)
		return -EINVAL;
	*filter = xmalloc(sizeof **filter);
	(*filter)->root = root;
	(*filter)->text = xstrdup(text);
	return 0;
}

void filter_free(struct filter *filter)
{
	if (filter) {
		free_node(filter->root);
		free(filter->text);
	}
	free(filter);
}

/* ---- matching ------------------------------------------------------------------------------ */

/* Orders are against the first of a minor: go<1.21 and go>=1.21 leave nothing out. */
static int version_holds(const struct version *version, enum op op, const struct value *value)
{
	int order = version_compare(version, &value->low);
	switch (op) {
	case OP_EQ:
	case OP_NE:
		return order >= 0 && version_compare(version, &value->high) <= 0;
	case OP_LT:
		return order < 0;
	case OP_LE:
		return version_compare(version, &value->high) <= 0;
	case OP_GT:
		return version_compare(version, &value->high) > 0;
	case OP_GE:
		return order >= 0;
	}
	return 0;
}

int filter_match_go(const struct node *node, const char *go)
{
	struct version version;
	int ordered = version_parse(go, &version) == 0;
	const char *bare = version_bare(go);
	for (const struct value *value = node->values; value; value = value->next) {
		if (value->is_version ? ordered && version_holds(&version, node->op, value) :
					glob_match(value->text, go) || glob_match(value->text, bare))
			return 1;
	}
	return 0;
}

int filter_match_text(const struct node *node, const char *text)
{
	for (const struct value *value = node->values; value; value = value->next)
		if (glob_match(value->text, text))
			return 1;
	return 0;
}

/* arch=arm is every variant of arm; arch=arm.5 and arch=arm.* are variants only. */
static int match_arch(const struct node *node, const struct cell *cell)
{
	char whole[32] = "";
	for (const struct value *value = node->values; value; value = value->next) {
		int variant = strchr(value->text, '.') != NULL;
		if (variant && !*whole)
			cell_arch(cell, whole);
		if (glob_match(value->text, variant ? whole : cell->arch))
			return 1;
	}
	return 0;
}

/* Where nothing runs there is no libc, either. */
static enum answer match_fact(const struct node *node, const struct cell *cell)
{
	const struct target_facts *facts = cell->facts;
	if (strcmp(cell->target, "none") == 0)
		return NO;
	if (!facts || !facts->known)
		return MAYBE;
	const char *text = node->field == FIELD_LIBC ? facts->libc :
	    node->field == FIELD_KERNEL              ? facts->kernel :
						       facts->emulator;
	return *text && filter_match_text(node, text) ? YES : NO;
}

enum answer filter_match_test(const struct node *node, const struct filter_subject *subject)
{
	const struct cell *cell = subject->cell;
	int holds = 0;
	switch (node->field) {
	case FIELD_GO:
		holds = filter_match_go(node, cell->go);
		break;
	case FIELD_OS:
		holds = filter_match_text(node, cell->os);
		break;
	case FIELD_ARCH:
		holds = match_arch(node, cell);
		break;
	case FIELD_MODE:
		holds = node->mask >> cell->mode & 1;
		break;
	case FIELD_CGO:
		holds = node->mask >> cell->cgo & 1;
		break;
	case FIELD_LINK:
		holds = node->mask >> cell->link & 1;
		break;
	case FIELD_TARGET:
		holds = filter_match_text(node, cell->target);
		break;
	case FIELD_LOAD:
		holds = node->mask >> cell->load & 1;
		break;
	case FIELD_LIBC:
	case FIELD_KERNEL:
	case FIELD_EMULATOR:
		if (match_fact(node, cell) == MAYBE)
			return MAYBE;
		holds = match_fact(node, cell) == YES;
		break;
	case FIELD_CHECK:
		if (!subject->check)
			return MAYBE;
		holds = filter_match_text(node, subject->check);
		break;
	case FIELD_STATUS:
		if (!subject->status)
			return MAYBE;
		holds = filter_match_text(node, subject->status) ||
		    (subject->verdict && filter_match_text(node, subject->verdict));
		break;
	case FIELD_COUNT:
		break;
	}
	return holds != (node->op == OP_NE) ? YES : NO;
}

static enum answer match_node(const struct node *node, const struct filter_subject *subject)
{
	enum answer all;
	char id[CELL_ID_MAX];
	switch (node->kind) {
	case NODE_TRUE:
		return YES;
	case NODE_TEST:
		return filter_match_test(node, subject);
	case NODE_CELL:
		return strcmp(cell_id(subject->cell, id), node->values->text) == 0 ? YES : NO;
	case NODE_NOT:
		return (enum answer)(YES - match_node(node->child, subject));
	case NODE_AND:
		all = YES;
		for (const struct node *child = node->child; child && all != NO; child = child->next) {
			enum answer one = match_node(child, subject);
			all = one < all ? one : all;
		}
		return all;
	case NODE_OR:
		all = NO;
		for (const struct node *child = node->child; child && all != YES; child = child->next) {
			enum answer one = match_node(child, subject);
			all = one > all ? one : all;
		}
		return all;
	}
	return NO;
}

int filter_match(const struct filter *filter, const struct filter_subject *subject)
{
	return match_node(filter->root, subject) != NO;
}

int filter_sure(const struct filter *filter, const struct filter_subject *subject)
{
	return match_node(filter->root, subject) == YES;
}
