/* go_code.c - Go's code in an ELF file. */
#include "harness/code/go_code.h"
#include "matrix/base/buf.h"

#include <stdlib.h>

static int by_address(const void *a, const void *b)
{
	const struct pclntab_fixed *x = a, *y = b;
	return (x->address > y->address) - (x->address < y->address);
}

/* The words that a loader fills with addresses of this file, by address; for the caller to free. */
static struct pclntab_fixed *fixed_words(const struct elf_file *file, size_t *count)
{
	const struct elf_symbols *symbols = &file->dynamic_symbols;
	struct pclntab_fixed *fixed = xcalloc(file->reloc_count + 1, sizeof *fixed);
	*count = 0;
	for (size_t i = 0; i < file->reloc_count; i++) {
		const struct elf_reloc *reloc = &file->reloc[i];
		uint64_t value = (uint64_t)reloc->addend;
		if (reloc->kind == RELOC_SYMBOL && reloc->symbol < symbols->count)
			value += symbols->symbol[reloc->symbol].value;
		else if (reloc->kind != RELOC_RELATIVE)
			continue;
		fixed[(*count)++] =
		    (struct pclntab_fixed){ reloc->offset, file->class == 64 ? value : value & UINT32_MAX };
	}
	qsort(fixed, *count, sizeof *fixed, by_address);
	return fixed;
}

static void read_table(const struct elf_file *file, struct pclntab *table)
{
	const struct bytes all = { file->bytes, file->size, file->big_endian };
	struct pclntab_range *ranges = xcalloc(file->segment_count + 1, sizeof *ranges);
	struct pclntab_image image = { .range = ranges, .word = (unsigned)elf_word_size(file), .size = file->size };
	for (size_t i = 0; i < file->segment_count; i++) {
		const GElf_Phdr *load = &file->segment[i];
		if (load->p_type == PT_LOAD && load->p_filesz)
			ranges[image.count++] = (struct pclntab_range){ load->p_vaddr,
				bytes_part(&all, load->p_offset, load->p_filesz), NULL };
	}
	struct pclntab_fixed *fixed = fixed_words(file, &image.fixed_count);
	image.fixed = fixed;
	pclntab_read(&image, table);
	free(fixed);
	free(ranges);
}

void go_code_read(const struct elf_file *file, struct go_code *go)
{
	const struct elf_symbols *symbols = elf_symbols(file);
	const struct elf_symbol *start = elf_symbol_named(symbols, "runtime.text"),
				*end = elf_symbol_named(symbols, "runtime.etext");
	*go = (struct go_code){ .present = elf_is_go(file) };
	if (start && end) {
		go->known = 1;
		go->start = start->value;
		go->end = end->value;
	} else if (file->header.e_type != ET_REL) {
		read_table(file, &go->table);
		go->present |= go->table.found;
		go->known = go->table.placed;
		go->start = go->table.text;
		go->end = go->table.etext;
	}
}

void go_code_free(struct go_code *go) { pclntab_free(&go->table); }

const char *go_code_function_at(const struct go_code *go, uint64_t address)
{
	size_t low = 0, high = go->table.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (go->table.functions[middle].address < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low + 1 < go->table.count && go->table.functions[low].address == address ?
	    go->table.functions[low].name :
	    NULL;
}

int go_code_has_names(const struct elf_file *file, const struct go_code *go)
{
	return !go->present || file->static_symbols.count || go->table.count;
}
