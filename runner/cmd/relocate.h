/* relocate.h - a shell line with variables in the place of this machine's paths.  Pure. */
#ifndef TLSMATRIX_RUNNER_CMD_RELOCATE_H
#define TLSMATRIX_RUNNER_CMD_RELOCATE_H

#include <stddef.h>

struct buf;

struct relocation {
	const char *path; /* absolute; NULL: not used */
	const char *name; /* of the variable */
};

/* Appends the line with "$NAME" for each path that stands where a path begins and ends (so that "/usr/go" is not taken
 * for the begin of "/usr/go1"); also within single quotes, which end before the variable and begin again behind it. Of
 * paths that begin alike the first in places that fits is taken. */
void relocate(const char *line, const struct relocation *places, size_t count, struct buf *out);

#endif
