/* The x86 scanner: sequences of 386 as Go's assembler, compilers and linkers write them, other segments of
 * both processors, and sequences that are none.  Encodings are GNU as's. */
#include "tests/unit/unit.h"

#include "harness/code/insn.h"

#include <string.h>

enum { BASE = 0x10000, CODE_SIZE = 0x100, THUNK = BASE + 0x80, GOT = 0x20000, WORD = 0x20010 };

struct row {
	const char *name;
	int is_go;
	const char *code;
	size_t size;
	size_t le, ie, relaxed, other, gd, ld, tlsdesc;
	int64_t value;    /* agreed offset, or of IE the word; 0: none */
	const char *form; /* of Go's accesses */
};

#define CODE(bytes) bytes, sizeof(bytes) - 1
#define TP_ECX "\x65\x8b\x0d\0\0\0\0"      /* mov %gs:0,%ecx */
#define LOAD_M4 "\x8b\x89\xfc\xff\xff\xff" /* mov -4(%ecx),%ecx */
#define GS_ECX "\x65\x8b\x09"              /* mov %gs:(%ecx),%ecx */
#define CALL_THUNK "\xe8\x7b\0\0\0"        /* call THUNK, from BASE: the next is BASE + 5 */
#define GOT_ECX "\x8b\x89\x0b\0\x01\0"     /* mov WORD - (BASE + 5)(%ecx),%ecx */

