/* pe_reloc.c - what the relocations of a COFF object mean.
 *
 * Source: Microsoft, "PE Format", "COFF Relocations (Object Only)", "Type Indicators". */
#include "harness/elf/arch.h"
#include "harness/format/pe.h"
#include "matrix/base/buf.h"

#include <stdlib.h>
#include <string.h>

enum apply {
	APPLY_NOT,
	APPLY_ADDRESS,    /* S + A */
	APPLY_RELATIVE,   /* S + A - P - 4, and less for the bytes of the instruction behind it (REL32_1) */
	APPLY_PAGE,       /* ADRP: the page of S + A, relative */
	APPLY_PAGE_OFFSET /* ADD, LDR, STR: the lower 12 bits of S + A */
};

struct type {
	const char *name;
	enum apply apply;
	unsigned width, behind;
};

static const struct type amd64_types[PE_RELOC_TYPES] = {
	{ "IMAGE_REL_AMD64_ABSOLUTE", 0, 0, 0 },
	{ "IMAGE_REL_AMD64_ADDR64", APPLY_ADDRESS, 8, 0 },
	{ "IMAGE_REL_AMD64_ADDR32", APPLY_ADDRESS, 4, 0 },
	{ "IMAGE_REL_AMD64_ADDR32NB", 0, 0, 0 },
	{ "IMAGE_REL_AMD64_REL32", APPLY_RELATIVE, 4, 0 },
	{ "IMAGE_REL_AMD64_REL32_1", APPLY_RELATIVE, 4, 1 },
	{ "IMAGE_REL_AMD64_REL32_2", APPLY_RELATIVE, 4, 2 },
	{ "IMAGE_REL_AMD64_REL32_3", APPLY_RELATIVE, 4, 3 },
	{ "IMAGE_REL_AMD64_REL32_4", APPLY_RELATIVE, 4, 4 },
	{ "IMAGE_REL_AMD64_REL32_5", APPLY_RELATIVE, 4, 5 },
	{ "IMAGE_REL_AMD64_SECTION", 0, 0, 0 },
	{ "IMAGE_REL_AMD64_SECREL", 0, 0, 0 },
	{ "IMAGE_REL_AMD64_SECREL7", 0, 0, 0 },
	{ "IMAGE_REL_AMD64_TOKEN", 0, 0, 0 },
	{ "IMAGE_REL_AMD64_SREL32", 0, 0, 0 },
	{ "IMAGE_REL_AMD64_PAIR", 0, 0, 0 },
	{ "IMAGE_REL_AMD64_SSPAN32", 0, 0, 0 },
};

static const struct type i386_types[PE_RELOC_TYPES] = {
	[0] = { "IMAGE_REL_I386_ABSOLUTE", 0, 0, 0 },
	[1] = { "IMAGE_REL_I386_DIR16", 0, 0, 0 },
	[2] = { "IMAGE_REL_I386_REL16", 0, 0, 0 },
	[6] = { "IMAGE_REL_I386_DIR32", APPLY_ADDRESS, 4, 0 },
	[7] = { "IMAGE_REL_I386_DIR32NB", 0, 0, 0 },
	[9] = { "IMAGE_REL_I386_SEG12", 0, 0, 0 },
	[10] = { "IMAGE_REL_I386_SECTION", 0, 0, 0 },
	[11] = { "IMAGE_REL_I386_SECREL", 0, 0, 0 },
	[12] = { "IMAGE_REL_I386_TOKEN", 0, 0, 0 },
	[13] = { "IMAGE_REL_I386_SECREL7", 0, 0, 0 },
	[20] = { "IMAGE_REL_I386_REL32", APPLY_RELATIVE, 4, 0 },
};

static const struct type arm64_types[PE_RELOC_TYPES] = {
	{ "IMAGE_REL_ARM64_ABSOLUTE", 0, 0, 0 },
	{ "IMAGE_REL_ARM64_ADDR32", APPLY_ADDRESS, 4, 0 },
	{ "IMAGE_REL_ARM64_ADDR32NB", 0, 0, 0 },
	{ "IMAGE_REL_ARM64_BRANCH26", 0, 0, 0 },
	{ "IMAGE_REL_ARM64_PAGEBASE_REL21", APPLY_PAGE, 4, 0 },
	{ "IMAGE_REL_ARM64_REL21", 0, 0, 0 },
	{ "IMAGE_REL_ARM64_PAGEOFFSET_12A", APPLY_PAGE_OFFSET, 4, 0 },
	{ "IMAGE_REL_ARM64_PAGEOFFSET_12L", APPLY_PAGE_OFFSET, 4, 0 },
	{ "IMAGE_REL_ARM64_SECREL", 0, 0, 0 },
	{ "IMAGE_REL_ARM64_SECREL_LOW12A", 0, 0, 0 },
	{ "IMAGE_REL_ARM64_SECREL_HIGH12A", 0, 0, 0 },
	{ "IMAGE_REL_ARM64_SECREL_LOW12L", 0, 0, 0 },
	{ "IMAGE_REL_ARM64_TOKEN", 0, 0, 0 },
	{ "IMAGE_REL_ARM64_SECTION", 0, 0, 0 },
	{ "IMAGE_REL_ARM64_ADDR64", APPLY_ADDRESS, 8, 0 },
	{ "IMAGE_REL_ARM64_BRANCH19", 0, 0, 0 },
	{ "IMAGE_REL_ARM64_BRANCH14", 0, 0, 0 },
	{ "IMAGE_REL_ARM64_REL32", APPLY_RELATIVE, 4, 0 },
};

