/* arm.c - TLS accesses in A32 and T32 (Thumb-2) code.
 *
 * Every access begins with the thread pointer: MRC p15, 0, Rt, c13, c0, 3 reads TPIDRURO; for processors
 * without it a helper function fetches it into R0 (__aeabi_read_tp, and Go's runtime.read_tls_fallback
 * with GOARM=5 and 6, both by way of the kernel's at 0xffff0fe0 on Linux; cmd/internal/obj/arm/obj5.go progedit).
 * The offset then comes from the literal pool:
 *
 *     ldr r11, =offset; add r0, r0, r11                  LE  (R_ARM_TLS_LE32; asm5.go case 101, 103)
 *     ldr r11, =distance; ldr r11, [pc, r11]; add ...    IE  (R_ARM_TLS_IE32; case 102, 104), C also
 *     ldr r2, =distance; add r2, pc; ldr r2, [r2]
 *     ldr r0, =distance; add r0, pc; bl __tls_get_addr   GD, LD: address of a word pair
 *     ldr r0, =distance; bl trampoline                   TLSDESC: distance from the return address
 *
 * No linker relaxes IE: in a program the GOT word is filled when linking.  Go's code is A32 throughout.
 * In C's the state is told by the MRC itself, whose bytes differ between the two.  The TCB is 8
 * bytes, so variables lie at 8 and above; below is the thread's descriptor.
 *
 * Sources: ELF for the Arm Architecture (IHI 0044) sections 5.6.1.9 and 6, Addenda to the ABI (IHI 0045)
 * section 3, ARM Architecture Reference Manual (DDI 0406), Linux Documentation/arch/arm/kernel_user_helpers. */
#include "harness/code/insn.h"
#include "harness/elf/arch.h"

#include <elf.h>

enum { PC = 15, TCB_SIZE = 8 };

static const uint32_t kuser_get_tls = 0xffff0fe0;

/* ---- what an instruction does --------------------------------------------------------------- */

enum operation {
	OTHER,
	READ_TP,    /* d = thread pointer */
	LITERAL,    /* d = the word at value */
	MOVE,       /* d = n */
	ADD,        /* d = n + m */
	ADD_NUMBER, /* d = n + value */
	WORD_AT,    /* d = the word at n + value */
	INDEXED,    /* a load or store at n + m; loads_word: d = that word */
	CALL        /* of value, 0 where it is not known */
};

struct step {
	enum operation operation;
	unsigned d, n, m;
	uint32_t value;
	int loads_word;
	uint32_t writes; /* bit n: register n is written */
	unsigned size;   /* bytes of the instruction */
};

static uint32_t half_at(const unsigned char *code) { return (uint32_t)code[0] | (uint32_t)code[1] << 8; }

static uint32_t word_at(const unsigned char *code) { return half_at(code) | half_at(code + 2) << 16; }

/* A number of so many bits, with its sign. */
static uint32_t extended(uint32_t number, unsigned bits)
{
	uint32_t sign = 1u << (bits - 1);
	return (number ^ sign) - sign;
}

/* ---- A32 ------------------------------------------------------------------------------------ */

static uint32_t rotated(uint32_t insn)
{
	unsigned by = (insn >> 8 & 15) * 2;
	return by ? (insn & 255) >> by | (insn & 255) << (32 - by) : insn & 255;
}

/* Loads and stores. */
static void a32_memory(struct step *step, uint32_t insn, uint32_t address)
{
	uint32_t d = 1u << step->d, number = insn & 0xfff;
	int is_load = insn >> 20 & 1, is_up = insn >> 23 & 1, is_byte = insn >> 22 & 1,
	    is_plain = (insn & 0x01200000) == 0x01000000;
	step->writes = (is_load ? d : 0) | (is_plain ? 0 : 1u << step->n);
	if ((insn & 0x0f7f0000) == 0x051f0000) { /* LDR of a literal */
		step->operation = LITERAL;
		step->value = address + 8 + (is_up ? number : -number);
	} else if (insn >> 25 & 1) { /* register offset */
		step->operation = insn >> 24 & 1 && is_up && !(insn & 0xff0) ? INDEXED : OTHER;
		step->loads_word = is_load && !is_byte;
	} else if (is_load && !is_byte && is_plain) {
		step->operation = WORD_AT;
		step->value = is_up ? number : -number;
	}
}

