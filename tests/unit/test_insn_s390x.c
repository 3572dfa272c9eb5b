/* TLS accesses of z/Architecture code: each sequence as Go's assembler, cmd/link and C compilers write it, and the
 * same made wrong. */
#include "tests/unit/insn_made.h"

enum { BYTES_MAX = 64 };

struct bytes_row {
	struct scan_row row; /* words are not used */
	unsigned char code[BYTES_MAX];
	size_t size;
};

#define EAR \
	0xb2, 0x4f, 0x00, 0xb0, 0xeb, 0xbb, 0x00, 0x20, 0x00, 0x0d, 0xb2, 0x4f, 0x00, 0xb1 /* ear, sllg, ear: %r11 */
#define LARL(halfwords) \
	0xc0, 0xa0, (unsigned)(halfwords) >> 24 & 0xff, (unsigned)(halfwords) >> 16 & 0xff, \
	    (unsigned)(halfwords) >> 8 & 0xff, (unsigned)(halfwords) & 0xff
#define LG 0xe3, 0xa0, 0xa0, 0x00, 0x00, 0x04 /* lg %r10,0(%r10) */
#define LGF 0xe3, 0xa0, 0xa0, 0x00, 0x00, 0x14
#define J_12 0xa7, 0xf4, 0x00, 0x06
#define STG 0xe3, 0xda, 0xb0, 0x00, 0x00, 0x24 /* stg %r13,0(%r10,%r11) */
#define LOAD_G 0xe3, 0xda, 0xb0, 0x00, 0x00, 0x04
#define LGFI(number) 0xc0, 0xa1, 0xff, 0xff, 0xff, (number) & 0xff, 0x07, 0x00, 0x07, 0x00, 0x07, 0x00
#define BR 0x07, 0xfe
#define BRASL 0xc0, 0xe5, 0, 0, 0, 0x20
#define MINUS_8 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf8
#define ROW(what, is_go, le, ie, relaxed, other, value, form, ...) \
	{ \
		{ what, is_go, { 0 }, le, ie, relaxed, other, value, form }, { __VA_ARGS__ }, \
		    sizeof(const unsigned char[]) \
		{ \
			__VA_ARGS__ \
		} \
	}

/* larl stands at 14, behind the reading of the thread pointer: + 16 bytes is the word behind the branch. */
static const struct bytes_row rows[] = {
	ROW("IE", 1, 0, 1, 0, 0, IMAGE + CODE + 14 + 0x200 - 4, "two", EAR, LARL(0x100), LGF, STG, BR),
	ROW("IE, whole word", 1, 0, 1, 0, 0, IMAGE + CODE + 14 + 0x200, "two", EAR, LARL(0x100), LG, LOAD_G, BR),
	ROW("IE made a constant", 1, 0, 0, 1, 0, -8, "two", EAR, LGFI(-8), STG, BR),
	ROW("at the TCB's side", 1, 0, 0, 0, 0, 0, "none", EAR, 0xc0, 0xa1, 0, 0, 0, 8, STG, BR),
	ROW("half a thread pointer", 1, 0, 0, 0, 0, 0, "none", 0xb2, 0x4f, 0x00, 0xb0, LGFI(-8), STG, BR),
	ROW("another base", 1, 0, 0, 0, 0, 0, "none", EAR, LGFI(-8), 0xe3, 0xda, 0x90, 0x00, 0x00, 0x24, BR),
	ROW("offset from elsewhere", 1, 0, 0, 0, 1, 0, "two", EAR, STG, BR),
	ROW("behind a call", 1, 0, 0, 0, 0, 0, "none", EAR, LGFI(-8), BRASL, STG, BR),
	ROW("behind the end", 1, 0, 0, 0, 0, 0, "none", EAR, LGFI(-8), BR, STG, BR),
	ROW("C, TCB and stack guard", 0, 0, 0, 0, 0, 0, "none", EAR, 0xe3, 0x20, 0xb0, 0x28, 0x00, 0x04, 0xd2, 0x07,
	    0xf0, 0xa0, 0xb0, 0x28, BR),
	ROW("C, below the thread pointer", 0, 1, 0, 0, 0, 0, "none", EAR, 0xe3, 0x20, 0xbf, 0xf8, 0xff, 0x04, BR),
	ROW("C, address below it", 0, 1, 0, 0, 0, 0, "none", EAR, 0xa7, 0xbb, 0xff, 0xf8, BR),
	ROW("C, IE by sum", 0, 0, 1, 0, 0, 0, "none", EAR, 0xc4, 0xa8, 0, 0, 1, 0, 0xb9, 0x08, 0x00, 0xba, BR),
	ROW("C, IE by ag", 0, 0, 1, 0, 0, 0, "none", EAR, LARL(0x100), 0xe3, 0xb0, 0xa0, 0x00, 0x00, 0x08, BR),
	ROW("C, IE by la", 0, 0, 1, 0, 0, 0, "none", EAR, 0xc4, 0xa8, 0, 0, 1, 0, 0x41, 0x2a, 0xb0, 0x00, BR),
	ROW("C, kept over a call", 0, 0, 1, 0, 0, 0, "none", EAR, BRASL, 0xc4, 0xa8, 0, 0, 1, 0, STG, BR),
	ROW("C, offset of another's making", 0, 0, 0, 0, 0, 0, "none", EAR, BRASL, STG, BR),
};

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARCH_COUNT(rows); i++) {
		struct insn_scan scan = scan_of(&arch_s390x, rows[i].row.is_go, rows[i].code, rows[i].size);
		check_scan(&arch_s390x, &rows[i].row, &scan);
		for (size_t cut = 0; cut < rows[i].size; cut++)
			scan_of(&arch_s390x, rows[i].row.is_go, rows[i].code, cut);
	}
}

