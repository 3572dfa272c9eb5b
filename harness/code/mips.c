/* mips.c - TLS accesses in MIPS code: 32 and 64 bits, either byte order.
 *
 * RDHWR $3, $29 reads the thread pointer, which points 0x7000 above the start of the program's block ("Thread-local
 * storage on MIPS", NPTL for MIPS); what lies further below is libc's TCB.  Kernels emulate the instruction where
 * a processor has not got it, fastest with $3 (Documentation of CONFIG_CPU_MIPS32_R1 and arch/mips/kernel/traps.c
 * simulate_rdhwr).
 *
 *     rdhwr $3,$29; lw $30,-0x7000($3)                LE, 16 bits of offset (cmd/internal/obj/mips/asm0.go cases 53,
 *                                                     54; ld, sd on 64 bits).  There is no other form: -shared is not
 *                                                     supported
 *     lui $2,%tprel_hi(x); addu $2,$2,$3; lw $2,%tprel_lo(x)($2)      LE of C
 *     lw $2,%gottprel(x)($28); addu $2,$2,$3                          IE of C: a GOT word
 *     addiu $4,$28,%tlsgd(x); jalr __tls_get_addr                     GD and, with %tlsldm, LD
 *
 * $28 is taken to hold gp, the GOT's address + 0x7ff0 (MIPS psABI, "Global Offset Table"), everywhere. */
#include "harness/code/follow.h"

#include <elf.h>

enum { R_GP = 28, GP_BIAS = 0x7ff0, HWR_ULR = 29 };

/* $16 to $23, $28, the stack and $30 survive a call. */
static const uint32_t saved = 0x70ff0000;

/* What an instruction does behind its delay slot. */
enum after { AFTER_NOTHING, AFTER_CALL, AFTER_BREAK };

/* Opcode 0: register to register, and calls by register. */
static enum after read_special(struct follow *follow, uint32_t insn, uint64_t at)
{
	unsigned rs = insn >> 21 & 31, rt = insn >> 16 & 31, rd = insn >> 11 & 31, function = insn & 63;
	struct follow_known *reg = follow->reg;
	if (function == 0x21 || function == 0x2d) { /* addu, daddu; with $0 a move */
		follow_set(follow, rd, !rt ? reg[rs] : !rs ? reg[rt] : follow_sum(follow, reg[rs], reg[rt], at));
	} else if (function == 0x25 && (!rs || !rt)) { /* or: a move */
		follow_set(follow, rd, reg[rs ? rs : rt]);
	} else if (function == 0x08 || function == 0x09) { /* jr, jalr */
		return rd ? AFTER_CALL : AFTER_BREAK;
	} else {
		follow_forget(follow, rd);
	}
	return AFTER_NOTHING;
}

/* Loads and stores: opcodes from 0x20 on, ldl and ldr. */
static void read_memory(struct follow *follow, uint32_t insn, uint64_t at)
{
	unsigned opcode = insn >> 26, rs = insn >> 21 & 31, rt = insn >> 16 & 31;
	int64_t offset = (int16_t)insn;
	const struct follow_known base = follow->reg[rs];
	follow_memory(follow, base, offset, at);
	int is_word = opcode == (follow->scan->arch->class == 64 ? 0x37 : 0x23);
	int is_load = opcode <= 0x27 || opcode == 0x30 || opcode == 0x34 || opcode == 0x37;
	int is_conditional = opcode == 0x38 || opcode == 0x3c; /* sc, scd: the register says whether it was stored */
	if (is_word)
		follow_set(follow, rt, follow_word(follow, base, offset, at));
	else if (is_load || is_conditional)
		follow_forget(follow, rt);
}

