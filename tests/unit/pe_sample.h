/* pe_sample.h - small PE images and COFF objects, byte by byte, with what the reader looks for: three
 * sections (.text, .rdata, .data), symbols, and the code that Go's compiler makes. */
#ifndef TLSMATRIX_TESTS_UNIT_PE_SAMPLE_H
#define TLSMATRIX_TESTS_UNIT_PE_SAMPLE_H

#include "tests/unit/unit.h"

#include "harness/format/pe.h"
#include "harness/inspect.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum sample_kind { IMAGE, OBJECT, BIGOBJ };
enum {
	TEXT = 1,
	RDATA,
	DATA,
	SECTIONS = 3,
	SECTION_SIZE = 0x400,
	SYMBOLS_AT = SECTION_SIZE * (SECTIONS + 1),
	RELOCS_AT = 0x300,
	FUNCTION = 0x20
};
enum { STORAGE_GLOBAL = 2, STORAGE_LOCAL = 3 };
enum { DIRECTORY_EXPORT_AT, DIRECTORY_IMPORT_AT, DIRECTORY_BASERELOC_AT = 5, DIRECTORY_TLS_AT = 9 };

struct sample {
	unsigned char bytes[0x3000];
	enum sample_kind kind;
	unsigned machine, width;
	size_t header;           /* the COFF header; in an image the optional header follows it */
	size_t table;            /* section headers */
	size_t symbols, strings; /* how many; bytes of the string table */
	char string[0x600];
	unsigned relocs[SECTIONS + 1];
};

static inline void put(struct sample *sample, size_t at, uint64_t value, unsigned width)
{
	assert_true(at + width <= sizeof sample->bytes);
	for (unsigned i = 0; i < width; i++)
		sample->bytes[at + i] = (unsigned char)(value >> 8 * i);
}

static inline size_t raw_at(unsigned section, size_t offset) { return (size_t)section * SECTION_SIZE + offset; }

/* An object's sections are laid out by the reader, each at the start of a page. */
static inline uint64_t address_of(const struct sample *sample, unsigned section, uint64_t offset)
{
	uint64_t base = sample->kind != IMAGE ? 0 : sample->width == 8 ? 0x140000000 : 0x400000;
	return base + 0x1000 * (uint64_t)section + offset;
}

static inline size_t optional_at(const struct sample *sample) { return sample->header + 20; }

static inline void put_sections(struct sample *sample)
{
	static const struct {
		const char *name;
		uint32_t flags;
	} sections[] = { { ".text", 0x60000020 }, { ".rdata", 0x40000040 }, { ".data", 0xc0000040 } };
	for (unsigned i = 1; i <= SECTIONS; i++) {
		size_t at = sample->table + 40 * (i - 1);
		memcpy(sample->bytes + at, sections[i - 1].name, strlen(sections[i - 1].name));
		put(sample, at + 8, sample->kind == IMAGE ? SECTION_SIZE : 0, 4);
		put(sample, at + 12, sample->kind == IMAGE ? 0x1000 * i : 0, 4);
		put(sample, at + 16, SECTION_SIZE, 4);
		put(sample, at + 20, raw_at(i, 0), 4);
		put(sample, at + 36, sections[i - 1].flags, 4);
	}
}

static inline void put_image_headers(struct sample *sample)
{
	int plus = sample->width == 8;
	size_t at = optional_at(sample), count_at = at + (plus ? 108 : 92);
	memcpy(sample->bytes, "MZ", 2);
	put(sample, 0x3c, 0x40, 4);
	memcpy(sample->bytes + 0x40, "PE\0", 4);
	put(sample, sample->header + 16, count_at + 4 + 8 * 16 - at, 2);
	put(sample, sample->header + 18, 0x0022, 2);
	put(sample, at, plus ? 0x20b : 0x10b, 2);
	put(sample, at + 16, 0x1010, 4);
	put(sample, at + (plus ? 24 : 28), plus ? 0x140000000 : 0x400000, plus ? 8 : 4);
	put(sample, at + 40, 6, 2);
	put(sample, at + 42, 1, 2);
	put(sample, at + 48, 6, 2);
	put(sample, at + 68, 3, 2);
	put(sample, count_at, 16, 4);
	sample->table = count_at + 4 + 8 * 16;
}

static inline void begin(struct sample *sample, enum sample_kind kind, unsigned machine)
{
	static const unsigned char bigobj[] = { 0, 0, 0xff, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0xc7, 0xa1, 0xba, 0xd1, 0xee,
		0xba, 0xa9, 0x4b, 0xaf, 0x20, 0xfa, 0xf6, 0x6a, 0xa4, 0xdc, 0xb8 };
	*sample = (struct sample){ .kind = kind, .machine = machine, .width = machine == PE_386 ? 4 : 8, .strings = 4 };
	sample->header = kind == IMAGE ? 0x44 : 0;
	if (kind == BIGOBJ) {
		memcpy(sample->bytes, bigobj, sizeof bigobj);
		put(sample, 6, machine, 2);
		put(sample, 44, SECTIONS, 4);
		put(sample, 48, SYMBOLS_AT, 4);
		sample->table = 56;
	} else {
		put(sample, sample->header, machine, 2);
		put(sample, sample->header + 2, SECTIONS, 2);
		put(sample, sample->header + 8, SYMBOLS_AT, 4);
		sample->table = 20;
	}
	if (kind == IMAGE)
		put_image_headers(sample);
	put_sections(sample);
}

