/* ppc64.c - TLS accesses in 64-bit Power code, either byte order.
 *
 * The thread pointer is r13; it points 0x7000 above the start of the program's block (ELFv2 3.7.2), and
 * what lies further below is libc's TCB (stack guard, pointer guard, struct pthread).
 *
 *     addis r31, r13, 0;  addi r31, r31, -0x7000             LE (cmd/internal/obj/ppc64/asm9.go case 79)
 *     li r31, -0x7000;    std r30, r31, r13                  LE up to 1.16, of 16 bits (case 79 then)
 *     nop;                addi r31, r13, -0x7000             the same after GNU ld, where the upper half is 0
 *     addis r31, r2, ha;  ld r31, lo(r31);  add r31, r31, r13      IE (case 80): a GOT word, by the TOC base r2
 *     addis r31, r0, 0;   addi r31, r31, lo; add r31, r31, r13     cmd/link's IE made a constant
 *                                                                  (cmd/link/internal/ppc64/asm.go
 *                                                                  R_POWER_TLS_IE): relaxed
 *     paddi r31, r13, n;  pld r31, x@got@tprel@pcrel; add    LE and IE of GOPPC64=power10 (ISA 3.1 prefixes)
 *
 * and Go reaches its slot by std/ld r30, 0(r31) (runtime/tls_ppc64x.s save_g, load_g).  Linkers turn IE into
 * nop; addis r31, r13, ha; addi (ELFv2 3.7.4.3), which is LE in form.  C passes the address of a pair of GOT
 * words to __tls_get_addr: addis r3, r2, ha; addi r3, r3, lo (GD, LD).
 *
 * The TOC base is .got + 0x8000 (ELFv2 3.3), and r2 is taken to hold it everywhere; where there is no such
 * section, it follows from r12, the function's address (ELFv2 2.3.2.1). */
#include "harness/code/follow.h"

#include <elf.h>

enum { R2 = 2, R12 = 12, R13 = 13, TOC_BIAS = 0x8000 };

/* Numbers of ISA 3.1 (ELFv2 1.5) that glibc 2.36's <elf.h> does not have. */
#ifndef R_PPC64_TPREL34
#define R_PPC64_TPREL34 146
#define R_PPC64_GOT_TLSGD_PCREL34 148
#define R_PPC64_GOT_TLSLD_PCREL34 149
#define R_PPC64_GOT_TPREL_PCREL34 150
#endif

static const uint32_t nop = 0x60000000;

/* r14 to r31 and the stack survive a call (ELFv2 2.2.1.1). */
static const uint32_t saved = 0xffffc002;

/* Register 0 as the base of an address is the number 0. */
static struct follow_known base_of(const struct follow *follow, unsigned number)
{
	return number ? follow->reg[number] : follow_number(HOLDS_CONSTANT, 0, 0, 0);
}

static int is_indexed_access(unsigned extended)
{
	unsigned low = extended & 31;
	return low >= 20 && low <= 23 &&
	    extended != 4; /* ldx, lwzx, stdx, lwarx, lwbrx, stwcx., lfdx, ... (ISA book I, appendix) */
}

/* Opcode 31: register to register, and memory at the sum of two registers. */
static void read_registers(struct follow *follow, uint32_t insn, uint64_t at)
{
	unsigned target = insn >> 21 & 31, a = insn >> 16 & 31, b = insn >> 11 & 31, extended = insn >> 1 & 0x3ff;
	if ((extended & 0x1ff) == 266) { /* add, addo */
		follow_set(follow, target, follow_sum(follow, follow->reg[a], follow->reg[b], at));
	} else if (extended == 444 && target == b) { /* mr */
		follow_set(follow, a, follow->reg[target]);
	} else if (is_indexed_access(extended)) {
		follow_memory(follow, follow_sum(follow, base_of(follow, a), follow->reg[b], at), 0, at);
		if (!(extended >> 7 & 1)) /* bit 7 of the number: a store */
			follow_forget(follow, target);
	} else if (extended != 0 && extended != 32) { /* but for cmp, cmpl */
		unsigned group = extended & 31;
		follow_forget(
		    follow, group == 24 || (group >= 26 && group <= 28) ? a : target); /* logic and shifts write RA */
	}
}

