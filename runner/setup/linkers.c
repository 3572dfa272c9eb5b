#include "runner/setup/linkers.h"

#include "matrix/base/buf.h"
#include "matrix/base/diag.h"
#include "matrix/base/hash.h"
#include "runner/process/ask.h"
#include "runner/setup/files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct linker table[LINKER_COUNT] = {
	[LINKER_BFD] = { "bfd", "ld.bfd", "binutils", NULL, 0 },
	[LINKER_GOLD] = { "gold", "ld.gold", "binutils", NULL, 0 },
	[LINKER_LLD] = { "lld", "ld.lld", "lld", NULL, 0 },
	[LINKER_MOLD] = { "mold", "ld.mold", "mold", NULL, 0 },
};

static const int of_link[LINK_COUNT] = {
	[LINK_INTERNAL] = -1,
	[LINK_EXTERNAL] = LINKER_BFD,
	[LINK_EXTERNAL_STATIC] = LINKER_BFD,
	[LINK_EXTERNAL_GOLD] = LINKER_GOLD,
	[LINK_EXTERNAL_GOLD_STATIC] = LINKER_GOLD,
	[LINK_EXTERNAL_LLD] = LINKER_LLD,
	[LINK_EXTERNAL_LLD_STATIC] = LINKER_LLD,
	[LINK_EXTERNAL_MOLD] = LINKER_MOLD,
	[LINK_EXTERNAL_MOLD_STATIC] = LINKER_MOLD,
};

static void find_links(struct linkers *linkers)
{
	linkers->links = 0;
	for (enum link link = 0; link < LINK_COUNT; link++)
		if (of_link[link] < 0 || linkers->linker[of_link[link]].path)
			linkers->links |= 1u << link;
}

void linkers_find(struct linkers *linkers)
{
	memset(linkers, 0, sizeof(*linkers));
	for (size_t i = 0; i < LINKER_COUNT; i++) {
		linkers->linker[i] = table[i];
		linkers->linker[i].path = program_find(table[i].program, NULL);
	}
	find_links(linkers);
}

/* ---- those of the user ------------------------------------------------------------------------------------ */

/* The first line of what it says of itself, under the name that it is called by: lld decides by it what it is. */
static char *said_by(const struct linker *linker)
{
	const char *const argv[] = { linker->given ? linker->path : linker->program, "--version", NULL };
	return ask_line(argv);
}

int linkers_give(struct linkers *linkers, const char *text, struct diag *diag)
{
	size_t len = strcspn(text, "="), i = 0;
	while (i < LINKER_COUNT && (strncmp(table[i].name, text, len) != 0 || table[i].name[len]))
		i++;
	if (i == LINKER_COUNT || !text[len])
		return diag_set(diag, EINVAL, "--ld %s: needs NAME=PATH, of bfd, gold, lld, mold", text);
	struct linker given = table[i];
	given.given = 1;
	given.path = path_absolute(text + len + 1);
	if (access(given.path, X_OK) < 0) {
		free(given.path);
		return diag_set(diag, EINVAL, "--ld %s: no program there: give the path of the linker itself", text);
	}
	char *line = said_by(&given);
	int speaks = *line != '\0';
	free(line);
	if (!speaks) {
		free(given.path);
		return diag_set(diag, EINVAL, "--ld %s: it does not answer --version: is it a linker?", text);
	}
	free(linkers->linker[i].path);
	linkers->linker[i] = given;
	find_links(linkers);
	return 0;
}

char *linkers_folder(const struct linkers *linkers, const char *cache)
{
	struct hash *hash = hash_new();
	char key[HASH_HEX];
	size_t given = 0;
	for (size_t i = 0; i < LINKER_COUNT; i++) {
		hash_add_text(hash, linkers->linker[i].given ? linkers->linker[i].path : "");
		given += (size_t)linkers->linker[i].given;
	}
	hash_end(hash, key);
	char *folder = given ? xprintf("%s/cc/ld-%s", cache, key) : NULL;
	for (size_t i = 0; folder && i < LINKER_COUNT; i++) {
		const struct linker *linker = &linkers->linker[i];
		if (!linker->given)
			continue;
		int error = link_place(folder, linker->program, linker->path);
		/* The one that a compiler takes when it is not asked for another. */
		if (!error && i == LINKER_BFD)
			error = link_place(folder, "ld", linker->path);
		if (error)
			fprintf(stderr, "tlsmatrix: %s: cannot make a link to %s: %s\n", folder, linker->path,
			    strerror(-error));
	}
	return folder;
}

void linkers_free(struct linkers *linkers)
{
	for (size_t i = 0; i < LINKER_COUNT; i++)
		free(linkers->linker[i].path);
	memset(linkers, 0, sizeof(*linkers));
}

const struct linker *linkers_of(const struct linkers *linkers, enum link link)
{
	return of_link[link] < 0 ? NULL : &linkers->linker[of_link[link]];
}

char *linkers_versions(const struct linkers *linkers)
{
	struct buf text = BUF_INIT;
	for (size_t i = 0; i < LINKER_COUNT; i++) {
		const struct linker *linker = &linkers->linker[i];
		if (!linker->path)
			continue;
		char *line = said_by(linker);
		buf_printf(&text, "%s%s %s", text.len ? ", " : "", linker->name, ask_version(line));
		if (linker->given)
			buf_printf(&text, " (%s)", linker->path);
		free(line);
	}
	return buf_take(&text);
}
