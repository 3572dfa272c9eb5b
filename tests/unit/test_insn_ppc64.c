/* TLS accesses of Power code: each sequence as Go's assembler, cmd/link, GNU ld and C compilers write it, and
 * the same made wrong. */
#include "tests/unit/insn_made.h"

static const struct arch *const arches[] = { &arch_ppc64, &arch_ppc64le };

enum { SLOT = -0x7000 };

#define NOP 0x60000000
#define BLR 0x4e800020
#define ADDI(target, base, number) (14u << 26 | (target) << 21 | (base) << 16 | ((uint32_t)(number) & 0xffff))
#define ADDIS(target, base, number) (15u << 26 | (target) << 21 | (base) << 16 | ((uint32_t)(number) & 0xffff))
#define LD(target, base, number) (58u << 26 | (target) << 21 | (base) << 16 | ((uint32_t)(number) & 0xfffc))
#define STD(source, base, number) (62u << 26 | (source) << 21 | (base) << 16 | ((uint32_t)(number) & 0xfffc))
#define LWZ(target, base, number) (32u << 26 | (target) << 21 | (base) << 16 | ((uint32_t)(number) & 0xffff))
#define ADD(target, a, b) (31u << 26 | (target) << 21 | (a) << 16 | (b) << 11 | 266u << 1)
#define LDX(target, a, b) (31u << 26 | (target) << 21 | (a) << 16 | (b) << 11 | 21u << 1)
#define MR(target, source) (31u << 26 | (source) << 21 | (target) << 16 | (source) << 11 | 444u << 1)
#define BL 0x48000101
#define PREFIX(type, here, number) (1u << 26 | (type) << 24 | (here) << 20 | ((uint32_t)((number) >> 16) & 0x3ffff))
#define PLD(target, number) PREFIX(0u, 1u, number), 57u << 26 | (target) << 21 | ((uint32_t)(number) & 0xffff)
#define PADDI(target, base, number) PREFIX(2u, 0u, number), ADDI(target, base, number)
#define PROLOGUE ADDIS(2, 12, 1), ADDI(2, 2, -0x100) /* r2 = function + 0xff00 */

static const struct scan_row rows[] = {
	{ "LE", 1, { ADDIS(31, 13, 0), ADDI(31, 31, SLOT), LD(30, 31, 0), BLR }, 1, 0, 0, 0, SLOT, "two" },
	{ "LE up to 1.16", 1, { ADDI(31, 0, SLOT), LDX(30, 31, 13) }, 1, 0, 0, 0, SLOT, "two" },
	{ "LE after GNU ld", 1, { NOP, ADDI(31, 13, SLOT), STD(30, 31, 0) }, 1, 0, 0, 0, SLOT, "two" },
	{ "LE, upper half", 1, { ADDIS(31, 13, 1), ADDI(31, 31, -0x6ff8), LD(30, 31, 0) }, 1, 0, 0, 0, 0x10000 - 0x6ff8,
	    "two" },
	{ "LE in one", 1, { LD(30, 13, SLOT + 8) }, 1, 0, 0, 0, SLOT + 8, "one" },
	{ "LE of power10", 1, { PADDI(31, 13, SLOT), LD(30, 31, 0) }, 1, 0, 0, 0, SLOT, "two" },
	{ "IE of power10 after GNU ld, which takes the add for that of a TOC sequence", 1,
	    { PADDI(31, 13, 71328), ADDI(31, 31, 5792), LD(30, 31, 0) }, 1, 0, 0, 0, 77120, "two" },
	{ "cmd/link's IE made LE", 1, { ADDIS(31, 0, 0), ADDI(31, 31, SLOT), ADD(31, 31, 13), LD(30, 31, 0) }, 0, 0, 1,
	    0, SLOT, "two" },
	{ "the same of power10", 1, { PADDI(31, 0, SLOT), ADD(31, 31, 13), LD(30, 31, 0) }, 0, 0, 1, 0, SLOT, "two" },
	{ "IE", 1, { PROLOGUE, ADDIS(31, 2, 0), LD(31, 31, -0x7f0), ADD(31, 31, 13), STD(30, 31, 0) }, 0, 1, 0, 0,
	    IMAGE + CODE + 0xff00 - 0x7f0, "two" },
	{ "IE of power10", 1, { PLD(31, 0x20000), ADD(31, 31, 13), LD(30, 31, 0) }, 0, 1, 0, 0, IMAGE + CODE + 0x20000,
	    "two" },
	{ "address from elsewhere", 1, { ADD(31, 5, 13), LD(30, 31, 0) }, 0, 0, 0, 1, 0, "two" },
	{ "address not used", 1, { ADDI(31, 13, SLOT), ADDI(31, 1, 0), LD(30, 31, 0) }, 0, 0, 0, 0, 0, "none" },
	{ "behind a call", 1, { ADDI(31, 13, SLOT), BL, LD(30, 31, 0) }, 0, 0, 0, 0, 0, "none" },
	{ "behind the end", 1, { ADDI(31, 13, SLOT), BLR, LD(30, 31, 0) }, 0, 0, 0, 0, 0, "none" },
	{ "C, LE", 0, { ADDIS(9, 13, 0), LWZ(3, 9, -0x6000) }, 1, 0, 0, 0, 0, "none" },
	{ "C, LE, address taken", 0, { ADDIS(3, 13, 0), ADDI(3, 3, -0x6000), BLR }, 1, 0, 0, 0, 0, "none" },
	{ "C, IE", 0, { PROLOGUE, LD(9, 2, 8), LDX(9, 9, 13) }, 0, 1, 0, 0, 0, "none" },
	{ "C, thread pointer copied over a call", 0, { MR(29, 13), BL, LWZ(3, 29, -0x7000) }, 1, 0, 0, 0, 0, "none" },
	{ "C, stack guard", 0, { LD(9, 13, -0x7010), ADDI(30, 13, -30656) }, 0, 0, 0, 0, 0, "none" },
	{ "C, sum of another's making", 0, { ADDI(9, 0, 8), ADD(9, 9, 13), ADD(3, 12, 13) }, 0, 0, 0, 0, 0, "none" },
};

