/* amd64.c - TLS accesses in x86-64 code, and the entries of its PLT.
 *
 * A TLS access carries the prefix 0x64 (%fs).  One byte in 256 of any code is 0x64, so a function
 * is decoded only if some 0x64 could begin such an instruction, and decoded with operands, which
 * is slow, only if one does.  In the second reading the registers are followed: what the base of
 * an access was loaded with tells IE (a GOT word) from what linkers relax it to (a constant):
 *
 *     mov  x@gottpoff(%rip),%rcx      IE; relaxed: mov $-8,%rcx (bfd, gold, mold, cmd/link),
 *     mov  %fs:(%rcx),%rax                or lea -8(%rcx),%rcx for add (lld)
 *     mov  %fs:0,%rax                 the thread pointer itself, then
 *     add  x@gottpoff(%rip),%rax      IE,   or   lea -8(%rax),%rdx   LE
 *     mov  %fs:-8,%rax                LE
 *     xor  %eax,%eax                  a relaxed LD by mold: the thread pointer again, then
 *     mov  %fs:(%rax),%rax; sub $192,%rax    down to the start of the block
 *     lea  x@tlsgd(%rip),%rdi         GD with, LD without a 0x66 before it; x@tlsdesc in %rax
 *
 * Sources: ELF TLS 3.0 sections 4.3.6 and 4.4.6 (x86-64), x86-64 psABI section 11.3. */
#include "harness/arch/arch.h"
#include "harness/elf_plt.h"
#include "harness/insn.h"

#include <capstone/capstone.h>
#include <string.h>

/* What is known of a register. */
enum holds { HOLDS_NOTHING, HOLDS_CONSTANT, HOLDS_GOT, HOLDS_TP };

struct known {
	enum holds holds;
	int64_t value;       /* the constant, the GOT word's address, or the distance from the thread pointer */
	uint64_t load;       /* address of the instruction that loaded it */
};

struct reader {
	struct insn_scan *scan;
	struct known reg[16];
};

static const x86_reg registers[16][5] = {
	{ X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL, X86_REG_AH }, { X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL, X86_REG_CH },
	{ X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL, X86_REG_DH }, { X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL, X86_REG_BH },
	{ X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL }, { X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL },
	{ X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL }, { X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL },
	{ X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B }, { X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B },
	{ X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B }, { X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B },
	{ X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B }, { X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B },
	{ X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B }, { X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B },
};

/* The number of a general register of any width, -1 for another. */
static int register_number(unsigned name)
{
	for (int i = 0; i < 16; i++)
		for (size_t width = 0; width < 5; width++)
			if (name != X86_REG_INVALID && registers[i][width] == name)
				return i;
	return -1;
}

/* The general registers that an instruction writes, a bit each by number. */
static unsigned registers_written(csh handle, const cs_insn *insn)
{
	cs_regs read, written;
	uint8_t read_count, written_count;
	unsigned mask = 0;
	if (cs_regs_access(handle, insn, read, &read_count, written, &written_count))
		return 0;
	for (uint8_t i = 0; i < written_count; i++) {
		int number = register_number(written[i]);
		if (number >= 0)
			mask |= 1u << number;
	}
	return mask;
}

static int wide_register(const cs_x86_op *op)
{
	int number = op->type == X86_OP_REG ? register_number(op->reg) : -1;
	return number >= 0 && registers[number][0] == op->reg ? number : -1;
}

/* ---- first reading: is it worth decoding? ------------------------------------------------- */

/* One-byte opcodes with a memory operand that compilers use on variables. */
static int takes_memory(unsigned char opcode)
{
	if (opcode < 0x40)
		return (opcode & 7) < 4;
	return opcode == 0x0f || opcode == 0x63 || opcode == 0x69 || opcode == 0x6b || (opcode >= 0x80 && opcode <= 0x8f)
		|| opcode == 0xc0 || opcode == 0xc1 || opcode == 0xc4 || opcode == 0xc5 || opcode == 0xc6 || opcode == 0xc7
		|| (opcode >= 0xd0 && opcode <= 0xd3) || (opcode >= 0xd8 && opcode <= 0xdf) || opcode == 0xf6 || opcode == 0xf7
		|| opcode == 0xfe || opcode == 0xff;
}

/* Could the 0x64 at code[0] begin a TLS access?  Go reads and writes its slot with 64-bit
 * instructions only (cmd/internal/obj/x86/obj6.go), so REX.W must follow there. */
