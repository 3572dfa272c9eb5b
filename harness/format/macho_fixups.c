/* macho_fixups.c - what dyld changes in a Mach-O file before it runs: rebases and binds, relocations of object files,
 * and the initializers, whose addresses lie in words that dyld changes.
 *
 * Two encodings exist.  LC_DYLD_INFO has small programs of opcodes with operands in ULEB128.  LC_DYLD_CHAINED_FIXUPS
 * (macOS 12) has the place of the first pointer of each page; each pointer holds the distance to the next, and in place
 * of an address its target.  Sources: <mach-o/loader.h> REBASE_OPCODE_*, BIND_OPCODE_*, <mach-o/fixup-chains.h>. */
#include "harness/elf/arch.h"
#include "harness/format/macho.h"

#include <string.h>

/* ---- opcodes ------------------------------------------------------------------------------- */

/* How often an opcode fixes: never, once, as its low four bits say, as its first operand says. */
enum counts { COUNTS_NOT, COUNTS_ONE, COUNTS_LOW, COUNTS_OPERAND };

/* By the high four bits: operands, fixups, and whether the low four bits name a segment or a string follows. */
struct opcode { unsigned char operands, counts, segment, string; };

static const struct opcode rebase_opcodes[16] = {
	[0x2] = { 1, COUNTS_NOT, 1, 0 },     /* SET_SEGMENT_AND_OFFSET_ULEB */
	[0x3] = { 1, COUNTS_NOT, 0, 0 },     /* ADD_ADDR_ULEB */
	[0x5] = { 0, COUNTS_LOW, 0, 0 },     /* DO_REBASE_IMM_TIMES */
	[0x6] = { 1, COUNTS_OPERAND, 0, 0 }, /* DO_REBASE_ULEB_TIMES */
	[0x7] = { 1, COUNTS_ONE, 0, 0 },     /* DO_REBASE_ADD_ADDR_ULEB */
	[0x8] = { 2, COUNTS_OPERAND, 0, 0 }, /* DO_REBASE_ULEB_TIMES_SKIPPING_ULEB */
};

static const struct opcode bind_opcodes[16] = {
	[0x2] = { 1, COUNTS_NOT, 0, 0 },     /* SET_DYLIB_ORDINAL_ULEB */
	[0x4] = { 0, COUNTS_NOT, 0, 1 },     /* SET_SYMBOL_TRAILING_FLAGS_IMM */
	[0x6] = { 1, COUNTS_NOT, 0, 0 },     /* SET_ADDEND_SLEB */
	[0x7] = { 1, COUNTS_NOT, 1, 0 },     /* SET_SEGMENT_AND_OFFSET_ULEB */
	[0x8] = { 1, COUNTS_NOT, 0, 0 },     /* ADD_ADDR_ULEB */
	[0x9] = { 0, COUNTS_ONE, 0, 0 },     /* DO_BIND */
	[0xa] = { 1, COUNTS_ONE, 0, 0 },     /* DO_BIND_ADD_ADDR_ULEB */
	[0xb] = { 0, COUNTS_ONE, 0, 0 },     /* DO_BIND_ADD_ADDR_IMM_SCALED */
	[0xc] = { 2, COUNTS_OPERAND, 0, 0 }, /* DO_BIND_ULEB_TIMES_SKIPPING_ULEB */
};

/* The operand at *at; what does not fit into 64 bits is cut off. */
static uint64_t uleb(const struct bytes *bytes, size_t *at)
{
	uint64_t value = 0;
	for (unsigned shift = 0; *at < bytes->size; shift += 7) {
		unsigned char byte = bytes->data[(*at)++];
		value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
		if (!(byte & 0x80))
			break;
	}
	return value;
}

/* Counts come from the file and may be anything: the sum stays where JSON's numbers end. */
static void add_count(uint64_t *sum, uint64_t more) { *sum = more > INT64_MAX - *sum ? INT64_MAX : *sum + more; }

/* Opcode 0 ends the program, except in lazy binds, where it stands behind each. */
static void run_opcodes(const struct macho_file *file, const struct macho_range *range, const struct opcode table[16],
    int is_lazy, uint64_t *sum, int *text)
{
	struct bytes bytes = bytes_part(&file->bytes, range->offset, range->size);
	int is_read_only = 0;
	for (size_t at = 0; at < bytes.size;) {
		unsigned char code = bytes.data[at++], low = code & 15;
		const struct opcode *opcode = &table[code >> 4];
		if (!(code >> 4) && !is_lazy)
			return;
		uint64_t operand = 0;
		for (unsigned i = 0; i < opcode->operands; i++) {
			uint64_t value = uleb(&bytes, &at);
			operand = i ? operand : value;
		}
		if (opcode->string) {
			const unsigned char *end = memchr(bytes.data + at, 0, bytes.size - at);
			at = end ? (size_t)(end - bytes.data) + 1 : bytes.size;
		}
		if (opcode->segment)
			is_read_only = low < file->segment_count && !(file->segments[low].protection & VM_PROT_WRITE);
		uint64_t times = opcode->counts == COUNTS_OPERAND ? operand :
		    opcode->counts == COUNTS_LOW                  ? low :
								    opcode->counts == COUNTS_ONE;
		add_count(sum, times);
		*text |= times && is_read_only;
	}
}