/* Halfwords, signed bytes, pairs; multiplications. */
static void a32_extra(struct step *step, uint32_t insn)
{
	step->writes = 1u << step->d | 2u << step->d;
	if (!(insn & 0x60)) /* multiplication: its target is where Rn is */
		step->writes |= 1u << step->n;
	else if ((insn & 0x01c00f00) == 0x01800000) /* register offset, upwards */
		step->operation = INDEXED;
	if ((insn & 0x60) && (insn & 0x01200000) != 0x01000000)
		step->writes |= 1u << step->n;
}

static void a32_arithmetic(struct step *step, uint32_t insn)
{
	unsigned opcode = insn >> 21 & 15;
	step->writes = opcode >> 2 == 2 ? 0 : 1u << step->d; /* TST, TEQ, CMP, CMN */
	if ((insn & 0x0fe00ff0) == 0x00800000) {
		step->operation = ADD;
	} else if ((insn & 0x0fe00ff0) == 0x01a00000) {
		step->operation = MOVE;
		step->n = step->m;
	} else if ((insn & 0x0fe00000) == 0x02800000 || (insn & 0x0fe00000) == 0x02400000) {
		step->operation = ADD_NUMBER;
		step->value = insn & 0x00800000 ? rotated(insn) : -rotated(insn);
	} else if ((insn & 0x0ff00fff) == 0x03c00003) { /* BIC #3: the thread pointer stays what it is */
		step->operation = MOVE;
	} else if ((insn & 0x0ffffff0) == 0x012fff30) { /* BLX of a register */
		step->operation = CALL;
	}
}

static struct step a32_step(const unsigned char *code, uint32_t address)
{
	uint32_t insn = word_at(code);
	struct step step = { .d = insn >> 12 & 15, .n = insn >> 16 & 15, .m = insn & 15, .size = 4 };
	if ((insn & 0x0fff0fff) == 0x0e1d0f70) {
		step.operation = READ_TP;
	} else if ((insn & 0x0f000000) == 0x0b000000 || insn >> 25 == 0x7d) { /* BL; BLX to T32 */
		step.operation = CALL;
		step.value =
		    address + 8 + (extended(insn & 0xffffff, 24) << 2) + (insn >> 28 == 15 ? insn >> 23 & 2 : 0);
	} else if ((insn & 0x0e000090) == 0x00000090) {
		a32_extra(&step, insn);
	} else if ((insn & 0x0c000000) == 0x00000000) {
		a32_arithmetic(&step, insn);
	} else if ((insn & 0x0c000000) == 0x04000000 && (insn & 0x02000010) != 0x02000010) {
		a32_memory(&step, insn, address);
	} else if ((insn & 0x0e000000) == 0x08000000) { /* LDM, STM */
		step.writes = (insn >> 20 & 1 ? insn & 0xffff : 0) | (insn >> 21 & 1 ? 1u << step.n : 0);
	} else {
		step.writes = 1u << step.d | 1u << step.n; /* media and coprocessor instructions, by the widest guess */
	}
	return step;
}

/* ---- T32 ------------------------------------------------------------------------------------ */