static enum after read_insn(struct follow *follow, uint32_t insn, uint64_t at)
{
	unsigned opcode = insn >> 26, rs = insn >> 21 & 31, rt = insn >> 16 & 31, rd = insn >> 11 & 31;
	int64_t number = (int16_t)insn;
	switch (opcode) {
	case 0x00:
		return read_special(follow, insn, at);
	case 0x01: /* bltzal, bgezal and other branches */
		return (rt & 0x1c) == 0x10 ? AFTER_CALL : AFTER_NOTHING;
	case 0x02:
	case 0x03: /* j, jal */
		return opcode == 3 ? AFTER_CALL : AFTER_BREAK;
	case 0x04: /* beq; of a register with itself: b */
		return rs == rt ? AFTER_BREAK : AFTER_NOTHING;
	case 0x09:
	case 0x19: /* addiu, daddiu */
		follow_set(follow, rt,
		    rs ? follow_plus(follow, follow->reg[rs], number, 1, at) :
			 follow_number(HOLDS_CONSTANT, number, 0, at));
		break;
	case 0x0f: /* lui; with a register aui (release 6) */
		follow_set(follow, rt,
		    rs ? follow_plus(follow, follow->reg[rs], number * 65536, 0, at) :
			 follow_number(HOLDS_CONSTANT, number * 65536, 1, at));
		break;
	case 0x08:
	case 0x0a:
	case 0x0b:
	case 0x0c:
	case 0x0d:
	case 0x0e:
	case 0x18: /* other numbers */
		follow_forget(follow, rt);
		break;
	case 0x10:
	case 0x11:
	case 0x12: /* coprocessors: mfc and its like */
		if (rs < 4)
			follow_forget(follow, rt);
		break;
	case 0x1c: /* mul, clz */
		follow_forget(follow, rd);
		break;
	case 0x1f:
		if ((insn & 63) == 0x3b) { /* rdhwr */
			follow_set(
			    follow, rt, rd == HWR_ULR ? follow_number(HOLDS_TP, 0, 0, at) : (struct follow_known){ 0 });
			break;
		}
		follow_forget(follow, rt); /* ext, ins */
		follow_forget(follow, rd); /* seb, wsbh */
		break;
	default:
		if (opcode >= 0x20 || opcode == 0x1a || opcode == 0x1b)
			read_memory(follow, insn, at);
	}
	return AFTER_NOTHING;
}

static void mips_scan(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	/* Register 0 is always 0, of which nothing can be made. */
	struct follow follow = {
		.scan = scan, .start = address, .end = address + size, .constant_form = ACCESS_LE, .pinned = 1
	};
	const struct elf_section *got = scan->file ? elf_section_named(scan->file, ".got") : NULL;
	uint64_t table = got ? got->header.sh_addr : 0;
	if (got || (scan->file && elf_dynamic(scan->file, DT_PLTGOT, &table))) {
		follow.reg[R_GP] = follow_number(HOLDS_ADDRESS, (int64_t)(table + GP_BIAS), 0, 0);
		follow.pinned |= 1u << R_GP;
	}
	enum after last = AFTER_NOTHING;
	for (size_t at = 0; at + 4 <= size; at += 4) {
		enum after next = read_insn(&follow, follow_code(code + at, scan->arch->big_endian), address + at);
		if (last == AFTER_CALL)
			follow_call(&follow, saved);
		else if (last == AFTER_BREAK)
			follow_break(&follow);
		last = next;
	}
}

/* ---- the row ------------------------------------------------------------------------------ */

/* On 64 bits the types are the first of the three that share an entry (MIPS64 ELF object file specification 2.9.1). */
static const struct reloc_type mips_relocs[] = {
	RELOC(R_MIPS_NONE, NONE),
	RELOC(R_MIPS_REL32, RELATIVE),
	RELOC(R_MIPS_GLOB_DAT, SYMBOL),
	RELOC(R_MIPS_COPY, COPY),
	RELOC(R_MIPS_JUMP_SLOT, SYMBOL),
	RELOC(R_MIPS_TLS_DTPMOD32, DTPMOD),
	RELOC(R_MIPS_TLS_DTPREL32, DTPOFF),
	RELOC(R_MIPS_TLS_DTPMOD64, DTPMOD),
	RELOC(R_MIPS_TLS_DTPREL64, DTPOFF),
	RELOC(R_MIPS_TLS_TPREL32, TPOFF),
	RELOC(R_MIPS_TLS_TPREL64, TPOFF),
	RELOC(R_MIPS_TLS_TPREL_HI16, LINK_LE),
	RELOC(R_MIPS_TLS_TPREL_LO16, LINK_LE),
	RELOC(R_MIPS_TLS_GOTTPREL, LINK_IE),
	RELOC(R_MIPS_TLS_GD, LINK_GD),
	RELOC(R_MIPS_TLS_LDM, LINK_LD),
	RELOC(R_MIPS_TLS_DTPREL_HI16, OTHER),
	RELOC(R_MIPS_TLS_DTPREL_LO16, OTHER),
};

/* The TCB lies below the block, and the thread pointer 0x7000 above its start. */
#define MIPS(goarch_name, class_bits, big) \
	{ \
		.name = "mips", \
		.goarch = goarch_name, \
		.machine = EM_MIPS, \
		.class = class_bits, \
		.big_endian = big, \
		.variant = 1, \
		.bias = 0x7000, \
		.thread_pointer = "rdhwr $29", \
		.slot = "runtime.tls_g", \
		.relocs = mips_relocs, \
		.reloc_count = ARCH_COUNT(mips_relocs), \
		.scan = mips_scan, \
	}
const struct arch arch_mips = MIPS("mips", 32, 1);
const struct arch arch_mipsle = MIPS("mipsle", 32, 0);
const struct arch arch_mips64 = MIPS("mips64", 64, 1);
const struct arch arch_mips64le = MIPS("mips64le", 64, 0);
