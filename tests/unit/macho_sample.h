/* macho_sample.h - small Mach-O files that look like Go's to the reader, byte by byte: for unit tests, which make them
 * wrong in one place, and for fuzz_macho.c, which starts from them.
 *
 * All are one page: header and load commands, code at 0x800, data at 0xa00, symbols at 0xb00, names at 0xd00, what dyld
 * has to fix at 0xe00.  Memory has the data a page further up. */
#ifndef TLSMATRIX_TESTS_UNIT_MACHO_SAMPLE_H
#define TLSMATRIX_TESTS_UNIT_MACHO_SAMPLE_H

#include <stdint.h>
#include <string.h>

enum {
	SAMPLE_SIZE = 0x1000,
	SAMPLE_CODE = 0x800,
	SAMPLE_C_CODE = 0x840,
	SAMPLE_DATA = 0xa00,
	SAMPLE_SYMBOLS = 0xb00,
	SAMPLE_NAMES = 0xd00,
	SAMPLE_FIXUPS = 0xe00,
	SAMPLE_BASE = 0x10000,
	SAMPLE_TLS_G = 0x80,
	SAMPLE_RT0 = 0x30
};

struct macho_sample {
	unsigned char bytes[SAMPLE_SIZE];
	size_t end; /* of the load commands */
	unsigned commands;
	unsigned symbols, names;
	size_t data; /* file offset of the section header of __mod_init_func */
};

static inline void sample_put(struct macho_sample *sample, size_t at, unsigned width, uint64_t value)
{
	for (unsigned i = 0; i < width; i++)
		sample->bytes[at + i] = (unsigned char)(value >> 8 * i);
}