static const struct row rows[] = {
	{ "Go, LE for Linux", 1, CODE(TP_ECX LOAD_M4), 1, 0, 0, 0, 0, 0, 0, -4, "two" },
	{ "Go, LE, store", 1, CODE(TP_ECX "\x89\x81\xfc\xff\xff\xff"), 1, 0, 0, 0, 0, 0, 0, -4, "two" },
	{ "Go, LE, twice from one load", 1, CODE(TP_ECX "\x8b\x81\xfc\xff\xff\xff" LOAD_M4), 2, 0, 0, 0, 0, 0, 0, -4,
	    "two" },
	{ "Go, LE, another offset", 1, CODE(TP_ECX "\x8b\x89\xf8\xff\xff\xff"), 1, 0, 0, 0, 0, 0, 0, -8, "two" },
	{ "Go, LE for FreeBSD", 1, CODE("\x65\x8b\x0d\xfc\xff\xff\xff"), 1, 0, 0, 0, 0, 0, 0, -4, "one" },
	{ "Go, both", 1, CODE("\x65\x8b\x0d\xfc\xff\xff\xff" TP_ECX LOAD_M4), 2, 0, 0, 0, 0, 0, 0, -4, "mixed" },
	{ "Go, IE", 1, CODE(CALL_THUNK GOT_ECX GS_ECX), 0, 1, 0, 0, 0, 0, 0, WORD, "two" },
	{ "Go, relaxed", 1, CODE(CALL_THUNK "\xc7\xc1\xfc\xff\xff\xff" GS_ECX), 0, 0, 1, 0, 0, 0, 0, -4, "two" },
	{ "Go, a call that is no thunk", 1, CODE("\xe8\x7c\0\0\0" GOT_ECX GS_ECX), 0, 0, 0, 1, 0, 0, 0, 0, "two" },
	{ "Go, offset from nowhere", 1, CODE(GS_ECX), 0, 0, 0, 1, 0, 0, 0, 0, "two" },
	{ "Go, another segment", 1, CODE("\x64\x8b\x0d\xfc\xff\xff\xff"), 0, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "Go, no segment", 1, CODE("\x8b\x0d\xfc\xff\xff\xff"), 0, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "Go, a vsyscall", 1, CODE("\x65\xff\x15\x10\0\0\0"), 0, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "Go, a vsyscall beside its slot", 1, CODE("\x65\xff\x15\x10\0\0\0" TP_ECX LOAD_M4), 1, 0, 0, 0, 0, 0, 0, -4,
	    "two" },
	{ "C, LE", 0, CODE("\x65\xa1\xf0\xff\xff\xff"), 1, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE of a constant", 0, CODE("\x65\xc7\x05\xf0\xff\xff\xff\x01\0\0\0"), 1, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE: add", 0, CODE("\x65\xa1\0\0\0\0\x05\xf0\xff\xff\xff"), 1, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE: sub, of a relaxed GD", 0, CODE("\x65\xa1\0\0\0\0\x81\xe8\x10\0\0\0"), 1, 0, 0, 0, 0, 0, 0, 0,
	    "none" },
	{ "C, IE at a fixed address", 0, CODE("\x8b\x0d\x10\0\x02\0" GS_ECX), 0, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, IE: add", 0, CODE("\x65\xa1\0\0\0\0\x03\x05\x10\0\x02\0"), 0, 1, 0, 0, 0, 0, 0, 0, "none" },
	/* call thunk; add $GOT - (BASE + 5),%ecx; call THUNK + 1, a function: %ebx lives on */
	{ "C, IE from the GOT", 0,
	    CODE(CALL_THUNK "\x81\xc1\xfb\xff\0\0"
			    "\x8b\x81\x10\0\0\0"
			    "\x65\x8b\0"),
	    0, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, IE by call and pop", 0, CODE("\xe8\0\0\0\0\x59" GOT_ECX GS_ECX), 0, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, IE from a register of before: TPOFF tells", 0,
	    CODE("\x8b\x83\x10\0\0\0"
		 "\x65\x8b\0"),
	    0, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, from a register of before: no TPOFF", 0,
	    CODE("\x8b\x83\x14\0\0\0"
		 "\x65\x8b\0"),
	    0, 0, 0, 1, 0, 0, 0, 0, "none" },
	{ "C, a constant behind a return", 0,
	    CODE("\xba\xff\xff\xff\xff\xc3"
		 "\x65\x8b\x02"),
	    0, 0, 0, 1, 0, 0, 0, 0, "none" },
	{ "C, a constant behind a call", 0,
	    CODE("\xba\xfc\xff\xff\xff\xe8\x10\0\0\0"
		 "\x65\x8b\x02"),
	    0, 0, 0, 1, 0, 0, 0, 0, "none" },
	{ "C, the canary", 0, CODE("\x65\xa1\x14\0\0\0"), 0, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, the thread pointer itself", 0, CODE("\x65\xa1\0\0\0\0\x8b\x40\x08"), 0, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, GD", 0, CODE("\x8d\x04\x1d\x28\0\0\0"), 0, 0, 0, 0, 1, 0, 0, 0, "none" },
	{ "C, GD by way of the GOT", 0, CODE("\x8d\x83\x28\0\0\0"), 0, 0, 0, 0, 1, 0, 0, 0, "none" },
	{ "C, LD as GCC has it", 0, CODE("\x8d\x04\x1d\x20\0\0\0"), 0, 0, 0, 0, 0, 1, 0, 0, "none" },
	{ "C, LD", 0, CODE("\x8d\x83\x20\0\0\0"), 0, 0, 0, 0, 0, 1, 0, 0, "none" },
	{ "C, TLSDESC", 0, CODE("\x8d\x83\x30\0\0\0"), 0, 0, 0, 0, 0, 0, 1, 0, "none" },
	{ "C, another word's address", 0, CODE("\x8d\x83\x24\0\0\0\x8d\x04\x1d\x24\0\0\0"), 0, 0, 0, 0, 0, 0, 0, 0,
	    "none" },
	{ "cut in an instruction", 0, CODE("\x65\xa1\xf0\xff"), 0, 0, 0, 0, 0, 0, 0, 0, "none" },
};

static void scan(struct insn_scan *scan, const struct row *row)
{
	static const uint64_t dtpmod[] = { GOT + 0x20, GOT + 0x28 }, dtpoff[] = { GOT + 0x2c },
			      tlsdesc[] = { GOT + 0x30 }, tpoff[] = { WORD };
	unsigned char code[CODE_SIZE] = { 0 };
	memcpy(code, row->code, row->size);
	memcpy(code + (THUNK - BASE), "\x8b\x0c\x24\xc3", 4); /* mov (%esp),%ecx; ret */
	GElf_Phdr load = { .p_type = PT_LOAD, .p_vaddr = BASE, .p_filesz = sizeof code, .p_memsz = sizeof code };
	GElf_Dyn got = { .d_tag = DT_PLTGOT, .d_un.d_ptr = GOT };
	const struct elf_file file = { .bytes = code,
		.size = sizeof code,
		.class = 32,
		.segment = &load,
		.segment_count = 1,
		.dynamic = &got,
		.dynamic_count = 1 };
	insn_scan_begin(scan, &arch_386);
	scan->file = &file;
	scan->dtpmod = dtpmod, scan->dtpmod_count = 2;
	scan->dtpoffs = dtpoff, scan->dtpoff_count = 1;
	scan->tlsdescs = tlsdesc, scan->tlsdesc_count = 1;
	scan->tpoffs = tpoff, scan->tpoff_count = 1;
	insn_scan_function(scan, "f", row->is_go, BASE, code, row->size);
	insn_scan_end(scan);
}

static void test_sequences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		struct insn_scan seen;
		scan(&seen, row);
		const size_t *count = row->is_go ? seen.go : seen.c;
		int64_t value = seen.offset.seen ? seen.offset.value : seen.got.value;
		if (count[ACCESS_LE] != row->le || count[ACCESS_IE] != row->ie ||
		    count[ACCESS_RELAXED] != row->relaxed || count[ACCESS_OTHER] != row->other || seen.gd != row->gd ||
		    seen.ld != row->ld || seen.tlsdesc != row->tlsdesc || value != row->value ||
		    strcmp(insn_form(&seen), row->form))
			fail_msg(
			    "%s: LE %zu IE %zu relaxed %zu other %zu GD %zu LD %zu TLSDESC %zu, value %lld, form %s",
			    row->name, count[ACCESS_LE], count[ACCESS_IE], count[ACCESS_RELAXED], count[ACCESS_OTHER],
			    seen.gd, seen.ld, seen.tlsdesc, (long long)value, insn_form(&seen));
		assert_int_equal(seen.offset.mixed, 0);
	}
}

