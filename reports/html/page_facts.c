/* The facts of a file that bear on TLS and initialization, as rows of a list.  The full set is in
 * report.json; its keys are described in harness/inspect.h. */
#include "reports/html/page.h"

#include "reports/facts.h"

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

void page_facts(struct pen *pen, json_t *facts)
{
	static const struct {
		const char *name, *path;
	} rows[] = {
		{ "file", "type" },
		{ "machine", "machine" },
		{ "interpreter", "interp" },
		{ "needs", "needed" },
		{ "TLS model", "tls.model" },
		{ "TLS segment size", "tls.size" },
		{ "TLS alignment", "tls.align" },
		{ "Go's slot", "tls.slot" },
		{ "TLS relocations", "tls.relocs" },
		{ "TLS instructions", "tls.insn" },
		{ "static TLS flag", "tls.static_flag" },
		{ "initializers", "init.init_array" },
		{ "Go initializers", "init.go_entries" },
		{ "flags", "dynamic.flags" },
		{ "flags 1", "dynamic.flags_1" },
		{ "relocations", "relocs.types" },
		{ "stack", "stack" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *value = look_up(facts, rows[i].path);
		struct buf text = BUF_INIT;
		if (value == NULL || json_is_null(value))
			continue;
		facts_words(value, &text);
		page_row(pen, rows[i].name, "exact", text.data);
		buf_free(&text);
	}
}
