/* The readers of PE images and COFF objects, on files made byte by byte: what they say of Go's slot, and
 * that another access, another list, another header gives another text. */
#include "tests/unit/pe_sample.h"

#include <errno.h>
#include <stdio.h>

enum { SLOT_AT = 0x80, OTHER_AT = 0x90, FUNCTION_SIZE = 0x20 };

/* ---- Go's code ---------------------------------------------------------------------------- */

/* movq VARIABLE(%rip), %rbx; movq %gs:(%rbx), %rbx; ret */
static void amd64_key(struct sample *sample, size_t offset, uint64_t variable)
{
	unsigned char text[] = { 0x48, 0x8b, 0x1d, 0, 0, 0, 0, 0x65, 0x48, 0x8b, 0x1b, 0xc3 };
	uint64_t distance = variable - (address_of(sample, TEXT, offset) + 7);
	for (unsigned i = 0; i < 4; i++)
		text[3 + i] = (unsigned char)(distance >> 8 * i);
	code(sample, offset, text, sizeof text);
}

/* movl VARIABLE, %ecx; movl %fs:(%ecx), %ecx; ret */
static void i386_key(struct sample *sample, size_t offset, uint64_t variable)
{
	unsigned char text[] = { 0x8b, 0x0d, 0, 0, 0, 0, 0x64, 0x8b, 0x09, 0xc3 };
	for (unsigned i = 0; i < 4; i++)
		text[2 + i] = (unsigned char)(variable >> 8 * i);
	code(sample, offset, text, sizeof text);
}

/* mov x0, x18; adrp x27, VARIABLE; ldr x27, [x27, #lo]; ldr x28, [x0, x27]; ret */
static void arm64_key(struct sample *sample, size_t offset, uint64_t variable)
{
	uint64_t pages = (variable >> 12) - (address_of(sample, TEXT, offset + 4) >> 12);
	const uint32_t words[] = { 0xaa1203e0,
		0x9000001b | (uint32_t)(pages & 3) << 29 | (uint32_t)(pages >> 2 & 0x7ffff) << 5,
		0xf940037b | (uint32_t)(variable >> 3 & 0x1ff) << 10, 0xf87b681c, 0xd65f03c0 };
	for (unsigned i = 0; i < 5; i++)
		put(sample, raw_at(TEXT, offset) + 4 * i, words[i], 4);
}

static void key(struct sample *sample, size_t offset, uint64_t variable)
{
	(sample->machine == PE_AMD64      ? amd64_key :
		sample->machine == PE_386 ? i386_key :
					    arm64_key)(sample, offset, variable);
}

static void go_bounds(struct sample *sample, size_t end)
{
	symbol(sample, "runtime.text", TEXT, 0, FUNCTION, STORAGE_LOCAL);
	symbol(sample, "main.get", TEXT, 0, FUNCTION, STORAGE_GLOBAL);
	symbol(sample, "main.put", TEXT, FUNCTION_SIZE, FUNCTION, STORAGE_GLOBAL);
	symbol(sample, "runtime.etext", TEXT, end, FUNCTION, STORAGE_LOCAL);
}

/* A program of Go's with two functions that reach the slot. */
static void go_image(struct sample *sample, unsigned machine)
{
	begin(sample, IMAGE, machine);
	key(sample, 0, address_of(sample, DATA, SLOT_AT));
	key(sample, FUNCTION_SIZE, address_of(sample, DATA, SLOT_AT));
	go_bounds(sample, 2 * FUNCTION_SIZE);
	symbol(sample, "runtime.tls_g", DATA, SLOT_AT, 0, STORAGE_GLOBAL);
}

static const unsigned machines[] = { PE_AMD64, PE_386, PE_ARM64 };
enum { MACHINES = sizeof machines / sizeof *machines };

static void test_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		struct sample sample;
		go_image(&sample, machines[i]);
		assert_access(&sample, "model=KEY at=runtime.tls_g reloc=none form=two");
		json_t *facts = facts_of(&sample);
		assert_int_equal(number_at(facts, "pe", "slot_index"), address_of(&sample, DATA, SLOT_AT));
		assert_int_equal(number_at(json_object_get(facts, "tls"), "insn", "go_ie"), 2);
		json_decref(facts);
	}
}

