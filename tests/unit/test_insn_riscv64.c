/* The RISC-V scanner: sequences as Go's assembler, compilers and linkers write them, and sequences that
 * are none.  Encodings are GNU as's. */
#include "tests/unit/insn_made.h"

/* The address of the GOT word that the rows below load: auipc at IMAGE, 0xa5 pages up, 540 down. */
enum { GOT_WORD = IMAGE + 0xa5000 - 540 };

#define LUI_T6 0x00000fb7    /* lui t6, 0 */
#define ADDIW_T6 0x000f8f9b  /* addiw t6, t6, 0 */
#define ADD_T6_TP 0x004f8fb3 /* add t6, t6, tp */
#define LOAD_G 0x000fbd83    /* ld s11, 0(t6) */
#define STORE_G 0x01bfb023   /* sd s11, 0(t6) */
#define AUIPC_T6 0x000a5f97  /* auipc t6, 0xa5 */
#define LD_T6 0xde4fbf83     /* ld t6, -540(t6) */
#define CALL 0x000580e7      /* jalr ra, 0(a1) */
#define C_MV_TP 0x8512       /* mv a0, tp */
#define C_ADD_TP 0x9792      /* add a5, tp */
#define C_LI_4 0x4791        /* li a5, 4 */
#define C_JUMP 0xa001        /* j . */
#define C_LW 0x43c8          /* lw a0, 4(a5) */

static const struct model_row rows[] = {
	{ "Go, LE, load", 1, { LUI_T6, ADDIW_T6, ADD_T6_TP, LOAD_G }, 1, 0, 0, 0, 0, 0, 0, "two" },
	{ "Go, LE, store", 1, { LUI_T6, ADDIW_T6, ADD_T6_TP, STORE_G }, 1, 0, 0, 0, 0, 0, 0, "two" },
	{ "Go, LE, 0x12000 - 8", 1, { 0x00012fb7, 0xff8f8f9b, ADD_T6_TP, LOAD_G }, 1, 0, 0, 0, 0, 0, 0x11ff8, "two" },
	{ "the same compressed", 1, { 0x6fc9, 0x3fe1, 0x9f92, LOAD_G }, 1, 0, 0, 0, 0, 0, 0x11ff8, "two" },
	{ "Go, IE", 1, { AUIPC_T6, LD_T6, ADD_T6_TP, LOAD_G }, 0, 1, 0, 0, 0, 0, GOT_WORD, "two" },
	{ "Go, offset from nowhere", 1, { ADD_T6_TP, LOAD_G }, 0, 0, 1, 0, 0, 0, 0, "two" },
	{ "Go, a word of 32 bits is no offset", 1, { AUIPC_T6, 0xde4faf83, ADD_T6_TP, LOAD_G }, 0, 0, 1, 0, 0, 0, 0,
	    "two" },
	{ "Go, IE across a call", 1, { AUIPC_T6, LD_T6, CALL, ADD_T6_TP, LOAD_G }, 0, 0, 1, 0, 0, 0, 0, "two" },
	{ "Go, another variable", 1, { AUIPC_T6, LD_T6, LOAD_G }, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE: lui; add; lw", 0, { 0x000007b7, C_ADD_TP, 0x4f88 }, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE, address", 0, { 0x000007b7, C_ADD_TP, 0x01878513 }, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE, two accesses", 0, { 0x000007b7, C_ADD_TP, 0x4f88, 0xcf88 }, 2, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE, double and floating point", 0, { 0x6785, C_ADD_TP, 0x6788, 0xe788, 0x2788 }, 3, 0, 0, 0, 0, 0, 0,
	    "none" },
	{ "C, LE, farthest compressed", 0, { 0x6785, C_ADD_TP, 0x5fe8, 0x7fe8 }, 2, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE relaxed: lw a0, 40(tp)", 0, { 0x02822503 }, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, LE relaxed: addi a0, tp, 48", 0, { 0x03020513 }, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, the TCB", 0, { 0xfd823503 }, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, the thread pointer itself", 0, { C_MV_TP }, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, through a copy of it", 0, { 0x8792, C_LW }, 1, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, no copy any more", 0, { 0x8792, 0x67a2, C_LW }, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, a GOT word from before a jump", 0, { AUIPC_T6, LD_T6, C_JUMP, ADD_T6_TP }, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, IE in a register that a call takes", 0, { AUIPC_T6, LD_T6, CALL, ADD_T6_TP }, 0, 0, 0, 0, 0, 0, 0,
	    "none" },
	{ "C, a constant from before a jump", 0, { C_LI_4, C_JUMP, C_ADD_TP, C_LW }, 0, 0, 0, 0, 0, 0, 0, "none" },
	{ "C, GD", 0, { 0x00001517, 0x0541 }, 0, 0, 0, 1, 0, 0, 0, "none" },
	{ "C, LD", 0, { 0x00001517, 0x03050513 }, 0, 0, 0, 0, 1, 0, 0, "none" },
	{ "C, descriptor", 0, { 0x00001517, 0x02053283, 0x000282e7, 0x9512 }, 0, 0, 0, 0, 0, 1, 0, "none" },
	{ "C, other addresses", 0, { 0x00001517, 0x0561, 0x00001517, 0x02853283 }, 0, 0, 0, 0, 0, 0, 0, "none" },
};

int main(void)
{
	struct model_tests tests = {
		.arch = &arch_riscv64, .rows = rows, .count = ARCH_COUNT(rows),
		.places = {
			{ ACCESS_LE, { 0x0001, LUI_T6, ADDIW_T6, ADD_T6_TP, LOAD_G }, 2, 14 },
			{ ACCESS_IE, { AUIPC_T6, LD_T6, ADD_T6_TP, LOAD_G }, 0, 12 },
		},
		.mixed = {
			.is_go = 1,
			.code = { LUI_T6, ADDIW_T6, ADD_T6_TP, LOAD_G, LUI_T6, 0x008f8f9b, ADD_T6_TP, STORE_G },
		},
		.relocations = {
			{ 11, RELOC_TPOFF, "R_RISCV_TLS_TPREL64" },
			{ 12, RELOC_TLSDESC, "R_RISCV_TLSDESC" },
			{ 7, RELOC_DTPMOD, "R_RISCV_TLS_DTPMOD64" },
			{ 21, RELOC_LINK_IE, "R_RISCV_TLS_GOT_HI20" },
			{ 29, RELOC_LINK_LE, "R_RISCV_TPREL_HI20" },
			{ 22, RELOC_LINK_GD, "R_RISCV_TLS_GD_HI20" },
		},
	};
	return run_model_tests(&tests);
}
