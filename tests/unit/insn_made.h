/* insn_made.h - code and ELF files made of words and bytes, to test what is read from the instructions of
 * processors that this machine need not have a compiler for.
 *
 * A made file is one page at IMAGE: headers, a Go function at CODE, a C function at CODE_C, a GOT, one dynamic
 * relocation for it, a PT_TLS segment and the symbols that cut the code (runtime.text, runtime.tls_g, ...). */
#ifndef TLSMATRIX_TESTS_UNIT_INSN_MADE_H
#define TLSMATRIX_TESTS_UNIT_INSN_MADE_H

#include "tests/unit/unit.h"

#include "harness/format/format.h"
#include "harness/inspect.h"
#include "matrix/base/buf.h"
#include "matrix/base/diag.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum {
	IMAGE = 0x10000,
	CODE = 0x200,
	CODE_C = 0x300,
	GOT = 0x400,
	RELOCS = 0x500,
	DYNAMIC = 0x600,
	SYMBOLS = 0x700,
	STRINGS = 0x800,
	SECTIONS = 0x900,
	PAGE = 0x1000
};

/* ---- code alone ----------------------------------------------------------------------------- */

enum { WORDS_MAX = 12 };

/* Instructions of four bytes, up to the first 0, and what is to be seen in them. */
struct scan_row {
	const char *what;
	int is_go;
	uint32_t words[WORDS_MAX];
	size_t le, ie, relaxed, other; /* of Go or C, as is_go says */
	int64_t value;                 /* of Go: the offset, or the address of the word */
	const char *form;
};

static inline void put_number(unsigned char *at, unsigned width, uint64_t value, int big_endian)
{
	for (unsigned i = 0; i < width; i++)
		at[big_endian ? width - 1 - i : i] = (unsigned char)(value >> 8 * i);
}

static inline size_t put_words(unsigned char *at, const uint32_t *words, int big_endian)
{
	size_t count = 0;
	while (count < WORDS_MAX && words[count]) {
		put_number(at + 4 * count, 4, words[count], big_endian);
		count++;
	}
	return 4 * count;
}

/* code must end where size says: what reads on is seen by the address sanitizer. */
static inline struct insn_scan scan_of(const struct arch *arch, int is_go, const unsigned char *code, size_t size)
{
	struct insn_scan scan;
	unsigned char *copy = malloc(size ? size : 1);
	assert_non_null(copy);
	memcpy(copy, code, size);
	insn_scan_begin(&scan, arch);
	insn_scan_function(&scan, "main.f", is_go, IMAGE + CODE, copy, size);
	insn_scan_end(&scan);
	free(copy);
	return scan;
}

static inline void check_scan(const struct arch *arch, const struct scan_row *row, const struct insn_scan *scan)
{
	const size_t *count = row->is_go ? scan->go : scan->c;
	if (count[ACCESS_LE] != row->le || count[ACCESS_IE] != row->ie || count[ACCESS_RELAXED] != row->relaxed ||
	    count[ACCESS_OTHER] != row->other)
		fail_msg("%s, %s: LE %zu, IE %zu, relaxed %zu, other %zu", arch->goarch, row->what, count[ACCESS_LE],
		    count[ACCESS_IE], count[ACCESS_RELAXED], count[ACCESS_OTHER]);
	const struct agreed *agreed = row->ie ? &scan->got : &scan->offset;
	if (row->is_go && row->le + row->ie + row->relaxed && (agreed->mixed || agreed->value != row->value))
		fail_msg("%s, %s: value %lld", arch->goarch, row->what, (long long)agreed->value);
	if (strcmp(insn_form(scan), row->form))
		fail_msg("%s, %s: form %s", arch->goarch, row->what, insn_form(scan));
}