/* ---- chains -------------------------------------------------------------------------------- */

/* A format of chained pointers: in what units and where the distance to the next stands, the bit that makes it a
 * bind, the width of a target, whether that is an offset from the image's start, and of arm64e the bit that says
 * signed pointer, whose target is always an offset of 32 bits. */
struct macho_chain {
	unsigned number, width, stride, next_at, next_bits, bind_bit, target_bits, is_offset, signed_bit;
};

static const struct macho_chain chains[] = {
	{ 1, 8, 8, 51, 11, 62, 43, 0, 63 },  /* DYLD_CHAINED_PTR_ARM64E */
	{ 2, 8, 4, 51, 12, 63, 36, 0, 0 },   /* DYLD_CHAINED_PTR_64 */
	{ 3, 4, 4, 26, 5, 31, 26, 0, 0 },    /* DYLD_CHAINED_PTR_32 */
	{ 6, 8, 4, 51, 12, 63, 36, 1, 0 },   /* DYLD_CHAINED_PTR_64_OFFSET */
	{ 9, 8, 8, 51, 11, 62, 43, 1, 63 },  /* DYLD_CHAINED_PTR_ARM64E_USERLAND */
	{ 12, 8, 8, 51, 11, 62, 43, 1, 63 }, /* DYLD_CHAINED_PTR_ARM64E_USERLAND24 */
};

static uint64_t bits(uint64_t value, unsigned at, unsigned count) { return value >> at & ((1ULL << count) - 1); }

/* The pointers of a page, from the first on.  Each step goes forward; *steps bounds those of all pages together, which
 * a file may make overlap. */
static void walk_page(const struct bytes *segment, const struct macho_chain *chain, uint64_t at, int is_read_only,
    size_t *steps, struct macho_fixups *fixups)
{
	for (; *steps && bytes_have(segment, at, chain->width); --*steps) {
		uint64_t pointer = bytes_number(segment, at, chain->width);
		uint64_t next = bits(pointer, chain->next_at, chain->next_bits);
		add_count(pointer >> chain->bind_bit & 1 ? &fixups->binds : &fixups->rebases, 1);
		fixups->text |= is_read_only;
		if (!next)
			return;
		at += next * chain->stride;
	}
}

/* dyld_chained_starts_in_segment of one segment. */
static void walk_segment(struct macho_file *file, struct macho_segment *segment, const struct bytes *starts,
    size_t *steps, struct macho_fixups *fixups)
{
	uint64_t page_size = bytes_number(starts, 4, 2), format = bytes_number(starts, 6, 2),
		 pages = bytes_number(starts, 20, 2);
	struct bytes content = bytes_part(&file->bytes, segment->file_offset, segment->file_size);
	for (size_t i = 0; i < ARCH_COUNT(chains); i++)
		if (chains[i].number == format)
			segment->chain = &chains[i];
	for (uint64_t page = 0; segment->chain && page < pages && bytes_have(starts, 22 + 2 * page, 2); page++) {
		uint64_t start = bytes_number(starts, 22 + 2 * page, 2);
		/* DYLD_CHAINED_PTR_START_NONE and _MULTI (several chains in a page: 32-bit kernels) have the top
		 * bit. */
		if (!(start & 0x8000))
			walk_page(&content, segment->chain, page * page_size + start,
			    !(segment->protection & VM_PROT_WRITE), steps, fixups);
	}
}

static void walk_chains(struct macho_file *file, struct macho_fixups *fixups)
{
	struct bytes all = bytes_part(&file->bytes, file->chained.offset, file->chained.size);
	uint64_t at = bytes_number(&all, 4, 4);
	struct bytes image = bytes_part(&all, at, all.size);
	uint64_t count = bytes_number(&image, 0, 4);
	size_t steps = file->bytes.size / 4;
	for (uint64_t i = 0; i < count && i < file->segment_count && bytes_have(&image, 4 + 4 * i, 4); i++) {
		uint64_t place = bytes_number(&image, 4 + 4 * i, 4);
		struct bytes starts = bytes_part(&image, place, image.size);
		if (place)
			walk_segment(file, &file->segments[i], &starts, &steps, fixups);
	}
}