static struct step t16_step(uint32_t half, uint32_t address)
{
	struct step step = { .d = half & 7, .n = half >> 3 & 7, .m = half >> 6 & 7, .size = 2 };
	unsigned high = half >> 8 & 7, kind = half >> 9 & 7;
	step.writes = 1u << step.d;
	if ((half & 0xf800) == 0x4800) {
		step.operation = LITERAL;
		step.d = high;
		step.value = ((address + 4) & ~3u) + (half & 255) * 4;
	} else if ((half & 0xff00) == 0x4400 || (half & 0xff00) == 0x4600) { /* ADD, MOV of any register */
		step.operation = half & 0x0200 ? MOVE : ADD;
		step.d = (half & 7) | (half >> 4 & 8);
		step.m = half >> 3 & 15;
		step.n = half & 0x0200 ? step.m : step.d;
	} else if ((half & 0xfe00) == 0x1800) {
		step.operation = ADD;
	} else if ((half & 0xf000) == 0x5000) {
		step.operation = INDEXED;
		step.loads_word = kind == 4;
		step.writes = kind >= 3 ? step.writes : 0;
	} else if ((half & 0xf800) == 0x6800) {
		step.operation = WORD_AT;
		step.value = (half >> 6 & 31) * 4;
	} else if ((half & 0xff80) == 0x4780) {
		step.operation = CALL;
	} else if ((half & 0xf800) == 0x2800 || (half & 0xff00) == 0x4500 || (half & 0xffc0) == 0x4280 ||
	    half >> 12 == 13 || half >> 11 == 28 || (half & 0xf500) == 0xb100 || (half & 0xff00) == 0xbf00) {
		step.writes = 0; /* CMP, branches, CBZ, IT and hints */
	} else if ((half & 0xe000) == 0x2000 || (half & 0xf800) == 0x9800 || half >> 12 == 10) {
		step.writes = 1u << high; /* MOV, ADD, SUB of a number, [SP], ADR */
	} else if ((half & 0xfe00) == 0xbc00 || half >> 12 == 12) {
		step.writes = (half & 0x0800 ? half & 255 : 0) | (half >> 12 == 12 ? 1u << high : 0);
	} else if ((half & 0xf800) == 0x6000 || (half & 0xf800) == 0x7000 || (half & 0xf800) == 0x8000 ||
	    half >> 11 == 18 || (half & 0xf600) == 0xb400) {
		step.writes = 0; /* stores */
	}
	return step;
}

static uint32_t t32_branch(uint32_t first, uint32_t second)
{
	uint32_t sign = first >> 10 & 1, i1 = !((second >> 13 & 1) ^ sign), i2 = !((second >> 11 & 1) ^ sign);
	return extended(sign << 24 | i1 << 23 | i2 << 22 | (first & 0x3ff) << 12 | (second & 0x7ff) << 1, 25);
}

static void t32_memory(struct step *step, uint32_t first, uint32_t second, uint32_t address)
{
	int is_load = first >> 4 & 1, is_word = (first & 0x0160) == 0x0040;
	step->d = second >> 12;
	step->writes = is_load ? 1u << step->d : 0;
	if ((first & 0xff7f) == 0xf85f) {
		step->operation = LITERAL;
		step->value = ((address + 4) & ~3u) + (first & 0x80 ? second & 0xfff : -(second & 0xfff));
	} else if (!(first & 0x80) && !(second & 0x0ff0)) {
		step->operation = INDEXED;
		step->loads_word = is_load && is_word;
	} else if ((first & 0xfff0) == 0xf8d0) {
		step->operation = WORD_AT;
		step->value = second & 0xfff;
	} else if (!(first & 0x80) && (second & 0x0800) && (second & 0x0500) != 0x0400) {
		step->writes |= 1u << step->n; /* write-back */
	}
}

static struct step t32_step(const unsigned char *code, uint32_t address)
{
	uint32_t first = half_at(code), second = half_at(code + 2);
	struct step step = { .d = second >> 8 & 15, .n = first & 15, .m = second & 15, .size = 4 };
	step.writes = 1u << step.d;
	if (first == 0xee1d && (second & 0xfff) == 0xf70) {
		step.operation = READ_TP;
		step.d = second >> 12;
	} else if ((first & 0xf800) == 0xf000 && (second & 0xc000) == 0xc000) { /* BL; BLX to A32 */
		step.operation = CALL;
		step.value = (second & 0x1000 ? address + 4 + t32_branch(first, second) :
						((address + 4) & ~3u) + (t32_branch(first, second) & ~3u));
	} else if ((first & 0xfe00) == 0xf800) {
		t32_memory(&step, first, second, address);
	} else if ((first & 0xffe0) == 0xeb00 && !(second & 0xf0f0)) {
		step.operation = ADD;
	} else if ((first & 0xfe40) == 0xe800) { /* LDM, STM */
		step.writes = (first & 0x10 ? second : 0) | (first & 0x20 ? 1u << step.n : 0);
	} else if ((first & 0xfe40) == 0xe840) { /* pairs, exclusive ones, table branches */
		step.writes |= 1u << (second >> 12) | (first & 0x20 ? 1u << step.n : 0);
	} else if ((first & 0xf800) == 0xf000 && (second & 0x8000)) {
		step.writes = 0; /* branches */
	} else if (first >> 8 >= 0xec) {
		step.writes |= 1u << (second >> 12); /* coprocessors; long multiplications */
	}
	return step;
}