/* Wrong on purpose: through another variable, through two, and through none that start code could set. */
static void test_another_variable(void **state)
{
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		struct sample sample;
		char expected[80];
		go_image(&sample, machines[i]);
		key(&sample, 0, address_of(&sample, DATA, OTHER_AT));
		assert_access(&sample, "model=KEY at=mixed reloc=none form=two");
		key(&sample, FUNCTION_SIZE, address_of(&sample, DATA, OTHER_AT));
		snprintf(expected, sizeof expected, "model=KEY at=%#llx reloc=none form=two",
		    (unsigned long long)address_of(&sample, DATA, OTHER_AT));
		assert_access(&sample, expected);
	}
}

static void test_without_symbols(void **state)
{
	(void)state;
	static const unsigned sections[] = { DATA, RDATA };
	for (size_t i = 0; i < MACHINES; i++)
		for (size_t k = 0; k < 2; k++) {
			struct sample sample;
			begin(&sample, IMAGE, machines[i]);
			key(&sample, 0, address_of(&sample, sections[k], SLOT_AT));
			memcpy(sample.bytes + raw_at(DATA, 0), "\xff Go buildinf:\x08\2", 16);
			/* Go's, and not known where. */
			assert_access(&sample, "model=none at=unknown reloc=none form=unknown");
			/* And nothing is said of a file that shows no sign of Go. */
			sample.bytes[raw_at(DATA, 0)] = 0;
			assert_access(&sample, "model=none at=none reloc=none form=none");
		}
}

/* Releases up to 1.19 and 1.20: one instruction, a fixed field; and a field that is no slot. */
static void test_fixed(void **state)
{
	(void)state;
	static const unsigned char amd64[] = { 0x65, 0x48, 0x8b, 0x1c, 0x25, 0x28, 0, 0, 0,
		0xc3 };                                                                /* movq %gs:0x28, %rbx; ret */
	static const unsigned char i386[] = { 0x64, 0x8b, 0x0d, 0x14, 0, 0, 0, 0xc3 }; /* movl %fs:0x14, %ecx; ret */
	struct sample sample;
	begin(&sample, IMAGE, PE_AMD64);
	code(&sample, 0, amd64, sizeof amd64);
	go_bounds(&sample, FUNCTION_SIZE);
	assert_access(&sample, "model=FIXED at=gs:0x28 reloc=none form=one");
	sample.bytes[raw_at(TEXT, 5)] = 0x30;
	assert_access(&sample, "model=none at=none reloc=none form=none");
	json_t *facts = facts_of(&sample);
	assert_int_equal(number_at(json_object_get(facts, "pe"), "teb_offsets", "gs:0x30"), 1);
	json_decref(facts);
	/* The other segment register is not the TEB. */
	sample.bytes[raw_at(TEXT, 5)] = 0x28;
	sample.bytes[raw_at(TEXT, 0)] = 0x64;
	assert_access(&sample, "model=none at=none reloc=none form=none");

	begin(&sample, IMAGE, PE_386);
	code(&sample, 0, i386, sizeof i386);
	go_bounds(&sample, FUNCTION_SIZE);
	assert_access(&sample, "model=FIXED at=fs:0x14 reloc=none form=one");
}

static void test_arm64_teb(void **state)
{
	(void)state;
	struct sample sample;
	go_image(&sample, PE_ARM64);
	put(&sample, raw_at(TEXT, FUNCTION_SIZE), 0xf9403640, 4); /* ldr x0, [x18, #0x68]: a field */
	put(&sample, raw_at(TEXT, FUNCTION_SIZE) + 4, 0xd65f03c0, 4);
	json_t *facts = facts_of(&sample);
	assert_int_equal(number_at(json_object_get(facts, "pe"), "teb_offsets", "x18:0x68"), 1);
	json_decref(facts);
	assert_access(&sample, "model=KEY at=runtime.tls_g reloc=none form=two");
	put(&sample, raw_at(TEXT, FUNCTION_SIZE), 0xf9401640, 4); /* ldr x0, [x18, #0x28]: ArbitraryUserPointer */
	assert_access(&sample, "model=KEY at=mixed reloc=none form=mixed");
	put(&sample, raw_at(TEXT, 0), 0xd53bd040, 4); /* mrs x0, tpidr_el0: not the TEB */
	put(&sample, raw_at(TEXT, FUNCTION_SIZE), 0xd503201f, 4);
	assert_access(&sample, "model=KEY at=runtime.tls_g reloc=none form=two");
}

