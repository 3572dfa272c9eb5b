/* XCOFF files of both widths, made byte by byte: linked ones with a loader section, and objects. */
#include "tests/unit/file_sample.h"

#include "harness/format/xcoff_file.h"

/* ---- a 64-bit program -------------------------------------------------------------------------- */

enum {
	HEADER = 24,
	AUX = 120,
	SECTIONS = 4,
	TEXT = HEADER + AUX + SECTIONS * 72,
	DATA = 0x400,
	LOADER = 0x600,
	SYMBOLS = 0x900
};
#define TEXT_ADDRESS 0x100000000ull
#define DATA_ADDRESS 0x200000000ull

struct program {
	unsigned flags;
	const char *init;   /* the initializer that __rtinit names, NULL for no __rtinit */
	unsigned relocs[3]; /* types of relocations in .loader; 0 for none */
	int no_symbols, no_tbss;
	int etext;     /* words of code that runtime.firstmoduledata counts, 0: none in the file */
	uint32_t save; /* the middle instruction of runtime.save_g */
};

#define GO_PROGRAM { .flags = XCOFF_F_EXEC, .save = 0x3bff8800 } /* addi r31, r31, -30720 */

static void put_section(
    struct sample *file, int index, const char *name, uint64_t address, uint64_t size, uint64_t at, uint64_t type)
{
	size_t place = HEADER + AUX + (size_t)index * 72;
	memcpy(file->data + place, name, strlen(name));
	put_at(file, place + 16, address, 8);
	put_at(file, place + 24, size, 8);
	put_at(file, place + 32, at, 8);
	put_at(file, place + 64, type, 4);
}

/* rtl, offset of the initializers, of the others, size of a descriptor, pad; descriptor: address, name, flags */
static void put_rtinit(struct sample *file, const char *init)
{
	put_at(file, DATA + 8, 0x18, 4);
	put_at(file, DATA + 12, 0, 4);
	put_at(file, DATA + 16, 0x10, 4);
	put_at(file, DATA + 0x18, DATA_ADDRESS, 8);
	put_at(file, DATA + 0x20, 0x58, 4);
	put_at(file, DATA + 0x38, 0, 8);
	memcpy(file->data + DATA + 0x58, init, strlen(init) + 1);
}

static void put_loader_symbol(
    struct sample *file, size_t at, uint64_t value, unsigned name, int section, unsigned flags, unsigned from)
{
	put_at(file, at, value, 8);
	put_at(file, at + 8, name, 4);
	put_at(file, at + 12, (uint16_t)section, 2);
	put_at(file, at + 14, flags, 1);
	put_at(file, at + 16, from, 4);
	put_at(file, at + 20, 0, 4);
}

/* Imports of three kinds: of a member, of a file with a path, of none (deferred). */
static void put_loader(struct sample *file, const struct program *program)
{
	static const char imports[] = "/usr/lib:/lib\0\0\0"
				      "\0libc.a\0shr_64.o\0"
				      "/opt\0libx.so\0";
	static const char strings[] = "\0\7malloc\0\0\2x\0\0\6defer\0\0\11__rtinit";
	size_t symbols = LOADER + 56, relocs = symbols + 4 * 24, count = 0;
	put_loader_symbol(file, symbols, 0, 2, 0, XCOFF_L_IMPORT, 1);
	put_loader_symbol(file, symbols + 24, 0, 11, 0, XCOFF_L_IMPORT, 2);
	put_loader_symbol(file, symbols + 48, 0, 15, 0, XCOFF_L_IMPORT, 0);
	put_loader_symbol(file, symbols + 72, DATA_ADDRESS, 23, 2, program->init ? XCOFF_L_EXPORT : 0, 0);
	for (; count < 3 && program->relocs[count]; count++) {
		put_at(file, relocs + count * 16, DATA_ADDRESS, 8);
		put_at(file, relocs + count * 16 + 8, 0x3f00 | program->relocs[count], 2);
		put_at(file, relocs + count * 16 + 10, 2, 2);
		put_at(file, relocs + count * 16 + 12, 3, 4);
	}
	put_at(file, LOADER, 2, 4);
	put_at(file, LOADER + 4, 4, 4);
	put_at(file, LOADER + 8, count, 4);
	put_at(file, LOADER + 12, sizeof imports, 4);
	put_at(file, LOADER + 16, 3, 4);
	put_at(file, LOADER + 20, sizeof strings, 4);
	put_at(file, LOADER + 24, 0x200, 8);
	put_at(file, LOADER + 32, 0x280, 8);
	put_at(file, LOADER + 40, 56, 8);
	put_at(file, LOADER + 48, relocs - LOADER, 8);
	memcpy(file->data + LOADER + 0x200, imports, sizeof imports);
	memcpy(file->data + LOADER + 0x280, strings, sizeof strings);
}

