/* arm64.c - TLS accesses in AArch64 code, and the entries of its PLT.
 *
 * Every access begins with the thread pointer, MRS Xt, TPIDR_EL0; a function without that word is
 * passed over.  On Darwin it is TPIDRRO_EL0, whose low three bits are cleared before use (runtime/tls_arm64.s).
 * The offset then comes by
 *
 *     movz x27, #16                              LE (cmd/internal/obj/arm64 case 69), or
 *     movz x27, #0, lsl #16; movk x27, #16       what linkers relax IE to; the same in form
 *     adrp x27, GOT; ldr x27, [x27, #lo]         IE (case 70); on Darwin the word is runtime.tls_g itself, and
 *     adrp x27, page; add x27, #lo; ldr x27, [x27]   what linkers relax a GOT load of its address to (plugins)
 *     add  x0, x0, #hi, lsl #12; add x0, #lo     LE as C compilers write it
 *
 * and Go reaches its slot by ldr/str g, [x0, x27] (runtime/tls_arm64.s load_g, save_g).  The TCB
 * is 16 bytes, so variables lie at 16 and above.  Source: AArch64 ELF (IHI 0056) section 5.7.11.
 *
 * On Windows (scan->segment 'x') X18 holds the TEB in every function, and a fixed offset from it is a
 * field of it (tls_arm64.h MRS_TPIDR_R0: MOVD R18_PLATFORM, R0; Microsoft, "Overview of ARM64 ABI"). */
#include "harness/code/insn.h"
#include "harness/code/plt.h"
#include "harness/elf/arch.h"

#include <elf.h>
#include <string.h>

enum holds { HOLDS_NOTHING, HOLDS_CONSTANT, HOLDS_ADDRESS, HOLDS_GOT, HOLDS_TP };

struct known {
	enum holds holds;
	int64_t value;
	uint64_t load;
};

struct reader {
	struct insn_scan *scan;
	struct known reg[32]; /* [31] is never known */
};

enum { TCB_SIZE = 16, PLATFORM_REGISTER = 18 };

static int is_teb(const struct insn_scan *scan) { return scan->segment == 'x'; }

/* MRS Xt, TPIDR_EL0 or TPIDRRO_EL0. */
static int reads_tp(uint32_t insn) { return (insn & ~31u) == 0xd53bd040 || (insn & ~31u) == 0xd53bd060; }

