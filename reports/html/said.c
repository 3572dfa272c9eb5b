#include "reports/html/said.h"

#include "matrix/base/buf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4096 };

struct entry {
	char *text;
	const struct cell *cell;
	struct entry *next;
};
struct said { struct entry *slot[SLOTS]; };

struct said *said_new(void) { return xcalloc(1, sizeof(struct said)); }

void said_free(struct said *said)
{
	for (size_t i = 0; i < SLOTS; i++)
		for (struct entry *next, *entry = said->slot[i]; entry; entry = next) {
			next = entry->next;
			free(entry->text);
			free(entry);
		}
	free(said);
}

/* FNV-1a */
static size_t slot_of(const char *text)
{
	uint64_t hash = 14695981039346656037u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	return (size_t)(hash ^ hash >> 32) % SLOTS;
}

const struct cell *said_by(struct said *said, const char *text, const struct cell *cell)
{
	struct entry **slot = &said->slot[slot_of(text)], *entry = *slot;

	while (entry && strcmp(entry->text, text) != 0)
		entry = entry->next;
	if (entry)
		return entry->cell;
	entry = xmalloc(sizeof(*entry));
	*entry = (struct entry){ xstrdup(text), cell, *slot };
	*slot = entry;
	return NULL;
}