/* The instruction at the start of the code; size 0 where it is not wholly there. */
static struct step step_at(const unsigned char *code, size_t size, uint32_t address, int is_thumb)
{
	struct step none = { .size = 0 };
	if (size < 2 || (!is_thumb && size < 4))
		return none;
	if (!is_thumb)
		return a32_step(code, address);
	if (half_at(code) >> 11 < 0x1d)
		return t16_step(half_at(code), address);
	return size < 4 ? none : t32_step(code, address);
}

/* ---- what registers hold -------------------------------------------------------------------- */

enum holds { HOLDS_NOTHING, HOLDS_CONSTANT, HOLDS_ADDRESS, HOLDS_GOT, HOLDS_TP };

struct known {
	enum holds holds;
	uint32_t value;
	uint64_t load;
};

struct reader {
	struct insn_scan *scan;
	int is_thumb;
	uint32_t start; /* address of the function */
	const unsigned char *code;
	size_t size;
	struct known reg[16]; /* of [PC], the address that the instruction reads */
};

/* The rotated number of the nth `add ip, ...` of a PLT entry. */
static int adds_to_ip(uint32_t insn, unsigned from) { return (insn & 0xfffff000) == (0xe280c000 | from << 16); }

/* Go's helpers with GOARM=5 and 6 on NetBSD and OpenBSD, where a system call fetches it: push {r1, r2, r3, ip}; then
 * svc #_lwp_getprivate, or ldr ip, =330 (__get_tcb); svc #0 (runtime/sys_netbsd_arm.s, sys_openbsd_arm.s
 * read_tls_fallback). */
static int is_system_call(const struct elf_file *file, uint32_t target, const unsigned char *code)
{
	const uint32_t second = word_at(code + 4), third = word_at(code + 8);
	if (word_at(code) != 0xe92d100e)
		return 0;
	if (second == 0xefa0013c)
		return 1;
	const unsigned char *literal = (second & 0xfffff000) == 0xe59fc000 && third == 0xef000000 ?
	    elf_at(file, (uint64_t)target + 4 + 8 + (second & 0xfff), 4) :
	    NULL;
	return literal && word_at(literal) == 330;
}

/* bx lr, or Go's with GOARM=5: add pc, lr, #0 */
static int returns(uint32_t insn) { return insn == 0xe12fff1e || insn == 0xe28ef000; }

/* Does the function fetch the thread pointer into R0 and nothing else? */
static int is_helper(const struct reader *reader, uint32_t target)
{
	const struct elf_file *file = reader->scan->file;
	const unsigned char *code = file && target % 4 == 0 ? elf_at(file, target, 12) : NULL;
	if (!code)
		return 0;
	uint32_t first = word_at(code), second = word_at(code + 4), third = word_at(code + 8);
	if (first == 0xee1d0f70 && returns(second)) /* mrc: FreeBSD's too */
		return 1;
	if (is_system_call(file, target, code))
		return 1;
	if (first == 0xe3e00a0f && second == 0xe240f01f) /* mvn r0, #0xf000; sub pc, r0, #31 */
		return 1;
	if ((first & 0xfffff000) == 0xe59f0000) { /* ldr r0, =kuser_get_tls; and a jump there */
		const unsigned char *literal = elf_at(file, (uint64_t)target + 8 + (first & 0xfff), 4);
		return literal && word_at(literal) == kuser_get_tls;
	}
	/* A PLT entry: add ip, pc, #; add ip, ip, #; ldr pc, [ip, #]! */
	return adds_to_ip(first, PC) && adds_to_ip(second, 12) && (third & 0xfffff000) == 0xe5bcf000 &&
	    reader->scan->tp_helper &&
	    target + 8 + rotated(first) + rotated(second) + (third & 0xfff) == reader->scan->tp_helper;
}

/* Thread pointer plus what the other register holds: an access of the form that made the other. */
static void found(struct reader *reader, const struct known *offset, uint32_t address)
{
	/* In C an offset from nowhere is what a TLSDESC call returned, which is counted at the call. */
	if (offset->holds == HOLDS_GOT)
		insn_found(reader->scan, ACCESS_IE, offset->load, address, offset->value);
	else if (offset->holds == HOLDS_CONSTANT && (int32_t)offset->value >= (int32_t)reader->scan->arch->tcb)
		insn_found(reader->scan, ACCESS_LE, offset->load, address, (int32_t)offset->value);
	else if (offset->holds != HOLDS_CONSTANT && reader->scan->is_go)
		insn_found(reader->scan, ACCESS_OTHER, offset->load, address, 0);
}

