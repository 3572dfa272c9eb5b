/* s390x.c - TLS accesses in z/Architecture code.
 *
 * The thread pointer is in the access registers a0 and a1, its two halves; blocks lie below it (variant II), and
 * what lies at and above it is libc's TCB.  There are no offsets of 64 bits in instructions, so that LE has a word
 * between them and IE one in the GOT:
 *
 *     ear %r11,%a0; sllg %r11,%r11,32; ear %r11,%a1
 *     larl %r10,1f; lg %r10,0(%r10); j 2f; 1: .quad -8; 2:     LE (cmd/internal/obj/s390x/asmz.go case 94)
 *     larl %r10,GOT+4; lgf %r10,0(%r10)                        IE (case 95): the low half of the big-endian word
 *     lgfi %r10,-8; bcr 0,0 three times                        cmd/link's IE made a constant (go1.27
 *                                                              cmd/link/internal/s390x asm.go tlsIEtoLE): relaxed
 *     stg %r13,0(%r10,%r11)                                    runtime/tls_s390x.s save_g, load_g
 *
 * C writes lgrl or larl and lg, and adds by la, agr, ag or by base and index of the access; GD and LD call
 * __tls_get_offset with the GOT's address in %r12 and the pair's place in it in %r2 (s390x ELF ABI, 1.6 "Thread-local
 * storage"). */
#include "harness/code/follow.h"

#include <elf.h>

enum { OFFSET_REGISTER = 2 };

struct insn {
	uint64_t at;
	unsigned size, opcode; /* opcode: of one byte, or of the first and the last, or of what else tells */
	const unsigned char *code;
};

/* %r6 to %r13 and the stack survive a call (s390x ELF ABI, 1.2.1). */
static const uint32_t saved = 0xbfc0;

static unsigned high(unsigned char byte) { return byte >> 4; }

static unsigned low(unsigned char byte) { return byte & 15; }

static int32_t number32(const unsigned char *code)
{
	return (int32_t)((uint32_t)code[0] << 24 | (uint32_t)code[1] << 16 | (uint32_t)code[2] << 8 | code[3]);
}

/* A place relative to the instruction, in halfwords (RIL). */
static int64_t target_of(const struct insn *insn)
{
	return (int64_t)(insn->at + (uint64_t)((int64_t)number32(insn->code + 2) * 2));
}

/* The 12 or 20 bits of a displacement. */
static int64_t displacement(const struct insn *insn, int is_long)
{
	int64_t value = (insn->code[2] & 15) << 8 | insn->code[3];
	return is_long ? value + (int64_t)(int8_t)insn->code[4] * 4096 : value;
}

/* Register 0 as base or index is no register. */
static struct follow_known part(const struct follow *follow, unsigned number)
{
	return number ? follow->reg[number] : follow_number(HOLDS_CONSTANT, 0, 0, 0);
}

/* Base and index of RX and RXY, without the displacement. */
static struct follow_known indexed(struct follow *follow, const struct insn *insn)
{
	unsigned index = low(insn->code[1]), base = high(insn->code[2]);
	if (!index || !base)
		return part(follow, index ? index : base);
	return follow_sum(follow, follow->reg[base], follow->reg[index], insn->at);
}

/* A call, perhaps of __tls_get_offset: %r2 then says where in the GOT the pair is. */
static void call(struct follow *follow, unsigned link)
{
	const struct follow_known offset = follow->reg[OFFSET_REGISTER];
	struct insn_scan *scan = follow->scan;
	uint64_t got;
	int64_t place;
	if (scan->file && offset.holds == HOLDS_WORD && follow_constant(follow, (uint64_t)offset.value, &place) &&
	    elf_dynamic(scan->file, DT_PLTGOT, &got))
		insn_dynamic(scan, got + (uint64_t)place);
	follow_call(follow, saved & ~(1u << link));
}

/* ---- the formats ---------------------------------------------------------------------------- */