static uint32_t word_at(const unsigned char *code)
{
	return (uint32_t)code[0] | (uint32_t)code[1] << 8 | (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24;
}

static void set(struct reader *reader, unsigned number, enum holds holds, int64_t value, uint64_t load)
{
	if (number < 31)
		reader->reg[number] = (struct known){ holds, value, load };
}

/* Thread pointer plus what the other register holds: an access of the form that made the other. */
static void found(struct reader *reader, const struct known *a, const struct known *b, uint64_t address)
{
	const struct known *offset = a->holds == HOLDS_TP ? b : a;
	enum access form = offset->holds == HOLDS_GOT ? ACCESS_IE :
	    offset->holds == HOLDS_CONSTANT           ? ACCESS_LE :
							ACCESS_OTHER;
	/* In C an offset from nowhere is what a TLSDESC call returned, which is counted at the call. */
	if (form == ACCESS_OTHER && !reader->scan->is_go)
		return;
	insn_found(reader->scan, form, form == ACCESS_OTHER ? address : offset->load, address, offset->value);
}

static int one_is_tp(const struct known *a, const struct known *b)
{
	return (a->holds == HOLDS_TP) != (b->holds == HOLDS_TP);
}

/* Moves and address arithmetic; 1 when the instruction was one of them. */
static int read_arithmetic(struct reader *reader, uint32_t insn, uint64_t address)
{
	unsigned target = insn & 31, source = insn >> 5 & 31, other = insn >> 16 & 31;
	const struct known n = reader->reg[source], m = reader->reg[other];
	if (reads_tp(insn)) {
		set(reader, target, HOLDS_TP, 0, address);
	} else if ((insn & ~0x3ffu) == 0x927df000) { /* AND Xd, Xn, #~7 */
		set(reader, target, n.holds == HOLDS_TP ? HOLDS_TP : HOLDS_NOTHING, n.value, n.load);
	} else if ((insn & 0x9f000000) == 0x90000000) { /* ADRP */
		uint64_t page = (uint64_t)(insn >> 5 & 0x7ffff) << 2 | (insn >> 29 & 3);
		page = (page ^ 0x100000) - 0x100000;
		set(reader, target, HOLDS_ADDRESS, (int64_t)((address & ~0xfffULL) + (page << 12)), address);
	} else if ((insn & 0xff800000) == 0xd2800000) { /* MOVZ, 64 bit */
		set(reader, target, HOLDS_CONSTANT, (int64_t)((uint64_t)(insn >> 5 & 0xffff) << (insn >> 21 & 3) * 16),
		    address);
	} else if ((insn & 0xff800000) == 0xf2800000) { /* MOVK */
		unsigned shift = (insn >> 21 & 3) * 16;
		struct known old = reader->reg[target];
		uint64_t value =
		    ((uint64_t)old.value & ~(0xffffULL << shift)) | (uint64_t)(insn >> 5 & 0xffff) << shift;
		set(reader, target, old.holds == HOLDS_CONSTANT ? HOLDS_CONSTANT : HOLDS_NOTHING, (int64_t)value,
		    old.load);
	} else if ((insn & 0xffe0ffe0) == 0xaa0003e0) { /* MOV of a register */
		set(reader, target, m.holds, m.value, m.load);
	} else if ((insn & 0xff800000) == 0x91000000) { /* ADD, immediate */
		int64_t amount = (int64_t)(insn >> 10 & 0xfff) << (insn >> 22 & 1) * 12;
		int64_t value = (int64_t)((uint64_t)n.value + (uint64_t)amount);
		int low = !(insn >> 22 & 1);
		enum holds holds = n.holds == HOLDS_ADDRESS || n.holds == HOLDS_TP ? n.holds : HOLDS_NOTHING;
		if (holds == HOLDS_TP && low && value >= TCB_SIZE && !is_teb(reader->scan)) {
			insn_found(reader->scan, ACCESS_LE, n.load, address, value);
			holds = HOLDS_NOTHING;
		}
		if (holds == HOLDS_ADDRESS && insn_is_dtpmod(reader->scan, (uint64_t)value))
			reader->scan->gd++;
		set(reader, target, holds, value, n.load);
	} else if ((insn & 0xffe0fc00) == 0x8b000000) { /* ADD of registers */
		if (one_is_tp(&n, &m))
			found(reader, &n, &m, address);
		set(reader, target, HOLDS_NOTHING, 0, 0);
	} else {
		return 0;
	}
	return 1;
}

/* Loads and stores; 1 when the instruction was one of them. */
static int read_memory(struct reader *reader, uint32_t insn, uint64_t address)
{
	unsigned target = insn & 31, source = insn >> 5 & 31, other = insn >> 16 & 31;
	const struct known n = reader->reg[source], m = reader->reg[other];
	int is_load = (insn >> 22 & 3) != 0 && !(insn >> 26 & 1);
	if ((insn & 0x3b200c00) == 0x38200800) { /* [Xn, Xm] */
		if (one_is_tp(&n, &m))
			found(reader, &n, &m, address);
		if (is_load)
			set(reader, target, HOLDS_NOTHING, 0, 0);
		return 1;
	}
	if ((insn & 0x3b000000) != 0x39000000) /* [Xn, #imm] */
		return 0;
	int64_t value = (int64_t)((uint64_t)n.value + ((uint64_t)(insn >> 10 & 0xfff) << (insn >> 30)));
	if (n.holds == HOLDS_TP && is_teb(reader->scan)) {
		if (insn_fixed(reader->scan, value) && reader->scan->is_go)
			insn_found(reader->scan, ACCESS_LE, address, address, value);
	} else if (n.holds == HOLDS_TP && value >= TCB_SIZE) {
		insn_found(reader->scan, ACCESS_LE, n.load, address, value);
	}
	if (!is_load)
		return 1;
	if (n.holds == HOLDS_ADDRESS && insn_is_tlsdesc(reader->scan, (uint64_t)value))
		reader->scan->tlsdesc++;
	int is_word = (insn & 0xffc00000) == 0xf9400000;
	set(reader, target, is_word && n.holds == HOLDS_ADDRESS ? HOLDS_GOT : HOLDS_NOTHING, value, n.load);
	return 1;
}

/* Any other instruction: what it may write is no longer known. */
static void forget_written(struct reader *reader, uint32_t insn)
{
	unsigned group = insn >> 25 & 15;
	if ((insn & 0xfc000000) == 0x94000000 || (insn & 0xfffffc1f) == 0xd63f0000) { /* BL, BLR */
		/* x19 to x28 survive a call (AAPCS64 6.1.1), in C. */
		for (unsigned i = 0; i < 31; i++)
			if (reader->scan->is_go || i < 19 || i > 28)
				set(reader, i, HOLDS_NOTHING, 0, 0);
	} else if ((group & 14) == 8 || (group & 7) == 5) { /* data processing */
		set(reader, insn & 31, HOLDS_NOTHING, 0, 0);
	} else if ((group & 5) == 4 && !(insn >> 26 & 1)) { /* loads, stores, pairs */
		set(reader, insn & 31, HOLDS_NOTHING, 0, 0);
		if ((insn & 0x3a000000) == 0x28000000)
			set(reader, insn >> 10 & 31, HOLDS_NOTHING, 0, 0);
	}
}

static void arm64_scan(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	struct reader reader = { .scan = scan };
	int wanted = scan->dtpmod_count || scan->tlsdesc_count || is_teb(scan);
	for (size_t at = 0; !wanted && at + 4 <= size; at += 4)
		wanted = reads_tp(word_at(code + at));
	for (size_t at = 0; wanted && at + 4 <= size; at += 4) {
		uint32_t insn = word_at(code + at);
		if (is_teb(scan))
			set(&reader, PLATFORM_REGISTER, HOLDS_TP, 0, address + at);
		if (!read_arithmetic(&reader, insn, address + at) && !read_memory(&reader, insn, address + at))
			forget_written(&reader, insn);
	}
}

/* ---- the PLT ------------------------------------------------------------------------------ */

static uint32_t bit(unsigned number) { return number < 31 ? 1u << number : 0; }

/* The general registers that an instruction writes. */
static uint32_t written_by(uint32_t insn)
{
	unsigned group = insn >> 25 & 15, target = insn & 31, base = insn >> 5 & 31;
	if ((group & 14) == 8 || (group & 7) == 5) /* data processing */
		return bit(target);
	if ((group & 5) != 4) /* branches, hints */
		return 0;
	int is_pair = (insn & 0x3a000000) == 0x28000000, is_literal = (insn & 0x3b000000) == 0x18000000;
	int is_load = is_pair ? insn >> 22 & 1 : is_literal || (insn >> 22 & 3) != 0;
	int moves_base = is_pair ? insn >> 23 & 1 : (insn & 0x3b200400) == 0x38000400;
	uint32_t loaded = is_load && !(insn >> 26 & 1) ? bit(target) | (is_pair ? bit(insn >> 10 & 31) : 0) : 0;
	return loaded | (moves_base ? bit(base) : 0);
}

/* adrp x16, page; ldr x17, [x16, #lo]; add x16, x16, #lo; br x17, with bti c before and autia1716
 * before the jump where wanted (AArch64 ELF, IHI 0056, "PLT sequences"); all linkers write it so. */
static void read_slot(
    const struct plt *plt, struct plt_entry *run, struct known reg[32], uint32_t insn, uint64_t address)
{
	unsigned target = insn & 31;
	const struct known base = reg[insn >> 5 & 31];
	struct known next = { 0 };
	if ((insn & 0x9f000000) == 0x90000000) {
		uint64_t page = (uint64_t)(insn >> 5 & 0x7ffff) << 2 | (insn >> 29 & 3);
		page = (page ^ 0x100000) - 0x100000;
		next = (struct known){ HOLDS_ADDRESS, (int64_t)((address & ~0xfffULL) + (page << 12)), address };
	} else if ((insn & 0xffc00000) == 0x91000000 && base.holds == HOLDS_ADDRESS) {
		next = (struct known){ HOLDS_ADDRESS, (int64_t)((uint64_t)base.value + (insn >> 10 & 0xfff)), address };
	} else if ((insn & 0xffc00000) == 0xf9400000 && base.holds == HOLDS_ADDRESS && !run->slot) {
		run->slot = plt_slot(plt, (uint64_t)base.value + (uint64_t)(insn >> 10 & 0xfff) * 8);
	}
	for (unsigned i = 0; i < 31; i++)
		if (written_by(insn) >> i & 1)
			reg[i] = i == target ? next : (struct known){ 0 };
}

static void arm64_plt(struct plt *plt, uint64_t address, const unsigned char *code, size_t size)
{
	static const uint32_t nop = 0xd503201f;
	struct known reg[32] = { 0 };
	struct plt_entry run = { 0 };
	for (size_t at = 0; at + 4 <= size; at += 4) {
		uint32_t insn = word_at(code + at);
		if (!run.address && (insn == nop || insn == 0))
			continue;
		run.address = run.address ? run.address : address + at;
		read_slot(plt, &run, reg, insn, address + at);
		run.writes |= written_by(insn);
		/* B, BL; BR, BLR, RET and their authenticated forms. */
		if ((insn & 0x7c000000) != 0x14000000 && (insn & 0xfe000000) != 0xd6000000)
			continue;
		run.end = address + at + 4;
		plt_found(plt, &run);
		run = (struct plt_entry){ 0 };
		memset(reg, 0, sizeof reg);
	}
}

/* ---- the row ------------------------------------------------------------------------------ */

static const struct reloc_type arm64_relocs[] = {
	RELOC(R_AARCH64_NONE, NONE),
	RELOC(R_AARCH64_ABS64, SYMBOL),
	RELOC(R_AARCH64_COPY, COPY),
	RELOC(R_AARCH64_GLOB_DAT, SYMBOL),
	RELOC(R_AARCH64_JUMP_SLOT, SYMBOL),
	RELOC(R_AARCH64_RELATIVE, RELATIVE),
	RELOC(R_AARCH64_TLS_DTPMOD, DTPMOD),
	RELOC(R_AARCH64_TLS_DTPREL, DTPOFF),
	RELOC(R_AARCH64_TLS_TPREL, TPOFF),
	RELOC(R_AARCH64_TLSDESC, TLSDESC),
	RELOC(R_AARCH64_IRELATIVE, IRELATIVE),
	/* Of object files: those that Go's linker and C compilers write (AArch64 ELF 4.6.10, tables 4-16 to 4-20). */
	RELOC(R_AARCH64_TLSLE_MOVW_TPREL_G2, LINK_LE),
	RELOC(R_AARCH64_TLSLE_MOVW_TPREL_G1, LINK_LE),
	RELOC(R_AARCH64_TLSLE_MOVW_TPREL_G1_NC, LINK_LE),
	RELOC(R_AARCH64_TLSLE_MOVW_TPREL_G0, LINK_LE),
	RELOC(R_AARCH64_TLSLE_MOVW_TPREL_G0_NC, LINK_LE),
	RELOC(R_AARCH64_TLSLE_ADD_TPREL_HI12, LINK_LE),
	RELOC(R_AARCH64_TLSLE_ADD_TPREL_LO12, LINK_LE),
	RELOC(R_AARCH64_TLSLE_ADD_TPREL_LO12_NC, LINK_LE),
	RELOC(R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21, LINK_IE),
	RELOC(R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC, LINK_IE),
	RELOC(R_AARCH64_TLSIE_LD_GOTTPREL_PREL19, LINK_IE),
	RELOC(R_AARCH64_TLSGD_ADR_PAGE21, LINK_GD),
	RELOC(R_AARCH64_TLSGD_ADD_LO12_NC, LINK_GD),
	RELOC(R_AARCH64_TLSDESC_ADR_PAGE21, LINK_GD),
	RELOC(R_AARCH64_TLSDESC_LD64_LO12, LINK_GD),
	RELOC(R_AARCH64_TLSDESC_ADD_LO12, LINK_GD),
	RELOC(R_AARCH64_TLSDESC_CALL, LINK_GD),
	RELOC(R_AARCH64_TLSLD_ADR_PAGE21, LINK_LD),
	RELOC(R_AARCH64_TLSLD_ADD_LO12_NC, LINK_LD),
};

static const char *const arm64_registers[] = {
	"x0",
	"x1",
	"x2",
	"x3",
	"x4",
	"x5",
	"x6",
	"x7",
	"x8",
	"x9",
	"x10",
	"x11",
	"x12",
	"x13",
	"x14",
	"x15",
	"x16",
	"x17",
	"x18",
	"x19",
	"x20",
	"x21",
	"x22",
	"x23",
	"x24",
	"x25",
	"x26",
	"x27",
	"x28",
	"x29",
	"x30",
};

/* Integer arguments of ABIInternal (src/cmd/compile/abi-internal.md): R0 to R15. */
static const struct call_rules arm64_calls = { arm64_registers, ARCH_COUNT(arm64_registers), 0xffff, arm64_plt };

/* The TCB is two words. */
const struct arch arch_arm64 = {
	.name = "aarch64",
	.goarch = "arm64",
	.machine = EM_AARCH64,
	.class = 64,
	.variant = 1,
	.tcb = 16,
	.thread_pointer = "TPIDR_EL0",
	.slot = "runtime.tls_g",
	.relocs = arm64_relocs,
	.reloc_count = ARCH_COUNT(arm64_relocs),
	.scan = arm64_scan,
	.calls = &arm64_calls,
};
