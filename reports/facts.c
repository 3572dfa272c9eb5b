#include "reports/facts.h"

#include "matrix/base/buf.h"

#include <stdlib.h>
#include <string.h>

static void add_list(struct buf *out, json_t *value);

void facts_words(json_t *value, struct buf *out)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		buf_add(out, json_string_value(value));
		break;
	case JSON_INTEGER:
		buf_printf(out, "%lld", (long long)json_integer_value(value));
		break;
	case JSON_REAL:
		buf_printf(out, "%g", json_real_value(value));
		break;
	case JSON_TRUE:
		buf_add(out, "yes");
		break;
	case JSON_FALSE:
		buf_add(out, "no");
		break;
	case JSON_NULL:
		buf_add(out, "-");
		break;
	case JSON_OBJECT:
	case JSON_ARRAY:
		add_list(out, value);
		break;
	}
}

/* Members that say nothing (0, null, empty) are left out. */
static int says_something(json_t *value)
{
	if (json_is_object(value))
		return json_object_size(value) > 0;
	if (json_is_array(value))
		return json_array_size(value) > 0;
	return !json_is_null(value) && !(json_is_integer(value) && json_integer_value(value) == 0);
}

static void add_list(struct buf *out, json_t *value)
{
	const char *key, *sep = "";
	json_t *item;
	size_t i;

	if (json_is_array(value)) {
		json_array_foreach(value, i, item)
		{
			buf_add(out, sep);
			facts_words(item, out);
			sep = ", ";
		}
		return;
	}
	json_object_foreach(value, key, item)
	{
		if (!says_something(item))
			continue;
		buf_printf(out, "%s%s=", sep, key);
		facts_words(item, out);
		sep = " ";
	}
}

static int has_name(const struct facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->count; i++)
		if (strcmp(facts->fact[i].name, name) == 0)
			return 1;
	return 0;
}

/* Do all targets that were asked say the same?  Of one alone there is nothing to compare. */
static int is_common(const struct view *view, const char *name)
{
	json_t *first = NULL;
	size_t asked = 0;

	for (size_t i = 0; i < view->target_count; i++) {
		json_t *value = json_object_get(view->targets[i].facts, name);
		if (view->targets[i].facts == NULL)
			continue;
		if (value == NULL || (first && !json_equal(first, value)))
			return 0;
		first = value;
		asked++;
	}
	return asked > 1;
}

/* Names as cases/target/ tells them. */
static const char *const LOUD[] = { "libc", "page-size", "tls-variant", "static-tls-surplus", "ie-dlopen",
	"initializer-in-dlopen" };

static int is_loud(const char *name)
{
	for (size_t i = 0; i < sizeof LOUD / sizeof *LOUD; i++)
		if (strcmp(LOUD[i], name) == 0)
			return 1;
	return 0;
}

void facts_find(const struct view *view, struct facts *facts)
{
	size_t room = 0;

	*facts = (struct facts){ 0 };
	for (size_t i = 0; i < view->target_count; i++)
		room += json_object_size(view->targets[i].facts);
	facts->fact = xcalloc(room + 1, sizeof(*facts->fact));
	for (size_t i = 0; i < view->target_count; i++) {
		const char *name;
		json_t *value;
		json_object_foreach(view->targets[i].facts, name, value) if (!has_name(facts, name))
		    facts->fact[facts->count++] = (struct fact){ name, is_common(view, name), is_loud(name) };
	}
}

void facts_free(struct facts *facts)
{
	free(facts->fact);
	*facts = (struct facts){ 0 };
}
