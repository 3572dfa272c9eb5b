/* pe_read.c - the headers, sections and symbols of PE images and COFF objects. */
#include "harness/elf/arch.h"
#include "harness/format/pe.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	FILE_HEADER = 20,
	BIGOBJ_HEADER = 56,
	SECTION_HEADER = 40,
	SYMBOL = 18,
	BIGOBJ_SYMBOL = 20,
	RELOC = 10,
	PAGE = 4096,
	TEXT_MAX = 1023
};
enum { MAGIC_PE32 = 0x10b, MAGIC_PE32_PLUS = 0x20b };

static const struct {
	unsigned pe, elf;
	int class;
} machines[] = {
	{ PE_386, EM_386, 32 },
	{ PE_AMD64, EM_X86_64, 64 },
	{ PE_ARM64, EM_AARCH64, 64 },
	{ PE_ARM, EM_ARM, 32 },
};

static void set_machine(struct pe *pe, unsigned machine)
{
	pe->machine = machine;
	pe->class = 64;
	for (size_t i = 0; i < ARCH_COUNT(machines); i++)
		if (machines[i].pe == machine) {
			pe->class = machines[i].class;
			pe->arch = arch_find(machines[i].elf, pe->class, 0);
		}
}

json_t *pe_machine_name(const struct pe *pe)
{
	return pe->arch ? json_string(pe->arch->name) : json_sprintf("machine %#x", pe->machine);
}

/* ---- addresses ---------------------------------------------------------------------------- */

int pe_is_code(const struct pe_section *section) { return (section->flags & PE_EXECUTE) != 0; }

const struct pe_section *pe_section_at(const struct pe *pe, uint64_t address)
{
	for (size_t i = 0; i < pe->section_count; i++)
		if (address >= pe->section[i].address && address - pe->section[i].address < pe->section[i].size)
			return &pe->section[i];
	return NULL;
}

struct bytes pe_at(const struct pe *pe, uint64_t address)
{
	const struct pe_section *section = pe_section_at(pe, address);
	return section ? bytes_part(&section->raw, address - section->address, section->raw.size) : (struct bytes){ 0 };
}

struct bytes pe_rva(const struct pe *pe, uint64_t rva) { return pe_at(pe, pe->base + rva); }

const char *pe_text(const struct bytes *bytes, uint64_t at)
{
	struct bytes part = bytes_part(bytes, at, TEXT_MAX + 1);
	return bytes_text(&part, 0);
}

/* ---- sections ----------------------------------------------------------------------------- */

/* "/123": the name stands in the string table, behind the symbols (PE format, "Section Table"). */
static const char *long_name(const struct bytes *strings, const char *name)
{
	char *end;
	unsigned long at = strtoul(name + 1, &end, 10);
	return name[0] == '/' && name[1] && !*end ? pe_text(strings, at) : NULL;
}

static void read_section(
    struct pe *pe, struct pe_section *section, const struct bytes *header, const struct bytes *strings)
{
	uint64_t virtual_size = bytes_number(header, 8, 4), raw_size = bytes_number(header, 16, 4),
		 raw_at = bytes_number(header, 20, 4);
	memcpy(section->short_name, header->data, 8);
	const char *name = long_name(strings, section->short_name);
	section->name = name ? name : section->short_name;
	section->flags = (uint32_t)bytes_number(header, 36, 4);
	section->reloc_at = bytes_number(header, 24, 4);
	section->reloc_count = bytes_number(header, 32, 2);
	section->reloc_base = (uint32_t)bytes_number(header, 12, 4);
	section->size = !pe->is_object && virtual_size ? virtual_size : raw_size;
	if (!pe->is_object)
		section->address = pe->base + bytes_number(header, 12, 4);
	if (raw_at && !(section->flags & PE_BSS))
		section->raw = bytes_part(&pe->file, raw_at, raw_size < section->size ? raw_size : section->size);
	if (!(section->flags & PE_NRELOC_OVFL) || section->reloc_count != 0xffff)
		return;
	/* 65535 and more: the first relocation's address is their number, itself included. */
	uint64_t all = bytes_number(&pe->file, section->reloc_at, 4);
	section->reloc_at += RELOC;
	section->reloc_count = all ? all - 1 : 0;
}

static int read_sections(struct pe *pe, uint64_t at, uint64_t count, const struct bytes *strings, struct diag *diag)
{
	if (!bytes_have(&pe->file, at, count * SECTION_HEADER))
		return diag_set(diag, EBADMSG,
		    "%s: truncated: section table of %llu entries at %llu is beyond the end (%zu)", pe->file_name,
		    (unsigned long long)count, (unsigned long long)at, pe->file.size);
	pe->section = xcalloc(count + 1, sizeof *pe->section);
	uint64_t next = PAGE;
	for (size_t i = 0; i < count; i++) {
		const struct bytes header = bytes_part(&pe->file, at + i * SECTION_HEADER, SECTION_HEADER);
		struct pe_section *section = &pe->section[i];
		uint64_t raw_size = bytes_number(&header, 16, 4), raw_at = bytes_number(&header, 20, 4);
		read_section(pe, section, &header, strings);
		pe->section_count++;
		if (raw_at && !(section->flags & PE_BSS) && !bytes_have(&pe->file, raw_at, raw_size))
			return diag_set(diag, EBADMSG,
			    "%s: truncated: section %zu of %llu bytes at %llu is beyond the end (%zu)", pe->file_name,
			    i + 1, (unsigned long long)raw_size, (unsigned long long)raw_at, pe->file.size);
		if (!pe->is_object)
			continue;
		section->address = next;
		next += (section->size + PAGE) / PAGE * PAGE;
	}
	return 0;
}

