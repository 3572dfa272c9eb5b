/* groups_text.h - how a set of values of one field of cells is said in the filter language (filter.h).  What groups.c
 * writes with.  Pure.
 *
 * Values are the texts of a field that cells have, sorted, each once; a set of them is a set of numbers (bits.h). */
#ifndef TLSMATRIX_MATRIX_GROUPS_TEXT_H
#define TLSMATRIX_MATRIX_GROUPS_TEXT_H

#include "matrix/cell.h"

#include <stddef.h>
#include <stdint.h>

/* In the order in which a filter names them. */
enum group_field {
	GROUP_GO,
	GROUP_OS,
	GROUP_ARCH,
	GROUP_VARIANT,
	GROUP_MODE,
	GROUP_CGO,
	GROUP_LINK,
	GROUP_TARGET,
	GROUP_LOAD,
	GROUP_FIELDS
};

struct group_value {
	const char *text;
	const struct cell *cell; /* one that has it: what a filter says of it, it says of the value */
	uint32_t number;         /* for the caller */
};

/* What may stand between the commas of a list, and the values that it means. */
struct group_atom {
	char *text;
	uint64_t *set;
};

struct group_values {
	enum group_field field;
	struct group_value *value; /* the caller's */
	size_t count, words;       /* values, and words of a set of them */
	struct group_atom *atom;
	size_t atoms;
};

/* The cell's value, as a filter names it; "" for a port without variant. */
const char *group_field_text(enum group_field field, const struct cell *cell);

/* Sorts the values, releases as Go orders them, and makes words and atoms; free with group_values_free. */
void group_values_init(struct group_values *values);
void group_values_free(struct group_values *values);

/* The shortest text that means all values of must and none but those of may: "go>=1.24", "target!=musl-*",
 * "(arch!=*.* | arch=*.asan)"; it can be joined with &.  malloc'ed, and said is filled with what it means; NULL when
 * there is none.  What a text means is asked of filter.c for each value, so that it is never wrong. */
char *group_values_text(const struct group_values *values, const uint64_t *must, const uint64_t *may, uint64_t *said);

/* "arch=arm" and "arch=*.5,*.6" are "arch=arm.5,arm.6": then *arch becomes NULL.  Either may be NULL, both are
 * malloc'ed. */
void group_join_arch(char **arch, char **variant);

#endif
