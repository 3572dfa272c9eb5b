#include "matrix/references.h"

#include <ctype.h>
#include <string.h>

const struct reference references[] = {
#define REFERENCE(name, where, what) { name, where, what },
#include "matrix/references.def"
#undef REFERENCE
#define BUG(number, text, upstream, seen, by, note) { "#" #number, upstream, text },
#include "matrix/bugs.def"
#undef BUG
};

const size_t reference_count = sizeof references / sizeof *references;

const struct reference *reference_find(const char *name, size_t len)
{
	for (size_t i = 0; i < reference_count; i++)
		if (strncmp(references[i].name, name, len) == 0 && !references[i].name[len])
			return &references[i];
	return NULL;
}

static int is_word(char c) { return isalnum((unsigned char)c) || (c && strchr("_./-", c)); }

const struct reference *reference_next(const char **at)
{
	char before = ' ';
	for (const char *text = *at; *text; before = *text++) {
		size_t digits = *text == '#' || *text == 'S' ? strspn(text + 1, "0123456789") : 0;
		const char *end = text + 1 + digits;
		if (!digits || is_word(before) || isalnum((unsigned char)*end))
			continue;
		const struct reference *found = reference_find(text, 1 + digits);
		if (found) {
			*at = end;
			return found;
		}
	}
	*at += strlen(*at);
	return NULL;
}
