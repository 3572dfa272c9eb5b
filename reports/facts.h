/* facts.h - what the targets of a run said of themselves (kernel, loader, libc), gathered by fact. */
#ifndef TLSMATRIX_REPORTS_FACTS_H
#define TLSMATRIX_REPORTS_FACTS_H

#include "reports/view.h"

struct fact {
	const char *name;
	int common; /* all targets that were asked, at least two, say the same */
	int loud;   /* one of the few that decide most about Go's TLS and initializers: what a terminal has room for */
};

struct facts {
	struct fact *fact;
	size_t count;
};

/* Every fact that a target tells, in the order in which they are told first.  The view must outlive them.
 * Free with facts_free. */
void facts_find(const struct view *view, struct facts *facts);
void facts_free(struct facts *facts);

/* Appends a value for people: "yes", "4096", "a, b", "k=v k=v"; what says nothing (0, null, empty) is left out
 * inside of objects. */
void facts_words(json_t *value, struct buf *out);

#endif
