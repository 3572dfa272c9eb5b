/* The ARM scanner: sequences of A32 and T32 as Go's assembler and C compilers write them, and sequences
 * that are none.  Encodings are GNU as's; a T32 row is words too, the first halfword low. */
#include "tests/unit/unit.h"

#include "harness/code/insn.h"

#include <string.h>

enum {
	BASE = 0x10000,
	WORDS = 80,
	GOT_WORD = 0x20010,
	PAIR = 0x20020,
	PAIR_OF_OTHER = 0x20028,
	DESCRIPTOR = 0x20030,
	HELPER_SLOT = 0x20040
};

#define MRC_R0 0xee1d0f70     /* mrc p15, 0, r0, c13, c0, 3 */
#define BIC_R0 0xe3c00003     /* bic r0, r0, #3 */
#define ADD_R0_R11 0xe080000b /* add r0, r0, r11 */
#define STR_G 0xe580a000      /* str r10, [r0] */
#define LDR_G 0xe590a000      /* ldr r10, [r0] */
#define MOV_R11_LR 0xe1a0b00e /* mov r11, lr */
#define PUSH_R1_R2_R3_IP 0xe92d100e
#define MOV_LR_R11 0xe1a0e00b /* mov lr, r11 */
#define BL(from, to) (0xeb000000 | (((to) - ((from) + 8)) >> 2 & 0xffffff))
#define MRC_R3_T32 0x3f70ee1d /* mrc p15, 0, r3, c13, c0, 3 */

/* Functions that fetch the thread pointer, at the end of the code, and one that does not. */
enum {
	KUSER = BASE + 0x80,
	GO_FALLBACK = BASE + 0x90,
	MRC_HELPER = BASE + 0xa0,
	PLT = BASE + 0xb0,
	PLT_OF_OTHER = BASE + 0xc0,
	NO_HELPER = BASE + 0xd0,
	FREEBSD = BASE + 0xe0,
	NETBSD = BASE + 0xf0,
	OPENBSD = BASE + 0x100,
	NO_SYSTEM_CALL = BASE + 0x110
};

static const struct {
	uint32_t at, code[4];
} functions[] = {
	{ KUSER, { 0xe3e00a0f, 0xe240f01f } },                   /* mvn r0, #0xf000; sub pc, r0, #31 */
	{ GO_FALLBACK, { 0xe59f0000, 0xe280f000, 0xffff0fe0 } }, /* ldr r0, [pc]; add pc, r0, #0; .word */
	{ MRC_HELPER, { MRC_R0, 0xe12fff1e } },                  /* mrc; bx lr */
	{ PLT,
	    { 0xe28fc600, 0xe28cca0f, 0xe5bcff88 } }, /* add ip, pc, #0; add ip, ip, #0xf000; ldr pc, [ip, #0xf88]! */
	{ PLT_OF_OTHER, { 0xe28fc600, 0xe28cca0f, 0xe5bcff7c } },
	{ NO_HELPER, { 0xe59f0000, 0xe280f000, 0xffff0fc0 } },                 /* the kernel's compare and exchange */
	{ FREEBSD, { MRC_R0, 0xe28ef000 } },                                   /* mrc; add pc, lr, #0 */
	{ NETBSD, { PUSH_R1_R2_R3_IP, 0xefa0013c } },                          /* push; svc #_lwp_getprivate */
	{ OPENBSD, { PUSH_R1_R2_R3_IP, 0xe59fc000, 0xef000000, 330 } },        /* push; ldr ip, [pc]; svc #0; .word */
	{ NO_SYSTEM_CALL, { PUSH_R1_R2_R3_IP, 0xe59fc000, 0xef000000, 331 } }, /* another system call */
};

struct row {
	const char *name;
	int is_go;
	uint32_t code[8];
	size_t le, ie, other, gd, ld, tlsdesc;
	int64_t value;    /* Go's agreed offset, or of IE the GOT word */
	const char *form; /* of Go's accesses */
};

#define GOARM5(name, helper, le, value, form) \
	{ "Go, GOARM=5, " name, 1, \
		{ MOV_R11_LR, BL(BASE + 4, helper), MOV_LR_R11, BIC_R0, 0xe59fb004, ADD_R0_R11, LDR_G, 8 }, le, 0, 0, \
		0, 0, 0, value, form }

