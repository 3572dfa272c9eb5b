/* filter_node.h - a filter as it is once parsed; for filter*.c alone. */
#ifndef TLSMATRIX_MATRIX_FILTER_NODE_H
#define TLSMATRIX_MATRIX_FILTER_NODE_H

#include "matrix/base/nearest.h"
#include "matrix/filter.h"
#include "matrix/version.h"

enum field {
	FIELD_GO,
	FIELD_OS,
	FIELD_ARCH,
	FIELD_MODE,
	FIELD_CGO,
	FIELD_LINK,
	FIELD_TARGET,
	FIELD_LOAD,
	FIELD_LIBC,
	FIELD_KERNEL,
	FIELD_EMULATOR,
	FIELD_CHECK,
	FIELD_STATUS,
	FIELD_COUNT
};

enum op { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE };

enum kind { NODE_TRUE, NODE_OR, NODE_AND, NODE_NOT, NODE_TEST, NODE_CELL };

struct value {
	char *text; /* what a text field is matched with */
	int is_version;
	struct version low, high; /* FIELD_GO without wildcards: version.h version_range */
	struct value *next;
};

/* "a & b & c" is one node with three children, so that only brackets and '!' make a tree deeper,
 * and recursion over it is bounded by DEPTH_MAX. */
struct node {
	enum kind kind;
	struct node *child; /* OR, AND: the first of several; NOT: the one */
	struct node *next;  /* the next child of the parent */
	enum field field;
	enum op op;
	unsigned mask;        /* of a field with a fixed set of values: bit 1u << value */
	struct value *values; /* of the others; CELL: its id */
	size_t at, len;       /* where it stands in the filter's text: of factors, 0 of what is made of them */
};

struct filter {
	struct node *root;
	char *text;
};

/* What a field is: the parser, the help and the hints are made from this table. */
struct filter_field {
	const char *name;
	nearest_word_fn *word;         /* the values that exist, where that is known without a plan */
	size_t count;                  /* of them; filter_words has the checks', too */
	int masked;                    /* they are bits of node.mask */
	const char *example, *meaning; /* of the help; meaning NULL: its words */
};
extern const struct filter_field filter_fields[FIELD_COUNT];
size_t filter_words(enum field field);
const char *filter_field_word(size_t i);

/* Words that others use for the same, ended by NULLs: "goos" for "os", "x86_64" for "amd64". */
struct filter_other { const char *word, *ours; };
extern const struct filter_other filter_other_fields[], filter_other_values[];

/* What is meant with a word that is not known: by the table, where its word is known, or else by the spelling. */
const char *filter_nearest(const char *text, const struct filter_other *others, nearest_word_fn *known, size_t count);

/* A test on a check or status that the subject does not have yet can come out either way, and so
 * can its negation: MAYBE.  What may match is kept, since the question is asked again later. */
enum answer { NO, MAYBE, YES };

/* One test, whatever the node's kind; the second and third look at its values alone. */
enum answer filter_match_test(const struct node *test, const struct filter_subject *subject);
int filter_match_go(const struct node *test, const char *go);
int filter_match_text(const struct node *test, const char *text);

#endif