static inline void check_rows(const struct arch *arch, const struct scan_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned char code[4 * WORDS_MAX];
		size_t size = put_words(code, rows[i].words, arch->big_endian);
		struct insn_scan scan = scan_of(arch, rows[i].is_go, code, size);
		check_scan(arch, &rows[i], &scan);
		/* Cut anywhere: no more is seen, and nothing behind the end is read. */
		for (size_t cut = 0; cut < size; cut++) {
			struct insn_scan less = scan_of(arch, rows[i].is_go, code, cut);
			assert_true(less.go_one + less.go_two <= scan.go_one + scan.go_two);
		}
	}
}

/* Any bytes are read to their end, whatever they say. */
static inline void check_any_bytes(const struct arch *arch)
{
	unsigned char code[512];
	uint64_t state = 88172645463325252u;
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof code; i += 8) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			memcpy(code + i, &state, 8);
		}
		scan_of(arch, round & 1, code, sizeof code - (size_t)(round % 8));
	}
}

/* The same rows on processors that differ in byte order or width only: the state of the two tests. */
struct scan_tests {
	const struct arch *const *arches;
	size_t arch_count;
	const struct scan_row *rows;
	size_t count;
};

static inline void test_scan_rows(void **state)
{
	const struct scan_tests *tests = *state;
	for (size_t i = 0; i < tests->arch_count; i++)
		check_rows(tests->arches[i], tests->rows, tests->count);
}

static inline void test_scan_any_bytes(void **state)
{
	const struct scan_tests *tests = *state;
	for (size_t i = 0; i < tests->arch_count; i++)
		check_any_bytes(tests->arches[i]);
}

#define SCAN_TESTS(tests) \
	cmocka_unit_test_prestate(test_scan_rows, tests), cmocka_unit_test_prestate(test_scan_any_bytes, tests)

/* ---- code beside the GOT words of the dynamic models ---------------------------------------- */

/* Code at IMAGE, of loong64 or riscv64: a two-byte instruction stands in the low half, with the high half 0.  The file
 * has pairs for GD at IMAGE + 0x1010 and, without an offset, for LD at IMAGE + 0x1030, and a descriptor at IMAGE +
 * 0x1020. */
struct model_row {
	const char *name;
	int is_go;
	uint32_t code[WORDS_MAX];
	size_t le, ie, other, gd, ld, tlsdesc;
	int64_t value;    /* agreed offset, or of IE the GOT word */
	const char *form; /* of Go's accesses */
};

/* Go's one access: where it begins and where the slot is read, counted from IMAGE, for who changes code
 * (harness/mutate.h). */
struct model_place {
	enum access form;
	uint32_t code[WORDS_MAX];
	uint64_t load, access;
};

/* A processor's: the state of the tests. */
struct model_tests {
	const struct arch *arch;
	const struct model_row *rows;
	size_t count;
	struct model_place places[2];
	struct model_row mixed;           /* two accesses of Go's that do not agree */
	struct reloc_type relocations[6]; /* by their number in the psABI; 200 is none */
};

static inline size_t model_code(const struct arch *arch, const uint32_t *code, unsigned char *bytes)
{
	size_t size = 0;
	for (size_t i = 0; i < WORDS_MAX && code[i]; i++) {
		unsigned width = arch->machine == EM_RISCV && (code[i] & 3) != 3 ? 2 : 4;
		put_number(bytes + size, width, code[i], arch->big_endian);
		size += width;
	}
	return size;
}

static inline struct insn_scan model_scan(const struct arch *arch, const struct model_row *row)
{
	static const uint64_t dtpmod[] = { IMAGE + 0x1000 + 16, IMAGE + 0x1000 + 48 },
			      dtpoffs[] = { IMAGE + 0x1000 + 24 }, tlsdescs[] = { IMAGE + 0x1000 + 32 };
	static const struct elf_file file = { .class = 64 };
	unsigned char bytes[WORDS_MAX * 4];
	size_t size = model_code(arch, row->code, bytes);
	struct insn_scan scan;
	insn_scan_begin(&scan, arch);
	assert_true(scan.decoded);
	scan.file = &file;
	scan.dtpmod = dtpmod, scan.dtpmod_count = 2;
	scan.dtpoffs = dtpoffs, scan.dtpoff_count = 1;
	scan.tlsdescs = tlsdescs, scan.tlsdesc_count = 1;
	insn_scan_function(&scan, "f", row->is_go, IMAGE, bytes, size);
	insn_scan_end(&scan);
	return scan;
}

