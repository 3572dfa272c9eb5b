/* riscv64.c - TLS accesses in RISC-V code, compressed instructions (C extension) included.
 *
 * The thread pointer is x4, tp.  A variable of the program is reached by
 *
 *     lui t6, %tprel_hi; addiw t6, t6, %tprel_lo; add t6, t6, tp; ld s11, 0(t6)   LE as Go writes it
 *     lui a5, %tprel_hi; add a5, a5, tp; lw a0, %tprel_lo(a5)                     LE as C compilers do
 *     lw  a0, %tprel_lo(tp)                                                       that, relaxed
 *     auipc t6, %tls_ie_pcrel_hi; ld t6, %pcrel_lo(t6); add t6, t6, tp; ...       IE
 *
 * (cmd/internal/obj/riscv/obj.go instructionsForTLS; RISC-V ELF psABI, "Thread Local Storage").  GD and
 * descriptors begin with auipc and addi or ld of their GOT words.  The TCB lies below tp, variables at 0 and
 * above.  A plain move of tp copies it: what then reads at an offset of the copy is the access.  What
 * registers hold is followed by follow.h. */
#include "harness/code/follow.h"

#include <elf.h>

enum { X_ZERO = 0, X_RA = 1, X_TP = 4, X_T0 = 5 };

/* s0 to s11 survive a call (RISC-V calling convention). */
static const uint32_t saved = 3u << 8 | 0x3ffu << 18;

/* ---- decoding ----------------------------------------------------------------------------- */

/* Bits high..low of an instruction. */
static uint32_t field(uint32_t insn, unsigned high, unsigned low) { return insn >> low & ((2u << (high - low)) - 1); }

/* 32-bit instructions (RISC-V ISA volume I, "RV32/64G Instruction Set Listings"). */
static struct follow_insn decode(uint32_t code)
{
	struct follow_insn insn = { .rd = field(code, 11, 7),
		.a = field(code, 19, 15),
		.b = field(code, 24, 20),
		.imm = follow_signed(code >> 20, 12) };
	unsigned function = field(code, 14, 12);
	switch (code & 0x7f) {
	case 0x37:
	case 0x17:
		insn.op = (code & 0x7f) == 0x37 ? FOLLOW_CONSTANT : FOLLOW_PC;
		insn.imm = follow_signed(code & 0xfffff000, 32);
		break;
	case 0x13:
		insn.op = function == 0 ? FOLLOW_ADD_NUMBER : FOLLOW_OTHER;
		insn.is_word = 1;
		break;
	case 0x1b:
		insn.op = function == 0 ? FOLLOW_ADD_NUMBER : FOLLOW_OTHER;
		break;
	case 0x33:
		insn.op = function == 0 && field(code, 31, 25) == 0 ? FOLLOW_ADD : FOLLOW_OTHER;
		break;
	case 0x07: /* loads of floating point */
		insn.rd = 0;
		/* fallthrough */
	case 0x03:
		insn.op = FOLLOW_LOAD;
		insn.is_word = (code & 0x7f) == 0x03 && function == 3;
		break;
	case 0x23:
	case 0x27:
		insn.op = FOLLOW_STORE;
		insn.imm = follow_signed(field(code, 31, 25) << 5 | insn.rd, 12);
		insn.rd = 0;
		break;
	case 0x6f:
	case 0x67:
		/* With another link register than ra and t0 it is a jump (ISA volume I, "Unconditional Jumps"). */
		insn.op = insn.rd == X_RA || insn.rd == X_T0 ? FOLLOW_CALL : FOLLOW_JUMP;
		break;
	case 0x63: /* branches, fused multiplications */
	case 0x43:
	case 0x47:
	case 0x4b:
	case 0x4f:
		insn.rd = 0;
		break;
	case 0x53: /* floating point: comparison, conversion, move to integer */
		function = field(code, 31, 27);
		insn.rd = function == 0x14 || function == 0x18 || function == 0x1c ? insn.rd : 0;
		break;
	}
	return insn;
}

/* Compressed instructions of quadrants 0 and 2: memory with the offset scaled by its width. */
static struct follow_insn decode_memory(uint32_t code)
{
	unsigned function = field(code, 15, 13);
	int is_stack = (code & 3) == 2, is_double = function & 1, is_store = function >= 5;
	unsigned inner = field(code, 4, 2) + 8, base = is_stack ? 2 : field(code, 9, 7) + 8;
	struct follow_insn insn = { .op = is_store ? FOLLOW_STORE : FOLLOW_LOAD, .a = base };
	if (!is_stack)
		insn.imm = field(code, 12, 10) << 3 |
		    (is_double ? field(code, 6, 5) << 6 : field(code, 6, 6) << 2 | field(code, 5, 5) << 6);
	else if (is_store)
		insn.imm = is_double ? field(code, 12, 10) << 3 | field(code, 9, 7) << 6 :
				       field(code, 12, 9) << 2 | field(code, 8, 7) << 6;
	else
		insn.imm = field(code, 12, 12) << 5 |
		    (is_double ? field(code, 6, 5) << 3 | field(code, 4, 2) << 6 :
				 field(code, 6, 4) << 2 | field(code, 3, 2) << 6);
	/* 1 and 5 are floating point. */
	if (!is_store && function != 1)
		insn.rd = is_stack ? field(code, 11, 7) : inner;
	insn.is_word = function == 3;
	return insn;
}

