/* plt.c - finds the sections of the PLT and hands them to the processor's reader. */
#include "harness/code/plt.h"
#include "matrix/base/buf.h"

#include <stdlib.h>
#include <string.h>

static int by_offset(const void *a, const void *b)
{
	const struct elf_reloc *const *x = a, *const *y = b;
	return ((*x)->offset > (*y)->offset) - ((*x)->offset < (*y)->offset);
}

/* JUMP_SLOT, GLOB_DAT and their like; RELATIVE and IRELATIVE for a function of the file itself. */
static int fills_address(enum reloc_kind kind)
{
	return kind == RELOC_SYMBOL || kind == RELOC_RELATIVE || kind == RELOC_OTHER;
}

static void read_fill(struct plt *plt)
{
	const struct elf_file *file = plt->file;
	plt->fill = xcalloc(file->reloc_count + 1, sizeof *plt->fill);
	for (size_t i = 0; i < file->reloc_count; i++)
		if (fills_address(file->reloc[i].kind))
			plt->fill[plt->fill_count++] = &file->reloc[i];
	qsort(plt->fill, plt->fill_count, sizeof *plt->fill, by_offset);
}

const struct elf_reloc *plt_slot(const struct plt *plt, uint64_t address)
{
	const struct elf_reloc wanted = { .offset = address }, *key = &wanted;
	const struct elf_reloc **found = bsearch(&key, plt->fill, plt->fill_count, sizeof *plt->fill, by_offset);
	return found ? *found : NULL;
}

void plt_found(struct plt *plt, const struct plt_entry *run)
{
	if (!run->slot)
		return;
	if (plt->count == plt->allocated) {
		plt->allocated = plt->allocated ? plt->allocated * 2 : 64;
		plt->entry = xrealloc(plt->entry, plt->allocated * sizeof *plt->entry);
	}
	plt->entry[plt->count++] = *run;
}

static void read_section(struct plt *plt, const GElf_Shdr *header)
{
	const unsigned char *code = elf_at(plt->file, header->sh_addr, header->sh_size);
	size_t first = plt->count;
	uint64_t end = header->sh_addr + header->sh_size;
	if (!code)
		return;
	plt->file->arch->calls->plt(plt, header->sh_addr, code, header->sh_size);
	for (size_t i = plt->count; i-- > first;) {
		plt->entry[i].room = end - plt->entry[i].address;
		end = plt->entry[i].address;
	}
}

void plt_read(const struct elf_file *file, struct plt *plt)
{
	*plt = (struct plt){ .file = file };
	if (!file->arch || !file->arch->calls || file->header.e_type == ET_REL)
		return;
	plt->decoded = 1;
	uint64_t left = file->size; /* sections that have more lie over each other */
	read_fill(plt);
	for (size_t i = 0; i < file->section_count; i++) {
		const GElf_Shdr *header = &file->section[i].header;
		if (!strncmp(file->section[i].name, ".plt", 4) && (header->sh_flags & SHF_EXECINSTR) &&
		    header->sh_type == SHT_PROGBITS && header->sh_size <= left) {
			left -= header->sh_size;
			read_section(plt, header);
		}
	}
}

void plt_free(struct plt *plt)
{
	free(plt->entry);
	free(plt->fill);
	*plt = (struct plt){ .file = NULL };
}

/* Of a name as much is read: many entries may share one of a megabyte. */
enum { NAME_PART = 4096 };

/* ---- as JSON ------------------------------------------------------------------------------ */

int plt_leads_to_go(const struct plt *plt, const struct plt_entry *entry)
{
	const struct elf_symbols *symbols = &plt->file->dynamic_symbols;
	if (!entry->slot->symbol || entry->slot->symbol >= symbols->count)
		return 0;
	const char *name = symbols->symbol[entry->slot->symbol].name;
	return memchr(name, '.', strnlen(name, NAME_PART)) != NULL;
}

static json_t *register_names(const struct elf_file *file, uint32_t registers)
{
	json_t *list = json_array();
	for (size_t i = 0; registers && i < file->arch->calls->register_count; i++)
		if (registers >> i & 1)
			json_array_append_new(list, json_string(file->arch->calls->registers[i]));
	return list;
}

json_t *plt_json(const struct elf_file *file)
{
	struct plt plt;
	plt_read(file, &plt);
	uint32_t writes = 0;
	json_int_t go = 0;
	for (size_t i = 0; i < plt.count; i++) {
		writes |= plt.entry[i].writes;
		go += plt_leads_to_go(&plt, &plt.entry[i]);
	}
	json_t *json = json_pack("{s:I,s:I,s:o,s:o,s:b}", "entries", (json_int_t)plt.count, "go_entries", go, "writes",
	    register_names(file, writes), "clobbers",
	    register_names(file, plt.decoded ? writes & file->arch->calls->arguments : 0), "decoded", plt.decoded);
	plt_free(&plt);
	return json;
}
