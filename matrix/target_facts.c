#include "matrix/target_facts.h"

#include <stdio.h>
#include <string.h>

/* The first two words joined by '-', "version" passed over and what stands in brackets left out. */
static void take(const json_t *facts, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(facts, name));
	size_t words = 0, at = 0;
	out[0] = '\0';
	for (; text && *text && words < 2; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");
		if (*text == '(')
			break;
		if (len != strlen("version") || strncmp(text, "version", len) != 0) {
			int wrote = snprintf(out + at, size - at, "%s%.*s", words ? "-" : "", (int)len, text);
			at = (size_t)wrote < size - at ? at + (size_t)wrote : size - 1;
			words++;
		}
		text += len;
	}
}

void target_facts_take(const json_t *found, struct target_facts *facts)
{
	memset(facts, 0, sizeof *facts);
	if (!json_is_object(found))
		return;
	facts->known = 1;
	take(found, "libc", facts->libc, sizeof facts->libc);
	take(found, "kernel", facts->kernel, sizeof facts->kernel);
	take(found, "emulator", facts->emulator, sizeof facts->emulator);
}