/* Loads and stores with a number for an offset; opcodes 32 to 62. */
static void read_memory(struct follow *follow, uint32_t insn, uint64_t at)
{
	unsigned opcode = insn >> 26, target = insn >> 21 & 31, a = insn >> 16 & 31;
	int is_doubleword = opcode >= 56, is_float = (opcode >= 48 && opcode <= 57) || opcode == 61;
	int64_t offset = (int16_t)(is_doubleword ? insn & 0xfffcu : insn & 0xffffu);
	struct follow_known base = base_of(follow, a), word = { 0 };
	follow_memory(follow, base, offset, at);
	if (opcode == 58 && !(insn & 3)) /* ld */
		word = follow_word(follow, base, offset, at);
	int is_store = (opcode >= 36 && opcode <= 39) || opcode == 44 || opcode == 45 || opcode == 47 || opcode == 62;
	if (!is_store && !is_float)
		follow_set(follow, target, word);
	int moves_base = is_doubleword ? opcode != 61 && (insn & 3) == 1 : (opcode & 1) && opcode != 47;
	if (moves_base)
		follow_forget(follow, a);
}

/* A prefix and the instruction behind it (ISA 3.1): a number of 34 bits, from the register or, with R, from here. */
static void read_prefixed(struct follow *follow, uint32_t prefix, uint32_t insn, uint64_t at)
{
	unsigned type = prefix >> 24 & 3, opcode = insn >> 26, target = insn >> 21 & 31, a = insn >> 16 & 31;
	uint64_t bits = (uint64_t)(prefix & 0x3ffff) << 16 | (insn & 0xffff);
	int64_t number = (int64_t)((bits ^ 1ULL << 33) - (1ULL << 33));
	int here = prefix >> 20 & 1;
	struct follow_known base = here ? follow_number(HOLDS_ADDRESS, (int64_t)at, 0, at) : base_of(follow, a),
			    result = { 0 };
	if (type == 2 && opcode == 14 && !here && !a)
		result = follow_number(HOLDS_CONSTANT, number, 0, at);
	else if (type == 2 && opcode == 14)
		result = follow_plus(follow, base, number, 1, at);
	else if ((type == 2 && opcode >= 32) || type == 0)
		follow_memory(follow, base, number, at);
	if (type == 0 && opcode == 57) /* pld */
		result = follow_word(follow, base, number, at);
	follow_set(follow, target, result);
}

/* b, bc, blr, bctr and their like: LK makes a call of it, and no condition an end (ISA book I, 2.4). */
static void read_branch(struct follow *follow, uint32_t insn)
{
	unsigned opcode = insn >> 26, extended = insn >> 1 & 0x3ff;
	if (opcode == 19 && extended != 16 && extended != 528 && extended != 560) /* crand, isync, rfid */
		return;
	if (insn & 1)
		follow_call(follow, saved);
	else if (opcode == 18 || (insn >> 21 & 0x14) == 0x14)
		follow_break(follow);
}

/* A number of 16 bits by itself: in Go's code an offset that its assembler meant to be one. */
static struct follow_known li(const struct follow *follow, int64_t number, uint64_t at)
{
	struct follow_known known = follow_number(HOLDS_CONSTANT, number, 0, at);
	known.single = follow->scan->is_go;
	return known;
}

static void read_insn(struct follow *follow, uint32_t insn, uint64_t at)
{
	unsigned opcode = insn >> 26, target = insn >> 21 & 31, a = insn >> 16 & 31;
	int64_t number = (int16_t)insn;
	switch (opcode) {
	case 14: /* addi, li */
		follow_set(
		    follow, target, a ? follow_plus(follow, follow->reg[a], number, 1, at) : li(follow, number, at));
		break;
	case 15: /* addis, lis */
		follow_set(follow, target,
		    a ? follow_plus(follow, follow->reg[a], number * 65536, 0, at) :
			follow_number(HOLDS_CONSTANT, number * 65536, 1, at));
		break;
	case 16:
	case 18:
	case 19:
		read_branch(follow, insn);
		break;
	case 31:
		read_registers(follow, insn, at);
		break;
	case 7:
	case 8:
	case 12:
	case 13: /* mulli, subfic, addic */
		follow_forget(follow, target);
		break;
	case 20:
	case 21:
	case 23:
	case 24:
	case 25:
	case 26:
	case 27:
	case 28:
	case 29:
	case 30: /* logic and rotations */
		if (insn != nop)
			follow_forget(follow, a);
		break;
	default:
		if (opcode >= 32 && opcode != 59 && opcode != 60 && opcode != 63)
			read_memory(follow, insn, at);
	}
}

