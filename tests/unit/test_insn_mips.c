/* TLS accesses of MIPS code: each sequence as Go's assembler and C compilers write it, and the same made wrong. */
#include "tests/unit/insn_made.h"

static const struct arch *const arches[] = { &arch_mips, &arch_mipsle, &arch_mips64, &arch_mips64le };

enum { SLOT = -0x7000, GP = 28, T9 = 25 };

#define I(opcode, rt, rs, number) \
	((uint32_t)(opcode) << 26 | (uint32_t)(rs) << 21 | (uint32_t)(rt) << 16 | ((uint32_t)(number) & 0xffff))
#define RDHWR(rt) (0x7c00e83bu | (rt) << 16)
#define LW(rt, rs, number) I(0x23, rt, rs, number)
#define SW(rt, rs, number) I(0x2b, rt, rs, number)
#define LB(rt, rs, number) I(0x20, rt, rs, number)
#define LUI(rt, number) I(0x0f, rt, 0, number)
#define ADDIU(rt, rs, number) I(0x09, rt, rs, number)
#define R(rd, rs, rt, function) ((uint32_t)(rs) << 21 | (uint32_t)(rt) << 16 | (uint32_t)(rd) << 11 | (function))
#define ADDU(rd, rs, rt) R(rd, rs, rt, 0x21u)
#define MOVE(rd, rs) R(rd, rs, 0, 0x25u)
#define JR 0x03e00008
#define JALR 0x0320f809
#define NOP R(0, 1, 0, 0x25u) /* or $0,$1,$0: a row ends at a word of 0, which is the usual one */

static const struct scan_row rows[] = {
	{ "LE, load", 1, { RDHWR(3), LB(30, 3, SLOT), JR, NOP }, 1, 0, 0, 0, SLOT, "two" },
	{ "LE, store between saves of $3", 1, { R(23, 0, 3, 0x25), RDHWR(3), SW(30, 3, SLOT + 8), R(3, 0, 23, 0x25) },
	    1, 0, 0, 0, SLOT + 8, "two" },
	{ "LE, delay slot", 1, { RDHWR(3), JR, SW(30, 3, SLOT) }, 1, 0, 0, 0, SLOT, "two" },
	{ "another hardware register", 1, { 0x7c03103b, LB(30, 3, SLOT) }, 0, 0, 0, 0, 0, "none" },
	{ "another register", 1, { RDHWR(3), LB(30, 4, SLOT) }, 0, 0, 0, 0, 0, "none" },
	{ "overwritten", 1, { RDHWR(3), ADDIU(3, 29, 8), LB(30, 3, SLOT) }, 0, 0, 0, 0, 0, "none" },
	{ "behind a call", 1, { RDHWR(3), JALR, NOP, LB(30, 3, SLOT) }, 0, 0, 0, 0, 0, "none" },
	{ "behind the end", 1, { RDHWR(3), JR, NOP, LB(30, 3, SLOT) }, 0, 0, 0, 0, 0, "none" },
	{ "offset from elsewhere", 1, { RDHWR(3), ADDU(2, 4, 3), LB(30, 2, 0) }, 0, 0, 0, 1, 0, "two" },
	{ "C, LE", 0, { LUI(2, 0), RDHWR(3), ADDU(2, 2, 3), LW(4, 2, SLOT) }, 1, 0, 0, 0, 0, "none" },
	{ "C, LE, whole offset", 0, { LUI(2, 0), ADDIU(2, 2, SLOT), RDHWR(3), MOVE(5, 3), ADDU(2, 5, 2), LW(4, 2, 0) },
	    1, 0, 0, 0, 0, "none" },
	{ "C, LE, address taken", 0, { RDHWR(3), JR, ADDIU(2, 3, SLOT + 16) }, 1, 0, 0, 0, 0, "none" },
	{ "C, kept over a call", 0, { RDHWR(3), MOVE(16, 3), JALR, NOP, LW(2, 16, SLOT), LW(2, 3, SLOT) }, 1, 0, 0, 0,
	    0, "none" },
	{ "C, the TCB", 0, { RDHWR(3), LW(2, 3, SLOT - 8), ADDIU(2, 3, SLOT - 0x500) }, 0, 0, 0, 0, 0, "none" },
	{ "C, offset of another's making", 0, { RDHWR(3), ADDU(2, 4, 3), LW(2, 2, 0) }, 0, 0, 0, 0, 0, "none" },
};