static void put_symbols(struct sample *file)
{
	static const struct {
		uint64_t value;
		unsigned name;
	} rows[] = { { TEXT_ADDRESS, 4 }, { TEXT_ADDRESS, 17 }, { TEXT_ADDRESS + 16, 32 } };
	for (size_t i = 0; i < 3; i++) {
		size_t at = SYMBOLS + i * 36;
		put_at(file, at, rows[i].value, 8);
		put_at(file, at + 8, rows[i].name, 4);
		put_at(file, at + 12, 1, 2);
		put_at(file, at + 16, 107, 1);
		put_at(file, at + 17, 1, 1);
	}
	put_at(file, 8, SYMBOLS, 8);
	put_at(file, 20, 6, 4);
	file->size = SYMBOLS + 6 * 18;
	put(file, 4 + 13 + 15 + 14, 4);
	put_text(file, "runtime.text");
	put_text(file, "runtime.save_g");
	put_text(file, "runtime.etext");
}

static void build(struct sample *file, const struct program *program)
{
	const uint32_t code[] = { 0x3fed0000, program->save, 0xfbdf0000,
		0x4e800020 }; /* addis r31, r13, 0; ..; std r30, 0(r31); blr */
	*file = (struct sample){ .big_endian = 1, .size = SYMBOLS };
	put_at(file, 0, 0x1f7, 2);
	put_at(file, 2, SECTIONS, 2);
	put_at(file, 16, AUX, 2);
	put_at(file, 18, program->flags, 2);
	put_at(file, HEADER + 24, DATA_ADDRESS + 0x100, 8);
	put_at(file, HEADER + 80, DATA_ADDRESS + 8, 8);
	put_section(file, 0, ".text", TEXT_ADDRESS, sizeof code, TEXT, XCOFF_TEXT);
	put_section(file, 1, ".data", DATA_ADDRESS, 0x100, DATA, XCOFF_DATA);
	put_section(file, 2, ".loader", 0, 0x300, LOADER, XCOFF_LOADER);
	put_section(file, 3, ".tbss", 0, 16, 0, program->no_tbss ? 0x80 : XCOFF_TBSS);
	for (size_t i = 0; i < 4; i++)
		put_at(file, TEXT + i * 4, code[i], 4);
	if (program->init)
		put_rtinit(file, program->init);
	memcpy(file->data + DATA + 0x90, "\xff Go buildinf:\x08\x02", 16);
	memcpy(file->data + DATA + 0xb0, "\x08go1.26.8", 10);
	for (size_t i = 0; program->etext && i < 4; i++)
		put_at(file, DATA + 0xd8 + i * 8, TEXT_ADDRESS + (i & 1 ? (uint64_t)program->etext * 4 : 0), 8);
	put_loader(file, program);
	if (!program->no_symbols)
		put_symbols(file);
}

static void sees(const struct program *program, const char *wanted)
{
	struct sample file;
	build(&file, program);
	sample_sees(xcoff_facts, &file, wanted);
}

static void test_go_program(void **state)
{
	(void)state;
	struct program program = GO_PROGRAM;
	struct sample file;
	sees(&program, "model=LE at=-30720 reloc=none form=two");
	program.no_symbols = 1; /* stripped: the build information says that it is Go's */
	sees(&program, "model=LE at=-30720 reloc=none form=two");
	program.etext = 4; /* so do Go's own bounds, and where the code ends */
	sees(&program, "model=LE at=-30720 reloc=none form=two");
	program.etext = 2;
	sees(&program, "model=none at=none reloc=none form=none");
	program.etext = 0;
	program.save = 0x3bff8808;
	sees(&program, "model=LE at=-30712 reloc=none form=two");
	program.save = 0x3be20000; /* r31 is another address then */
	sees(&program, "model=none at=none reloc=none form=none");
	program = (struct program)GO_PROGRAM;
	build(&file, &program);
	json_t *facts = sample_facts(xcoff_facts, &file);
	sample_is(facts, NULL, "type", "\"EXEC\"");
	sample_is(facts, NULL, "arch", "\"ppc64\"");
	sample_is(facts, NULL, "needed", "[\"libc.a(shr_64.o)\",\"/opt/libx.so\"]");
	sample_is(facts, "imports", "symbols", "[\"libc.a(shr_64.o)!malloc\",\"/opt/libx.so!x\",\"defer\"]");
	sample_is(facts, "go", "version", "\"go1.26.8\"");
	sample_is(facts, "xcoff", "tls_sections", "[\".tbss\"]");
	sample_is(facts, "xcoff", "init", "null");
	assert_true(sample_number(facts, "xcoff", "toc") == (long long)DATA_ADDRESS + 0x100);
	assert_true(sample_number(facts, NULL, "entry") == (long long)DATA_ADDRESS + 8);
	json_decref(facts);
	program.no_tbss = 1;
	program.flags |= XCOFF_F_SHROBJ;
	build(&file, &program);
	facts = sample_facts(xcoff_facts, &file);
	sample_is(facts, NULL, "type", "\"DYN\"");
	sample_is(facts, "xcoff", "tls_sections", "[]");
	json_decref(facts);
}