/* RIL: a register and a number of 32 bits. */
static void read_ril(struct follow *follow, const struct insn *insn)
{
	unsigned target = high(insn->code[1]);
	int64_t number = number32(insn->code + 2), place = target_of(insn);
	switch (insn->code[0] << 4 | low(insn->code[1])) {
	case 0xc00: /* larl */
		follow_set(follow, target, follow_number(HOLDS_ADDRESS, place, 0, insn->at));
		break;
	case 0xc01: /* lgfi */
		follow_set(follow, target, follow_number(HOLDS_CONSTANT, number, 0, insn->at));
		break;
	case 0xc48: /* lgrl */
		follow_set(follow, target, follow_number(HOLDS_WORD, place, 0, insn->at));
		break;
	case 0xc28: /* agfi */
		follow_set(follow, target, follow_plus(follow, follow->reg[target], number, 1, insn->at));
		break;
	case 0xc05: /* brasl */
		call(follow, target);
		break;
	case 0xc04:
	case 0xc6a:
	case 0xc6c:
	case 0xc6d:
	case 0xc6e:
	case 0xc6f: /* brcl, compares */
	case 0xc47:
	case 0xc4b:
	case 0xc4f: /* stores */
		break;
	default:
		if (insn->code[0] != 0xc2 || low(insn->code[1]) < 12)
			follow_forget(follow, target);
	}
}

/* RI: a register and a number of 16 bits. */
static void read_ri(struct follow *follow, const struct insn *insn)
{
	unsigned target = high(insn->code[1]), operation = low(insn->code[1]);
	int64_t number = (int16_t)(insn->code[2] << 8 | insn->code[3]);
	if (insn->code[0] == 0xa7 && operation == 9) /* lghi */
		follow_set(follow, target, follow_number(HOLDS_CONSTANT, number, 0, insn->at));
	else if (insn->code[0] == 0xa7 && operation == 11) /* aghi */
		follow_set(follow, target, follow_plus(follow, follow->reg[target], number, 1, insn->at));
	else if (insn->code[0] == 0xa7 && operation == 5) /* bras */
		call(follow, target);
	else if (insn->code[0] == 0xa5 || (operation > 5 && operation < 14)) /* not tmll, brc, chi */
		follow_forget(follow, target);
}

/* RRE and RRF: registers only. */
static void read_rre(struct follow *follow, const struct insn *insn)
{
	unsigned target = high(insn->code[3]), source = low(insn->code[3]), third = high(insn->code[2]);
	switch (insn->code[0] << 8 | insn->code[1]) {
	case 0xb24f: /* ear: a1 completes what a0 began */
		follow_set(
		    follow, target, source == 1 ? follow_number(HOLDS_TP, 0, 0, insn->at) : (struct follow_known){ 0 });
		break;
	case 0xb904: /* lgr */
		follow_set(follow, target, follow->reg[source]);
		break;
	case 0xb908: /* agr */
		follow_set(follow, target, follow_sum(follow, follow->reg[target], follow->reg[source], insn->at));
		break;
	case 0xb9e8: /* agrk */
		follow_set(follow, target, follow_sum(follow, follow->reg[source], follow->reg[third], insn->at));
		break;
	case 0xb920:
	case 0xb921:
	case 0xb930:
	case 0xb931: /* cgr, clgr, cgfr, clgfr */
		break;
	default:
		if (insn->code[0] == 0xb9 || (insn->code[0] == 0xb2 && insn->code[1] >= 0x22 && insn->code[1] < 0x50))
			follow_forget(follow, target);
	}
}

/* Of e3xx and of RX: the register operand is read, or is no general register. */
static int is_store(unsigned opcode)
{
	static const unsigned char of_e3[] = { 0x20, 0x21, 0x24, 0x25, 0x26, 0x2e, 0x2f, 0x30, 0x31, 0x34, 0x36, 0x3e,
		0x3f, 0x50, 0x55, 0x59, 0x70, 0x72, 0x79, 0xc3, 0xc7, 0xcb, 0xcd, 0xcf };
	static const unsigned char of_rx[] = { 0x40, 0x42, 0x47, 0x49, 0x4e, 0x50, 0x55, 0x59 };
	const unsigned char *list = opcode >> 8 == 0xe3 ? of_e3 : of_rx;
	size_t count = opcode >> 8 == 0xe3 ? sizeof of_e3 : sizeof of_rx;
	for (size_t i = 0; i < count; i++)
		if (list[i] == (opcode & 0xff))
			return 1;
	return opcode >> 8 != 0xe3 && opcode >= 0x60;
}

