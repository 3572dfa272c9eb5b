/* pe_pclntab.c - Go's own table of functions, for files without symbols: lld writes none into an image
 * whose debug information is DWARF or PDB, and -ldflags=-s takes them away.
 *
 *     runtime.pclntab            pcHeader: magic, 0, 0, minLC, ptrSize, then words: nfunc, nfiles,
 *                                textStart (0 since 1.26), funcnameOffset, cu, filetab, pctab, pclnOffset
 *         + funcnameOffset       names, NUL-terminated
 *         + pclnOffset           nfunc times { entry - text, offset of the _func from here }, 32 bits each;
 *                                a _func begins with its entry and the offset of its name
 *     runtime.firstmoduledata    word 0 points to the pcHeader; words 20 to 23 are minpc, maxpc, text, etext
 *
 * Source: runtime/symtab.go pcHeader, moduledata, functab and runtime2.go _func, the same from 1.18 to
 * 1.27; the magic is internal/abi/symtab.go Go120PCLnTabMagic, before 1.20 debug/gosym/pclntab.go go118magic. */
#include "harness/format/pe.h"
#include "matrix/base/buf.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_FUNCTIONS, WORD_NAMES = 3, WORD_PCLN = 7, HEADER_WORDS };
enum { MODULE_MINPC = 20, MODULE_MAXPC, MODULE_TEXT, MODULE_ETEXT, MODULE_WORDS };

struct table {
	struct bytes bytes; /* from the pcHeader on */
	uint64_t address, count, names, pcln;
	unsigned word;
};

static uint64_t header_word(const struct table *table, unsigned number)
{
	return bytes_number(&table->bytes, 8 + (uint64_t)number * table->word, table->word);
}

/* Is there a pcHeader, with its tables inside the section? */
static int read_header(struct table *table)
{
	static const unsigned char magic[] = { 0xff, 0xff, 0xff, 0, 0 };
	const struct bytes *bytes = &table->bytes;
	if (!bytes_have(bytes, 0, 8 + HEADER_WORDS * table->word) || memcmp(bytes->data + 1, magic, sizeof magic) ||
	    bytes->data[7] != table->word)
		return 0;
	table->count = header_word(table, WORD_FUNCTIONS);
	table->names = header_word(table, WORD_NAMES);
	table->pcln = header_word(table, WORD_PCLN);
	return table->count && table->count < bytes->size / 8 && table->names < bytes->size &&
	    bytes_have(bytes, table->pcln, table->count * 8 + 4);
}

/* Bytes left to search: sections of a valid file do not overlap, so the file's size is enough. */
static int find_header(const struct pe *pe, struct table *table)
{
	uint64_t budget = pe->file.size;
	for (size_t i = 0; i < pe->section_count; i++) {
		const struct pe_section *section = &pe->section[i];
		if (pe_is_code(section) || section->raw.size > budget)
			continue;
		budget -= section->raw.size;
		for (uint64_t at = 0; at + 8 <= section->raw.size; at += table->word) {
			table->bytes = bytes_part(&section->raw, at, section->raw.size);
			table->address = section->address + at;
			if ((table->bytes.data[0] == 0xf1 || table->bytes.data[0] == 0xf0) && read_header(table))
				return 1;
		}
	}
	return 0;
}

/* text and etext of the moduledata that points to the table and agrees with it. */
static int read_module(const struct table *table, const struct bytes *module, uint64_t *text, uint64_t *etext)
{
	uint64_t word[MODULE_WORDS];
	for (unsigned i = 0; i < MODULE_WORDS; i++)
		word[i] = bytes_number(module, (uint64_t)i * table->word, table->word);
	uint64_t first = bytes_number(&table->bytes, table->pcln, 4),
		 end = bytes_number(&table->bytes, table->pcln + table->count * 8, 4);
	if (word[MODULE_MINPC] != word[MODULE_TEXT] + first || word[MODULE_MAXPC] != word[MODULE_TEXT] + end ||
	    word[MODULE_ETEXT] < word[MODULE_MINPC])
		return 0;
	*text = word[MODULE_TEXT];
	*etext = word[MODULE_ETEXT];
	return 1;
}

static int find_module(const struct pe *pe, const struct table *table, uint64_t *text, uint64_t *etext)
{
	uint64_t budget = pe->file.size;
	for (size_t i = 0; i < pe->section_count; i++) {
		const struct pe_section *section = &pe->section[i];
		if (!(section->flags & PE_WRITE) || section->raw.size > budget)
			continue;
		budget -= section->raw.size;
		for (uint64_t at = 0; bytes_have(&section->raw, at, MODULE_WORDS * table->word); at += table->word) {
			const struct bytes module = bytes_part(&section->raw, at, section->raw.size);
			if (bytes_number(&module, 0, table->word) == table->address &&
			    read_module(table, &module, text, etext))
				return 1;
		}
	}
	return 0;
}

int pe_pclntab(const struct pe *pe, struct code_function **functions, size_t *count, uint64_t *text, uint64_t *etext)
{
	struct table table = { .word = (unsigned)pe->class / 8 };
	if (!find_header(pe, &table) || !find_module(pe, &table, text, etext))
		return 0;
	/* One more, where Go's code ends: what follows is C's. */
	*functions = xcalloc(table.count + 1, sizeof **functions);
	*count = table.count + 1;
	(*functions)[table.count] = (struct code_function){ *etext, "?" };
	for (size_t i = 0; i < table.count; i++) {
		uint64_t entry = bytes_number(&table.bytes, table.pcln + i * 8, 4),
			 func = table.pcln + bytes_number(&table.bytes, table.pcln + i * 8 + 4, 4);
		const char *name = pe_text(&table.bytes, table.names + bytes_number(&table.bytes, func + 4, 4));
		(*functions)[i] = (struct code_function){ *text + entry, name ? name : "?" };
	}
	return 1;
}