static const struct type arm_types[PE_RELOC_TYPES] = {
	[0] = { "IMAGE_REL_ARM_ABSOLUTE", 0, 0, 0 },
	[1] = { "IMAGE_REL_ARM_ADDR32", APPLY_ADDRESS, 4, 0 },
	[2] = { "IMAGE_REL_ARM_ADDR32NB", 0, 0, 0 },
	[3] = { "IMAGE_REL_ARM_BRANCH24", 0, 0, 0 },
	[4] = { "IMAGE_REL_ARM_BRANCH11", 0, 0, 0 },
	[10] = { "IMAGE_REL_ARM_REL32", APPLY_RELATIVE, 4, 0 },
	[14] = { "IMAGE_REL_ARM_SECTION", 0, 0, 0 },
	[15] = { "IMAGE_REL_ARM_SECREL", 0, 0, 0 },
	[16] = { "IMAGE_REL_ARM_MOV32", 0, 0, 0 },
	[17] = { "IMAGE_REL_THUMB_MOV32", 0, 0, 0 },
	[18] = { "IMAGE_REL_THUMB_BRANCH20", 0, 0, 0 },
	[20] = { "IMAGE_REL_THUMB_BRANCH24", 0, 0, 0 },
	[21] = { "IMAGE_REL_THUMB_BLX23", 0, 0, 0 },
	[22] = { "IMAGE_REL_ARM_PAIR", 0, 0, 0 },
};

static const struct {
	unsigned machine;
	const struct type *types;
} machines[] = {
	{ PE_AMD64, amd64_types },
	{ PE_386, i386_types },
	{ PE_ARM64, arm64_types },
	{ PE_ARM, arm_types },
};

static const struct type *type_of(unsigned machine, unsigned number)
{
	for (size_t i = 0; i < ARCH_COUNT(machines); i++)
		if (machines[i].machine == machine && number < PE_RELOC_TYPES && machines[i].types[number].name)
			return &machines[i].types[number];
	return NULL;
}

const char *pe_reloc_name(const struct pe *pe, unsigned number)
{
	const struct type *type = type_of(pe->machine, number);
	return type ? type->name : NULL;
}

/* ---- applying ----------------------------------------------------------------------------- */

static void put(unsigned char *place, unsigned width, uint64_t value)
{
	for (unsigned i = 0; i < width; i++)
		place[i] = (unsigned char)(value >> 8 * i);
}

static uint64_t sign_extended(uint64_t value, unsigned bits)
{
	uint64_t sign = 1ULL << (bits - 1);
	return (value ^ sign) - sign;
}

/* The immediate of ADRP: 19 bits at 5, the lower 2 at 29.  In an object it is the addend in bytes. */
static uint64_t with_page(uint64_t insn, uint64_t symbol, uint64_t address)
{
	uint64_t addend = sign_extended((insn >> 5 & 0x7ffff) << 2 | (insn >> 29 & 3), 21);
	uint64_t pages = ((symbol + addend) >> 12) - (address >> 12);
	return (insn & 0x9f00001f) | (pages >> 2 & 0x7ffff) << 5 | (pages & 3) << 29;
}

/* The 12 bits at 10, of an ADD, or of a load or store that counts in its own width. */
static uint64_t with_page_offset(uint64_t insn, uint64_t symbol)
{
	unsigned scale = (insn & 0x3b000000) == 0x39000000 ? insn >> 30 & 3 : 0;
	uint64_t addend = (insn >> 10 & 0xfff) << scale, offset = (symbol + addend) & 0xfff;
	return (insn & ~(uint64_t)0x3ffc00) | (offset >> scale) << 10;
}

static void apply(const struct type *type, unsigned char *place, uint64_t symbol, uint64_t address)
{
	const struct bytes word = { place, type->width, 0 };
	uint64_t old = bytes_number(&word, 0, type->width);
	switch (type->apply) {
	case APPLY_ADDRESS:
		put(place, type->width, old + symbol);
		break;
	case APPLY_RELATIVE:
		put(place, type->width, sign_extended(old, 32) + symbol - address - 4 - type->behind);
		break;
	case APPLY_PAGE:
		put(place, type->width, with_page(old, symbol, address));
		break;
	case APPLY_PAGE_OFFSET:
		put(place, type->width, with_page_offset(old, symbol));
		break;
	case APPLY_NOT:
		break;
	}
}

unsigned char *pe_relocated(const struct pe *pe, const struct pe_section *section, uint64_t *budget)
{
	unsigned char *copy = xmalloc(section->raw.size + 1);
	const struct bytes all = { copy, section->raw.size, 0 };
	struct pe_reloc reloc;
	memcpy(copy, section->raw.data, section->raw.size);
	for (uint64_t i = 0; *budget && pe_reloc(pe, section, i, &reloc); i++) {
		const struct type *type = type_of(pe->machine, reloc.type);
		(*budget)--;
		if (type && type->width && bytes_have(&all, reloc.offset, type->width) &&
		    reloc.symbol < pe->symbol_count)
			apply(type, copy + reloc.offset, pe->symbol[reloc.symbol].address,
			    section->address + reloc.offset);
	}
	return copy;
}