/* Quadrant 1: arithmetic with small constants, jumps and branches. */
static struct follow_insn decode_arithmetic(uint32_t code)
{
	unsigned rd = field(code, 11, 7);
	int64_t imm = follow_signed(field(code, 12, 12) << 5 | field(code, 6, 2), 6);
	switch (field(code, 15, 13)) {
	case 0:
		return (struct follow_insn){ .op = FOLLOW_ADD_NUMBER, .rd = rd, .a = rd, .imm = imm, .is_word = 1 };
	case 1:
		return (struct follow_insn){ .op = FOLLOW_ADD_NUMBER, .rd = rd, .a = rd, .imm = imm };
	case 2:
		return (struct follow_insn){ .op = FOLLOW_ADD_NUMBER, .rd = rd, .a = X_ZERO, .imm = imm, .is_word = 1 };
	case 3:
		/* With sp it is C.ADDI16SP. */
		return (
		    struct follow_insn){ .op = rd == 2 ? FOLLOW_OTHER : FOLLOW_CONSTANT, .rd = rd, .imm = imm * 4096 };
	case 4:
		return (struct follow_insn){ .op = FOLLOW_OTHER, .rd = field(code, 9, 7) + 8 };
	case 5: /* C.J */
		return (struct follow_insn){ .op = FOLLOW_JUMP };
	default: /* C.BEQZ, C.BNEZ */
		return (struct follow_insn){ .op = FOLLOW_OTHER };
	}
}

static struct follow_insn decode_compressed(uint32_t code)
{
	unsigned function = field(code, 15, 13), rd = field(code, 11, 7), rs2 = field(code, 6, 2);
	if ((code & 3) == 1)
		return decode_arithmetic(code);
	if (function == 0) /* C.ADDI4SPN, C.SLLI */
		return (struct follow_insn){ .op = FOLLOW_OTHER, .rd = (code & 3) == 0 ? field(code, 4, 2) + 8 : rd };
	if (function != 4)
		return decode_memory(code);
	if ((code & 3) == 0) /* reserved; Zcb loads and stores of small values */
		return (struct follow_insn){ .op = FOLLOW_OTHER, .rd = field(code, 4, 2) + 8 };
	if (rs2) /* C.MV, C.ADD */
		return (
		    struct follow_insn){ .op = FOLLOW_ADD, .rd = rd, .a = field(code, 12, 12) ? rd : X_ZERO, .b = rs2 };
	return (struct follow_insn){ .op = !rd ? FOLLOW_OTHER :
		    field(code, 12, 12)        ? FOLLOW_CALL :
						 FOLLOW_JUMP }; /* C.EBREAK; C.JALR; C.JR */
}

static void riscv64_scan(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	struct follow follow = follow_begin(scan, address, size, X_TP);
	for (size_t at = 0; at + 2 <= size;) {
		uint32_t word = (uint32_t)code[at] | (uint32_t)code[at + 1] << 8;
		/* The first bits tell the length (ISA volume I, "Base Instruction-Length Encoding"). */
		size_t length = (word & 3) != 3 ? 2 : (word & 0x1f) != 0x1f ? 4 : (word & 0x3f) != 0x3f ? 6 : 8;
		if (length > size - at)
			return;
		if (length == 4)
			word |= (uint32_t)code[at + 2] << 16 | (uint32_t)code[at + 3] << 24;
		struct follow_insn insn = length == 2 ? decode_compressed(word) :
		    length == 4                       ? decode(word) :
							(struct follow_insn){ .op = FOLLOW_OTHER };
		follow_step(&follow, &insn, saved, address + at);
		at += length;
	}
}

/* ---- the row ------------------------------------------------------------------------------ */

static const struct reloc_type riscv64_relocs[] = {
	RELOC(R_RISCV_NONE, NONE),
	RELOC(R_RISCV_64, SYMBOL),
	RELOC(R_RISCV_RELATIVE, RELATIVE),
	RELOC(R_RISCV_COPY, COPY),
	RELOC(R_RISCV_JUMP_SLOT, SYMBOL),
	RELOC(R_RISCV_TLS_DTPMOD64, DTPMOD),
	RELOC(R_RISCV_TLS_DTPREL64, DTPOFF),
	RELOC(R_RISCV_TLS_TPREL64, TPOFF),
	RELOC(R_RISCV_IRELATIVE, IRELATIVE),
	{ 12, RELOC_TLSDESC, "R_RISCV_TLSDESC" }, /* not in the <elf.h> of glibc 2.36 */
	RELOC(R_RISCV_TLS_GOT_HI20, LINK_IE),     /* its other half, PCREL_LO12_I, names a label */
	RELOC(R_RISCV_TLS_GD_HI20, LINK_GD),
	RELOC(R_RISCV_TPREL_HI20, LINK_LE),
	RELOC(R_RISCV_TPREL_LO12_I, LINK_LE),
	RELOC(R_RISCV_TPREL_LO12_S, LINK_LE),
	RELOC(R_RISCV_TPREL_ADD, LINK_LE),
	{ 62, RELOC_LINK_GD, "R_RISCV_TLSDESC_HI20" },
};

/* The TCB lies below the thread pointer. */
const struct arch arch_riscv64 = {
	.name = "riscv",
	.goarch = "riscv64",
	.machine = EM_RISCV,
	.class = 64,
	.variant = 1,
	.thread_pointer = "x4",
	.slot = "runtime.tls_g",
	.relocs = riscv64_relocs,
	.reloc_count = ARCH_COUNT(riscv64_relocs),
	.scan = riscv64_scan,
};