/* Without an access of Go's, the strongest relocation of the loader decides. */
static void test_loader_relocs(void **state)
{
	(void)state;
	static const struct {
		unsigned types[3];
		const char *wanted, *counts;
	} rows[] = {
		{ { XCOFF_R_TLSM, XCOFF_R_TLS }, "model=GD at=loader reloc=R_TLS form=none",
		    "{\"R_TLS\":1,\"R_TLSM\":1}" },
		{ { XCOFF_R_TLSML, XCOFF_R_TLS_LD }, "model=LD at=loader reloc=R_TLS_LD form=none",
		    "{\"R_TLSML\":1,\"R_TLS_LD\":1}" },
		{ { XCOFF_R_TLS, XCOFF_R_TLS_IE, XCOFF_R_TLS_IE }, "model=IE at=loader reloc=R_TLS_IE form=none",
		    "{\"R_TLS\":1,\"R_TLS_IE\":2}" },
		{ { XCOFF_R_TLS_LE }, "model=LE at=loader reloc=R_TLS_LE form=none", "{\"R_TLS_LE\":1}" },
		{ { 1, 2, 3 }, "model=none at=none reloc=none form=none", "{}" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct program program = GO_PROGRAM;
		struct sample file;
		program.save = 0x3be20000;
		memcpy(program.relocs, rows[i].types, sizeof program.relocs);
		build(&file, &program);
		json_t *facts = sample_facts(xcoff_facts, &file);
		sample_access(facts, rows[i].wanted);
		sample_is(facts, "xcoff", "loader_tls_relocs", rows[i].counts);
		json_decref(facts);
	}
	/* Go's own access has its offset in the code, whatever C in the file does. */
	struct program program = GO_PROGRAM;
	program.relocs[0] = XCOFF_R_TLS;
	sees(&program, "model=LE at=-30720 reloc=none form=two");
	program.relocs[0] = XCOFF_R_TLS_LE;
	sees(&program, "model=LE at=-30720 reloc=R_TLS_LE form=two");
}

static void test_initializers(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int go;
	} rows[] = {
		{ "_rt0_ppc64_aix_lib", 1 },
		{ "._rt0_ppc64_aix_lib", 1 },
		{ "_rt0_ppc64_aix", 0 },
		{ "_GLOBAL__FI_libcase", 0 },
		{ "_lib", 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct program program = GO_PROGRAM;
		struct sample file;
		program.init = rows[i].name;
		build(&file, &program);
		json_t *facts = sample_facts(xcoff_facts, &file);
		assert_string_equal(json_string_value(sample_fact(facts, "xcoff", "init")), rows[i].name);
		assert_int_equal(sample_number(facts, "init", "go_entries"), rows[i].go);
		json_decref(facts);
	}
}

/* ---- 32-bit objects ------------------------------------------------------------------------------ */

enum { O_RELOCS = 20 + 3 * 40, O_SYMBOLS = O_RELOCS + 2 * 10 };

/* Two relocations, of a variable and of runtime.tls_g; counted in the section, or in an overflow section. */
static void build_object(struct sample *file, unsigned first, unsigned second, const char *variable, int overflow)
{
	*file = (struct sample){ .big_endian = 1, .size = O_SYMBOLS };
	put_at(file, 0, 0x1df, 2);
	put_at(file, 2, 3, 2);
	put_at(file, 8, O_SYMBOLS, 4);
	put_at(file, 12, 2, 4);
	memcpy(file->data + 20, ".text", 5);
	put_at(file, 20 + 24, O_RELOCS, 4);
	put_at(file, 20 + 32, overflow ? 0xffff : 2, 2);
	put_at(file, 20 + 36, XCOFF_TEXT, 4);
	memcpy(file->data + 60, ".tdata", 6);
	put_at(file, 60 + 36, XCOFF_TDATA, 4);
	memcpy(file->data + 100, ".ovrflo", 7);
	put_at(file, 100 + 8, 2, 4);
	put_at(file, 100 + 32, 1, 2);
	put_at(file, 100 + 36, overflow ? XCOFF_OVRFLO : 0, 4);
	put_at(file, O_RELOCS + 4, 0, 4);
	put_at(file, O_RELOCS + 9, first, 1);
	put_at(file, O_RELOCS + 10 + 4, 1, 4);
	put_at(file, O_RELOCS + 10 + 9, second, 1);
	memcpy(file->data + O_SYMBOLS, "eight_ch", 8);
	put_at(file, O_SYMBOLS + 16, 2, 1);
	put_at(file, O_SYMBOLS + 18, 0, 4);
	put_at(file, O_SYMBOLS + 18 + 4, 4, 4);
	put_at(file, O_SYMBOLS + 18 + 16, 2, 1);
	file->size = O_SYMBOLS + 36;
	put(file, 4 + strlen(variable) + 1, 4);
	put_text(file, variable);
}

static void object_sees(unsigned first, unsigned second, const char *variable, int overflow, const char *wanted)
{
	struct sample file;
	build_object(&file, first, second, variable, overflow);
	json_t *facts = sample_facts(xcoff_facts, &file);
	sample_access(facts, wanted);
	sample_is(facts, NULL, "type", "\"REL\"");
	sample_is(facts, NULL, "class", "32");
	sample_is(facts, NULL, "arch", "null");
	sample_is(facts, "xcoff", "tls_sections", "[\".tdata\"]");
	json_decref(facts);
}

static void test_object(void **state)
{
	(void)state;
	/* Where Go's slot has a symbol, its relocations alone. */
	object_sees(XCOFF_R_TLS, XCOFF_R_TLS_LE, "runtime.tls_g", 0, "model=LE at=linker reloc=R_TLS_LE form=none");
	object_sees(XCOFF_R_TLS_LE, XCOFF_R_TLS, "runtime.tls_g", 0, "model=GD at=linker reloc=R_TLS form=none");
	object_sees(XCOFF_R_TLS_LE, 0, "runtime.tls_g", 0, "model=none at=none reloc=none form=none");
	object_sees(XCOFF_R_TLS, XCOFF_R_TLSM, "variable_of_c", 0, "model=GD at=linker reloc=R_TLS form=none");
	object_sees(0, 2, "variable_of_c", 0, "model=none at=none reloc=none form=none");
	object_sees(0, XCOFF_R_TLS_IE, "runtime.tls_g", 1, "model=IE at=linker reloc=R_TLS_IE form=none");
}

/* ---- what is refused ------------------------------------------------------------------------------ */

static void test_refused(void **state)
{
	(void)state;
	struct program program = GO_PROGRAM;
	struct sample file;
	program.init = "_rt0_ppc64_aix_lib";
	program.relocs[0] = XCOFF_R_TLS;
	build(&file, &program);
	sample_refused(xcoff_facts, &file, 23, "truncated XCOFF header (23 bytes)");
	sample_refused(
	    xcoff_facts, &file, TEXT - 1, "truncated: 4 XCOFF section headers at 0x90 are beyond the end (0x1af)");
	sample_cut(xcoff_facts, &file);
	put_at(&file, 0, 0x1ef, 2);
	sample_refused(xcoff_facts, &file, file.size, "XCOFF magic 0x1ef");
	build_object(&file, XCOFF_R_TLS, XCOFF_R_TLS_LE, "runtime.tls_g", 1);
	sample_cut(xcoff_facts, &file);
}

/* Tables that point out of the file are left out. */
static void test_wild(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		unsigned width;
	} places[] = {
		{ 8, 8 },
		{ 20, 4 },
		{ HEADER + AUX + 32, 8 },
		{ HEADER + AUX + 72 + 16, 8 },
		{ HEADER + AUX + 144 + 32, 8 },
		{ LOADER + 4, 4 },
		{ LOADER + 8, 4 },
		{ LOADER + 12, 4 },
		{ LOADER + 16, 4 },
		{ LOADER + 24, 8 },
		{ LOADER + 32, 8 },
		{ LOADER + 40, 8 },
		{ LOADER + 48, 8 },
		{ DATA + 8, 4 },
		{ DATA + 16, 4 },
		{ DATA + 0x20, 4 },
		{ LOADER + 56 + 84, 2 },
	};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct program program = GO_PROGRAM;
		struct sample file;
		program.init = "_rt0_ppc64_aix_lib";
		build(&file, &program);
		put_at(&file, places[i].at, UINT64_MAX, places[i].width);
		json_decref(sample_facts(xcoff_facts, &file));
		put_at(&file, places[i].at, INT64_MAX, places[i].width);
		json_decref(sample_facts(xcoff_facts, &file));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_go_program),
		cmocka_unit_test(test_loader_relocs),
		cmocka_unit_test(test_initializers),
		cmocka_unit_test(test_object),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_wild),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
