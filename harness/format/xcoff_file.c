/* xcoff_file.c - reads the tables of xcoff_file.h.  The two widths differ in where a field stands: struct layout. */
#include "harness/format/xcoff_file.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC_32 = 0x01df, MAGIC_64 = 0x01f7 };
enum { C_EXT = 2, C_HIDEXT = 107, C_WEAKEXT = 111 };
enum { SYMBOL_SIZE = 18, TEXT_LAST = 4096, COUNT_OVERFLOWN = 0xffff };

/* Offsets of fields; in pairs with the width of those that differ. */
struct layout {
	unsigned word; /* width of an address */
	unsigned header, symbols, symbol_count, aux_size, flags;
	unsigned aux_entry, aux_toc;
	unsigned section, s_address, s_size, s_at, s_relocs, s_reloc_count, s_count_width, s_flags;
	unsigned reloc, r_symbol, r_type;
	unsigned n_value, n_name;
	unsigned loader, l_strings_size, l_imports, l_strings;
	unsigned l_value, l_name, loader_reloc, lr_symbol, lr_type;
};

static const struct layout layouts[2] = {
	{ 4, 20, 8, 12, 16, 18, 16, 28, 40, 12, 16, 20, 24, 32, 2, 36, 10, 4, 9, 8, 0, 32, 24, 20, 28, 8, 0, 12, 4, 8 },
	{ 8, 24, 8, 20, 16, 18, 80, 24, 72, 16, 24, 32, 40, 56, 4, 64, 14, 8, 13, 0, 8, 56, 20, 24, 32, 0, 8, 16, 12,
	    8 },
};

static const struct layout *layout_of(const struct xcoff_file *file) { return &layouts[file->wide]; }

static uint64_t word(const struct xcoff_file *file, const struct bytes *bytes, uint64_t at)
{
	return bytes_number(bytes, at, layout_of(file)->word);
}

const char *xcoff_text(const struct bytes *bytes, uint64_t at)
{
	struct bytes part = bytes_part(bytes, at, TEXT_LAST);
	return bytes_text(&part, 0);
}

struct bytes xcoff_content(const struct xcoff_file *file, const struct xcoff_section *section)
{
	return bytes_part(&file->bytes, section->at, section->at ? section->size : 0);
}

/* ---- headers ------------------------------------------------------------------------------ */

/* Where a 32-bit section has too many relocations for 16 bits, a section of type STYP_OVRFLO has the number
 * in s_paddr and the section's own number in s_nreloc. */
static void read_overflow(struct xcoff_file *file, uint64_t at)
{
	uint64_t primary = bytes_number(&file->bytes, at + 32, 2);
	if (primary && primary <= file->section_count && file->section[primary - 1].reloc_count == COUNT_OVERFLOWN)
		file->section[primary - 1].reloc_count = bytes_number(&file->bytes, at + 8, 4);
}

static void read_sections(struct xcoff_file *file, uint64_t at)
{
	const struct layout *layout = layout_of(file);
	for (size_t i = 0; i < file->section_count; i++) {
		struct xcoff_section *section = &file->section[i];
		uint64_t base = at + i * layout->section;
		memcpy(section->name, file->bytes.data + base, 8);
		section->address = word(file, &file->bytes, base + layout->s_address);
		section->size = word(file, &file->bytes, base + layout->s_size);
		section->at = word(file, &file->bytes, base + layout->s_at);
		section->relocs_at = word(file, &file->bytes, base + layout->s_relocs);
		section->reloc_count = bytes_number(&file->bytes, base + layout->s_reloc_count, layout->s_count_width);
		section->type = (uint32_t)bytes_number(&file->bytes, base + layout->s_flags, 4) & 0xffff;
	}
	for (size_t i = 0; !file->wide && i < file->section_count; i++)
		if (file->section[i].type == XCOFF_OVRFLO)
			read_overflow(file, at + i * layout->section);
}