/* The sum of two registers; that with the thread pointer is an access. */
static struct known sum(struct reader *reader, const struct step *step, uint32_t address)
{
	struct known n = reader->reg[step->n], m = reader->reg[step->m], nothing = { HOLDS_NOTHING, 0, 0 };
	if (m.holds == HOLDS_TP || m.holds == HOLDS_ADDRESS) {
		struct known swap = n;
		n = m;
		m = swap;
	}
	if (n.holds == HOLDS_TP && m.holds != HOLDS_TP)
		found(reader, &m, address);
	/* C adds an index to an offset before it adds the thread pointer. */
	if ((n.holds == HOLDS_GOT && m.holds == HOLDS_NOTHING) || (n.holds == HOLDS_NOTHING && m.holds == HOLDS_GOT))
		return n.holds == HOLDS_GOT ? n : m;
	if (n.holds != HOLDS_ADDRESS || m.holds != HOLDS_CONSTANT)
		return nothing;
	return (struct known){ HOLDS_ADDRESS, n.value + m.value, m.load };
}

static struct known literal(const struct reader *reader, uint32_t at, uint32_t address)
{
	uint32_t offset = at - reader->start;
	if (reader->size < 4 || offset > reader->size - 4)
		return (struct known){ HOLDS_NOTHING, 0, 0 };
	return (struct known){ HOLDS_CONSTANT, word_at(reader->code + offset), address };
}

/* The word at a known address is the GOT's. */
static struct known loaded(const struct known *at, int is_word)
{
	return at->holds == HOLDS_ADDRESS && is_word ? (struct known){ HOLDS_GOT, at->value, at->load } :
						       (struct known){ HOLDS_NOTHING, 0, 0 };
}

static void read_call(struct reader *reader, const struct step *step, uint32_t address)
{
	struct insn_scan *scan = reader->scan;
	const struct known argument = reader->reg[0];
	uint32_t back = address + step->size;
	if (argument.holds == HOLDS_ADDRESS)
		insn_dynamic(scan, argument.value);
	/* The return address has bit 0 set in T32, and the literal makes up for it. */
	else if (argument.holds == HOLDS_CONSTANT)
		scan->tlsdesc += (size_t)insn_is_tlsdesc(scan, argument.value + (back | (uint32_t)reader->is_thumb));
	if (is_helper(reader, step->value)) {
		reader->reg[0] = (struct known){ HOLDS_TP, 0, address };
		return;
	}
	/* R4 to R11 survive a call (AAPCS 6.1.1), in C. */
	for (unsigned i = 0; i < PC; i++)
		if (scan->is_go || i < 4 || i > 11)
			reader->reg[i] = (struct known){ HOLDS_NOTHING, 0, 0 };
}

static void read_step(struct reader *reader, const struct step *step, uint32_t address)
{
	struct known next = { HOLDS_NOTHING, 0, 0 }, base = reader->reg[step->n];
	reader->reg[PC] = (struct known){ HOLDS_ADDRESS, address + (reader->is_thumb ? 4 : 8), address };
	if (step->n == PC)
		base = reader->reg[PC];
	switch (step->operation) {
	case READ_TP:
		next = (struct known){ HOLDS_TP, 0, address };
		break;
	case LITERAL:
		next = literal(reader, step->value, address);
		break;
	case MOVE:
		next = base;
		break;
	case ADD:
		next = sum(reader, step, address);
		break;
	case ADD_NUMBER:
		if (base.holds == HOLDS_ADDRESS)
			next = (struct known){ HOLDS_ADDRESS, base.value + step->value, base.load };
		break;
	case WORD_AT:
		base.value += step->value;
		next = loaded(&base, 1);
		break;
	case INDEXED:
		next = sum(reader, step, address);
		next = loaded(&next, step->loads_word);
		break;
	case CALL:
		read_call(reader, step, address);
		return;
	default:
		break;
	}
	for (unsigned i = 0; i < PC; i++)
		if (step->writes >> i & 1)
			reader->reg[i] = (struct known){ HOLDS_NOTHING, 0, 0 };
	if (step->d != PC && next.holds != HOLDS_NOTHING)
		reader->reg[step->d] = next;
}

