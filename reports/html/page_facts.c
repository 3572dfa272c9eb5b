/* The facts of a file that bear on TLS and initialization, as rows of a list.  The full set is in
 * report.json; its keys are described in harness/inspect.h. */
#include "reports/html/page.h"

#include <string.h>

/* "tls.slot.offset" in nested objects, or NULL. */
static json_t *look_up(json_t *facts, const char *path)
{
	char key[32];

	while (facts && *path) {
		size_t length = strcspn(path, ".");
		if (length >= sizeof(key))
			return NULL;
		memcpy(key, path, length);
		key[length] = '\0';
		facts = json_object_get(facts, key);
		path += length + (path[length] == '.');
	}
	return facts;
}

static void add_list(struct buf *out, json_t *value);

static void add_value(struct buf *out, json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING: buf_add(out, json_string_value(value)); break;
	case JSON_INTEGER: buf_printf(out, "%lld", (long long)json_integer_value(value)); break;
	case JSON_REAL: buf_printf(out, "%g", json_real_value(value)); break;
	case JSON_TRUE: buf_add(out, "yes"); break;
	case JSON_FALSE: buf_add(out, "no"); break;
	case JSON_NULL: buf_add(out, "-"); break;
	case JSON_OBJECT:
	case JSON_ARRAY: add_list(out, value); break;
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
		json_array_foreach(value, i, item) {
			buf_add(out, sep);
			add_value(out, item);
			sep = ", ";
		}
		return;
	}
	json_object_foreach(value, key, item) {
		if (!says_something(item))
			continue;
		buf_printf(out, "%s%s=", sep, key);
		add_value(out, item);
		sep = " ";
	}
}

void page_facts(struct pen *pen, json_t *facts)
{
	static const struct { const char *name, *path; } rows[] = {
		{ "file", "type" }, { "machine", "machine" }, { "interpreter", "interp" }, { "needs", "needed" },
		{ "TLS model", "tls.model" }, { "TLS segment size", "tls.size" }, { "TLS alignment", "tls.align" },
		{ "Go's slot", "tls.slot" }, { "TLS relocations", "tls.relocs" }, { "TLS instructions", "tls.insn" },
		{ "static TLS flag", "tls.static_flag" }, { "initializers", "init.init_array" }, { "Go initializers", "init.go_entries" },
		{ "flags", "dynamic.flags" }, { "flags 1", "dynamic.flags_1" }, { "relocations", "relocs.types" },
		{ "stack", "stack" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *value = look_up(facts, rows[i].path);
		struct buf text = BUF_INIT;
		if (value == NULL || json_is_null(value))
			continue;
		add_value(&text, value);
		page_row(pen, rows[i].name, "exact", text.data);
		buf_free(&text);
	}
}