static void read_loader(struct xcoff_file *file)
{
	const struct layout *layout = layout_of(file);
	struct xcoff_loader *loader = &file->loader;
	for (size_t i = 0; i < file->section_count && !loader->bytes.size; i++)
		if (file->section[i].type == XCOFF_LOADER)
			loader->bytes = xcoff_content(file, &file->section[i]);
	const struct bytes *bytes = &loader->bytes;
	if (!bytes_have(bytes, 0, layout->loader))
		return;
	loader->symbol_count = bytes_number(bytes, 4, 4);
	loader->reloc_count = bytes_number(bytes, 8, 4);
	loader->import_count = bytes_number(bytes, 16, 4);
	loader->imports = bytes_part(bytes, word(file, bytes, layout->l_imports), bytes_number(bytes, 12, 4));
	loader->strings =
	    bytes_part(bytes, word(file, bytes, layout->l_strings), bytes_number(bytes, layout->l_strings_size, 4));
	loader->symbols_at = file->wide ? bytes_number(bytes, 40, 8) : layout->loader;
	loader->relocs_at = file->wide ? bytes_number(bytes, 48, 8) : layout->loader + 24 * loader->symbol_count;
}

int xcoff_open(const char *name, struct bytes bytes, struct xcoff_file *file, struct diag *diag)
{
	bytes.big_endian = 1;
	uint64_t magic = bytes_number(&bytes, 0, 2);
	*file = (struct xcoff_file){ .bytes = bytes, .wide = magic == MAGIC_64 };
	if (magic != MAGIC_32 && magic != MAGIC_64)
		return diag_set(diag, EBADMSG,
		    "%s: XCOFF magic %#" PRIx64 ": neither 32-bit (0x1df) nor 64-bit (0x1f7)", name, magic);
	const struct layout *layout = layout_of(file);
	if (!bytes_have(&bytes, 0, layout->header))
		return diag_set(diag, EBADMSG, "%s: truncated XCOFF header (%zu bytes)", name, bytes.size);
	uint64_t aux_size = bytes_number(&bytes, layout->aux_size, 2), sections = bytes_number(&bytes, 2, 2),
		 at = layout->header + aux_size;
	if (!bytes_have(&bytes, at, sections * layout->section))
		return diag_set(diag, EBADMSG,
		    "%s: truncated: %" PRIu64 " XCOFF section headers at %#" PRIx64 " are beyond the end (%#zx)", name,
		    sections, at, bytes.size);
	struct bytes aux = bytes_part(&bytes, layout->header, aux_size);
	file->flags = (unsigned)bytes_number(&bytes, layout->flags, 2);
	file->entry = word(file, &aux, layout->aux_entry);
	file->toc = word(file, &aux, layout->aux_toc);
	file->section_count = (size_t)sections;
	file->section = xcalloc(file->section_count + 1, sizeof *file->section);
	read_sections(file, at);
	file->symbols_at = word(file, &bytes, layout->symbols);
	file->symbol_count = file->symbols_at ? bytes_number(&bytes, layout->symbol_count, 4) : 0;
	uint64_t strings_at = file->symbols_at + file->symbol_count * SYMBOL_SIZE;
	if (file->symbol_count && strings_at > file->symbols_at)
		file->strings = bytes_part(&bytes, strings_at, bytes_number(&bytes, strings_at, 4));
	read_loader(file);
	return 0;
}

void xcoff_close(struct xcoff_file *file)
{
	free(file->section);
	file->section = NULL;
}

/* ---- tables ------------------------------------------------------------------------------- */

/* In 32-bit files eight bytes, or zero and the offset of a longer one; in 64-bit files an offset always. */
static void set_name(struct xcoff_symbol *symbol, const struct bytes *table, const struct bytes *strings, uint64_t at,
    int wide, unsigned offset_at)
{
	if (!wide && bytes_number(table, at, 4))
		memcpy(symbol->short_name, table->data + at, 8);
	else
		symbol->long_name = xcoff_text(strings, bytes_number(table, at + (wide ? offset_at : 4), 4));
}

