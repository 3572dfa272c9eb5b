#include "runner/setup/linkers.h"

#include "matrix/base/buf.h"
#include "runner/process/ask.h"
#include "runner/setup/files.h"

#include <stdlib.h>
#include <string.h>

static const struct linker table[LINKER_COUNT] = {
	[LINKER_BFD] = { "bfd", "ld.bfd", "binutils", NULL },
	[LINKER_GOLD] = { "gold", "ld.gold", "binutils", NULL },
	[LINKER_LLD] = { "lld", "ld.lld", "lld", NULL },
	[LINKER_MOLD] = { "mold", "ld.mold", "mold", NULL },
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

void linkers_find(struct linkers *linkers)
{
	memset(linkers, 0, sizeof(*linkers));
	for (size_t i = 0; i < LINKER_COUNT; i++) {
		linkers->linker[i] = table[i];
		linkers->linker[i].path = program_find(table[i].program, NULL);
	}
	for (enum link link = 0; link < LINK_COUNT; link++)
		if (of_link[link] < 0 || linkers->linker[of_link[link]].path)
			linkers->links |= 1u << link;
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
		/* Under the name that it is called by: lld decides by it what it is. */
		const char *const argv[] = { linker->program, "--version", NULL };
		char *line = ask_line(argv);
		buf_printf(&text, "%s%s %s", text.len ? ", " : "", linker->name, ask_version(line));
		free(line);
	}
	return buf_take(&text);
}
