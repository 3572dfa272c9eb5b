#include "matrix/port.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/filter.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

const struct variant variants[] = {
#define VARIANT(where, name, env, flag, source) { where, name, env, flag, source },
#include "matrix/variants.def"
#undef VARIANT
};
const size_t variants_count = sizeof variants / sizeof *variants;

/* ---- the release's table ---------------------------------------------------------------------- */

/* "exe,pie,...": buildmodes that we do not build (archive) are passed over. */
static unsigned read_modes(const char *text)
{
	unsigned modes = 0;
	while (*text) {
		size_t len = strcspn(text, ",");
		for (enum mode mode = 0; mode < MODE_COUNT; mode++)
			if (strlen(mode_name(mode)) == len && memcmp(text, mode_name(mode), len) == 0)
				modes |= 1u << mode;
		text += len + (text[len] == ',');
	}
	return modes;
}

/* The words of a line that are 0 or 1. */
static const struct flag {
	const char *key;
	size_t offset;
} flags[] = {
	{ "cgo=", offsetof(struct port, cgo) },
	{ "race=", offsetof(struct port, race) },
	{ "msan=", offsetof(struct port, msan) },
	{ "asan=", offsetof(struct port, asan) },
	{ "external=", offsetof(struct port, external) },
	{ "external-cgo=", offsetof(struct port, external) + sizeof(int) },
	{ "internal-pie=", offsetof(struct port, internal_pie) },
	{ "default-pie=", offsetof(struct port, default_pie) },
	{ "race-pie=", offsetof(struct port, race_pie) },
};

/* One "key=value" word of a line; 0 when it is one that we know. */
static int read_word(struct port *port, const char *word)
{
	if (strncmp(word, "modes=", 6) == 0) {
		port->modes = read_modes(word + 6);
		return 0;
	}
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		size_t len = strlen(flags[i].key);
		if (strncmp(word, flags[i].key, len) == 0 && (word[len] == '0' || word[len] == '1') && !word[len + 1]) {
			*(int *)((char *)port + flags[i].offset) = word[len] - '0';
			return 0;
		}
	}
	return -EINVAL;
}

static int copy_name(char out[16], const char *word)
{
	if (!word || !*word || strlen(word) >= 16)
		return -EINVAL;
	strcpy(out, word);
	return 0;
}

/* One line; it is cut into words. */
static int read_line(struct port *port, char *line, const char **bad)
{
	char *rest = line;
	*bad = line;
	if (copy_name(port->os, strsep(&rest, " ")) || copy_name(port->arch, strsep(&rest, " ")))
		return -EINVAL;
	for (char *word; (word = strsep(&rest, " "));) {
		*bad = word;
		if (read_word(port, word))
			return -EINVAL;
	}
	return 0;
}

int ports_parse(const char *name, const char *text, struct ports *ports, struct diag *diag)
{
	struct ports made = { NULL, 0 };
	char *copy = strdup(text), *rest = copy;
	int number = 0, error = copy ? 0 : -ENOMEM;
	for (char *line; !error && (line = strsep(&rest, "\n"));) {
		const char *bad;
		number++;
		if (!*line)
			continue;
		struct port *grown = realloc(made.port, (made.count + 1) * sizeof *grown);
		if (!grown) {
			error = -ENOMEM;
			break;
		}
		made.port = grown;
		made.port[made.count] = (struct port){ .cgo = 0 };
		error = read_line(&made.port[made.count++], line, &bad);
		if (error)
			diag_set(diag, EINVAL, "%s:%d: '%s' is not part of a port's line", name, number, bad);
	}
	free(copy);
	if (error) {
		ports_free(&made);
		return error;
	}
	*ports = made;
	return 0;
}

void ports_free(struct ports *ports)
{
	free(ports->port);
	*ports = (struct ports){ NULL, 0 };
}

const struct port *ports_find(const struct ports *ports, const char *os, const char *arch)
{
	for (size_t i = 0; i < ports->count; i++)
		if (strcmp(ports->port[i].os, os) == 0 && strcmp(ports->port[i].arch, arch) == 0)
			return &ports->port[i];
	return NULL;
}

/* ---- variants --------------------------------------------------------------------------------- */

const struct variant *variant_of(const struct cell *cell)
{
	struct cell plain = *cell;
	plain.variant[0] = '\0';
	const struct filter_subject subject = { &plain, NULL, NULL, NULL };
	for (size_t i = 0; *cell->variant && i < variants_count; i++)
		if (strcmp(variants[i].name, cell->variant) == 0 && filter_text_match(variants[i].where, &subject))
			return &variants[i];
	return NULL;
}

/* ---- writing ----------------------------------------------------------------------------------- */

void port_print(const struct port *port, struct buf *out)
{
	const char *separator = " modes=";
	buf_printf(out, "%s %s", port->os, port->arch);
	for (enum mode mode = 0; mode < MODE_COUNT; mode++)
		if (port->modes >> mode & 1) {
			buf_printf(out, "%s%s", separator, mode_name(mode));
			separator = ",";
		}
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		buf_printf(out, " %s%d", flags[i].key, *(const int *)((const char *)port + flags[i].offset));
}

void ports_attach(const struct ports *ports, struct cell *cell)
{
	cell->port = ports_find(ports, cell->os, cell->arch);
}