static inline void test_model_rows(void **state)
{
	const struct model_tests *tests = *state;
	for (size_t i = 0; i < tests->count; i++) {
		const struct model_row *row = &tests->rows[i];
		struct insn_scan scan = model_scan(tests->arch, row);
		const size_t *mine = row->is_go ? scan.go : scan.c, *others = row->is_go ? scan.c : scan.go;
		if (mine[ACCESS_LE] != row->le || mine[ACCESS_IE] != row->ie || mine[ACCESS_OTHER] != row->other ||
		    scan.gd != row->gd || scan.ld != row->ld || scan.tlsdesc != row->tlsdesc)
			fail_msg("%s: le %zu, ie %zu, other %zu, gd %zu, ld %zu, tlsdesc %zu", row->name,
			    mine[ACCESS_LE], mine[ACCESS_IE], mine[ACCESS_OTHER], scan.gd, scan.ld, scan.tlsdesc);
		for (enum access form = 0; form < ACCESS_COUNT; form++)
			assert_int_equal(others[form], 0);
		if (strcmp(insn_form(&scan), row->form))
			fail_msg("%s: form %s", row->name, insn_form(&scan));
		const struct agreed *agreed = row->ie ? &scan.got : &scan.offset;
		if (row->is_go && (row->le || row->ie) && (!agreed->seen || agreed->value != row->value))
			fail_msg("%s: value %#llx", row->name, (long long)agreed->value);
	}
}

static inline void test_model_places(void **state)
{
	const struct model_tests *tests = *state;
	for (size_t i = 0; i < ARCH_COUNT(tests->places); i++) {
		const struct model_place *place = &tests->places[i];
		struct model_row row = { .is_go = 1 };
		memcpy(row.code, place->code, sizeof row.code);
		struct insn_scan scan = model_scan(tests->arch, &row);
		assert_int_equal(scan.go_load[place->form], IMAGE + place->load);
		assert_int_equal(scan.go_access[place->form], IMAGE + place->access);
	}
}

static inline void test_model_mixed(void **state)
{
	const struct model_tests *tests = *state;
	struct insn_scan scan = model_scan(tests->arch, &tests->mixed);
	assert_int_equal(scan.go[ACCESS_LE], 2);
	assert_true(scan.offset.mixed);
}

/* Any bytes of any length are read to their end and no further, also where addresses end. */
static inline void test_model_any_length(void **state)
{
	const struct model_tests *tests = *state;
	uint32_t seed = 1;
	for (size_t round = 0; round < 20000; round++) {
		unsigned char *bytes = malloc(round % 64 + 1);
		assert_non_null(bytes);
		for (size_t i = 0; i < round % 64; i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (unsigned char)(seed >> 24);
		}
		struct insn_scan scan;
		insn_scan_begin(&scan, tests->arch);
		insn_scan_function(&scan, "f", round & 1, UINT64_MAX - 16, bytes, round % 64);
		insn_scan_end(&scan);
		free(bytes);
	}
}

static inline void test_model_relocations(void **state)
{
	const struct model_tests *tests = *state;
	for (size_t i = 0; i < ARCH_COUNT(tests->relocations); i++) {
		const struct reloc_type *wanted = &tests->relocations[i],
					*type = arch_reloc(tests->arch, wanted->number);
		assert_non_null(type);
		assert_int_equal(type->kind, wanted->kind);
		assert_string_equal(type->name, wanted->name);
	}
	assert_null(arch_reloc(tests->arch, 200));
}

