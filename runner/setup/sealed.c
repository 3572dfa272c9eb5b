#include "runner/setup/sealed.h"

#include "matrix/base/buf.h"
#include "matrix/base/hash.h"
#include "runner/setup/files.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SUM_LEN = HASH_HEX - 1 };

/* ---- places --------------------------------------------------------------------------------------- */

struct place { const char *name, *path; };

enum { PLACES = 3 };

/* The cache may lie in the tree or the tree in the cache: the longer path comes first. */
static void places_of(const struct setup *setup, struct place places[PLACES])
{
	const struct place known[PLACES] = {
		{ "@cache", setup->places.cache },
		{ "@root", setup->places.root },
		{ "@goroot", setup->release_count ? setup->releases->goroot : "" },
	};
	for (size_t i = 0; i < PLACES; i++) {
		size_t at = i;
		for (; at && strlen(places[at - 1].path) < strlen(known[i].path); at--)
			places[at] = places[at - 1];
		places[at] = known[i];
	}
}

static int in_name(char c) { return c && (isalnum((unsigned char)c) || strchr("_-.+~@", c)); }

/* Does a path begin at text[at], and not one that began before it ("/mnt/work" is not in /work, "-I/work" is)? */
static int begins_path(const char *text, size_t at)
{
	while (at && in_name(text[at - 1]))
		at--;
	return !at || text[at - 1] != '/';
}

/* The place whose path, or name, text begins with ("/work2" is not in /work); NULL: none. */
static const struct place *place_at(const struct place places[PLACES], const char *text, int by_path)
{
	for (size_t i = 0; i < PLACES; i++) {
		const char *what = by_path ? places[i].path : places[i].name;
		size_t len = strlen(what);
		if (len > 1 && strncmp(text, what, len) == 0 && !in_name(text[len]))
			return &places[i];
	}
	return NULL;
}

/* Paths become names; an @ that was there is doubled. */
static char *text_away(const char *text, const void *places)
{
	struct buf out = BUF_INIT;
	for (size_t at = 0; text[at];) {
		const struct place *place =
		    text[at] == '/' && begins_path(text, at) ? place_at(places, text + at, 1) : NULL;
		if (place)
			buf_add(&out, place->name);
		else
			buf_add_bytes(&out, text[at] == '@' ? "@@" : text + at, text[at] == '@' ? 2 : 1);
		at += place ? strlen(place->path) : 1;
	}
	buf_add_bytes(&out, "", 1);
	return out.data;
}

static char *text_home(const char *text, const void *places)
{
	struct buf out = BUF_INIT;
	while (*text) {
		const struct place *place = *text == '@' ? place_at(places, text, 0) : NULL;
		if (place)
			buf_add(&out, place->path);
		else
			buf_add_bytes(&out, text, 1);
		text += place ? strlen(place->name) : text[0] == '@' && text[1] == '@' ? 2 : 1;
	}
	buf_add_bytes(&out, "", 1);
	return out.data;
}

struct change { const char *from, *to; };

static char *text_replace(const char *text, const void *context)
{
	const struct change *change = context;
	return xreplace(text, change->from, change->to);
}

/* A copy with every text and key mapped. */
static json_t *mapped(const json_t *json, char *map(const char *text, const void *context), const void *context)
{
	const char *key;
	char *text;
	json_t *value, *copy;
	size_t i;
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		copy = json_object();
		json_object_foreach((json_t *)json, key, value)
		{
			text = map(key, context);
			json_object_set_new(copy, text, mapped(value, map, context));
			free(text);
		}
		return copy;
	case JSON_ARRAY:
		copy = json_array();
		json_array_foreach(json, i, value) json_array_append_new(copy, mapped(value, map, context));
		return copy;
	case JSON_STRING:
		text = map(json_string_value(json), context);
		copy = json_string(text);
		free(text);
		return copy;
	default:
		return json_deep_copy(json);
	}
}

json_t *sealed_replace(const json_t *json, const char *from, const char *to)
{
	const struct change change = { from, to };
	return mapped(json, text_replace, &change);
}

static json_t *moved(const struct setup *setup, const json_t *json, char *map(const char *text, const void *context))
{
	struct place places[PLACES];
	places_of(setup, places);
	return mapped(json, map, places);
}

json_t *sealed_placeless(const struct setup *setup, const json_t *json) { return moved(setup, json, text_away); }

/* ---- records -------------------------------------------------------------------------------------- */

static void sum_of(const char *text, char sum[HASH_HEX])
{
	struct hash *hash = hash_new();
	hash_add_text(hash, text);
	hash_end(hash, sum);
}

int sealed_write(const struct setup *setup, const char *path, const json_t *json)
{
	json_t *placeless = moved(setup, json, text_away);
	char *text = json_dumps(placeless, JSON_COMPACT), sum[HASH_HEX];
	json_decref(placeless);
	if (!text)
		return -EINVAL;
	sum_of(text, sum);
	char *line = xprintf("%s %s\n", sum, text);
	int error = file_write(path, line, strlen(line));
	free(line);
	free(text);
	return error;
}

json_t *sealed_read(const struct setup *setup, const char *path)
{
	char *line = NULL, sum[HASH_HEX];
	size_t len;
	json_t *json = NULL;
	if (file_read(path, &line, &len))
		return NULL;
	if (len > SUM_LEN + 1 && strlen(line) == len && line[SUM_LEN] == ' ' && line[len - 1] == '\n') {
		line[SUM_LEN] = line[len - 1] = '\0';
		sum_of(line + SUM_LEN + 1, sum);
		json_t *placeless = strcmp(sum, line) == 0 ? json_loads(line + SUM_LEN + 1, 0, NULL) : NULL;
		json = placeless ? moved(setup, placeless, text_home) : NULL;
		json_decref(placeless);
	}
	free(line);
	return json;
}