static void test_programs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARCH_COUNT(arches); i++) {
		int big = arches[i]->big_endian;
		struct made made = { .arch = arches[i], .type = ET_EXEC, .slot = NO_SLOT };
		made.tls_size = 2 * (unsigned)arches[i]->class / 8; /* as cmd/link alone makes it */
		put_words(made.bytes + CODE, (const uint32_t[WORDS_MAX]){ RDHWR(3), LW(30, 3, SLOT), JR }, big);
		made_file(&made);
		made_observed(&made, "tls.access", "model=LE at=-28672 reloc=none form=two");
		made.slot = 144;
		made.tls_size = 160;
		made_file(&made);
		made_observed(&made, "tls.access", "model=LE at=-28672 reloc=none form=two");
		made_observed(&made, "tls.slot-offset", "insn=-28672 pt-tls=-28528");
		put_words(made.bytes + CODE + 4, (const uint32_t[WORDS_MAX]){ LW(30, 3, SLOT + 144) }, big);
		made_observed(&made, "tls.access", "model=LE at=pt-tls reloc=none form=two");
		made_observed(&made, "tls.slot-offset", "insn=pt-tls");
	}
}

/* gp is the GOT's address + 0x7ff0; the word is loaded by ld on 64 bits. */
static struct made with_got(size_t arch, size_t place, unsigned type, unsigned reloc)
{
	struct made made = { .arch = arches[arch], .type = type, .tls_size = 16, .reloc = reloc };
	int word = arches[arch]->class / 8;
	const uint32_t words[WORDS_MAX] = { I(word == 8 ? 0x37 : 0x23, 2, GP, word - 0x7ff0), RDHWR(3),
		R(2, 2, 3, word == 8 ? 0x2du : 0x21u), LW(4, 2, 0), JR };
	put_words(made.bytes + place, words, arches[arch]->big_endian);
	made_file(&made);
	return made;
}

/* C's initial-exec: the loader's where its relocation fills the word.  On 64 bits three types share an entry. */
static void test_relocations(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARCH_COUNT(arches); i++) {
		unsigned wide = arches[i]->class == 64;
		struct made made = with_got(i, CODE, ET_DYN, wide ? R_MIPS_TLS_TPREL64 : R_MIPS_TLS_TPREL32);
		made_observed(&made, "tls.access",
		    wide ? "model=IE at=loader reloc=R_MIPS_TLS_TPREL64 form=two" :
			   "model=IE at=loader reloc=R_MIPS_TLS_TPREL32 form=two");
		made = with_got(i, CODE_C, ET_DYN, wide ? R_MIPS_TLS_TPREL64 : R_MIPS_TLS_TPREL32);
		assert_int_equal(made_count(&made, "c_ie"), 1);
		made = with_got(i, CODE_C, ET_DYN, R_MIPS_REL32);
		assert_int_equal(made_count(&made, "c_ie"), 0);
		made_observed(&made, "tls.model-reloc", "slot-tpoff=0 slot-dtp=0 slot-desc=0");
	}
}

static void test_calls(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARCH_COUNT(arches); i++) {
		unsigned word = (unsigned)arches[i]->class / 8;
		struct made made = { .arch = arches[i],
			.type = ET_DYN,
			.tls_size = 16,
			.reloc = word == 8 ? R_MIPS_TLS_DTPMOD64 : R_MIPS_TLS_DTPMOD32 };
		put_words(made.bytes + CODE_C,
		    (const uint32_t[WORDS_MAX]){
			JALR, I(word == 8 ? 0x19 : 0x09, 4, GP, (int)word - 0x7ff0), LW(2, 2, 0) },
		    arches[i]->big_endian);
		made_file(&made);
		assert_int_equal(made_count(&made, "ld"), 1);
		put(&made, GOT + 2 * word, word, (uint64_t)-0x8000);
		assert_int_equal(made_count(&made, "gd"), 1);
	}
}

int main(void)
{
	struct scan_tests scans = { arches, ARCH_COUNT(arches), rows, ARCH_COUNT(rows) };
	const struct CMUnitTest tests[] = {
		SCAN_TESTS(&scans),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_relocations),
		cmocka_unit_test(test_calls),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