/* RX and RXY: a register, and memory at base + index + displacement. */
static void read_rx(struct follow *follow, const struct insn *insn)
{
	unsigned target = high(insn->code[1]), opcode = insn->opcode;
	int64_t offset = displacement(insn, insn->size == 6);
	struct follow_known base = indexed(follow, insn), result = { 0 };
	if (opcode == 0x41 || opcode == 0xe371) { /* la, lay: forms an address */
		follow_set(follow, target, offset ? follow_plus(follow, base, offset, 1, insn->at) : base);
		return;
	}
	if (opcode == 0x44 || opcode == 0x47) /* ex, bc */
		return;
	if (opcode == 0x45 || opcode == 0x4d) { /* bal, bas */
		call(follow, target);
		return;
	}
	follow_memory(follow, base, offset, insn->at);
	if (opcode == 0xe304) /* lg */
		result = follow_word(follow, base, offset, insn->at);
	else if (opcode == 0xe314) /* lgf: the low half, which stands last */
		result = follow_word(follow, base, offset - 4, insn->at);
	else if (opcode == 0xe308) /* ag */
		result = follow_sum(follow, follow->reg[target], follow_word(follow, base, offset, insn->at), insn->at);
	if (!is_store(opcode))
		follow_set(follow, target, result);
}

/* RS and RSY: registers, and memory at base + displacement; SI, SIY, SIL: memory and a number. */
static void read_rs(struct follow *follow, const struct insn *insn)
{
	unsigned first = high(insn->code[1]), last = low(insn->code[1]), opcode = insn->opcode & 0xff;
	int is_y = insn->code[0] == 0xeb;
	int is_shift = is_y ? (opcode >= 0x0a && opcode <= 0x0d) || opcode == 0x1c || opcode == 0x1d ||
		(opcode >= 0xdc && opcode <= 0xdf) :
			      opcode >= 0x84 && opcode <= 0x8f;
	int is_multiple = is_y ? opcode == 0x04 || opcode == 0x96 || opcode == 0x98 : opcode == 0x98;
	int is_number = is_y ? (opcode >= 0x50 && opcode <= 0x5f) || (opcode >= 0x6a && opcode <= 0x7e) :
			       insn->code[0] == 0xe5 || (opcode >= 0x91 && opcode <= 0x97 && opcode != 0x93);
	int is_saved = is_y ? opcode == 0x24 || opcode == 0x26 || opcode == 0x90 || opcode == 0xe3 || opcode == 0xf3 ||
		opcode == 0x20 || opcode == 0x21 || opcode == 0x2c :
			      opcode == 0x90 || opcode == 0x9a || opcode == 0x9b || opcode == 0xbd || opcode == 0xbe;
	if (!is_shift)
		follow_memory(follow, part(follow, high(insn->code[2])), displacement(insn, is_y), insn->at);
	for (unsigned i = first; !is_number && !is_saved; i = (i + 1) & 15) {
		follow_forget(follow, i);
		if (!is_multiple || i == last)
			break;
	}
}

/* SS: two places in memory. */
static void read_ss(struct follow *follow, const struct insn *insn)
{
	follow_memory(follow, part(follow, high(insn->code[2])), displacement(insn, 0), insn->at);
	follow_memory(follow, part(follow, high(insn->code[4])), (insn->code[4] & 15) << 8 | insn->code[5], insn->at);
}

static void read_insn(struct follow *follow, struct insn *insn)
{
	unsigned first = insn->code[0], last = insn->code[insn->size - 1];
	insn->opcode = first == 0xe3 || first == 0xeb ? first << 8 | last : first;
	if (insn->size == 2 && (first == 0x0d || first == 0x05)) { /* basr, balr */
		if (low(insn->code[1]))
			call(follow, high(insn->code[1]));
		else
			follow_forget(follow, high(insn->code[1]));
	} else if (insn->size == 2) {
		if (first >= 0x10 && first < 0x20 && first != 0x15 && first != 0x19 &&
		    first != 0x12) /* RR, but for compares */
			follow_forget(follow, high(insn->code[1]));
	} else if (first == 0xa5 || first == 0xa7) {
		read_ri(follow, insn);
	} else if (first == 0xc0 || first == 0xc2 || first == 0xc4 || first == 0xc6) {
		read_ril(follow, insn);
	} else if (first >= 0xb2 && first <= 0xb9 && insn->size == 4 && first != 0xb6 && first != 0xb7) {
		read_rre(follow, insn);
	} else if ((first >= 0x40 && first < 0x80) || first == 0xe3) {
		read_rx(follow, insn);
	} else if ((first >= 0x80 && first < 0xc0) || first == 0xeb || first == 0xe5) {
		read_rs(follow, insn);
	} else if ((first >= 0xd0 && first < 0xe0) || first == 0xe1 || first == 0xe2 || first == 0xe8 ||
	    first == 0xf0) {
		read_ss(follow, insn);
	} else if (first == 0xec && (last < 0x60 || (last >= 0xd8 && last <= 0xdb))) { /* RIE that writes */
		follow_forget(follow, high(insn->code[1]));
	} else if (first == 0xed || first == 0xe7) { /* floating point and vectors in memory */
		follow_memory(follow, indexed(follow, insn), displacement(insn, 0), insn->at);
	}
}