static int may_access(const unsigned char *code, size_t size, int is_go)
{
	size_t i = 1;
	while (i < size && i < 4 && (code[i] == 0x66 || code[i] == 0xf2 || code[i] == 0xf3))
		i++;
	int wide = i < size && (code[i] & 0xf8) == 0x48;
	if (i < size && (code[i] & 0xf0) == 0x40)
		i++;
	if (i + 1 >= size || (is_go && !wide) || !takes_memory(code[i]))
		return 0;
	/* The byte after 0x0f, and the VEX forms, are left to the decoder. */
	return code[i] == 0x0f || code[i] == 0xc4 || code[i] == 0xc5 || code[i + 1] < 0xc0;
}

/* Counts the possible accesses; *last is the offset of the last. */
static size_t find_hits(const unsigned char *code, size_t size, int is_go, size_t *last)
{
	size_t hits = 0;
	for (const unsigned char *at = code; (at = memchr(at, 0x64, size - (size_t)(at - code))); at++)
		if (may_access(at, size - (size_t)(at - code), is_go)) {
			hits++;
			*last = (size_t)(at - code);
		}
	return hits;
}

static int open_engines(struct insn_scan *scan)
{
	for (int i = 0; i < 2; i++) {
		csh handle;
		if (scan->engine[i])
			continue;
		if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
			return -1;
		cs_option(handle, CS_OPT_DETAIL, i ? CS_OPT_ON : CS_OPT_OFF);
		scan->engine[i] = (void *)handle;
	}
	return 0;
}

void amd64_close(struct insn_scan *scan)
{
	for (int i = 0; i < 2; i++) {
		csh handle = (csh)scan->engine[i];
		if (handle)
			cs_close(&handle);
		scan->engine[i] = NULL;
	}
}

/* Does an instruction of the function, as decoding from its start finds them, have the prefix? */
static int has_access(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size, size_t last)
{
	csh handle = (csh)scan->engine[0];
	cs_insn *insn = cs_malloc(handle);
	const uint8_t *at = code;
	size_t left = size;
	int found = 0;
	while (!found && left && (size_t)(at - code) <= last) {
		const uint8_t *start = at;
		if (!cs_disasm_iter(handle, &at, &left, &address, insn)) {
			at++, left--, address++;
			continue;
		}
		for (const uint8_t *byte = start; byte < at && byte < start + 4; byte++) {
			found |= *byte == 0x64;
			if (*byte != 0x66 && *byte != 0xf0 && *byte != 0xf2 && *byte != 0xf3 && *byte != 0x2e && *byte != 0x3e)
				break;
		}
	}
	cs_free(insn, 1);
	return found;
}

/* ---- second reading ----------------------------------------------------------------------- */

static void note(struct reader *reader, enum access form, const struct known *base, const cs_insn *insn, int64_t value)
{
	insn_found(reader->scan, form, base ? base->load : insn->address, insn->address, value);
}

/* A memory operand with %fs: returns 1 when it is the thread pointer itself, %fs:0. */
static int read_fs(struct reader *reader, const cs_insn *insn, const x86_op_mem *mem)
{
	int base = register_number(mem->base);
	if (base < 0) {
		/* Non-negative offsets are the TCB: %fs:0 itself, %fs:0x28 the canary. */
		int64_t offset = (int32_t)mem->disp;
		if (offset < 0)
			note(reader, ACCESS_LE, NULL, insn, offset);
		return offset == 0 && mem->index == X86_REG_INVALID;
	}
	const struct known *known = &reader->reg[base];
	int64_t offset = (int64_t)((uint64_t)known->value + (uint64_t)mem->disp);
	switch (known->holds) {
	case HOLDS_GOT:
		note(reader, ACCESS_IE, known, insn, known->value);
		break;
	case HOLDS_CONSTANT:
		if (offset < 0)
			note(reader, ACCESS_RELAXED, known, insn, offset);
		return offset == 0 && mem->index == X86_REG_INVALID;
	default:
		note(reader, ACCESS_OTHER, known, insn, 0);
	}
	return 0;
}

/* A memory operand below a register that holds the thread pointer is a local-exec variable. */
static void read_below_tp(struct reader *reader, const cs_insn *insn, const x86_op_mem *mem)
{
	int base = register_number(mem->base);
	if (base < 0 || reader->reg[base].holds != HOLDS_TP)
		return;
	int64_t offset = (int64_t)((uint64_t)reader->reg[base].value + (uint64_t)mem->disp);
	if (offset < 0)
		note(reader, ACCESS_LE, &reader->reg[base], insn, offset);
}

