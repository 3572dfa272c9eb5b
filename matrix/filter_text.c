/* filter_text.c - filters of the rule tables, by their text. */
#include "matrix/filter.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parsed {
	char *text;
	struct filter *filter;
	struct parsed *next;
};

enum { PARSED_SLOTS = 4096, ADDRESS_SLOTS = 65536 };

/* by_address is only where to look first: an address may hold another text later.  An entry is never changed. */
static struct parsed *parsed[PARSED_SLOTS];
static _Atomic(struct parsed *) by_address[ADDRESS_SLOTS];
static pthread_mutex_t parsing = PTHREAD_MUTEX_INITIALIZER;

/* FNV-1a. */
static unsigned text_slot(const char *text)
{
	unsigned hash = 2166136261u;
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return (hash ^ hash >> 16) % PARSED_SLOTS;
}

/* The text parsed, once for all that are equal; for who holds parsing. */
static struct parsed *text_parsed(const char *text)
{
	struct parsed **slot = &parsed[text_slot(text)], *entry = *slot;
	while (entry && strcmp(entry->text, text) != 0)
		entry = entry->next;
	if (entry)
		return entry;
	struct diag diag = DIAG_INIT;
	struct filter *filter;
	if (filter_parse(text, &filter, &diag) != 0) {
		fprintf(stderr, "tlsmatrix: rule table: %s\n", diag.line);
		abort();
	}
	entry = xmalloc(sizeof *entry);
	*entry = (struct parsed){ xstrdup(text), filter, *slot };
	return *slot = entry;
}

static const struct filter *filter_of_text(const char *text)
{
	_Atomic(struct parsed *) *slot = &by_address[(uintptr_t)text % ADDRESS_SLOTS];
	struct parsed *known = atomic_load_explicit(slot, memory_order_acquire);
	if (!known || strcmp(known->text, text) != 0) {
		pthread_mutex_lock(&parsing);
		known = text_parsed(text);
		pthread_mutex_unlock(&parsing);
		atomic_store_explicit(slot, known, memory_order_release);
	}
	return known->filter;
}

const struct filter *filter_text(const char *text) { return filter_of_text(text); }

int filter_text_match(const char *text, const struct filter_subject *subject)
{
	return !*text || filter_match(filter_of_text(text), subject);
}

int filter_text_sure(const char *text, const struct filter_subject *subject)
{
	return !*text || filter_sure(filter_of_text(text), subject);
}
