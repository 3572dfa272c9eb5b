/* loong64.c - TLS accesses in LoongArch code.
 *
 * The thread pointer is $r2, $tp.  A variable of the program is reached by
 *
 *     lu12i.w $r30, %le_hi20; ori $r30, $r30, %le_lo12;
 *     add.d $r30, $r2, $r30; ld.d $r22, $r30, 0                                     LE as Go writes it
 *     lu12i.w $r4, %le_hi20_r; add.d $r4, $r4, $tp; ld.w $r4, $r4, %le_lo12_r       LE of younger C compilers
 *     ld.w $r4, $tp, %le_lo12_r                                                     that, relaxed
 *     pcalau12i $r30, %ie_pc_hi20; ld.d $r30, $r30, %ie_pc_lo12;
 *     add.d $r30, $r2, $r30; ...                                                    IE
 *     nop; ori $r30, $zero, imm                                                     IE as lld relaxes it
 *
 * (cmd/internal/obj/loong64/asm.go cases 53 to 57, cmd/link/internal/loong64/asm.go archreloc for PIE; LoongArch
 * ELF psABI, "Thread Local Storage").  GD and descriptors begin with pcalau12i and addi.d or ld.d of their GOT
 * words.  The TCB lies below $tp, variables at 0 and above.  A plain move of $tp copies it: what then reads at an
 * offset of the copy is the access.  What registers hold is followed by follow.h. */
#include "harness/code/follow.h"

#include <elf.h>

enum { R_TP = 2 };

/* $fp and $s0 to $s8 survive a call (LoongArch psABI, "General-purpose Registers"). */
static const uint32_t saved = 0x3ffu << 22;

/* Immediates: I12 and I14 as in 2RI12 and 2RI14, I20 as in 1RI20.  NO_WRITE: rd is read, or is no general register. */
enum { I12 = 1, I14 = 2, I20 = 4, UNSIGNED = 8, WORD = 16, NO_WRITE = 32 };

struct form {
	uint32_t mask, bits;
	enum follow_op op;
	unsigned flags;
};

/* The first row that matches decides; what matches none writes rd.  LoongArch Reference Manual volume 1, appendix B. */
static const struct form forms[] = {
	{ 0xfe000000, 0x14000000, FOLLOW_CONSTANT, I20 },
	{ 0xfe000000, 0x1a000000, FOLLOW_PAGE, I20 },       /* PCALAU12I */
	{ 0xfe000000, 0x18000000, FOLLOW_NEAR, I20 },       /* PCADDI, to which pcalau12i and addi.d are relaxed */
	{ 0xffc00000, 0x02800000, FOLLOW_ADD_NUMBER, I12 }, /* ADDI.W */
	{ 0xffc00000, 0x02c00000, FOLLOW_ADD_NUMBER, I12 | WORD }, /* ADDI.D */
	{ 0xffc00000, 0x03800000, FOLLOW_OR_NUMBER, I12 | UNSIGNED },
	{ 0xffff8000, 0x00108000, FOLLOW_ADD, 0 }, /* ADD.D */
	{ 0xffff8000, 0x00150000, FOLLOW_OR, 0 },
	{ 0xffc00000, 0x28c00000, FOLLOW_LOAD, I12 | WORD },      /* LD.D */
	{ 0xff000000, 0x26000000, FOLLOW_LOAD, I14 | WORD },      /* LDPTR.D */
	{ 0xff000000, 0x24000000, FOLLOW_LOAD, I14 },             /* LDPTR.W */
	{ 0xfd000000, 0x25000000, FOLLOW_STORE, I14 | NO_WRITE }, /* STPTR.W, STPTR.D */
	{ 0xff000000, 0x29000000, FOLLOW_STORE, I12 | NO_WRITE }, /* ST.B to ST.D */
	{ 0xffc00000, 0x2ac00000, FOLLOW_OTHER, NO_WRITE },       /* PRELD */
	{ 0xff400000, 0x2b000000, FOLLOW_LOAD, I12 | NO_WRITE },  /* FLD.S, FLD.D */
	{ 0xff400000, 0x2b400000, FOLLOW_STORE, I12 | NO_WRITE }, /* FST.S, FST.D */
	{ 0xfc000000, 0x28000000, FOLLOW_LOAD, I12 },             /* LD.B to LD.WU that are left */
	{ 0xfff00000, 0x38000000, FOLLOW_LOAD_SUM, 0 },           /* LDX.B to LDX.D */
	{ 0xfff00000, 0x38100000, FOLLOW_STORE_SUM, NO_WRITE },   /* STX.B to STX.D */
	{ 0xfffc0000, 0x382c0000, FOLLOW_OTHER, NO_WRITE },       /* PRELDX */
	{ 0xfff00000, 0x38200000, FOLLOW_LOAD_SUM, 0 },           /* LDX.BU to LDX.WU */
	{ 0xfff00000, 0x38300000, FOLLOW_LOAD_SUM, NO_WRITE },    /* FLDX.S, FLDX.D, FSTX.S, FSTX.D */
	{ 0xfc000000, 0x54000000, FOLLOW_CALL, NO_WRITE },        /* BL */
	{ 0xfc00001f, 0x4c000001, FOLLOW_CALL, 0 },               /* JIRL $ra */
	{ 0xfc000000, 0x4c000000, FOLLOW_JUMP, 0 },               /* JIRL */
	{ 0xfc000000, 0x50000000, FOLLOW_JUMP, NO_WRITE },        /* B */
	{ 0xf0000000, 0x40000000, FOLLOW_OTHER, NO_WRITE },       /* BEQZ, BNEZ, BCEQZ */
	{ 0xf8000000, 0x58000000, FOLLOW_OTHER, NO_WRITE },       /* BEQ, BNE */
	{ 0xf8000000, 0x60000000, FOLLOW_OTHER, NO_WRITE },       /* BLT, BGE */
	{ 0xf8000000, 0x68000000, FOLLOW_OTHER, NO_WRITE },       /* BLTU, BGEU */
	{ 0, 0, FOLLOW_OTHER, 0 },
};

