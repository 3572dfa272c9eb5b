/* skips.h - the skips of a run by class ("no-tracer", "not-installed"), which is what CI forbids by. */
#ifndef TLSMATRIX_REPORTS_SKIPS_H
#define TLSMATRIX_REPORTS_SKIPS_H

#include "reports/view.h"

struct skip_class {
	const char *name; /* not terminated: length bytes of a reason in the view */
	size_t length;    /* 0: skips that give no class */
	size_t checks;
};

struct skips {
	struct skip_class *class;
	size_t count;
};

/* The class with most checks first, then by name.  The view must outlive them; free with skips_free. */
void skips_find(const struct view *view, struct skips *skips);
void skips_free(struct skips *skips);

/* The name of a class for people; malloc'ed. */
char *skip_name(const struct skip_class *class);

#endif
