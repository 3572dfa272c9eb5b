/* cell_index.h - the place of a cell in a plan, by its id. */
#ifndef TLSMATRIX_RUNNER_STORE_CELL_INDEX_H
#define TLSMATRIX_RUNNER_STORE_CELL_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct cell_index {
	const char **id; /* borrowed; by place */
	size_t count;
	uint32_t *slot; /* 1 + place */
	size_t mask;
};

/* An empty one for at most `most` cells.  Free with cell_index_free. */
void cell_index_make(struct cell_index *index, size_t most);
void cell_index_add(struct cell_index *index, const char *id);
void cell_index_free(struct cell_index *index);

/* The first place with that id, or (size_t)-1.  next: where it is likely; it is the place when the id stands there
 * too, so that one that is planned twice gets two results. */
size_t cell_index_find(const struct cell_index *index, const char *id, size_t len, size_t next);

#endif