static uint64_t rip_target(const cs_insn *insn, const x86_op_mem *mem)
{
	return insn->address + insn->size + (uint64_t)mem->disp;
}

static int is_rip(const cs_x86_op *op)
{
	return op->type == X86_OP_MEM && op->mem.base == X86_REG_RIP && op->mem.segment == X86_REG_INVALID;
}

/* What add and sub leave in their target. */
static struct known after_add(struct reader *reader, const cs_insn *insn, const struct known *old, const cs_x86_op *source, int from_tp)
{
	struct known next = *old;
	if (from_tp) {
		if (old->holds == HOLDS_GOT)
			note(reader, ACCESS_IE, old, insn, old->value);
		else if (old->holds == HOLDS_CONSTANT && old->value < 0)
			note(reader, ACCESS_RELAXED, old, insn, old->value);
		return (struct known){ 0 };
	}
	if (is_rip(source) && old->holds == HOLDS_TP) {
		note(reader, ACCESS_IE, old, insn, (int64_t)rip_target(insn, &source->mem));
		return (struct known){ 0 };
	}
	if (source->type != X86_OP_IMM || (old->holds != HOLDS_CONSTANT && old->holds != HOLDS_TP))
		return (struct known){ 0 };
	if (insn->id == X86_INS_SUB) {
		/* mold's LD: down to the start of the block; what is read above it is counted. */
		next.value = (int64_t)((uint64_t)next.value - (uint64_t)source->imm);
		return next;
	}
	next.value = (int64_t)((uint64_t)next.value + (uint64_t)source->imm);
	if (next.holds == HOLDS_TP && next.value < 0) {
		note(reader, ACCESS_LE, old, insn, next.value);
		return (struct known){ 0 };
	}
	return next;
}

/* What the instruction leaves in its 64-bit target register. */
static struct known after(struct reader *reader, const cs_insn *insn, const struct known *old, const cs_x86_op *source, int from_tp)
{
	struct known nothing = { 0 };
	if (insn->id == X86_INS_ADD || insn->id == X86_INS_SUB)
		return after_add(reader, insn, old, source, from_tp);
	if (insn->id == X86_INS_MOV || insn->id == X86_INS_MOVABS) {
		int from = wide_register(source);
		if (from_tp)
			return (struct known){ HOLDS_TP, 0, insn->address };
		if (source->type == X86_OP_IMM)
			return (struct known){ HOLDS_CONSTANT, source->imm, insn->address };
		if (is_rip(source))
			return (struct known){ HOLDS_GOT, (int64_t)rip_target(insn, &source->mem), insn->address };
		return from >= 0 ? reader->reg[from] : nothing;
	}
	if (insn->id == X86_INS_LEA && source->type == X86_OP_MEM && source->mem.index == X86_REG_INVALID) {
		int base = register_number(source->mem.base);
		if (base < 0 || (reader->reg[base].holds != HOLDS_CONSTANT && reader->reg[base].holds != HOLDS_TP))
			return nothing;
		struct known next = reader->reg[base];
		next.value = (int64_t)((uint64_t)next.value + (uint64_t)source->mem.disp);
		/* Below the thread pointer it is the address of a variable, and counted as such. */
		return next.holds == HOLDS_TP && next.value < 0 ? nothing : next;
	}
	return nothing;
}

static void forget_written(struct reader *reader, csh handle, const cs_insn *insn)
{
	if (insn->id == X86_INS_CALL) {
		/* %rbx, %rbp, %rsp and %r12 to %r15 survive a call (psABI figure 3.4), in C.  Go's own
		 * compiler keeps nothing, but its assembly calls helpers that spare what the caller needs
		 * (runtime/asm_amd64.s: asmcgocall keeps TLS in CX across gosave_systemstack_switch). */
		for (int i = 0; i < 16; i++)
			if (!reader->scan->is_go && !(i == 3 || i == 4 || i == 5 || i >= 12))
				reader->reg[i] = (struct known){ 0 };
		return;
	}
	unsigned written = registers_written(handle, insn);
	for (int i = 0; i < 16; i++)
		if (written & 1u << i)
			reader->reg[i] = (struct known){ 0 };
}