static inline uint32_t sample_get(const struct macho_sample *sample, size_t at)
{
	const unsigned char *bytes = sample->bytes + at;
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* A load command of 32-bit words, with text behind them where there is one. */
static inline void sample_command(
    struct macho_sample *sample, uint32_t number, const uint32_t *words, size_t count, const char *text)
{
	size_t room = text ? (strlen(text) + 8) / 8 * 8 : 0, size = 8 + 4 * count + room;
	sample_put(sample, sample->end, 4, number);
	sample_put(sample, sample->end + 4, 4, size);
	for (size_t i = 0; i < count; i++)
		sample_put(sample, sample->end + 8 + 4 * i, 4, words[i]);
	if (text)
		memcpy(sample->bytes + sample->end + 8 + 4 * count, text, strlen(text) + 1);
	sample->end += size;
	sample_put(sample, 16, 4, ++sample->commands);
	sample_put(sample, 20, 4, sample->end - 32);
}
#define SAMPLE_COMMAND(sample, number, text, ...) \
	sample_command( \
	    sample, number, (const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4, text)

static inline void sample_dylib(struct macho_sample *sample, uint32_t number, const char *name)
{
	SAMPLE_COMMAND(sample, number, name, 24, 0, 0x10000, 0x10000);
}

static inline void sample_section(struct macho_sample *sample, const char *segment, const char *name, uint64_t address,
    uint64_t size, uint32_t offset, uint32_t flags)
{
	size_t at = sample->end;
	memcpy(sample->bytes + at, name, strlen(name));
	memcpy(sample->bytes + at + 16, segment, strlen(segment));
	sample_put(sample, at + 32, 8, address);
	sample_put(sample, at + 40, 8, size);
	sample_put(sample, at + 48, 4, offset);
	sample_put(sample, at + 64, 4, flags);
	sample->end += 80;
}

/* LC_SEGMENT_64 without its sections, which follow. */
static inline void sample_segment(struct macho_sample *sample, const char *name, uint64_t address, uint32_t offset,
    uint32_t size, uint32_t protection, uint32_t sections)
{
	uint32_t lo = (uint32_t)address;
	uint32_t words[16] = { 0, 0, 0, 0, lo, 0, 0x1000, 0, offset, 0, size, 0, 7, protection, sections, 0 };
	size_t at = sample->end;
	sample_command(sample, 0x19, words, 16, NULL);
	memcpy(sample->bytes + at + 8, name, strlen(name));
	sample_put(sample, at + 4, 4, 72 + 80 * sections);
	sample_put(sample, 20, 4, at + 72 + 80 * sections - 32);
}

static inline void sample_symbol(
    struct macho_sample *sample, const char *name, unsigned type, unsigned section, unsigned desc, uint64_t value)
{
	size_t at = SAMPLE_SYMBOLS + 16 * (size_t)sample->symbols++;
	if (!sample->names)
		sample->names = 1;
	sample_put(sample, at, 4, sample->names);
	sample->bytes[at + 4] = (unsigned char)type;
	sample->bytes[at + 5] = (unsigned char)section;
	sample_put(sample, at + 6, 2, desc);
	sample_put(sample, at + 8, 8, value);
	memcpy(sample->bytes + SAMPLE_NAMES + sample->names, name, strlen(name) + 1);
	sample->names += (unsigned)strlen(name) + 1;
}

/* runtime.load_g at the code's start; the address of tls_g is base + 0x1000 + SAMPLE_TLS_G. */
static inline void sample_code(struct macho_sample *sample, int arm64, int linked)
{
	static const unsigned char gs[] = { 0x65, 0x48, 0x8b, 0x0c, 0x25, 0x30, 0, 0, 0,
		0xc3 }; /* mov %gs:0x30,%rcx; ret */
	const uint32_t page = linked ? 1u << 29 : 0, low = linked ? (uint32_t)SAMPLE_TLS_G / 8 << 10 : 0;
	const uint32_t words[] = {
		0xd53bd060,
		0x927df000, /* mrs x0, TPIDRRO_EL0; and x0, x0, #~7 */
		0x9000001b | page,
		0xf940037b | low, /* adrp x27, runtime.tls_g; ldr x27, [x27, #lo] */
		0xf87b681c,
		0xd65f03c0, /* ldr x28, [x0, x27]; ret */
	};
	if (!arm64) {
		memset(sample->bytes + SAMPLE_CODE, 0x90, 0x80);
		memcpy(sample->bytes + SAMPLE_CODE, gs, sizeof gs);
		return;
	}
	for (size_t i = 0; i < 32; i++)
		sample_put(sample, SAMPLE_CODE + 4 * i, 4, i < 6 ? words[i] : 0xd503201f);
}

static inline void sample_symbols(struct macho_sample *sample, int arm64, uint64_t base)
{
	uint64_t code = base + SAMPLE_CODE;
	sample_symbol(sample, "_runtime.text", 0xe, 1, 0, code);
	sample_symbol(sample, "_runtime.load_g.abi0", 0xe, 1, 0, code);
	sample_symbol(
	    sample, arm64 ? "__rt0_arm64_darwin_lib" : "__rt0_amd64_darwin_lib", 0xe, 1, 0, code + SAMPLE_RT0);
	sample_symbol(sample, "_runtime.etext", 0xe, 1, 0, base + SAMPLE_C_CODE);
	sample_symbol(sample, "_c_code", 0xf, 1, 0, base + SAMPLE_C_CODE);
	sample_symbol(sample, "_runtime.tls_g", 0xe, 3, 0, base + 0x1000 + SAMPLE_TLS_G);
	sample_symbol(sample, "_malloc", 1, 0, 1 << 8, 0);
	sample_symbol(sample, "_anything", 1, 0, 0xfe << 8, 0);
	sample_symbol(sample, "_debugging", 0x24, 1, 0, code);
}

enum { SAMPLE_OBJECT = 1, SAMPLE_EXECUTE = 2, SAMPLE_DYLIB = 6 };

/* A whole file of MH_ type filetype; extra commands may be added to it. */
static inline void sample_make(struct macho_sample *sample, int arm64, uint32_t filetype)
{
	memset(sample, 0, sizeof *sample);
	int is_object = filetype == SAMPLE_OBJECT;
	uint64_t base = is_object ? 0 : SAMPLE_BASE, code = base + SAMPLE_CODE;
	sample->end = 32;
	sample_put(sample, 0, 4, 0xfeedfacf);
	sample_put(sample, 4, 4, arm64 ? 0x0100000c : 0x01000007);
	sample_put(sample, 12, 4, filetype);
	sample_put(sample, 24, 4, is_object ? 0 : 0x85);
	sample_segment(sample, is_object ? "" : "__TEXT", base, 0, SAMPLE_DATA, 5, 1);
	sample_section(sample, "__TEXT", "__text", code, 0x80, SAMPLE_CODE, 0x80000400);
	sample_segment(sample, is_object ? "" : "__DATA", base + 0x1000, SAMPLE_DATA, 0x100, 3, 2);
	sample->data = sample->end;
	sample_section(sample, "__DATA", "__mod_init_func", base + 0x1000, 16, SAMPLE_DATA, 9);
	sample_section(sample, "__DATA", "__noptrbss", base + 0x1000 + SAMPLE_TLS_G, 8, 0, 1);
	sample_segment(sample, "__LINKEDIT", base + 0x2000, SAMPLE_SYMBOLS, SAMPLE_SIZE - SAMPLE_SYMBOLS, 1, 0);
	sample_code(sample, arm64, !is_object);
	sample_symbols(sample, arm64, base);
	SAMPLE_COMMAND(sample, 2, NULL, SAMPLE_SYMBOLS, sample->symbols, SAMPLE_NAMES, 0x100);
	SAMPLE_COMMAND(sample, 0x32, NULL, 1, 12 << 16, 12 << 16, 0);
	sample_put(sample, SAMPLE_DATA, 8, code + SAMPLE_RT0);
	sample_put(sample, SAMPLE_DATA + 8, 8, base + SAMPLE_C_CODE);
	if (is_object)
		return;
	sample_dylib(sample, 0xc, "/usr/lib/libSystem.B.dylib");
	if (filetype == SAMPLE_DYLIB) {
		sample_dylib(sample, 0xd, "libcase.dylib");
		return;
	}
	SAMPLE_COMMAND(sample, 0xe, "/usr/lib/dyld", 12);
	SAMPLE_COMMAND(sample, 0x80000028, NULL, SAMPLE_CODE, 0, 0, 0);
}

/* A relocation of section header at (its file offset), put at SAMPLE_FIXUPS and counted there. */
static inline void sample_reloc(
    struct macho_sample *sample, size_t header, uint32_t address, uint32_t symbol, unsigned external, unsigned type)
{
	uint32_t count = sample_get(sample, header + 60), table = sample_get(sample, header + 56);
	table = table ? table : SAMPLE_FIXUPS + (header == sample->data ? 0x80 : 0);
	sample_put(sample, table + 8 * count, 4, address);
	sample_put(sample, table + 8 * count + 4, 4, symbol | external << 27 | type << 28);
	sample_put(sample, header + 56, 4, table);
	sample_put(sample, header + 60, 4, count + 1);
}

/* LC_DYLD_CHAINED_FIXUPS with one chain in the data segment that begins with its first word. */
static inline void sample_chain(struct macho_sample *sample, unsigned format)
{
	SAMPLE_COMMAND(sample, 0x80000034, NULL, SAMPLE_FIXUPS, 0x100);
	sample_put(sample, SAMPLE_FIXUPS + 4, 4, 32);      /* starts_offset */
	sample_put(sample, SAMPLE_FIXUPS + 32, 4, 3);      /* segments */
	sample_put(sample, SAMPLE_FIXUPS + 40, 4, 16);     /* of the second */
	sample_put(sample, SAMPLE_FIXUPS + 48, 4, 24);     /* size */
	sample_put(sample, SAMPLE_FIXUPS + 52, 2, 0x1000); /* page_size */
	sample_put(sample, SAMPLE_FIXUPS + 54, 2, format);
	sample_put(sample, SAMPLE_FIXUPS + 68, 2, 1); /* page_count */
}

#endif