static const struct way_row {
	const char *name;
	int is_go;
	const char *code;
	size_t size, int80, gs_10;
} way_rows[] = {
	{ "a vsyscall", 1, CODE("\x65\xff\x15\x10\0\0\0"), 0, 1 },
	{ "system calls", 1, CODE("\xcd\x80\x3d\x01\xf0\xff\xff\xcd\x80"), 2, 0 },
	{ "both ways", 1, CODE("\xcd\x80\x65\xff\x15\x10\0\0\0" TP_ECX LOAD_M4), 1, 1 },
	{ "another interrupt", 1, CODE("\xcd\x03\xcc"), 0, 0 },
	{ "calls through other words", 1, CODE("\x65\xff\x15\x14\0\0\0\xff\x15\x10\0\0\0"), 0, 0 },
	/* mov $0x80cd,%eax; mov $0x1015ff65,%eax; add %al,(%eax) */
	{ "in constants", 1, CODE("\xb8\xcd\x80\0\0\xb8\x65\xff\x15\x10\0\0\0\0"), 0, 0 },
	{ "in C", 0, CODE("\xcd\x80\x65\xff\x15\x10\0\0\0"), 0, 0 },
	{ "cut", 1, CODE("\x65\xff\x15\x10\0\0"), 0, 0 },
};

static void test_ways_into_the_kernel(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof way_rows / sizeof *way_rows; i++) {
		const struct way_row *way = &way_rows[i];
		const struct row row = { .is_go = way->is_go, .code = way->code, .size = way->size };
		struct insn_scan seen;
		scan(&seen, &row);
		if (seen.kernel[KERNEL_INT80] != way->int80 || seen.kernel[KERNEL_GS_10] != way->gs_10)
			fail_msg("%s: %zu int $0x80, %zu %%gs:0x10", way->name, seen.kernel[KERNEL_INT80],
			    seen.kernel[KERNEL_GS_10]);
	}
}

/* Without a file, as readers of other formats scan, nothing is reached from a return address. */
static void test_without_a_file(void **state)
{
	(void)state;
	struct insn_scan seen;
	static const char code[] = CALL_THUNK GOT_ECX GS_ECX;
	insn_scan_begin(&seen, &arch_386);
	insn_scan_function(&seen, "f", 1, BASE, (const unsigned char *)code, sizeof code - 1);
	insn_scan_end(&seen);
	assert_int_equal(seen.go[ACCESS_OTHER], 1);
}

/* ---- segments that are not the psABI's ------------------------------------------------------- */

static const int fields[] = { 0x34 };