static inline int run_model_tests(struct model_tests *models)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_model_rows, models),
		cmocka_unit_test_prestate(test_model_places, models),
		cmocka_unit_test_prestate(test_model_mixed, models),
		cmocka_unit_test_prestate(test_model_any_length, models),
		cmocka_unit_test_prestate(test_model_relocations, models),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* ---- a file --------------------------------------------------------------------------------- */

struct made {
	const struct arch *arch;
	unsigned type;           /* ET_EXEC or ET_DYN */
	uint64_t tls_size, slot; /* p_memsz; st_value of runtime.tls_g, none where slot is NO_SLOT */
	unsigned reloc;          /* of the GOT's second word, for the slot; 0 for none */
	uint64_t got;            /* its content */
	unsigned char bytes[PAGE];
};

#define NO_SLOT UINT64_MAX

static inline void put(struct made *made, size_t at, unsigned width, uint64_t value)
{
	assert_true(at + width <= PAGE);
	put_number(made->bytes + at, width, value, made->arch->big_endian);
}

static inline unsigned made_word(const struct made *made) { return (unsigned)made->arch->class / 8; }

/* Numbers one after the other, each of the width that its digit in widths says; 'w' is the class's word. */
static inline size_t put_record(struct made *made, size_t at, const char *widths, const uint64_t *values)
{
	for (size_t i = 0; widths[i]; i++) {
		unsigned width = widths[i] == 'w' ? made_word(made) : (unsigned)(widths[i] - '0');
		put(made, at, width, values[i]);
		at += width;
	}
	return at;
}
#define PUT(made, at, widths, ...) put_record(made, at, widths, (const uint64_t[]){ __VA_ARGS__ })

static inline size_t put_segment(
    struct made *made, size_t at, unsigned type, uint64_t offset, uint64_t file_size, uint64_t size, uint64_t align)
{
	if (made->arch->class == 64)
		return PUT(made, at, "44wwwwww", type, PF_R | PF_W | PF_X, offset, IMAGE + offset, IMAGE + offset,
		    file_size, size, align);
	return PUT(made, at, "44444444", type, offset, IMAGE + offset, IMAGE + offset, file_size, size,
	    PF_R | PF_W | PF_X, align);
}

static inline size_t put_section(struct made *made, size_t at, size_t name, unsigned type, uint64_t flags,
    uint64_t offset, uint64_t size, unsigned link)
{
	return PUT(made, at, "44wwww44ww", name, type, flags, flags ? IMAGE + offset : 0, offset, size, link, 0, 8,
	    type == SHT_SYMTAB ? (made->arch->class == 64 ? 24 : 16) : 0);
}

static inline size_t put_symbol(struct made *made, size_t at, size_t name, unsigned type, uint64_t value, uint64_t size)
{
	unsigned info = ELF64_ST_INFO(STB_LOCAL, type);
	if (made->arch->class == 64)
		return PUT(made, at, "4112ww", name, info, 0, 1, value, size);
	return PUT(made, at, "4ww112", name, value, size, info, 0, 1);
}

static inline void put_reloc(struct made *made)
{
	unsigned word = made_word(made);
	put(made, RELOCS, word, IMAGE + GOT + word);
	if (made->arch->class == 64 && made->arch->machine == EM_MIPS)
		PUT(made, RELOCS + word, "41111", 0, 0, 0, 0,
		    made->reloc); /* symbol, special symbol, third to first type */
	else
		put(made, RELOCS + word, word, made->reloc);
	if (made->arch->machine != EM_MIPS && made->slot != NO_SLOT)
		put(made, RELOCS + 2 * word, word, made->slot);
}