/* r2 is .got + 0x8000 in a file that has one. */
#define GOT_WORD (-0x8000 + 8)

static struct made with_code(size_t arch, unsigned type, const uint32_t *words)
{
	struct made made = { .arch = arches[arch], .type = type, .tls_size = 16, .reloc = R_PPC64_NONE };
	put_words(made.bytes + CODE, words, made.arch->big_endian);
	return made;
}

static void test_programs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARCH_COUNT(arches); i++) {
		struct made made =
		    with_code(i, ET_EXEC, (const uint32_t[WORDS_MAX]){ NOP, ADDI(31, 13, SLOT), STD(30, 31, 0), BLR });
		made.slot = NO_SLOT;
		made_file(&made);
		made_observed(&made, "tls.access", "model=LE at=-28672 reloc=none form=two");
		/* 132 bytes of C before it, aligned to 64. */
		made = with_code(
		    i, ET_EXEC, (const uint32_t[WORDS_MAX]){ NOP, ADDI(31, 13, SLOT + 136), STD(30, 31, 0), BLR });
		made.slot = 136;
		made.tls_size = 152;
		made_file(&made);
		made_observed(&made, "tls.access", "model=LE at=pt-tls reloc=none form=two");
		made_observed(&made, "tls.slot-offset", "insn=pt-tls");
		put_words(made.bytes + CODE + 4, (const uint32_t[WORDS_MAX]){ ADDI(31, 13, SLOT + 128) },
		    made.arch->big_endian);
		made_observed(&made, "tls.access", "model=LE at=-28544 reloc=none form=two");
		made_observed(&made, "tls.slot-offset", "insn=-28544 pt-tls=-28536");
	}
}

static void test_libraries(void **state)
{
	(void)state;
	static const uint32_t words[WORDS_MAX] = { ADDIS(31, 2, 0), LD(31, 31, GOT_WORD), ADD(31, 31, 13),
		STD(30, 31, 0), BLR };
	for (size_t i = 0; i < ARCH_COUNT(arches); i++) {
		struct made made = with_code(i, ET_DYN, words);
		made.reloc = R_PPC64_TPREL64;
		made_file(&made);
		made_observed(&made, "tls.access", "model=IE at=loader reloc=R_PPC64_TPREL64 form=two");
		made_observed(&made, "tls.le-users", "le=none");
		/* The word is not the relocation's, or there is no relocation: not the loader's. */
		put_words(made.bytes + CODE + 4, (const uint32_t[WORDS_MAX]){ LD(31, 31, GOT_WORD + 8) },
		    made.arch->big_endian);
		made_observed(&made, "tls.access", "model=IE at=0 reloc=R_PPC64_TPREL64 form=two");
		made = with_code(i, ET_DYN, words);
		made.got = 64;
		made_file(&made);
		made_observed(&made, "tls.access", "model=IE at=64 reloc=none form=two");
		/* LE in C's part of a library. */
		put_words(
		    made.bytes + CODE_C, (const uint32_t[WORDS_MAX]){ ADDI(3, 13, SLOT), BLR }, made.arch->big_endian);
		made_observed(&made, "tls.le-users", "le=c_f");
	}
}

static void test_calls(void **state)
{
	(void)state;
	static const uint32_t words[WORDS_MAX] = { ADDIS(3, 2, 0), ADDI(3, 3, GOT_WORD), BL, NOP };
	for (size_t i = 0; i < ARCH_COUNT(arches); i++) {
		struct made made = { .arch = arches[i], .type = ET_DYN, .tls_size = 16, .reloc = R_PPC64_DTPMOD64 };
		put_words(made.bytes + CODE_C, words, made.arch->big_endian);
		made_file(&made);
		assert_int_equal(made_count(&made, "ld"), 1);
		assert_int_equal(made_count(&made, "gd"), 0);
		put(&made, GOT + 16, 8, (uint64_t)-0x8000); /* the offset of the variable, less 0x8000 */
		assert_int_equal(made_count(&made, "gd"), 1);
		assert_int_equal(made_count(&made, "ld"), 0);
	}
}

/* A zero word, the description of the function for debuggers, and code again. */
static void test_traceback(void **state)
{
	(void)state;
	unsigned char code[20] = { 0 };
	static const uint32_t data[WORDS_MAX] = { 1, LWZ(0, 13, 0), NOP, LWZ(0, 13, 0) };
	for (size_t i = 0; i < ARCH_COUNT(arches); i++) {
		put_words(code + 4, data, arches[i]->big_endian);
		struct insn_scan scan = scan_of(arches[i], 0, code, sizeof code);
		assert_int_equal(scan.c[ACCESS_LE], 1);
	}
}

int main(void)
{
	struct scan_tests scans = { arches, ARCH_COUNT(arches), rows, ARCH_COUNT(rows) };
	const struct CMUnitTest tests[] = {
		SCAN_TESTS(&scans),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_libraries),
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_traceback),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