const char *xcoff_name(const struct xcoff_symbol *symbol)
{
	return symbol->long_name ? symbol->long_name : symbol->short_name;
}

int xcoff_symbol(const struct xcoff_file *file, uint64_t index, struct xcoff_symbol *symbol, uint64_t *next)
{
	const struct layout *layout = layout_of(file);
	uint64_t at = file->symbols_at + index * SYMBOL_SIZE;
	if (index >= file->symbol_count || at < file->symbols_at || !bytes_have(&file->bytes, at, SYMBOL_SIZE))
		return -ENOENT;
	*symbol = (struct xcoff_symbol){ .value = word(file, &file->bytes, at + layout->n_value) };
	symbol->section = (int16_t)bytes_number(&file->bytes, at + 12, 2);
	symbol->class = (unsigned)bytes_number(&file->bytes, at + 16, 1);
	set_name(symbol, &file->bytes, &file->strings, at, file->wide, layout->n_name);
	uint64_t auxiliary = bytes_number(&file->bytes, at + 17, 1);
	symbol->is_csect = symbol->class == C_EXT || symbol->class == C_HIDEXT || symbol->class == C_WEAKEXT;
	if (symbol->is_csect && auxiliary) /* the csect's entry is the last */
		symbol->mapping = (unsigned)bytes_number(&file->bytes, at + auxiliary * SYMBOL_SIZE + 11, 1);
	*next = index + 1 + auxiliary;
	return 0;
}

int xcoff_reloc(
    const struct xcoff_file *file, const struct xcoff_section *section, uint64_t index, struct xcoff_reloc *reloc)
{
	const struct layout *layout = layout_of(file);
	uint64_t at = section->relocs_at + index * layout->reloc;
	if (index >= section->reloc_count || at < section->relocs_at || !bytes_have(&file->bytes, at, layout->reloc))
		return -ENOENT;
	reloc->address = word(file, &file->bytes, at);
	reloc->symbol = bytes_number(&file->bytes, at + layout->r_symbol, 4);
	reloc->type = (unsigned)bytes_number(&file->bytes, at + layout->r_type, 1);
	return 0;
}

int xcoff_loader_symbol(const struct xcoff_file *file, uint64_t index, struct xcoff_symbol *symbol)
{
	const struct layout *layout = layout_of(file);
	const struct bytes *bytes = &file->loader.bytes;
	uint64_t at = file->loader.symbols_at + index * 24;
	if (index >= file->loader.symbol_count || at < file->loader.symbols_at || !bytes_have(bytes, at, 24))
		return -ENOENT;
	*symbol = (struct xcoff_symbol){ .value = word(file, bytes, at + layout->l_value) };
	symbol->section = (int16_t)bytes_number(bytes, at + 12, 2);
	symbol->flags = (unsigned)bytes_number(bytes, at + 14, 1);
	symbol->file = (unsigned)bytes_number(bytes, at + 16, 4);
	set_name(symbol, bytes, &file->loader.strings, at, file->wide, layout->l_name);
	return 0;
}

int xcoff_loader_reloc(const struct xcoff_file *file, uint64_t index, struct xcoff_reloc *reloc)
{
	const struct layout *layout = layout_of(file);
	const struct bytes *bytes = &file->loader.bytes;
	uint64_t at = file->loader.relocs_at + index * layout->loader_reloc;
	if (index >= file->loader.reloc_count || at < file->loader.relocs_at ||
	    !bytes_have(bytes, at, layout->loader_reloc))
		return -ENOENT;
	reloc->address = word(file, bytes, at);
	reloc->symbol = bytes_number(bytes, at + layout->lr_symbol, 4);
	reloc->type = (unsigned)bytes_number(bytes, at + layout->lr_type + 1, 1);
	return 0;
}