static inline size_t symbol_size(const struct sample *sample) { return sample->kind == BIGOBJ ? 20 : 18; }

/* Returns its number. */
static inline unsigned symbol(
    struct sample *sample, const char *name, int section, uint64_t offset, unsigned type, unsigned storage)
{
	size_t at = SYMBOLS_AT + sample->symbols * symbol_size(sample), length = strlen(name);
	unsigned wide = sample->kind == BIGOBJ ? 4 : 2;
	if (length <= 8) {
		memcpy(sample->bytes + at, name, length);
	} else {
		put(sample, at + 4, sample->strings, 4);
		memcpy(sample->string + sample->strings, name, length + 1);
		sample->strings += length + 1;
	}
	put(sample, at + 8, offset, 4);
	put(sample, at + 12, (uint64_t)(int64_t)section, wide);
	put(sample, at + 12 + wide, type, 2);
	put(sample, at + 14 + wide, storage, 1);
	return (unsigned)sample->symbols++;
}

static inline void code(struct sample *sample, size_t offset, const void *bytes, size_t length)
{
	memcpy(sample->bytes + raw_at(TEXT, offset), bytes, length);
}

static inline void reloc(struct sample *sample, unsigned section, uint64_t offset, unsigned number, unsigned type)
{
	size_t at = raw_at(section, RELOCS_AT) + 10 * sample->relocs[section]++;
	put(sample, at, offset, 4);
	put(sample, at + 4, number, 4);
	put(sample, at + 8, type, 2);
	put(sample, sample->table + 40 * (section - 1) + 24, raw_at(section, RELOCS_AT), 4);
	put(sample, sample->table + 40 * (section - 1) + 32, sample->relocs[section], 2);
}

static inline void directory(struct sample *sample, unsigned number, unsigned section, uint64_t offset, uint64_t size)
{
	size_t at = optional_at(sample) + (sample->width == 8 ? 112 : 96) + 8 * number;
	put(sample, at, 0x1000 * section + offset, 4);
	put(sample, at + 4, size, 4);
}

/* Writes the string table behind the symbols; returns the size of the file. */
static inline size_t finish(struct sample *sample)
{
	size_t at = SYMBOLS_AT + sample->symbols * symbol_size(sample);
	put(sample, sample->kind == BIGOBJ ? 52 : sample->header + 12, sample->symbols, 4);
	assert_true(at + sample->strings <= sizeof sample->bytes);
	memcpy(sample->bytes + at, sample->string, sample->strings);
	put(sample, at, sample->strings, 4);
	return at + sample->strings;
}

/* The facts of so many bytes, in a block of their own; NULL and the line where they are refused. */
static inline json_t *read_cut(const struct sample *sample, size_t size, struct diag *diag)
{
	unsigned char *copy = malloc(size + !size);
	assert_non_null(copy);
	memcpy(copy, sample->bytes, size);
	const struct bytes bytes = { copy, size, 0 };
	format_reader *reader = format_reader_of(bytes);
	json_t *facts = NULL;
	int result = reader ? reader("sample", bytes, &facts, diag) : -EBADMSG;
	assert_int_equal(result, facts ? 0 : -EBADMSG);
	free(copy);
	return facts;
}

static inline json_t *facts_of(struct sample *sample)
{
	struct diag diag = DIAG_INIT;
	json_t *facts = read_cut(sample, finish(sample), &diag);
	if (!facts)
		fail_msg("%s", diag.line);
	return facts;
}

static inline const json_t *at(const json_t *facts, const char *group, const char *key)
{
	const json_t *value = json_object_get(group ? json_object_get(facts, group) : facts, key);
	assert_non_null(value);
	return value;
}

static inline const char *text_at(const json_t *facts, const char *group, const char *key)
{
	return json_string_value(at(facts, group, key));
}

static inline long long number_at(const json_t *facts, const char *group, const char *key)
{
	return json_integer_value(at(facts, group, key));
}

static inline void assert_access(struct sample *sample, const char *expected)
{
	struct buf out = BUF_INIT;
	char *note = NULL;
	json_t *facts = facts_of(sample);
	assert_int_equal(inspect_observe("tls.access", facts, &out, &note), 0);
	assert_string_equal(out.data, expected);
	free(note);
	buf_free(&out);
	json_decref(facts);
}

#endif
