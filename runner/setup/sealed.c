#include "runner/setup/sealed.h"

#include "matrix/base/buf.h"
#include "matrix/base/hash.h"
#include "runner/setup/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { SUM_LEN = HASH_HEX - 1 };

/* ---- places --------------------------------------------------------------------------------------- */

json_t *sealed_replace(const json_t *json, const char *from, const char *to)
{
	const char *key;
	json_t *value, *copy;
	size_t i;
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		copy = json_object();
		json_object_foreach((json_t *)json, key, value)
		{
			char *name = xreplace(key, from, to);
			json_object_set_new(copy, name, sealed_replace(value, from, to));
			free(name);
		}
		return copy;
	case JSON_ARRAY:
		copy = json_array();
		json_array_foreach(json, i, value) json_array_append_new(copy, sealed_replace(value, from, to));
		return copy;
	case JSON_STRING: {
		char *text = xreplace(json_string_value(json), from, to);
		copy = json_string(text);
		free(text);
		return copy;
	}
	default:
		return json_deep_copy(json);
	}
}

/* The cache may lie in the tree or the tree in the cache: the longer path is named first. */
static json_t *moved(const struct setup *setup, const json_t *json, int home)
{
	struct place {
		const char *name, *path;
	} places[] = {
		{ "@cache", setup->places.cache },
		{ "@root", setup->places.root },
		{ "@goroot", setup->release_count ? setup->releases->goroot : "" },
	};
	enum { PLACES = sizeof(places) / sizeof(places[0]) };
	for (size_t i = 0; i < PLACES; i++)
		for (size_t k = i + 1; k < PLACES; k++)
			if (strlen(places[k].path) > strlen(places[i].path)) {
				struct place swap = places[i];
				places[i] = places[k];
				places[k] = swap;
			}
	json_t *now = json_incref((json_t *)json);
	for (size_t i = 0; i < PLACES; i++) {
		json_t *next = home ? sealed_replace(now, places[i].name, places[i].path) :
				      sealed_replace(now, places[i].path, places[i].name);
		json_decref(now);
		now = next;
	}
	return now;
}

json_t *sealed_placeless(const struct setup *setup, const json_t *json) { return moved(setup, json, 0); }

/* ---- records -------------------------------------------------------------------------------------- */

static void sum_of(const char *text, char sum[HASH_HEX])
{
	struct hash *hash = hash_new();
	hash_add_text(hash, text);
	hash_end(hash, sum);
}

int sealed_write(const struct setup *setup, const char *path, const json_t *json)
{
	json_t *placeless = moved(setup, json, 0);
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
		json = placeless ? moved(setup, placeless, 1) : NULL;
		json_decref(placeless);
	}
	free(line);
	return json;
}