/* ---- functions ------------------------------------------------------------------------------ */

static void read_function(
    struct insn_scan *scan, uint32_t address, const unsigned char *code, size_t size, int is_thumb)
{
	struct reader reader = { .scan = scan, .is_thumb = is_thumb, .start = address, .code = code, .size = size };
	for (size_t at = 0; at < size;) {
		struct step step = step_at(code + at, size - at, address + (uint32_t)at, is_thumb);
		if (!step.size)
			return;
		read_step(&reader, &step, address + (uint32_t)at);
		at += step.size;
	}
}

/* Is it worth following the registers?  Does the code read the thread pointer, or call who does? */
static int reads_tp(struct insn_scan *scan, uint32_t address, const unsigned char *code, size_t size, int is_thumb)
{
	const struct reader reader = { .scan = scan };
	for (size_t at = 0; at < size;) {
		struct step step = step_at(code + at, size - at, address + (uint32_t)at, is_thumb);
		if (step.operation == READ_TP || (step.operation == CALL && is_helper(&reader, step.value)))
			return 1;
		at += step.size ? step.size : size;
	}
	return 0;
}

static void arm_scan(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	size_t skip = address & 1; /* a symbol's mark of T32 */
	int is_dynamic = scan->dtpmod_count || scan->tlsdesc_count;
	if (skip > size)
		return;
	for (int is_thumb = 0; is_thumb < (scan->is_go ? 1 : 2); is_thumb++) {
		uint32_t start = (uint32_t)(address + skip);
		if (is_dynamic || reads_tp(scan, start, code + skip, size - skip, is_thumb))
			read_function(scan, start, code + skip, size - skip, is_thumb);
	}
}

/* ---- the row ------------------------------------------------------------------------------ */

/* Dynamic ones, and the linker's for TLS (IHI 0044 table 4-8): Go writes R_ARM_TLS_LE32 and
 * R_ARM_TLS_IE32 (cmd/link/internal/arm/asm.go elfreloc1). */
static const struct reloc_type arm_relocs[] = {
	RELOC(R_ARM_NONE, NONE),
	RELOC(R_ARM_ABS32, SYMBOL),
	RELOC(R_ARM_REL32, OTHER),
	RELOC(R_ARM_TLS_DESC, TLSDESC),
	RELOC(R_ARM_TLS_DTPMOD32, DTPMOD),
	RELOC(R_ARM_TLS_DTPOFF32, DTPOFF),
	RELOC(R_ARM_TLS_TPOFF32, TPOFF),
	RELOC(R_ARM_COPY, COPY),
	RELOC(R_ARM_GLOB_DAT, SYMBOL),
	RELOC(R_ARM_JUMP_SLOT, SYMBOL),
	RELOC(R_ARM_RELATIVE, RELATIVE),
	RELOC(R_ARM_IRELATIVE, IRELATIVE),
	RELOC(R_ARM_TLS_LE32, LINK_LE),
	RELOC(R_ARM_TLS_LE12, LINK_LE),
	RELOC(R_ARM_TLS_IE32, LINK_IE),
	RELOC(R_ARM_TLS_IE12GP, LINK_IE),
	RELOC(R_ARM_TLS_GD32, LINK_GD),
	RELOC(R_ARM_TLS_GOTDESC, LINK_GD),
	RELOC(R_ARM_TLS_CALL, LINK_GD),
	RELOC(R_ARM_THM_TLS_CALL, LINK_GD),
	RELOC(R_ARM_TLS_LDM32, LINK_LD),
	RELOC(R_ARM_TLS_LDO32, LINK_LD),
};

/* The TCB is two words (IHI 0045 section 3.2; glibc sysdeps/arm/nptl/tls.h tcbhead_t). */
const struct arch arch_arm = {
	.name = "arm",
	.goarch = "arm",
	.machine = EM_ARM,
	.class = 32,
	.variant = 1,
	.tcb = TCB_SIZE,
	.thread_pointer = "TPIDRURO",
	.slot = "runtime.tls_g",
	.relocs = arm_relocs,
	.reloc_count = ARCH_COUNT(arm_relocs),
	.scan = arm_scan,
};