static inline void put_dynamic(struct made *made)
{
	unsigned word = made_word(made);
	int is_rel = made->arch->machine == EM_MIPS;
	size_t at = PUT(made, DYNAMIC, "ww", is_rel ? DT_REL : DT_RELA, IMAGE + RELOCS);
	at = PUT(made, at, "ww", is_rel ? DT_RELSZ : DT_RELASZ, made->reloc ? (is_rel ? 2 : 3) * word : 0);
	PUT(made, at, "ww", DT_PLTGOT, IMAGE + GOT);
}

/* Headers, tables and the GOT; the code is put in by the caller. */
static inline void made_file(struct made *made)
{
	static const char strings[] =
	    "\0.got\0.strings\0.symbols\0runtime.text\0runtime.etext\0runtime.tls_g\0main.f\0c_f\0.text";
	unsigned word = made_word(made), is_64 = made->arch->class == 64;
	PUT(made, 0, "1111111", 0x7f, 'E', 'L', 'F', is_64 ? 2 : 1, made->arch->big_endian ? 2 : 1, 1);
	PUT(made, 16, "224www4222222", made->type, made->arch->machine, 1, IMAGE + CODE, 0x40, SECTIONS, 0,
	    is_64 ? 64 : 52, is_64 ? 56 : 32, 3, is_64 ? 64 : 40, 5, 3);
	size_t end = put_segment(made, 0x40, PT_LOAD, 0, PAGE, PAGE, 8);
	end = put_segment(made, end, PT_DYNAMIC, DYNAMIC, 8 * word, 8 * word, 8);
	put_segment(made, end, PT_TLS, 0, 0, made->tls_size, 64);
	put(made, GOT + word, word, made->got);
	put_reloc(made);
	put_dynamic(made);
	memcpy(made->bytes + STRINGS, strings, sizeof strings);
	end = put_section(made, SECTIONS, 0, SHT_NULL, 0, 0, 0, 0);
	end = put_section(made, end, 76, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, CODE, GOT - CODE, 0);
	end = put_section(made, end, 1, SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, GOT, RELOCS - GOT, 0);
	end = put_section(made, end, 6, SHT_STRTAB, 0, STRINGS, sizeof strings, 0);
	put_section(made, end, 15, SHT_SYMTAB, 0, SYMBOLS, 6 * (is_64 ? 24 : 16), 3);
	end = SYMBOLS + (is_64 ? 24 : 16);
	end = put_symbol(made, end, 24, STT_FUNC, IMAGE + CODE, 0);
	end = put_symbol(made, end, 37, STT_NOTYPE, IMAGE + CODE_C, 0);
	end = put_symbol(made, end, 65, STT_FUNC, IMAGE + CODE, 0);
	end = put_symbol(made, end, 72, STT_FUNC, IMAGE + CODE_C, 0);
	if (made->slot != NO_SLOT)
		put_symbol(made, end, 51, STT_TLS, made->slot, word);
}

static inline json_t *made_facts(const struct made *made)
{
	struct diag diag = DIAG_INIT;
	json_t *facts = NULL;
	if (elf_facts("made", (struct bytes){ made->bytes, PAGE, made->arch->big_endian }, &facts, &diag))
		fail_msg("%s", diag.line);
	return facts;
}

static inline long long made_count(const struct made *made, const char *key)
{
	json_t *facts = made_facts(made);
	long long count =
	    json_integer_value(json_object_get(json_object_get(json_object_get(facts, "tls"), "insn"), key));
	json_decref(facts);
	return count;
}

/* What a check observes in the file. */
static inline void made_observed(const struct made *made, const char *check, const char *wanted)
{
	struct buf out = BUF_INIT;
	char *note = NULL;
	json_t *facts = made_facts(made);
	assert_int_equal(inspect_observe(check, facts, &out, &note), 0);
	if (strcmp(out.data, wanted))
		fail_msg("%s: '%s', not '%s'", made->arch->goarch, out.data, wanted);
	free(note);
	json_decref(facts);
	buf_free(&out);
}

#endif