static struct follow_insn decode(uint32_t code)
{
	const struct form *form = forms;
	while ((code & form->mask) != form->bits)
		form++;
	struct follow_insn insn = { .op = form->op,
		.rd = code & 31,
		.a = code >> 5 & 31,
		.b = code >> 10 & 31,
		.is_word = (form->flags & WORD) != 0 };
	if (form->flags & NO_WRITE)
		insn.rd = 0;
	if (form->flags & I12)
		insn.imm = form->flags & UNSIGNED ? (int64_t)(code >> 10 & 0xfff) : follow_signed(code >> 10, 12);
	else if (form->flags & I14)
		insn.imm = follow_signed(code >> 10, 14) * 4;
	else if (form->flags & I20)
		insn.imm = follow_signed(code >> 5, 20) * (form->op == FOLLOW_NEAR ? 4 : 4096);
	return insn;
}

static void loong64_scan(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	struct follow follow = follow_begin(scan, address, size, R_TP);
	for (size_t at = 0; at + 4 <= size; at += 4) {
		struct follow_insn insn = decode(follow_code(code + at, 0));
		follow_step(&follow, &insn, saved, address + at);
	}
}

/* ---- the row ------------------------------------------------------------------------------ */

/* Not in the <elf.h> of glibc 2.36: LoongArch ELF psABI, "Relocation types". */
#define YOUNG(number, name, kind) { number, RELOC_##kind, "R_LARCH_" #name }

static const struct reloc_type loong64_relocs[] = {
	RELOC(R_LARCH_NONE, NONE),
	RELOC(R_LARCH_64, SYMBOL),
	RELOC(R_LARCH_RELATIVE, RELATIVE),
	RELOC(R_LARCH_COPY, COPY),
	RELOC(R_LARCH_JUMP_SLOT, SYMBOL),
	RELOC(R_LARCH_TLS_DTPMOD64, DTPMOD),
	RELOC(R_LARCH_TLS_DTPREL64, DTPOFF),
	RELOC(R_LARCH_TLS_TPREL64, TPOFF),
	RELOC(R_LARCH_IRELATIVE, IRELATIVE),
	YOUNG(14, TLS_DESC64, TLSDESC),
	YOUNG(83, TLS_LE_HI20, LINK_LE),
	YOUNG(84, TLS_LE_LO12, LINK_LE),
	YOUNG(87, TLS_IE_PC_HI20, LINK_IE),
	YOUNG(88, TLS_IE_PC_LO12, LINK_IE),
	YOUNG(91, TLS_IE_HI20, LINK_IE),
	YOUNG(92, TLS_IE_LO12, LINK_IE),
	YOUNG(95, TLS_LD_PC_HI20, LINK_LD),
	YOUNG(96, TLS_LD_HI20, LINK_LD),
	YOUNG(97, TLS_GD_PC_HI20, LINK_GD),
	YOUNG(98, TLS_GD_HI20, LINK_GD),
	YOUNG(111, TLS_DESC_PC_HI20, LINK_GD),
	YOUNG(121, TLS_LE_HI20_R, LINK_LE),
	YOUNG(122, TLS_LE_ADD_R, LINK_LE),
	YOUNG(123, TLS_LE_LO12_R, LINK_LE),
};

/* The TCB lies below the thread pointer. */
const struct arch arch_loong64 = {
	.name = "loongarch",
	.goarch = "loong64",
	.machine = EM_LOONGARCH,
	.class = 64,
	.variant = 1,
	.thread_pointer = "r2",
	.slot = "runtime.tls_g",
	.relocs = loong64_relocs,
	.reloc_count = ARCH_COUNT(loong64_relocs),
	.scan = loong64_scan,
};
