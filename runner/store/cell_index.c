#include "runner/store/cell_index.h"

#include "matrix/base/buf.h"

#include <stdlib.h>
#include <string.h>

static size_t hash_of(const char *id, size_t len)
{
	uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)id[i]) * UINT64_C(1099511628211);
	return (size_t)(hash ^ hash >> 32);
}

static int is_id(const char *have, const char *id, size_t len) { return strncmp(have, id, len) == 0 && !have[len]; }

void cell_index_make(struct cell_index *index, size_t most)
{
	*index = (struct cell_index){ .mask = 1, .id = xcalloc(most + 1, sizeof(*index->id)) };
	while (index->mask < most * 2)
		index->mask = index->mask * 2 + 1;
	index->slot = xcalloc(index->mask + 1, sizeof(*index->slot));
}

void cell_index_add(struct cell_index *index, const char *id)
{
	size_t at = hash_of(id, strlen(id)) & index->mask;
	while (index->slot[at] && strcmp(index->id[index->slot[at] - 1], id) != 0)
		at = (at + 1) & index->mask;
	index->id[index->count++] = id;
	if (!index->slot[at])
		index->slot[at] = (uint32_t)index->count;
}

void cell_index_free(struct cell_index *index)
{
	free(index->id);
	free(index->slot);
	*index = (struct cell_index){ 0 };
}

size_t cell_index_find(const struct cell_index *index, const char *id, size_t len, size_t next)
{
	if (next < index->count && is_id(index->id[next], id, len))
		return next;
	size_t at = index->slot ? hash_of(id, len) & index->mask : 0;
	for (; index->slot && index->slot[at]; at = (at + 1) & index->mask)
		if (is_id(index->id[index->slot[at] - 1], id, len))
			return index->slot[at] - 1;
	return (size_t)-1;
}