/* ---- symbols ------------------------------------------------------------------------------ */

/* Where the records are: 20 bytes each with a 4-byte section number in a bigobj, else 18 and 2. */
struct symbol_table {
	uint64_t at, count;
	unsigned size;
};

static struct bytes string_table(const struct pe *pe, const struct symbol_table *table)
{
	uint64_t at = table->at + table->count * table->size;
	return table->at ? bytes_part(&pe->file, at, bytes_number(&pe->file, at, 4)) : (struct bytes){ 0 };
}

static const char *symbol_name(struct pe *pe, size_t number, const struct bytes *record, const struct bytes *strings)
{
	if (!bytes_number(record, 0, 4))
		return pe_text(strings, bytes_number(record, 4, 4));
	memcpy(pe->short_names[number], record->data, 8);
	return pe->short_names[number];
}

static void read_symbols(struct pe *pe, const struct symbol_table *table, const struct bytes *strings)
{
	struct bytes all = bytes_part(&pe->file, table->at, table->count * table->size);
	unsigned wide = table->size == BIGOBJ_SYMBOL ? 4 : 2;
	if (!table->at || !all.size)
		return;
	pe->symbol_count = all.size / table->size;
	pe->symbol = xcalloc(pe->symbol_count + 1, sizeof *pe->symbol);
	pe->short_names = xcalloc(pe->symbol_count + 1, sizeof *pe->short_names);
	for (size_t i = 0; i < pe->symbol_count; i++) {
		const struct bytes record = bytes_part(&all, i * table->size, table->size);
		struct pe_symbol *symbol = &pe->symbol[i];
		uint64_t number = bytes_number(&record, 12, wide);
		symbol->section = wide == 4 ? (int32_t)number : (int16_t)number;
		symbol->name = symbol_name(pe, i, &record, strings);
		symbol->address = bytes_number(&record, 8, 4);
		symbol->is_function =
		    (bytes_number(&record, 12 + wide, 2) >> 4 & 3) == 2; /* IMAGE_SYM_DTYPE_FUNCTION */
		symbol->storage = (unsigned)bytes_number(&record, 14 + wide, 1);
		if (symbol->section > 0 && (uint64_t)symbol->section <= pe->section_count)
			symbol->address += pe->section[symbol->section - 1].address;
		i += (size_t)bytes_number(&record, 15 + wide, 1);
	}
}

const struct pe_symbol *pe_symbol_named(const struct pe *pe, const char *name)
{
	for (size_t i = 0; i < pe->symbol_count; i++)
		if (pe->symbol[i].name && pe->symbol[i].section > 0 && !strcmp(pe->symbol[i].name, name))
			return &pe->symbol[i];
	return NULL;
}

int pe_reloc(const struct pe *pe, const struct pe_section *section, uint64_t number, struct pe_reloc *reloc)
{
	uint64_t at = section->reloc_at + number * RELOC;
	if (number >= section->reloc_count || !bytes_have(&pe->file, at, RELOC))
		return 0;
	*reloc = (struct pe_reloc){ (uint32_t)bytes_number(&pe->file, at, 4) - section->reloc_base,
		(uint32_t)bytes_number(&pe->file, at + 4, 4), (unsigned)bytes_number(&pe->file, at + 8, 2) };
	return 1;
}

/* ---- headers ------------------------------------------------------------------------------ */

/* The optional header: PE32 and PE32+ differ in the width of the base and what follows it. */
static int read_optional(struct pe *pe, const struct bytes *header, struct diag *diag)
{
	unsigned magic = (unsigned)bytes_number(header, 0, 2);
	if (magic != MAGIC_PE32 && magic != MAGIC_PE32_PLUS)
		return diag_set(diag, EBADMSG, "%s: optional header of unknown kind %#x: neither PE32 nor PE32+",
		    pe->file_name, magic);
	int plus = magic == MAGIC_PE32_PLUS;
	uint64_t count_at = plus ? 108 : 92, count = bytes_number(header, count_at, 4);
	if (header->size < count_at + 4)
		return diag_set(
		    diag, EBADMSG, "%s: truncated: optional header of %zu bytes", pe->file_name, header->size);
	pe->class = plus ? 64 : 32;
	pe->base = plus ? bytes_number(header, 24, 8) : bytes_number(header, 28, 4);
	pe->entry = bytes_number(header, 16, 4);
	for (unsigned i = 0; i < 2; i++) {
		pe->os_version[i] = (unsigned)bytes_number(header, 40 + 2 * i, 2);
		pe->subsystem_version[i] = (unsigned)bytes_number(header, 48 + 2 * i, 2);
	}
	pe->subsystem = (unsigned)bytes_number(header, 68, 2);
	pe->dll_characteristics = (unsigned)bytes_number(header, 70, 2);
	for (uint64_t i = 0; i < PE_DIRECTORIES && i < count; i++)
		pe->directory[i] = (struct pe_directory){ (uint32_t)bytes_number(header, count_at + 4 + 8 * i, 4),
			(uint32_t)bytes_number(header, count_at + 8 + 8 * i, 4) };
	return 0;
}

