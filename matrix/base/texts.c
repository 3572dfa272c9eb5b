#include "matrix/base/texts.h"

#include "matrix/base/buf.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 18, SLOTS_FIRST = 1024 };

struct chunk { struct chunk *next; };

struct kept {
	const char *text;
	uint32_t hash, len;
};

struct texts {
	struct chunk *chunks;
	char *at, *end; /* what is left of the first chunk */
	struct kept *slot;
	size_t slots, count; /* slots: a power of two */
};

struct texts *texts_new(void)
{
	struct texts *texts = xcalloc(1, sizeof(*texts));
	texts->slots = SLOTS_FIRST;
	texts->slot = xcalloc(texts->slots, sizeof(*texts->slot));
	return texts;
}

void texts_free(struct texts *texts)
{
	if (!texts)
		return;
	for (struct chunk *chunk = texts->chunks, *next; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	free(texts->slot);
	free(texts);
}

static char *room(struct texts *texts, size_t size)
{
	if ((size_t)(texts->end - texts->at) < size) {
		size_t head = sizeof(max_align_t), bytes = head + (size > CHUNK / 4 ? size : CHUNK);
		struct chunk *chunk = xmalloc(bytes);
		chunk->next = texts->chunks;
		texts->chunks = chunk;
		texts->at = (char *)chunk + head;
		texts->end = (char *)chunk + bytes;
	}
	char *given = texts->at;
	texts->at += size;
	return given;
}

void *texts_room(struct texts *texts, size_t size)
{
	size_t over = (uintptr_t)texts->at % alignof(max_align_t), pad = over ? alignof(max_align_t) - over : 0;
	/* A new chunk begins aligned. */
	if ((size_t)(texts->end - texts->at) >= size + pad)
		texts->at += pad;
	else
		texts->at = texts->end;
	return memset(room(texts, size), 0, size);
}

char *texts_add(struct texts *texts, const char *text, size_t len)
{
	char *copy = room(texts, len + 1);
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

/* FNV-1a by eights. */
static uint32_t hash_of(const char *text, size_t len)
{
	uint64_t hash = UINT64_C(14695981039346656037) ^ len;
	for (; len >= 8; text += 8, len -= 8) {
		uint64_t word;
		memcpy(&word, text, 8);
		hash = (hash ^ word) * UINT64_C(1099511628211);
		hash ^= hash >> 32;
	}
	for (; len; text++, len--)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return (uint32_t)(hash ^ hash >> 32);
}

static void widen(struct texts *texts)
{
	struct kept *old = texts->slot;
	size_t slots = texts->slots;
	texts->slots *= 4;
	texts->slot = xcalloc(texts->slots, sizeof(*texts->slot));
	for (size_t i = 0; i < slots; i++) {
		size_t at = old[i].hash & (texts->slots - 1);
		while (old[i].text && texts->slot[at].text)
			at = (at + 1) & (texts->slots - 1);
		if (old[i].text)
			texts->slot[at] = old[i];
	}
	free(old);
}

char *texts_keep(struct texts *texts, const char *text, size_t len)
{
	uint32_t hash = hash_of(text, len);
	size_t at = hash & (texts->slots - 1);
	for (; texts->slot[at].text; at = (at + 1) & (texts->slots - 1)) {
		const struct kept *kept = &texts->slot[at];
		if (kept->hash == hash && kept->len == len && memcmp(kept->text, text, len) == 0)
			return (char *)kept->text;
	}
	char *copy = texts_add(texts, text, len);
	texts->slot[at] = (struct kept){ copy, hash, (uint32_t)len };
	if (++texts->count * 2 > texts->slots)
		widen(texts);
	return copy;
}