static void read_insn(struct reader *reader, csh handle, const cs_insn *insn)
{
	const cs_x86 *x86 = &insn->detail->x86;
	int from_tp = 0;
	for (uint8_t i = 0; i < x86->op_count; i++) {
		if (x86->operands[i].type != X86_OP_MEM)
			continue;
		if (x86->operands[i].mem.segment == X86_REG_FS)
			from_tp |= read_fs(reader, insn, &x86->operands[i].mem);
		else
			read_below_tp(reader, insn, &x86->operands[i].mem);
	}
	int target = x86->op_count == 2 ? wide_register(&x86->operands[0]) : -1;
	struct known next = { 0 };
	if (insn->id == X86_INS_XOR && x86->operands[0].type == X86_OP_REG && x86->operands[1].type == X86_OP_REG
	    && x86->operands[0].reg == x86->operands[1].reg && x86->operands[0].size >= 4) {
		target = register_number(x86->operands[0].reg);
		next = (struct known){ HOLDS_CONSTANT, 0, insn->address };
	} else if (target >= 0)
		next = after(reader, insn, &reader->reg[target], &x86->operands[1], from_tp);
	forget_written(reader, handle, insn);
	if (next.holds)
		reader->reg[target] = next;
}

static void read_function(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	csh handle = (csh)scan->engine[1];
	cs_insn *insn = cs_malloc(handle);
	struct reader reader = { .scan = scan };
	const uint8_t *at = code;
	while (size) {
		if (cs_disasm_iter(handle, &at, &size, &address, insn)) {
			read_insn(&reader, handle, insn);
			continue;
		}
		at++, size--, address++;
	}
	cs_free(insn, 1);
}

/* The calls of the dynamic models: lea of a word pair that a DTPMOD or TLSDESC relocation fills. */
static void count_calls(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	for (size_t i = 0; i + 7 <= size; i++) {
		if (code[i] != 0x48 || code[i + 1] != 0x8d || (code[i + 2] != 0x3d && code[i + 2] != 0x05))
			continue;
		int32_t distance;
		memcpy(&distance, code + i + 3, sizeof distance);
		uint64_t target = address + i + 7 + (uint64_t)(int64_t)distance;
		if (code[i + 2] == 0x05)
			scan->tlsdesc += (size_t)insn_is_tlsdesc(scan, target);
		else if (insn_is_dtpmod(scan, target))
			*(i > 0 && code[i - 1] == 0x66 ? &scan->gd : &scan->ld) += 1;
	}
}

void amd64_scan(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size)
{
	size_t last = 0;
	if (scan->dtpmod_count || scan->tlsdesc_count)
		count_calls(scan, address, code, size);
	if (!find_hits(code, size, scan->is_go, &last))
		return;
	if (open_engines(scan)) {
		scan->decoded = 0;
		return;
	}
	if (has_access(scan, address, code, size, last))
		read_function(scan, address, code, size);
}

/* ---- the PLT ------------------------------------------------------------------------------ */

/* bfd, gold, lld:  jmp *slot(%rip)                             in .plt or .plt.got
 * for IBT:         endbr64; jmp *slot(%rip)                    in .plt.sec (bfd, lld) or .plt.got (mold)
 * mold:            endbr64; mov $index,%r11d; jmp *slot(%rip)  in .plt
 * lld, retpoline:  mov slot(%rip),%r11; jmp or call the header */
static void add_to_run(const struct plt *plt, struct plt_entry *run, csh handle, const cs_insn *insn)
{
	enum { RSP = 4 };
	const cs_x86 *x86 = &insn->detail->x86;
	for (uint8_t i = 0; i < x86->op_count && !run->slot; i++)
		if (is_rip(&x86->operands[i]))
			run->slot = plt_slot(plt, rip_target(insn, &x86->operands[i].mem));
	run->writes |= registers_written(handle, insn) & ~(1u << RSP);
}

void amd64_plt(struct plt *plt, uint64_t address, const unsigned char *code, size_t size)
{
	csh handle;
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK) {
		plt->decoded = 0;
		return;
	}
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	cs_insn *insn = cs_malloc(handle);
	struct plt_entry run = { 0 };
	while (size) {
		uint64_t start = address;
		if (!cs_disasm_iter(handle, &code, &size, &address, insn)) {
			code++, size--, address++;
			run = (struct plt_entry){ 0 };
			continue;
		}
		if (!run.address && (insn->id == X86_INS_NOP || insn->id == X86_INS_INT3))
			continue;   /* what fills up the entry before */
		run.address = run.address ? run.address : start;
		add_to_run(plt, &run, handle, insn);
		if (!cs_insn_group(handle, insn, CS_GRP_JUMP) && !cs_insn_group(handle, insn, CS_GRP_CALL) && !cs_insn_group(handle, insn, CS_GRP_RET))
			continue;
		run.end = address;
		plt_found(plt, &run);
		run = (struct plt_entry){ 0 };
	}
	cs_free(insn, 1);
	cs_close(&handle);
}