/* Sections and symbols, once the headers are known; everything is freed again when they do not fit. */
static int read_tables(
    struct pe *pe, uint64_t sections_at, uint64_t section_count, const struct symbol_table *table, struct diag *diag)
{
	struct bytes strings = string_table(pe, table);
	int result = read_sections(pe, sections_at, section_count, &strings, diag);
	if (result)
		pe_close(pe);
	else
		read_symbols(pe, table, &strings);
	return result;
}

int pe_read_image(const char *name, struct bytes file, struct pe *pe, struct diag *diag)
{
	*pe = (struct pe){ .file_name = name, .file = file };
	uint64_t at = bytes_number(&file, 0x3c, 4);
	if (!bytes_have(&file, 0, 0x40) || !bytes_have(&file, at, 4 + FILE_HEADER))
		return diag_set(diag, EBADMSG, "%s: truncated or a DOS program: no PE header at %llu (%zu bytes)", name,
		    (unsigned long long)at, file.size);
	if (memcmp(file.data + at, "PE\0", 4))
		return diag_set(diag, EBADMSG, "%s: a DOS program, not a PE file: no PE signature at %llu", name,
		    (unsigned long long)at);
	at += 4;
	uint64_t optional = bytes_number(&file, at + 16, 2);
	const struct symbol_table table = { bytes_number(&file, at + 8, 4), bytes_number(&file, at + 12, 4), SYMBOL };
	const struct bytes header = bytes_part(&file, at + FILE_HEADER, optional);
	set_machine(pe, (unsigned)bytes_number(&file, at, 2));
	pe->characteristics = (unsigned)bytes_number(&file, at + 18, 2);
	int result = read_optional(pe, &header, diag);
	return result ? result :
			read_tables(pe, at + FILE_HEADER + optional, bytes_number(&file, at + 2, 2), &table, diag);
}

/* Sig1 0, Sig2 0xffff: no machine but what an import library or a compiler with /bigobj writes. */
static int read_anonymous(struct pe *pe, struct diag *diag)
{
	static const unsigned char bigobj[16] = { 0xc7, 0xa1, 0xba, 0xd1, 0xee, 0xba, 0xa9, 0x4b, 0xaf, 0x20, 0xfa,
		0xf6, 0x6a, 0xa4, 0xdc, 0xb8 };
	const struct bytes *file = &pe->file;
	if (bytes_number(file, 4, 2) == 0)
		return diag_set(diag, EBADMSG, "%s: a short import object: it names a DLL's function and holds no code",
		    pe->file_name);
	if (!bytes_have(file, 0, BIGOBJ_HEADER) || bytes_number(file, 4, 2) < 2 ||
	    memcmp(file->data + 12, bigobj, sizeof bigobj))
		return diag_set(diag, EBADMSG,
		    "%s: anonymous COFF object of a kind that is not known, or truncated (%zu bytes)", pe->file_name,
		    file->size);
	const struct symbol_table table = { bytes_number(file, 48, 4), bytes_number(file, 52, 4), BIGOBJ_SYMBOL };
	set_machine(pe, (unsigned)bytes_number(file, 6, 2));
	return read_tables(pe, BIGOBJ_HEADER, bytes_number(file, 44, 4), &table, diag);
}

int pe_read_object(const char *name, struct bytes file, struct pe *pe, struct diag *diag)
{
	*pe = (struct pe){ .file_name = name, .file = file, .is_object = 1 };
	if (!bytes_have(&file, 0, FILE_HEADER))
		return diag_set(diag, EBADMSG, "%s: truncated COFF header (%zu bytes)", name, file.size);
	if (bytes_number(&file, 0, 4) == 0xffff0000)
		return read_anonymous(pe, diag);
	uint64_t optional = bytes_number(&file, 16, 2);
	const struct symbol_table table = { bytes_number(&file, 8, 4), bytes_number(&file, 12, 4), SYMBOL };
	set_machine(pe, (unsigned)bytes_number(&file, 0, 2));
	if (!pe->arch)
		return diag_set(
		    diag, EBADMSG, "%s: COFF object for a machine that is not known (%#x)", name, pe->machine);
	return read_tables(pe, FILE_HEADER + optional, bytes_number(&file, 2, 2), &table, diag);
}

void pe_close(struct pe *pe)
{
	free(pe->section);
	free(pe->symbol);
	free(pe->short_names);
	pe->section = NULL;
	pe->symbol = NULL;
	pe->short_names = NULL;
	pe->section_count = pe->symbol_count = 0;
}
