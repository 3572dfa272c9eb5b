/* The LoongArch scanner: sequences as Go's assembler, compilers and linkers write them, and sequences that
 * are none.  Encodings are LLVM's. */
#include "tests/unit/insn_made.h"

/* The address of the GOT word that the rows below load: 45 pages up from IMAGE, 1448 down. */
enum { GOT_WORD = IMAGE + 45 * 4096 - 1448 };

#define LU12I 0x1400001e     /* lu12i.w $r30, 0 */
#define ORI 0x038003de       /* ori $r30, $r30, 0 */
#define ADD_TP 0x0010f85e    /* add.d $r30, $r2, $r30 */
#define LOAD_G 0x28c003d6    /* ld.d $r22, $r30, 0 */
#define STORE_G 0x29c003d6   /* st.d $r22, $r30, 0 */
#define PCALAU12I 0x1a0005be /* pcalau12i $r30, 45 */
#define LD_GOT 0x28e963de    /* ld.d $r30, $r30, -1448 */
#define CALL 0x54000000      /* bl 0 */
#define JUMP 0x50000000      /* b 0 */
#define COPY 0x00150044      /* move $r4, $tp */
#define NOP 0x03400000

static const struct model_row rows[] = {
	{ "Go, LE, load", 1, { LU12I, ORI, ADD_TP, LOAD_G }, 1, 0, 0, 0, 0, 0, 0, "two" },
	{ "Go, LE, store", 1, { LU12I, ORI, ADD_TP, STORE_G }, 1, 0, 0, 0, 0, 0, 0, "two" },
	{ "Go, LE, 0x12008", 1, { 0x1400025e, 0x038023de, ADD_TP, LOAD_G }, 1, 0, 0, 0, 0, 0, 0x12008, "two" },
	{ "Go, IE", 1, { PCALAU12I, LD_GOT, ADD_TP, LOAD_G }, 0, 1, 0, 0, 0, 0, GOT_WORD, "two" },
	{ "Go, IE that lld relaxed", 1, { NOP, 0x0380801e, ADD_TP, LOAD_G }, 1, 0, 0, 0, 0, 0, 32, "two" },
	{ "Go, offset from nowhere", 1, { ADD_TP, LOAD_G }, 0, 0, 1, 0, 0, 0, 0, "two" },
	{ "Go, a word of 32 bits is no offset", 1, { PCALAU12I, 0x28a963de, ADD_TP, LOAD_G }, 0, 0, 1, 0, 0, 0, 0,
	    "two" },
	{ "Go, IE across a call", 1, { PCALAU12I, LD_GOT, CALL, ADD_TP, LOAD_G }, 0, 0, 1, 0, 0, 0, 0, "two" },
	{ "Go, another variable", 1, { PCALAU12I, LD_GOT, LOAD_G }, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE: lu12i.w; add.d; ld.w", 0, { 0x14000004, 0x00108884, 0x28806084 }, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE relaxed: ld.w $r4, $tp, 40", 0, { 0x2880a044 }, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE relaxed: addi.d $r4, $tp, 48", 0, { 0x02c0c044 }, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE, ldptr.w, stptr.d, fld.d, fst.d", 0, { 0x24000844, 0x27000844, 0x2b802044, 0x2bc02044 }, 4, 0, 0, 0, 0,
	    0, 0, "none" },
	{ "C, LE, ldx.d, stx.d", 0, { 0x02801004, 0x381c0885, 0x380c0884 }, 2, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, IE, ldx.d", 0, { PCALAU12I, 0x26000bc4, 0x380c0884 }, 0, 1, 0, 0, 0, 0, 0, "none" },
	{ "C, the TCB", 0, { 0x28ff6044 }, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, the thread pointer itself", 0, { COPY }, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, through a copy of it", 0, { COPY, 0x28806084 }, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, no copy any more", 0, { COPY, 0x380c0884, 0x28806084 }, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, a branch writes nothing", 0, { COPY, 0x58000085, 0x28806084 }, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, a GOT word from before a jump", 0, { PCALAU12I, LD_GOT, JUMP, ADD_TP }, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, IE across a call, in $s7", 0, { PCALAU12I, LD_GOT, CALL, ADD_TP }, 0, 1, 0, 0, 0, 0, 0, "none" },
	{ "C, IE in a register that a call takes", 0, { PCALAU12I, 0x26000bc4, CALL, 0x00108884 }, 0, 0, 0, 0, 0, 0, 0,
	    "none" },
	{ "C, a constant from before a jump", 0, { 0x02801004, 0x4c000020, 0x00108884, 0x28806084 }, 0, 0, 0, 0, 0, 0,
	    0, "none" },
	{ "C, GD", 0, { 0x1a000024, 0x02c04084 }, 0, 0, 0, 1, 0, 0, 0, "none" },
	{ "C, GD relaxed to pcaddi", 0, { NOP, NOP, NOP, NOP, 0x18008004 }, 0, 0, 0, 1, 0, 0, 0, "none" },
	{ "C, LD", 0, { 0x1a000024, 0x02c0c084 }, 0, 0, 0, 0, 1, 0, 0, "none" },
	{ "C, descriptor", 0, { 0x1a000024, 0x02c08084, 0x28c00081, 0x4c000021, 0x00108884 }, 0, 0, 0, 0, 0, 1, 0,
	    "none" },
	{ "C, other addresses", 0, { 0x1a000024, 0x02c06084, 0x1a000024, 0x28c00081 }, 0, 0, 0, 0, 0, 0, 0, "none" },
};

int main(void)
{
	struct model_tests tests = {
		.arch = &arch_loong64, .rows = rows, .count = ARCH_COUNT(rows),
		.places = {
			{ ACCESS_LE, { NOP, LU12I, ORI, ADD_TP, LOAD_G }, 4, 16 },
			{ ACCESS_IE, { PCALAU12I, LD_GOT, ADD_TP, LOAD_G }, 0, 12 },
		},
		.mixed = { .is_go = 1, .code = { LU12I, ORI, ADD_TP, LOAD_G, LU12I, 0x038023de, ADD_TP, STORE_G } },
		.relocations = {
			{ 11, RELOC_TPOFF, "R_LARCH_TLS_TPREL64" },
			{ 14, RELOC_TLSDESC, "R_LARCH_TLS_DESC64" },
			{ 7, RELOC_DTPMOD, "R_LARCH_TLS_DTPMOD64" },
			{ 87, RELOC_LINK_IE, "R_LARCH_TLS_IE_PC_HI20" },
			{ 83, RELOC_LINK_LE, "R_LARCH_TLS_LE_HI20" },
			{ 97, RELOC_LINK_GD, "R_LARCH_TLS_GD_PC_HI20" },
		},
	};
	return run_model_tests(&tests);
}