static const struct row rows[] = {
	{ "Go, LE, load", 1, { MRC_R0, BIC_R0, 0xe59fb004, ADD_R0_R11, LDR_G, 8 }, 1, 0, 0, 0, 0, 0, 8, "two" },
	{ "Go, LE, store", 1, { MRC_R0, BIC_R0, 0xe59fb004, ADD_R0_R11, STR_G, 0xc4 }, 1, 0, 0, 0, 0, 0, 0xc4, "two" },
	{ "Go, IE", 1, { MRC_R0, BIC_R0, 0xe59fb008, 0xe79fb00b, ADD_R0_R11, LDR_G, 0xfffc }, 0, 1, 0, 0, 0, 0,
	    GOT_WORD, "two" },
	{ "Go, IE, another distance", 1, { MRC_R0, BIC_R0, 0xe59fb008, 0xe79fb00b, ADD_R0_R11, LDR_G, 0xfff0 }, 0, 1, 0,
	    0, 0, 0, GOT_WORD - 12, "two" },
	{ "Go, GOARM=5", 1,
	    { MOV_R11_LR, BL(BASE + 4, GO_FALLBACK), MOV_LR_R11, BIC_R0, 0xe59fb004, ADD_R0_R11, LDR_G, 8 }, 1, 0, 0, 0,
	    0, 0, 8, "two" },
	GOARM5("FreeBSD", FREEBSD, 1, 8, "two"),
	GOARM5("NetBSD", NETBSD, 1, 8, "two"),
	GOARM5("OpenBSD", OPENBSD, 1, 8, "two"),
	GOARM5("OpenBSD, another system call", NO_SYSTEM_CALL, 0, 0, "none"),
	{ "Go, a call of something else", 1,
	    { MOV_R11_LR, BL(BASE + 4, NO_HELPER), MOV_LR_R11, BIC_R0, 0xe59fb004, ADD_R0_R11, LDR_G, 8 }, 0, 0, 0, 0,
	    0, 0, 0, "none" },
	{ "Go, offset from nowhere", 1, { MRC_R0, BIC_R0, ADD_R0_R11, LDR_G }, 0, 0, 1, 0, 0, 0, 0, "two" },
	{ "Go, another coprocessor register", 1, { 0xee1d0f50, BIC_R0, 0xe59fb004, ADD_R0_R11, LDR_G, 8 }, 0, 0, 0, 0,
	    0, 0, 0, "none" },
	{ "Go, the thread pointer is overwritten", 1, { MRC_R0, 0xe3a00000, 0xe59fb004, ADD_R0_R11, LDR_G, 8 }, 0, 0, 0,
	    0, 0, 0, 0, "none" },
	{ "Go, literal behind the end", 1, { MRC_R0, BIC_R0, 0xe59fb7ff, ADD_R0_R11, LDR_G }, 0, 0, 1, 0, 0, 0, 0,
	    "two" },
	{ "Go, the bytes of T32", 1, { MRC_R3_T32, 0x58985a01, 8 }, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE: indexed", 0, { MRC_R0, 0xe59f1004, 0xe7902001, 0xe12fff1e, 0x10 }, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE: halfword, indexed", 0, { MRC_R0, 0xe59f1004, 0xe19020b1, 0xe12fff1e, 0x10 }, 1, 0, 0, 0, 0, 0, 0,
	    "none" },
	{ "C, below the TCB's end: no variable", 0, { MRC_R0, 0xe59f1004, 0xe7902001, 0xe12fff1e, 4 }, 0, 0, 0, 0, 0, 0,
	    0, "none" },
	{ "C, the thread's descriptor", 0, { MRC_R0, 0xe59f1004, 0xe7902001, 0xe12fff1e, 0xfffffb50 }, 0, 0, 0, 0, 0, 0,
	    0, "none" },
	/* ldr r1, =GOT_WORD - (BASE + 16); mrc; add r1, pc, r1; ldr r1, [r1]; ldr r2, [r0, r1] */
	{ "C, IE", 0, { 0xe59f1010, MRC_R0, 0xe08f1001, 0xe5911000, 0xe7902001, 0xe12fff1e, 0x10000 }, 0, 1, 0, 0, 0, 0,
	    0, "none" },
	{ "C, IE, an index before the thread pointer", 0,
	    { 0xe59f2010, MRC_R0, 0xe79f2002, 0xe0811002, 0xe7d01001, 0xe12fff1e, 0xfff8 }, 0, 1, 0, 0, 0, 0, 0,
	    "none" },
	{ "C, a byte is no offset", 0, { 0xe59f1010, MRC_R0, 0xe08f1001, 0xe5d11000, 0xe7902001, 0xe12fff1e, 0x10000 },
	    0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, IE, helper by way of the PLT", 0,
	    { 0xe59f1010, 0xe08f1001, 0xe5914000, BL(BASE + 12, PLT), 0xe7902004, 0xe12fff1e, 0x10000 }, 0, 1, 0, 0, 0,
	    0, 0, "none" },
	{ "C, another function of the PLT", 0,
	    { 0xe59f1010, 0xe08f1001, 0xe5914000, BL(BASE + 12, PLT_OF_OTHER), 0xe7902004, 0xe12fff1e, 0x10000 }, 0, 0,
	    0, 0, 0, 0, 0, "none" },
	{ "C, LE, the kernel's helper", 0, { 0xe59f4008, BL(BASE + 4, KUSER), 0xe7902004, 0xe12fff1e, 0x10 }, 1, 0, 0,
	    0, 0, 0, 0, "none" },
	{ "C, LE, a helper's MRC", 0, { 0xe59f4008, BL(BASE + 4, MRC_HELPER), 0xe7902004, 0xe12fff1e, 0x10 }, 1, 0, 0,
	    0, 0, 0, 0, "none" },
	/* ldr r0, =PAIR - (BASE + 12); add r0, pc, r0; bl */
	{ "C, LD", 0, { 0xe59f0008, 0xe08f0000, BL(BASE + 8, NO_HELPER), 0xe12fff1e, 0x10014 }, 0, 0, 0, 0, 1, 0, 0,
	    "none" },
	{ "C, GD", 0, { 0xe59f0008, 0xe08f0000, BL(BASE + 8, NO_HELPER), 0xe12fff1e, 0x1001c }, 0, 0, 0, 1, 0, 0, 0,
	    "none" },
	{ "C, another word's address", 0, { 0xe59f0008, 0xe08f0000, BL(BASE + 8, NO_HELPER), 0xe12fff1e, 0x10018 }, 0,
	    0, 0, 0, 0, 0, 0, "none" },
	{ "C, TLSDESC", 0, { 0xe59f0004, BL(BASE + 4, NO_HELPER), 0xe12fff1e, DESCRIPTOR - (BASE + 8) }, 0, 0, 0, 0, 0,
	    1, 0, "none" },
	/* mrc r3; ldr r2, [pc, #4]; ldr r0, [r3, r2]; bx lr; nop */
	{ "C, T32, LE", 0, { MRC_R3_T32, 0x58984a01, 0xbf004770, 0x10 }, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, T32, LE: add", 0, { MRC_R3_T32, 0x189b4a01, 0xbf004770, 0x10 }, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, T32, LE, wide", 0, { MRC_R3_T32, 0x2008f8df, 0x0002f853, 0xbf004770, 0x10 }, 1, 0, 0, 0, 0, 0, 0,
	    "none" },
	{ "C, T32, LE, wide add", 0, { MRC_R3_T32, 0x2008f8df, 0x0302eb02, 0xbf004770, 0x10 }, 0, 0, 0, 0, 0, 0, 0,
	    "none" },
	{ "C, T32, LE, wide add of it", 0, { MRC_R3_T32, 0x2008f8df, 0x0002eb03, 0xbf004770, 0x10 }, 1, 0, 0, 0, 0, 0,
	    0, "none" },
	/* ldr r2, [pc, #8]; mrc r3; add r2, pc; ldr r2, [r2]; ldr r0, [r3, r2] */
	{ "C, T32, IE", 0, { 0xbf004a02, MRC_R3_T32, 0x6812447a, 0x47705898, 0x10004 }, 0, 1, 0, 0, 0, 0, 0, "none" },
	{ "C, T32, another register's copy", 0, { MRC_R3_T32, 0x46194a01, 0x47705888, 0x10 }, 1, 0, 0, 0, 0, 0, 0,
	    "none" },
	/* ldr r0, [pc, #4]; add r0, pc; bl */
	{ "C, T32, LD", 0, { 0x44784801, 0xf856f000, 0x10020 - 6 }, 0, 0, 0, 0, 1, 0, 0, "none" },
	{ "C, T32, TLSDESC", 0, { 0xbf004801, 0xf856f000, DESCRIPTOR - (BASE + 8) - 1 }, 0, 0, 0, 0, 0, 1, 0, "none" },
	{ "cut in an instruction", 0, { MRC_R3_T32, 0x0000f853 }, 0, 0, 0, 0, 0, 0, 0, "none" },
};

