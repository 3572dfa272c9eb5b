/* macho_code.c - how the code of a Mach-O file reaches TLS.
 *
 * Go's words for its slot on Darwin are two:
 *
 *     mov  %gs:0x30,%rcx                       x86-64: a word that Apple reserved for Go (cmd/link/internal/ld/sym.go
 *                                              computeTLSOffset, golang/go#23617)
 *     mrs  x0, TPIDRRO_EL0; and x0, x0, #~7    arm64: at an offset that runtime.tlsinit found with a pthread key
 *     adrp x27, runtime.tls_g; ldr x27, [...]  (runtime/sys_darwin_arm64.go) and keeps in the variable runtime.tls_g
 *     ldr  x28, [x0, x27]                      (runtime/tls_arm64.s)
 *
 * In an object file the words of adrp and ldr are zero until they are linked: a copy of the code is relocated here
 * before it is read (ARM64_RELOC_PAGE21 and PAGEOFF12, <mach-o/arm64/reloc.h>). */
#include "harness/elf/arch.h"
#include "harness/format/macho.h"
#include "matrix/base/buf.h"

#include <stdlib.h>
#include <string.h>

enum { S_ATTR_PURE_INSTRUCTIONS = (int)0x80000000, S_ATTR_SOME_INSTRUCTIONS = 0x400 };
enum { ARM64_RELOC_PAGE21 = 3, ARM64_RELOC_PAGEOFF12 = 4, ARM64_RELOC_ADDEND = 10 };

static int is_code(const struct macho_section *section)
{
	return (section->flags & ((uint32_t)S_ATTR_PURE_INSTRUCTIONS | S_ATTR_SOME_INSTRUCTIONS)) &&
	    (section->flags & SECTION_TYPE) == S_REGULAR;
}

/* Of several names for an address the one that says most: an entry's before others, the bounds of Go's text last. */
static int rank(const char *name)
{
	return !strncmp(name, "_rt0_", 5) ? 0 : !strcmp(name, "runtime.text") || !strcmp(name, "runtime.etext") ? 2 : 1;
}

static int function_order(const void *a, const void *b)
{
	const struct code_function *x = a, *y = b;
	return x->address != y->address ? (x->address > y->address) - (x->address < y->address) :
					  rank(x->name) - rank(y->name);
}

const char *macho_function_at(const struct macho_code *code, uint64_t address)
{
	return format_function_at(code->functions, code->function_count, address);
}

struct go_text {
	uint64_t start, end;
	int has_start, has_end;
};

static void note_symbol(struct macho_code *code, struct go_text *text, const struct macho_symbol *symbol)
{
	const char *name = macho_plain_name(symbol);
	if (strncmp(name, "runtime.", 8))
		return;
	if (!strcmp(name, "runtime.text")) {
		text->start = symbol->value;
		text->has_start = 1;
	} else if (!strcmp(name, "runtime.etext")) {
		text->end = symbol->value;
		text->has_end = 1;
	} else if (!strcmp(name, "runtime.tls_g")) {
		code->tls_g = symbol->value;
		code->has_tls_g = 1;
	}
}

static void read_functions(const struct macho_file *file, struct macho_code *code, struct go_text *text)
{
	code->functions = xcalloc(file->symbol_count + 1, sizeof *code->functions);
	for (size_t i = 0; i < file->symbol_count; i++) {
		const struct macho_symbol *symbol = &file->symbols[i];
		if (!macho_is_defined(symbol))
			continue;
		note_symbol(code, text, symbol);
		if (symbol->section && symbol->section <= file->section_count &&
		    is_code(&file->sections[symbol->section - 1]))
			code->functions[code->function_count++] =
			    (struct code_function){ symbol->value, macho_plain_name(symbol) };
	}
}

static uint64_t target(const void *file, const void *chain, uint64_t word) { return macho_pointer(file, chain, word); }

/* Go's own table, for a file without symbols. */
static void read_table(const struct macho_file *file, struct macho_code *code, struct go_text *text)
{
	struct pclntab_range *ranges = xcalloc(file->segment_count + 1, sizeof *ranges);
	const struct pclntab_image image = { .range = ranges,
		.count = file->segment_count,
		.word = (unsigned)file->class / 8,
		.size = file->bytes.size,
		.target = target,
		.context = file };
	for (size_t i = 0; i < file->segment_count; i++) {
		const struct macho_segment *segment = &file->segments[i];
		ranges[i] = (struct pclntab_range){ segment->address,
			bytes_part(&file->bytes, segment->file_offset, segment->file_size), segment->chain };
	}
	pclntab_read(&image, &code->table);
	free(ranges);
	*text = (struct go_text){ code->table.text, code->table.etext, code->table.placed, code->table.placed };
	code->functions =
	    xrealloc(code->functions, (code->function_count + code->table.count + 1) * sizeof *code->functions);
	if (code->table.count)
		memcpy(code->functions + code->function_count, code->table.functions,
		    code->table.count * sizeof *code->functions);
	code->function_count += code->table.count;
}

/* A file without the symbol: the one word that Go's code loads an offset from is runtime.tls_g, if it is one of Go's
 * variables, or at least one that start code can write. */
static void find_tls_g(const struct macho_file *file, struct macho_code *code)
{
	const struct agreed *word = &code->scan.got;
	uint64_t address = (uint64_t)word->value;
	if (code->has_tls_g || file->filetype == MH_OBJECT || !word->seen || word->mixed || code->scan.segment)
		return;
	for (size_t i = 0; i < file->segment_count; i++)
		code->has_tls_g |= (file->segments[i].protection & VM_PROT_WRITE) &&
		    address >= file->segments[i].address &&
		    address - file->segments[i].address < file->segments[i].size;
	code->tls_g = address;
}

