#include "runner/cmd/relocate.h"

#include "matrix/base/buf.h"

#include <ctype.h>
#include <string.h>

static int is_of_name(char c) { return isalnum((unsigned char)c) || (c != '\0' && strchr("._-+@%", c)); }

/* Does a path of places begin at `at`, where the character before is `before`? */
static const struct relocation *place_at(
    const char *at, char before, const struct relocation *places, size_t count, int *drop)
{
	/* "-I/path" is one word: a letter may stand before the path, but no part of a path. */
	for (size_t i = 0; i < count; i++) {
		size_t len = places[i].path ? strlen(places[i].path) : 0;
		if (len && before != '/' && strncmp(at, places[i].path, len) == 0 && !is_of_name(at[len])) {
			*drop = (int)len;
			return &places[i];
		}
	}
	return NULL;
}

void relocate(const char *line, const struct relocation *places, size_t count, struct buf *out)
{
	int quoted = 0, drop = 0;
	char before = '\0';
	for (const char *at = line; *at;) {
		const struct relocation *place = place_at(at, before, places, count, &drop);
		if (place) {
			buf_printf(out, quoted ? "'\"$%s\"'" : "\"$%s\"", place->name);
			at += drop;
			before = 'x';
			continue;
		}
		/* As buf_add_shell quotes: a quote within quotes is '\''. */
		if (*at == '\'')
			quoted = !quoted;
		else if (*at == '\\' && !quoted && at[1] != '\0')
			buf_add_bytes(out, at++, 1);
		before = *at;
		buf_add_bytes(out, at++, 1);
	}
}