void macho_fixups_read(struct macho_file *file, struct macho_fixups *fixups)
{
	*fixups = (struct macho_fixups){ 0 };
	run_opcodes(file, &file->rebase, rebase_opcodes, 0, &fixups->rebases, &fixups->text);
	run_opcodes(file, &file->bind, bind_opcodes, 0, &fixups->binds, &fixups->text);
	run_opcodes(file, &file->weak_bind, bind_opcodes, 0, &fixups->binds, &fixups->text);
	run_opcodes(file, &file->lazy_bind, bind_opcodes, 1, &fixups->binds, &fixups->text);
	if (file->has_chained)
		walk_chains(file, fixups);
}

/* ---- relocations and initializers ---------------------------------------------------------- */

int macho_reloc_at(
    const struct macho_file *file, const struct macho_section *section, size_t index, struct macho_reloc *reloc)
{
	uint64_t at = section->reloc_offset + 8 * (uint64_t)index;
	if (index >= section->reloc_count || !bytes_have(&file->bytes, at, 8))
		return 0;
	uint32_t address = (uint32_t)bytes_number(&file->bytes, at, 4),
		 rest = (uint32_t)bytes_number(&file->bytes, at + 4, 4);
	*reloc = (struct macho_reloc){ address, rest & 0xffffff, rest >> 24 & 1, rest >> 25 & 3, rest >> 27 & 1,
		rest >> 28 };
	return file->class == 64 || !(address >> 31); /* R_SCATTERED, i386 only */
}

uint64_t macho_pointer(const struct macho_file *file, const struct macho_chain *chain, uint64_t value)
{
	if (!chain)
		return value;
	if (value >> chain->bind_bit & 1)
		return 0;
	if (chain->signed_bit && value >> chain->signed_bit & 1)
		return macho_base(file) + (value & 0xffffffff);
	return bits(value, 0, chain->target_bits) + (chain->is_offset ? macho_base(file) : 0);
}

/* The address in a word of a section. */
static uint64_t target_of(const struct macho_file *file, const struct macho_section *section, uint64_t value)
{
	const struct macho_chain *chain = NULL;
	for (size_t i = 0; i < file->segment_count; i++)
		if (section->address >= file->segments[i].address &&
		    section->address - file->segments[i].address < file->segments[i].size)
			chain = file->segments[i].chain;
	return macho_pointer(file, chain, value);
}

/* In an object file by the relocations that fill the words. */
static void read_object_initializers(const struct macho_file *file, const struct macho_section *section,
    const struct bytes *words, macho_initializer *found, void *context)
{
	struct macho_reloc reloc;
	for (size_t i = 0;
	    i < section->reloc_count && bytes_have(&file->bytes, section->reloc_offset + 8 * (uint64_t)i, 8); i++) {
		if (!macho_reloc_at(file, section, i, &reloc) || reloc.type ||
		    !bytes_have(words, reloc.address, (unsigned)file->class / 8))
			continue;
		const struct macho_symbol *symbol =
		    reloc.external && reloc.symbol < file->symbol_count ? &file->symbols[reloc.symbol] : NULL;
		found(context, symbol ? symbol->value : bytes_number(words, reloc.address, (unsigned)file->class / 8),
		    symbol);
	}
}

void macho_initializers(const struct macho_file *file, macho_initializer *found, void *context)
{
	unsigned width = (unsigned)file->class / 8;
	size_t left = file->bytes.size / 4; /* sections may overlap in a file made for harm */
	for (size_t i = 0; i < file->section_count; i++) {
		const struct macho_section *section = &file->sections[i];
		unsigned type = section->flags & SECTION_TYPE;
		struct bytes words = macho_section_bytes(file, section);
		if (type == S_MOD_INIT_FUNC_POINTERS && section->reloc_count) {
			size_t count = section->reloc_count < left ? section->reloc_count : left;
			left -= count;
			if (count)
				read_object_initializers(file, section, &words, found, context);
			continue;
		}
		for (uint64_t at = 0; type == S_MOD_INIT_FUNC_POINTERS && left && bytes_have(&words, at, width);
		    at += width, left--)
			found(context, target_of(file, section, bytes_number(&words, at, width)), NULL);
		for (uint64_t at = 0; type == S_INIT_FUNC_OFFSETS && left && bytes_have(&words, at, 4); at += 4, left--)
			found(context, macho_base(file) + bytes_number(&words, at, 4), NULL);
	}
}