static const struct other_row {
	const char *name;
	const struct arch *arch;
	int segment, is_go;
	const char *code;
	size_t size;
	size_t le, ie, other, fixed;
	int64_t value;
	const char *form;
} other_rows[] = {
	/* Windows: mov runtime.tls_g,%ecx; mov %fs:(%ecx),%ecx; mov (%ecx),%ecx */
	{ "Windows, 386", &arch_386, 'f', 1, CODE("\x8b\x0d\x10\0\x02\0\x64\x8b\x09\x8b\x09"), 0, 1, 0, 0, WORD,
	    "two" },
	{ "Windows, amd64", &arch_amd64, 'g', 1, CODE("\x4c\x8b\x35\x09\0\x01\0\x65\x4d\x8b\x36\x4d\x8b\x36"), 0, 1, 0,
	    0, WORD, "two" },
	{ "the psABI's segment", &arch_amd64, 0, 1, CODE("\x4c\x8b\x35\x09\0\x01\0\x65\x4d\x8b\x36\x4d\x8b\x36"), 0, 0,
	    0, 0, 0, "none" },
	{ "Windows, 386, a slot of the TEB", &arch_386, 'f', 1, CODE("\x64\x8b\x0d\x14\0\0\0"), 1, 0, 0, 1, 0x14,
	    "one" },
	{ "Windows, 386, LastError", &arch_386, 'f', 1, CODE("\x64\x8b\x0d\x34\0\0\0"), 0, 0, 0, 1, 0, "none" },
	{ "Windows, 386, in C", &arch_386, 'f', 0, CODE("\x64\x8b\x0d\x14\0\0\0\x64\xa1\x14\0\0\0\x64\xa1\x2c\0\0\0"),
	    0, 0, 0, 2, 0, "none" },
	{ "Darwin, 386", &arch_386, 'g', 1, CODE("\x65\x8b\x0d\x18\0\0\0"), 1, 0, 0, 1, 0x18, "one" },
	{ "Linux, 386, 0x18 is the TCB", &arch_386, 0, 1, CODE("\x65\x8b\x0d\x18\0\0\0"), 0, 0, 0, 0, 0, "none" },
	{ "Darwin", &arch_amd64, 'g', 1, CODE("\x65\x4c\x8b\x34\x25\x30\0\0\0"), 1, 0, 0, 1, 0x30, "one" },
	{ "Darwin, in C", &arch_amd64, 'g', 0, CODE("\x65\x48\x8b\x04\x25\x30\0\0\0"), 0, 0, 0, 1, 0, "none" },
	{ "Darwin, the thread itself", &arch_amd64, 'g', 1, CODE("\x65\x48\x8b\x04\x25\0\0\0\0\x48\x8b\x40\xf8"), 0, 0,
	    0, 1, 0, "none" },
	{ "Linux, 0x30 is the TCB", &arch_amd64, 0, 1, CODE("\x64\x4c\x8b\x34\x25\x30\0\0\0"), 0, 0, 0, 0, 0, "none" },
};

static void test_other_segments(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof other_rows / sizeof *other_rows; i++) {
		const struct other_row *row = &other_rows[i];
		struct insn_scan seen;
		insn_scan_begin(&seen, row->arch);
		seen.segment = row->segment;
		seen.fields = fields, seen.field_count = 1;
		insn_scan_function(&seen, "f", row->is_go, BASE, (const unsigned char *)row->code, row->size);
		insn_scan_end(&seen);
		const size_t *count = row->is_go ? seen.go : seen.c;
		int64_t value = seen.offset.seen ? seen.offset.value : seen.got.value;
		if (count[ACCESS_LE] != row->le || count[ACCESS_IE] != row->ie || count[ACCESS_OTHER] != row->other ||
		    count[ACCESS_RELAXED] || seen.fixed_count != row->fixed || value != row->value ||
		    strcmp(insn_form(&seen), row->form))
			fail_msg("%s: LE %zu IE %zu other %zu fixed %zu, value %lld, form %s", row->name,
			    count[ACCESS_LE], count[ACCESS_IE], count[ACCESS_OTHER], seen.fixed_count, (long long)value,
			    insn_form(&seen));
	}
}

/* Each offset once, with its count; those beyond the table's end are counted at least. */
static void test_fixed_words(void **state)
{
	(void)state;
	struct insn_scan seen;
	insn_scan_begin(&seen, &arch_amd64);
	for (int64_t offset = 8; offset < 8 + 2 * FIXED_MAX; offset++)
		for (int again = 0; again < 2; again++)
			assert_int_equal(insn_fixed(&seen, offset), 1);
	assert_true(seen.fixed_count > FIXED_MAX);
	assert_int_equal(seen.fixed[0].offset, 8);
	assert_int_equal(seen.fixed[FIXED_MAX - 1].offset, 8 + FIXED_MAX - 1);
	assert_int_equal(seen.fixed[FIXED_MAX - 1].count, 2);
	insn_scan_end(&seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_ways_into_the_kernel),
		cmocka_unit_test(test_without_a_file),
		cmocka_unit_test(test_other_segments),
		cmocka_unit_test(test_fixed_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