/* The internal linker puts host objects before Go's code; what they do is C's. */
static void test_host_text(void **state)
{
	(void)state;
	struct sample sample;
	for (int marked = 0; marked < 2; marked++) {
		begin(&sample, IMAGE, PE_AMD64);
		amd64_key(&sample, 0, address_of(&sample, DATA, OTHER_AT));
		amd64_key(&sample, FUNCTION_SIZE, address_of(&sample, DATA, SLOT_AT));
		symbol(&sample, "runtime.text", TEXT, 0, FUNCTION, STORAGE_LOCAL);
		symbol(&sample, marked ? "runtime/cgo(.text)" : "main.first", TEXT, 0, FUNCTION, STORAGE_LOCAL);
		symbol(&sample, "threadentry", TEXT, 0, FUNCTION, STORAGE_LOCAL);
		symbol(&sample, "main.get", TEXT, FUNCTION_SIZE, FUNCTION, STORAGE_LOCAL);
		symbol(&sample, "runtime.etext", TEXT, 2 * FUNCTION_SIZE, FUNCTION, STORAGE_LOCAL);
		symbol(&sample, "runtime.tls_g", DATA, SLOT_AT, 0, STORAGE_GLOBAL);
		assert_access(&sample,
		    marked ? "model=KEY at=runtime.tls_g reloc=none form=two" :
			     "model=KEY at=mixed reloc=none form=two");
	}
}

/* ---- headers and directories --------------------------------------------------------------- */

static void test_common(void **state)
{
	(void)state;
	struct sample sample;
	go_image(&sample, PE_AMD64);
	json_t *facts = facts_of(&sample);
	assert_string_equal(text_at(facts, NULL, "format"), "pe");
	assert_string_equal(text_at(facts, NULL, "arch"), "amd64");
	assert_string_equal(text_at(facts, NULL, "type"), "EXEC");
	assert_int_equal(number_at(facts, NULL, "class"), 64);
	assert_int_equal(number_at(facts, NULL, "entry"), 0x140001010);
	assert_true(json_is_true(at(facts, NULL, "static")) && json_is_true(at(facts, "go", "present")));
	assert_string_equal(text_at(facts, "pe", "subsystem"), "console");
	assert_false(json_is_true(at(facts, "pe", "dll")) || json_is_true(at(facts, "pe", "dynamic_base")) ||
	    json_is_true(at(facts, "pe", "nx")));
	assert_int_equal(number_at(facts, "pe", "wx_sections"), 0);
	assert_true(json_is_null(at(facts, "pe", "tls_directory")) && json_is_null(at(facts, "pe", "init_section")));
	assert_string_equal(json_string_value(json_array_get(at(facts, NULL, "floor"), 0)), "Windows 6.1");
	json_decref(facts);

	put(&sample, sample.header + 18, 0x2022, 2);       /* a DLL */
	put(&sample, optional_at(&sample) + 70, 0x140, 2); /* that may be moved and has no code in data */
	put(&sample, optional_at(&sample) + 48, 10, 2);    /* for a subsystem later than the system */
	put(&sample, sample.table + 36, 0xe0000020, 4);    /* and writable code */
	facts = facts_of(&sample);
	assert_string_equal(text_at(facts, NULL, "type"), "DYN");
	assert_true(json_is_true(at(facts, "pe", "dll")) && json_is_true(at(facts, "pe", "dynamic_base")) &&
	    json_is_true(at(facts, "pe", "nx")));
	assert_int_equal(number_at(facts, "pe", "wx_sections"), 1);
	assert_string_equal(json_string_value(json_array_get(at(facts, NULL, "floor"), 0)), "Windows 10.0");
	json_decref(facts);
}

/* ---- constructors -------------------------------------------------------------------------- */

static void assert_constructors(
    struct sample *sample, const char *group, long long entries, const char *section, const char *first)
{
	json_t *facts = facts_of(sample);
	const json_t *list = at(facts, group, "constructors"), *init = at(facts, group, "init_section");
	assert_int_equal(number_at(facts, "init", "go_entries"), entries);
	if (section) {
		assert_string_equal(json_string_value(init), section);
		assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "symbol")), first);
	} else {
		assert_true(json_is_null(init) && json_array_size(list) == 0);
	}
	json_decref(facts);
}