/* ---- object files -------------------------------------------------------------------------- */

static uint32_t get(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put(unsigned char *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (unsigned char)(value >> 8 * i);
}

/* Puts the target into an ADRP, or its low twelve bits into an ADD, LDR or STR. */
static void relocate(unsigned char *code, uint64_t address, unsigned type, uint64_t target)
{
	uint32_t insn = get(code);
	if (type == ARM64_RELOC_PAGE21) {
		uint32_t pages = (uint32_t)((target >> 12) - (address >> 12));
		put(code, (insn & 0x9f00001f) | (pages & 3) << 29 | (pages >> 2 & 0x7ffff) << 5);
	} else {
		int is_memory = (insn & 0x3b000000) == 0x39000000;
		unsigned scale = !is_memory ? 0 : (insn & 0x04800000) == 0x04800000 ? 4 : insn >> 30;
		put(code, (insn & ~(0xfffu << 10)) | (uint32_t)((target & 0xfff) >> scale & 0xfff) << 10);
	}
}

/* The code as it would be linked at its own address; for the caller to free.  *left bounds the relocations of all
 * sections together: a file made for harm may give all the same. */
static unsigned char *relocated(
    const struct macho_file *file, const struct macho_section *section, const struct bytes *bytes, size_t *left)
{
	unsigned char *copy = xmalloc(bytes->size + 1);
	struct macho_reloc reloc;
	int64_t addend = 0;
	memcpy(copy, bytes->data, bytes->size);
	for (size_t i = 0; *left && macho_reloc_at(file, section, i, &reloc); i++, --*left) {
		if (reloc.type == ARM64_RELOC_ADDEND) {
			addend = (int64_t)(reloc.symbol ^ 0x800000) - 0x800000;
			continue;
		}
		if ((reloc.type == ARM64_RELOC_PAGE21 || reloc.type == ARM64_RELOC_PAGEOFF12) && reloc.external &&
		    reloc.symbol < file->symbol_count && bytes_have(bytes, reloc.address, 4))
			relocate(copy + reloc.address, section->address + reloc.address, reloc.type,
			    file->symbols[reloc.symbol].value + (uint64_t)addend);
		addend = 0;
	}
	return copy;
}

/* ---- reading ------------------------------------------------------------------------------- */

static size_t count_tpidrro(const struct bytes *code)
{
	size_t count = 0;
	for (size_t at = 0; at + 4 <= code->size; at += 4)
		count += (get(code->data + at) & ~31u) == 0xd53bd060; /* MRS Xt, TPIDRRO_EL0 */
	return count;
}

static void scan_section(const struct macho_file *file, const struct macho_section *section, const struct bytes *bytes,
    struct macho_code *code, const struct go_text *text)
{
	int is_arm64 = file->cpu && file->cpu->arch == &arch_arm64;
	unsigned char *copy =
	    is_arm64 && file->filetype == MH_OBJECT ? relocated(file, section, bytes, &code->relocs_left) : NULL;
	struct format_code part = {
		.address = section->address,
		.code = { copy ? copy : bytes->data, bytes->size, 0 },
		.functions = code->functions,
		.count = code->function_count,
		.go_start = text->start,
		.go_end = text->end,
	};
	if (is_arm64)
		code->tpidrro += count_tpidrro(&part.code);
	format_narrow(&part);
	format_scan(&code->scan, &part);
	free(copy);
}

static int section_order(const void *a, const void *b)
{
	const struct macho_section *x = *(const struct macho_section *const *)a,
				   *y = *(const struct macho_section *const *)b;
	return (x->address > y->address) - (x->address < y->address);
}

/* Sections by address, each byte of memory once and no more bytes than the file has. */
static void scan_sections(const struct macho_file *file, struct macho_code *code, const struct go_text *text)
{
	const struct macho_section **sections = xcalloc(file->section_count + 1, sizeof *sections);
	size_t count = 0, left = file->bytes.size;
	uint64_t done = 0;
	for (size_t i = 0; i < file->section_count; i++)
		if (is_code(&file->sections[i]))
			sections[count++] = &file->sections[i];
	qsort(sections, count, sizeof *sections, section_order);
	for (size_t i = 0; i < count; i++) {
		struct bytes bytes = macho_section_bytes(file, sections[i]);
		uint64_t end = sections[i]->address + bytes.size;
		if (!bytes.size || sections[i]->address < done || end < sections[i]->address || bytes.size > left)
			continue;
		scan_section(file, sections[i], &bytes, code, text);
		left -= bytes.size;
		done = end;
	}
	free(sections);
}

void macho_code_read(const struct macho_file *file, int is_go, struct macho_code *code)
{
	struct go_text text = { 0 };
	*code = (struct macho_code){ .relocs_left = file->bytes.size / 8 };
	read_functions(file, code, &text);
	if ((!text.has_start || !text.has_end) && file->filetype != MH_OBJECT)
		read_table(file, code, &text);
	qsort(code->functions, code->function_count, sizeof *code->functions, function_order);
	int is_known = text.has_start && text.has_end;
	code->has_runtime = is_known || code->table.found || macho_section_named(file, "__gopclntab");
	if (!is_known)
		text = (struct go_text){ 0 };
	insn_scan_begin(&code->scan, file->cpu ? file->cpu->arch : NULL);
	code->scan.segment = file->cpu ? file->cpu->segment : 0;
	code->scan.is_unknown =
	    code->scan.decoded && file->filetype != MH_OBJECT && !is_known && (is_go || code->has_runtime);
	scan_sections(file, code, &text);
	insn_scan_end(&code->scan);
	find_tls_g(file, code);
}

void macho_code_close(struct macho_code *code)
{
	free(code->functions);
	pclntab_free(&code->table);
}