static size_t words_of(const struct row *row)
{
	size_t count = sizeof row->code / sizeof *row->code;
	while (count && !row->code[count - 1])
		count--;
	return count;
}

static void put(unsigned char *at, uint32_t word)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (unsigned char)(word >> i * 8);
}

static void scan(struct insn_scan *scan, const struct row *row, size_t size, uint64_t mark)
{
	static const uint64_t dtpmod[] = { PAIR, PAIR_OF_OTHER }, dtpoff[] = { PAIR_OF_OTHER + 4 },
			      tlsdesc[] = { DESCRIPTOR };
	unsigned char code[WORDS * 4] = { 0 };
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		for (size_t word = 0; word < 4; word++)
			put(code + (functions[i].at - BASE) + word * 4, functions[i].code[word]);
	for (size_t i = 0; i < words_of(row); i++)
		put(code + i * 4, row->code[i]);
	GElf_Phdr load = { .p_type = PT_LOAD, .p_vaddr = BASE, .p_filesz = sizeof code, .p_memsz = sizeof code };
	const struct elf_file file = {
		.bytes = code, .size = sizeof code, .class = 32, .segment = &load, .segment_count = 1
	};
	insn_scan_begin(scan, &arch_arm);
	scan->file = &file;
	scan->tp_helper = HELPER_SLOT;
	scan->dtpmod = dtpmod, scan->dtpmod_count = 2;
	scan->dtpoffs = dtpoff, scan->dtpoff_count = 1;
	scan->tlsdescs = tlsdesc, scan->tlsdesc_count = 1;
	insn_scan_function(scan, "f", row->is_go, BASE + mark, code + mark, size - mark);
	insn_scan_end(scan);
}