static void test_constructors(void **state)
{
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		struct sample sample;
		go_image(&sample, machines[i]);
		put(&sample, raw_at(RDATA, 0x40), UINT64_MAX, sample.width);
		put(&sample, raw_at(RDATA, 0x40) + sample.width, address_of(&sample, TEXT, 0x100), sample.width);
		symbol(&sample, "_rt0_amd64_windows_lib", TEXT, 0x100, FUNCTION, STORAGE_GLOBAL);
		symbol(&sample, "main", TEXT, 0x120, FUNCTION, STORAGE_GLOBAL);
		/* Without the list's name it is found by the entry in it. */
		assert_constructors(&sample, "pe", 1, ".ctors", "_rt0_amd64_windows_lib");
		symbol(&sample, "__CTOR_LIST__", RDATA, 0x40, 0, STORAGE_GLOBAL);
		assert_constructors(&sample, "pe", 1, ".ctors", "_rt0_amd64_windows_lib");
		/* A program that another linker finished: main is the constructor, and no library's entry. */
		put(&sample, raw_at(RDATA, 0x40) + sample.width, address_of(&sample, TEXT, 0x120), sample.width);
		assert_constructors(&sample, "pe", 0, ".ctors", "main");
		put(&sample, raw_at(RDATA, 0x40) + sample.width, 0, sample.width);
		assert_constructors(&sample, "pe", 0, NULL, NULL);
	}
}

/* ---- Go's function table ------------------------------------------------------------------- */

static void word(struct sample *sample, unsigned section, size_t offset, unsigned number, uint64_t value)
{
	put(sample, raw_at(section, offset) + (size_t)number * sample->width, value, sample->width);
}

/* One function, _rt0_arm64_windows_lib, and C's code behind it, which reaches another variable. */
static void stripped_image(struct sample *sample, unsigned machine)
{
	static const char name[] = "_rt0_arm64_windows_lib";
	uint64_t text;
	begin(sample, IMAGE, machine);
	key(sample, 0, address_of(sample, DATA, SLOT_AT));
	key(sample, FUNCTION_SIZE, address_of(sample, DATA, OTHER_AT));
	text = address_of(sample, TEXT, 0);
	memcpy(sample->bytes + raw_at(RDATA, 0x20), "\xf1\xff\xff\xff\0\0\1", 7);
	sample->bytes[raw_at(RDATA, 0x27)] = (unsigned char)sample->width;
	word(sample, RDATA, 0x28, 0, 1);     /* functions, */
	word(sample, RDATA, 0x28, 3, 0x60);  /* their names, */
	word(sample, RDATA, 0x28, 7, 0x100); /* and their table */
	memcpy(sample->bytes + raw_at(RDATA, 0x20 + 0x60), name, sizeof name);
	put(sample, raw_at(RDATA, 0x20 + 0x104), 0x10, 4); /* its _func */
	put(sample, raw_at(RDATA, 0x20 + 0x108), FUNCTION_SIZE, 4);
	word(sample, DATA, 0x100, 0, address_of(sample, RDATA, 0x20));
	word(sample, DATA, 0x100, 20, text);
	word(sample, DATA, 0x100, 21, text + FUNCTION_SIZE);
	word(sample, DATA, 0x100, 22, text);
	word(sample, DATA, 0x100, 23, text + FUNCTION_SIZE);
	word(sample, RDATA, 0x200, 0, UINT64_MAX);
	word(sample, RDATA, 0x200, 1, text);
}

static void test_function_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		struct sample sample;
		stripped_image(&sample, machines[i]);
		assert_access(&sample, "model=KEY at=runtime.tls_g reloc=none form=two");
		assert_constructors(&sample, "pe", 1, ".ctors", "_rt0_arm64_windows_lib");
		/* A module that does not agree with the table is not believed: it is not known what is Go's. */
		word(&sample, DATA, 0x100, 21, address_of(&sample, TEXT, 1));
		assert_access(&sample, "model=none at=unknown reloc=none form=unknown");
	}
}

/* ---- objects ------------------------------------------------------------------------------- */

static const struct {
	unsigned machine, address, code[2];
	size_t at[2];
	const char *name;
} object_relocs[] = {
	{ PE_AMD64, 1, { 4, 4 }, { 3, FUNCTION_SIZE + 3 }, "IMAGE_REL_AMD64_REL32" },
	{ PE_386, 6, { 6, 6 }, { 2, FUNCTION_SIZE + 2 }, "IMAGE_REL_I386_DIR32" },
	{ PE_ARM64, 14, { 4, 7 }, { 4, 8 }, "IMAGE_REL_ARM64_PAGEBASE_REL21" },
};