static void test_any_bytes(void **state)
{
	(void)state;
	check_any_bytes(&arch_s390x);
}

/* The word of LE stands between the instructions, which go on behind it. */
static const unsigned char local_exec[] = { EAR, LARL(8), LG, J_12, MINUS_8, STG, BR };

static void test_programs(void **state)
{
	(void)state;
	struct made made = { .arch = &arch_s390x, .type = ET_EXEC, .tls_size = 16, .slot = 0 };
	memcpy(made.bytes + CODE, local_exec, sizeof local_exec);
	made_file(&made);
	made_observed(&made, "tls.model-insn", "go-le=yes go-ie=no go-relaxed=no");
	/* PT_TLS has C's variables too, and 64 bytes; the slot is the last word but one, or the last. */
	made.tls_size = 64;
	made.slot = 48;
	made_file(&made);
	made_observed(&made, "tls.access", "model=LE at=-8 reloc=none form=two");
	made_observed(&made, "tls.slot-offset", "insn=-8 pt-tls=-16");
	made.slot = 56;
	made_file(&made);
	made_observed(&made, "tls.access", "model=LE at=pt-tls reloc=none form=two");
	made_observed(&made, "tls.slot-offset", "insn=pt-tls");
}

/* larl reaches the low half of the GOT's second word. */
static const unsigned char initial_exec[] = { EAR, LARL((GOT + 12 - CODE - 14) / 2), LGF, STG, BR };

static struct made with_got(size_t place, unsigned type, unsigned reloc, uint64_t got)
{
	struct made made = {
		.arch = &arch_s390x, .type = type, .tls_size = 64, .slot = 48, .reloc = reloc, .got = got
	};
	memcpy(made.bytes + place, initial_exec, sizeof initial_exec);
	put(&made, place + 16, 4, (GOT + 12 - place - 14) / 2);
	made_file(&made);
	return made;
}

static void test_got(void **state)
{
	(void)state;
	struct made made = with_got(CODE, ET_DYN, R_390_TLS_TPOFF, 0);
	made_observed(&made, "tls.access", "model=IE at=loader reloc=R_390_TLS_TPOFF form=two");
	/* In a program the linker fills the word. */
	made = with_got(CODE, ET_EXEC, R_390_NONE, (uint64_t)-16);
	made_observed(&made, "tls.access", "model=IE at=pt-tls reloc=none form=two");
	made_observed(&made, "tls.slot-offset", "insn=pt-tls");
	made = with_got(CODE, ET_EXEC, R_390_NONE, (uint64_t)-24);
	made_observed(&made, "tls.access", "model=IE at=-24 reloc=none form=two");
	made_observed(&made, "tls.slot-offset", "insn=-24 pt-tls=-16");
	/* C's: a word that nobody fills is no offset of a library's. */
	made = with_got(CODE_C, ET_DYN, R_390_TLS_TPOFF, 0);
	assert_int_equal(made_count(&made, "c_ie"), 1);
	made = with_got(CODE_C, ET_DYN, R_390_NONE, 8);
	assert_int_equal(made_count(&made, "c_ie"), 0);
}

/* C's literals stand outside the GOT; 0 is what is left of LD, and the offset comes with the next one. */
static void test_literals(void **state)
{
	(void)state;
	static const unsigned char code[] = { EAR, 0xc4, 0xa8, 0, 0, 0, 0x59, 0x41, 0xaa, 0xb0, 0x00, 0xc4, 0x98, 0, 0,
		0, 0x58, 0x41, 0x29, 0xa0, 0x00, BR };
	struct made made = { .arch = &arch_s390x, .type = ET_EXEC, .tls_size = 64, .slot = 48 };
	memcpy(made.bytes + CODE_C, code, sizeof code);
	put(&made, CODE_C + 14 + 2 * 0x59, 8, 0);
	put(&made, CODE_C + 24 + 2 * 0x58, 8, (uint64_t)-64);
	made_file(&made);
	assert_int_equal(made_count(&made, "c_le"), 1);
	put(&made, CODE_C + 24 + 2 * 0x58, 8, 64);
	assert_int_equal(made_count(&made, "c_le"), 0);
}

/* %r2 has the pair's place in the GOT, from a literal. */
static void test_calls(void **state)
{
	(void)state;
	static const unsigned char code[] = { 0xc4, 0x28, 0, 0, 0, 0x20, BRASL, BR };
	struct made made = {
		.arch = &arch_s390x, .type = ET_DYN, .tls_size = 64, .slot = 48, .reloc = R_390_TLS_DTPMOD
	};
	memcpy(made.bytes + CODE_C, code, sizeof code);
	put(&made, CODE_C + 0x40, 8, 8);
	made_file(&made);
	assert_int_equal(made_count(&made, "ld"), 1);
	put(&made, GOT + 16, 8, 24);
	assert_int_equal(made_count(&made, "gd"), 1);
	put(&made, CODE_C + 0x40, 8, 16);
	assert_int_equal(made_count(&made, "gd") + made_count(&made, "ld"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_got),
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_calls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
