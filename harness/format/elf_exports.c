#include "harness/format/elf_exports.h"
#include "harness/format/format.h"
#include "matrix/base/buf.h"

#include <stdlib.h>
#include <string.h>

/* A file of others may have any number, with names of any size. */
enum { EXPORTS_MAX = 64, NAME_MAX_READ = 256 };

const char *elf_export_name(const struct elf_symbol *symbol)
{
	static const char prefix[] = "_cgoexp_";
	static const char digits[] = "0123456789abcdef";
	if (strncmp(symbol->name, prefix, sizeof prefix - 1) != 0)
		return NULL;
	const char *hash = symbol->name + sizeof prefix - 1;
	size_t length = strspn(hash, digits);
	return length && hash[length] == '_' && hash[length + 1] ? hash + length + 1 : NULL;
}

const struct elf_symbol *elf_export(const struct elf_file *file, const char *name)
{
	for (size_t i = 1; i < file->dynamic_symbols.count; i++) {
		const struct elf_symbol *symbol = &file->dynamic_symbols.symbol[i];
		if (symbol->section != SHN_UNDEF && !strcmp(symbol->name, name))
			return symbol;
	}
	return NULL;
}

static int by_name(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

json_t *elf_exports(const struct elf_file *file)
{
	const char *names[EXPORTS_MAX];
	size_t count = 0, tried = 0;
	json_int_t all = 0;
	json_t *go = json_array();
	for (size_t i = 1; i < file->dynamic_symbols.count; i++) {
		const struct elf_symbol *symbol = &file->dynamic_symbols.symbol[i];
		const char *name = symbol->section != SHN_UNDEF ? elf_export_name(symbol) : NULL;
		all += symbol->section != SHN_UNDEF;
		if (name && tried++ < EXPORTS_MAX && strnlen(name, NAME_MAX_READ) < NAME_MAX_READ &&
		    elf_export(file, name))
			names[count++] = name;
	}
	qsort(names, count, sizeof *names, by_name);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(go, facts_text(names[i]));
	return json_pack("{s:I,s:b,s:o}", "count", all, "main", elf_export(file, "main") != NULL, "go", go);
}