/* Go's code as cmd/link writes it for another linker: zeros where the variable comes, and relocations.
 * .rdata is named section, and holds the entry. */
static void go_object(struct sample *sample, enum sample_kind kind, size_t which, const char *section)
{
	begin(sample, kind, object_relocs[which].machine);
	key(sample, 0,
	    sample->machine == PE_AMD64     ? 7 + address_of(sample, TEXT, 0) :
		sample->machine == PE_ARM64 ? address_of(sample, TEXT, 0) :
					      0);
	if (sample->machine == PE_AMD64)
		key(sample, FUNCTION_SIZE, 7 + address_of(sample, TEXT, FUNCTION_SIZE));
	else if (sample->machine == PE_386)
		key(sample, FUNCTION_SIZE, 0);
	unsigned slot = symbol(sample, "runtime.tls_g", DATA, SLOT_AT, 0, STORAGE_GLOBAL),
		 text = symbol(sample, ".text", TEXT, 0, 0, STORAGE_LOCAL);
	go_bounds(sample, 2 * FUNCTION_SIZE);
	symbol(sample, "_rt0_386_windows_lib", TEXT, 0x100, FUNCTION, STORAGE_GLOBAL);
	symbol(sample, "fprintf", 0, 0, FUNCTION, STORAGE_GLOBAL);
	for (unsigned i = 0; i < 2; i++)
		reloc(sample, TEXT, object_relocs[which].at[i], slot, object_relocs[which].code[i]);
	memset(sample->bytes + sample->table + 40, 0, 8);
	memcpy(sample->bytes + sample->table + 40, section, strlen(section));
	put(sample, sample->table + 40 + 16, sample->width, 4);
	put(sample, raw_at(RDATA, 0), 0x100, sample->width);
	reloc(sample, RDATA, 0, text, object_relocs[which].address);
}

static void test_object(void **state)
{
	(void)state;
	static const enum sample_kind kinds[] = { OBJECT, BIGOBJ };
	for (size_t i = 0; i < MACHINES; i++)
		for (size_t k = 0; k < 2; k++) {
			struct sample sample;
			go_object(&sample, kinds[k], i, ".ctors");
			assert_access(&sample, "model=KEY at=runtime.tls_g reloc=none form=two");
			assert_constructors(&sample, "coff", 1, ".ctors", "_rt0_386_windows_lib");
			json_t *facts = facts_of(&sample);
			assert_string_equal(text_at(facts, NULL, "format"), "coff");
			assert_string_equal(text_at(facts, NULL, "type"), "REL");
			assert_int_equal(number_at(facts, "imports", "count"), 1);
			assert_true(
			    number_at(json_object_get(facts, "coff"), "relocations", object_relocs[i].name) > 0);
			json_decref(facts);
			go_object(&sample, kinds[k], i, ".CRT$XCU");
			assert_constructors(&sample, "coff", 1, ".CRT$XCU", "_rt0_386_windows_lib");
			go_object(&sample, kinds[k], i, ".rdata");
			assert_constructors(&sample, "coff", 0, NULL, NULL);
		}
}

/* Up to go1.8 sections of an object have addresses, and those of their relocations begin there (PE format, "COFF
 * Relocations": the section's address is added). */
static void test_object_addresses(void **state)
{
	static const unsigned sections[] = { TEXT, RDATA };
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		struct sample sample;
		go_object(&sample, OBJECT, i, ".ctors");
		for (size_t k = 0; k < 2; k++) {
			size_t at = raw_at(sections[k], RELOCS_AT), header = sample.table + 40 * (sections[k] - 1);
			uint64_t address = 0x1000 * sections[k];
			put(&sample, header + 12, address, 4);
			for (unsigned n = 0; n < sample.relocs[sections[k]]; n++) {
				const unsigned char *old = sample.bytes + at + 10 * n;
				put(&sample, at + 10 * n, address + (old[0] | (unsigned)old[1] << 8), 4);
			}
		}
		assert_access(&sample, "model=KEY at=runtime.tls_g reloc=none form=two");
		assert_constructors(&sample, "coff", 1, ".ctors", "_rt0_386_windows_lib");
	}
}