/* A branch over a word that a load before it has named (asmz.go case 94): where the code goes on, else 0. */
static uint64_t over_literal(const struct follow *follow, const struct insn *insn)
{
	if (insn->code[0] != 0xa7 || insn->code[1] != 0xf4)
		return 0;
	for (unsigned i = 0; i < 16; i++)
		if (follow->reg[i].holds == HOLDS_WORD && (uint64_t)follow->reg[i].value == insn->at + 4) {
			uint64_t target = insn->at + (uint64_t)((int16_t)(insn->code[2] << 8 | insn->code[3]) * 2);
			return target > insn->at && target < follow->end ? target : 0;
		}
	return 0;
}

/* A branch without a condition: br, j, jg. */
static int is_end(const struct insn *insn)
{
	unsigned first = insn->code[0], second = insn->code[1];
	return (first == 0x07 && high(insn->code[1]) == 15 && low(insn->code[1])) ||
	    ((first == 0xa7 || first == 0xc0) && second == 0xf4);
}

static void s390x_scan(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	struct follow follow = { .scan = scan,
		.start = address,
		.end = address + size,
		.constant_form = scan->is_go ? ACCESS_RELAXED : ACCESS_OTHER };
	size_t at = 0;
	while (at + 2 <= size) {
		/* The first two bits tell the length (Principles of Operation, "Instruction Formats"). */
		unsigned length = code[at] < 0x40 ? 2 : code[at] < 0xc0 ? 4 : 6;
		struct insn insn = { .at = address + at, .size = length, .code = code + at };
		if (length > size - at)
			return;
		read_insn(&follow, &insn);
		uint64_t target = length == 4 ? over_literal(&follow, &insn) : 0;
		if (!target && is_end(&insn))
			follow_break(&follow);
		at = target ? (size_t)(target - address) : at + length;
	}
}

/* ---- the row ------------------------------------------------------------------------------ */

static const struct reloc_type s390x_relocs[] = {
	RELOC(R_390_NONE, NONE),
	RELOC(R_390_64, SYMBOL),
	RELOC(R_390_COPY, COPY),
	RELOC(R_390_GLOB_DAT, SYMBOL),
	RELOC(R_390_JMP_SLOT, SYMBOL),
	RELOC(R_390_RELATIVE, RELATIVE),
	RELOC(R_390_TLS_DTPMOD, DTPMOD),
	RELOC(R_390_TLS_DTPOFF, DTPOFF),
	RELOC(R_390_TLS_TPOFF, TPOFF),
	RELOC(R_390_IRELATIVE, IRELATIVE),
	RELOC(R_390_TLS_LE64, LINK_LE),
	RELOC(R_390_TLS_IE64, LINK_IE),
	RELOC(R_390_TLS_IEENT, LINK_IE),
	RELOC(R_390_TLS_GOTIE12, LINK_IE),
	RELOC(R_390_TLS_GOTIE20, LINK_IE),
	RELOC(R_390_TLS_GOTIE64, LINK_IE),
	RELOC(R_390_TLS_LOAD, OTHER),
	RELOC(R_390_TLS_GD64, LINK_GD),
	RELOC(R_390_TLS_GDCALL, OTHER),
	RELOC(R_390_TLS_LDM64, LINK_LD),
	RELOC(R_390_TLS_LDCALL, OTHER),
	RELOC(R_390_TLS_LDO64, OTHER),
};

const struct arch arch_s390x = {
	.name = "s390",
	.goarch = "s390x",
	.machine = EM_S390,
	.class = 64,
	.big_endian = 1,
	.variant = 2,
	.thread_pointer = "access registers a0, a1",
	.slot = "runtime.tls_g",
	.relocs = s390x_relocs,
	.reloc_count = ARCH_COUNT(s390x_relocs),
	.scan = s390x_scan,
};