static void ppc64_scan(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	struct follow follow = { .scan = scan, .start = address, .end = address + size, .pinned = 1u << R13 };
	const struct elf_section *got = scan->file ? elf_section_named(scan->file, ".got") : NULL;
	int big = scan->arch->big_endian;
	follow.constant_form = scan->is_go ? ACCESS_RELAXED : ACCESS_OTHER;
	follow.reg[R13] = follow_number(HOLDS_TP, 0, 0, 0);
	follow.reg[R12] = follow_number(HOLDS_ADDRESS, (int64_t)address, 0, address);
	if (got) {
		follow.reg[R2] = follow_number(HOLDS_ADDRESS, (int64_t)(got->header.sh_addr + TOC_BIAS), 0, 0);
		follow.pinned |= 1u << R2;
	}
	for (size_t at = 0; at + 4 <= size; at += 4) {
		uint32_t insn = follow_code(code + at, big);
		if (insn >> 26 == 1 && at + 8 <= size) {
			read_prefixed(&follow, insn, follow_code(code + at + 4, big), address + at);
			at += 4;
		} else {
			read_insn(&follow, insn, address + at);
			/* C's functions end in a zero word and a table for debuggers, two words or more (ELFv2
			 * 2.3.5.1). */
			at += !insn && !scan->is_go ? 8 : 0;
		}
	}
}

/* ---- the row ------------------------------------------------------------------------------ */

/* Of a sequence of two or three instructions the first relocation names the model; the others repeat it. */
static const struct reloc_type ppc64_relocs[] = {
	RELOC(R_PPC64_NONE, NONE),
	RELOC(R_PPC64_ADDR64, SYMBOL),
	RELOC(R_PPC64_COPY, COPY),
	RELOC(R_PPC64_GLOB_DAT, SYMBOL),
	RELOC(R_PPC64_JMP_SLOT, SYMBOL),
	RELOC(R_PPC64_RELATIVE, RELATIVE),
	RELOC(R_PPC64_DTPMOD64, DTPMOD),
	RELOC(R_PPC64_TPREL64, TPOFF),
	RELOC(R_PPC64_DTPREL64, DTPOFF),
	RELOC(R_PPC64_IRELATIVE, IRELATIVE),
	RELOC(R_PPC64_TPREL16, LINK_LE),
	RELOC(R_PPC64_TPREL16_HA, LINK_LE),
	RELOC(R_PPC64_TPREL16_LO, LINK_LE),
	RELOC(R_PPC64_TPREL16_LO_DS, LINK_LE),
	RELOC(R_PPC64_TPREL16_DS, LINK_LE),
	RELOC(R_PPC64_TPREL34, LINK_LE),
	RELOC(R_PPC64_GOT_TPREL16_HA, LINK_IE),
	RELOC(R_PPC64_GOT_TPREL16_LO_DS, LINK_IE),
	RELOC(R_PPC64_GOT_TPREL16_DS, LINK_IE),
	RELOC(R_PPC64_GOT_TPREL_PCREL34, LINK_IE),
	RELOC(R_PPC64_TLS, OTHER),
	RELOC(R_PPC64_GOT_TLSGD16, LINK_GD),
	RELOC(R_PPC64_GOT_TLSGD16_HA, LINK_GD),
	RELOC(R_PPC64_GOT_TLSGD16_LO, LINK_GD),
	RELOC(R_PPC64_GOT_TLSGD_PCREL34, LINK_GD),
	RELOC(R_PPC64_GOT_TLSLD16, LINK_LD),
	RELOC(R_PPC64_GOT_TLSLD16_HA, LINK_LD),
	RELOC(R_PPC64_GOT_TLSLD16_LO, LINK_LD),
	RELOC(R_PPC64_GOT_TLSLD_PCREL34, LINK_LD),
};

/* The TCB lies below the block, and the thread pointer 0x7000 above its start (ELFv2 3.7.2). */
#define PPC64(goarch_name, big) \
	{ \
		.name = "ppc64", \
		.goarch = goarch_name, \
		.machine = EM_PPC64, \
		.class = 64, \
		.big_endian = big, \
		.variant = 1, \
		.bias = 0x7000, \
		.thread_pointer = "r13", \
		.slot = "runtime.tls_g", \
		.relocs = ppc64_relocs, \
		.reloc_count = ARCH_COUNT(ppc64_relocs), \
		.scan = ppc64_scan, \
	}
const struct arch arch_ppc64 = PPC64("ppc64", 1);
const struct arch arch_ppc64le = PPC64("ppc64le", 0);
