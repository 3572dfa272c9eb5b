/* references.h - what "S5" and "#10" in a source column stand for (references.def, bugs.def).  Pure; strings are
 * static. */
#ifndef TLSMATRIX_MATRIX_REFERENCES_H
#define TLSMATRIX_MATRIX_REFERENCES_H

#include <stddef.h>

struct reference {
	const char *name;  /* "#10" */
	const char *where; /* "golang/go#16618 (closed)" */
	const char *what;  /* a symptom, or a claim */
};

extern const struct reference references[];
extern const size_t reference_count;

/* NULL when there is none of that name. */
const struct reference *reference_find(const char *name, size_t len);

/* The next one that a text cites by its name, as a word of its own, from *at on; *at becomes what is behind it.  NULL
 * at the end.  "golang/go#13492" names none, and neither does a name that is not in the list. */
const struct reference *reference_next(const char **at);

#endif