static void test_sequences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		struct insn_scan seen;
		scan(&seen, row, words_of(row) * 4, 0);
		const size_t *count = row->is_go ? seen.go : seen.c;
		int64_t value = seen.offset.seen ? seen.offset.value : seen.got.value;
		if (count[ACCESS_LE] != row->le || count[ACCESS_IE] != row->ie || count[ACCESS_OTHER] != row->other ||
		    seen.gd != row->gd || seen.ld != row->ld || seen.tlsdesc != row->tlsdesc || value != row->value ||
		    strcmp(insn_form(&seen), row->form))
			fail_msg("%s: LE %zu IE %zu other %zu GD %zu LD %zu TLSDESC %zu, value %#llx, form %s",
			    row->name, count[ACCESS_LE], count[ACCESS_IE], count[ACCESS_OTHER], seen.gd, seen.ld,
			    seen.tlsdesc, (unsigned long long)value, insn_form(&seen));
	}
}

/* Cut anywhere, and begun at any byte: nothing is read beyond the function. */
static void test_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t size = 0; size <= words_of(&rows[i]) * 4; size++)
			for (uint64_t mark = 0; mark < 4 && mark <= size; mark++) {
				struct insn_scan seen;
				scan(&seen, &rows[i], size, mark);
				assert_true(
				    seen.go[ACCESS_LE] + seen.go[ACCESS_IE] + seen.c[ACCESS_LE] + seen.c[ACCESS_IE] <=
				    1);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sequences),
		cmocka_unit_test(test_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