/* A relocation to another variable gives another text. */
static void test_object_relocation(void **state)
{
	(void)state;
	for (size_t i = 0; i < MACHINES; i++) {
		struct sample sample;
		go_object(&sample, OBJECT, i, ".ctors");
		unsigned other = symbol(&sample, "main.other", DATA, OTHER_AT, 0, STORAGE_GLOBAL);
		for (unsigned k = 0; k < 2; k++)
			put(&sample, raw_at(TEXT, RELOCS_AT) + 10 * k + 4, other, 4);
		assert_access(&sample, "model=KEY at=0x3090 reloc=none form=two");
	}
}

/* 65535 relocations and more: the first record holds their number. */
static void test_many_relocations(void **state)
{
	(void)state;
	struct sample sample;
	go_object(&sample, OBJECT, 0, ".ctors");
	memmove(sample.bytes + raw_at(TEXT, RELOCS_AT) + 10, sample.bytes + raw_at(TEXT, RELOCS_AT), 20);
	put(&sample, raw_at(TEXT, RELOCS_AT), 3, 4);
	put(&sample, sample.table + 32, 0xffff, 2);
	put(&sample, sample.table + 36, 0x61000020, 4);
	assert_access(&sample, "model=KEY at=runtime.tls_g reloc=none form=two");
	json_t *facts = facts_of(&sample);
	assert_int_equal(number_at(json_object_get(facts, "coff"), "relocations", "IMAGE_REL_AMD64_REL32"), 2);
	json_decref(facts);
}

/* ---- what is refused ------------------------------------------------------------------------ */

static void refused(struct sample *sample, const char *why)
{
	struct diag diag = DIAG_INIT;
	assert_null(read_cut(sample, finish(sample), &diag));
	assert_memory_equal(diag.line, "sample: ", 8);
	if (!strstr(diag.line, why))
		fail_msg("'%s' does not say '%s'", diag.line, why);
}

static void test_refused(void **state)
{
	(void)state;
	struct sample sample;
	go_image(&sample, PE_AMD64);
	put(&sample, optional_at(&sample), 0x107, 2);
	refused(&sample, "neither PE32 nor PE32+");
	sample.bytes[0x40] = 'N';
	refused(&sample, "a DOS program, not a PE file");
	put(&sample, 0x3c, 0xfffffff0, 4);
	refused(&sample, "no PE header at 4294967280");
	go_image(&sample, PE_AMD64);
	put(&sample, sample.header + 16, 40, 2);
	refused(&sample, "truncated: optional header of 40 bytes");
	go_image(&sample, PE_AMD64);
	put(&sample, sample.header + 2, 0xffff, 2);
	refused(&sample, "truncated: section table of 65535 entries");
	go_image(&sample, PE_AMD64);
	put(&sample, sample.table + 16, 0x7fffffff, 4);
	refused(&sample, "truncated: section 1 of 2147483647 bytes");
	go_object(&sample, BIGOBJ, 0, ".ctors");
	sample.bytes[12] ^= 1;
	refused(&sample, "of a kind that is not known");
	put(&sample, 4, 0, 2);
	refused(&sample, "a short import object");
}

/* At any length: facts, or an error with its line; never a crash. */
static void test_truncated(void **state)
{
	(void)state;
	struct sample samples[3];
	go_image(&samples[0], PE_AMD64);
	stripped_image(&samples[1], PE_386);
	go_object(&samples[2], BIGOBJ, 2, ".ctors");
	for (size_t i = 0; i < 3; i++)
		for (size_t size = finish(&samples[i]); size--;) {
			struct diag diag = DIAG_INIT;
			json_t *facts = read_cut(&samples[i], size, &diag);
			assert_true(size < 4 || (facts == NULL) == (diag.line[0] != 0));
			assert_true(size >= SYMBOLS_AT || !facts);
			json_decref(facts);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key),
		cmocka_unit_test(test_another_variable),
		cmocka_unit_test(test_without_symbols),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_arm64_teb),
		cmocka_unit_test(test_host_text),
		cmocka_unit_test(test_common),
		cmocka_unit_test(test_constructors),
		cmocka_unit_test(test_function_table),
		cmocka_unit_test(test_object),
		cmocka_unit_test(test_object_addresses),
		cmocka_unit_test(test_object_relocation),
		cmocka_unit_test(test_many_relocations),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_truncated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
