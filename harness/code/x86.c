/* x86.c - TLS accesses in x86 code, 32 and 64 bits wide.
 *
 * A TLS access carries the prefix of a segment register: 0x64 (%fs) or 0x65 (%gs).  One byte in 256 of any
 * code is that, so a function is decoded only if some such byte could begin an access, and decoded with
 * operands, which is slow, only if one does.  In the second reading the registers are followed: what the
 * base of an access was loaded with tells IE (a word of data) from what linkers relax it to (a constant):
 *
 *     mov  x@gottpoff(%rip),%rcx      IE; relaxed: mov $-8,%rcx (bfd, gold, mold, cmd/link),
 *     mov  %fs:(%rcx),%rax                or lea -8(%rcx),%rcx for add (lld)
 *     mov  %fs:0,%rax                 the thread pointer itself, then
 *     add  x@gottpoff(%rip),%rax      IE,   or   lea -8(%rax),%rdx   LE
 *     mov  %fs:-8,%rax                LE
 *     xor  %eax,%eax                  a relaxed LD by mold: the thread pointer again, then
 *     mov  %fs:(%rax),%rax; sub $192,%rax    down to the start of the block
 *
 * and 32 bits wide, where an address is absolute or reached from the return address of a call:
 *
 *     mov  %gs:0,%ecx; mov -4(%ecx),%ecx              LE, as Go compiles it for Linux
 *     mov  x@indntpoff,%ecx; mov %gs:(%ecx),%ecx      IE in a program
 *     call __x86.get_pc_thunk.cx                      IE where the place is not known;
 *     mov  x@gotntpoff(%ecx),%ecx; mov %gs:(%ecx),%ecx     relaxed: mov $-4,%ecx
 *
 * On the psABI's own segment words at and above the thread pointer are no variables (stack canary, TCB).
 * On another one, the TEB of Windows or Darwin's pthread area, Go's slot is such a word: Go's fixed
 * offsets are counted there and C's are not.  Plan 9 uses no segment: harness/format/plan9.c
 * reads its way to the slot.
 *
 * Sources: ELF TLS sections 4.1 to 4.4, x86-64 psABI section 11.3, Go's cmd/internal/obj/x86. */
#include "harness/code/x86.h"

#include <elf.h>
#include <string.h>

/* What is known of a register. */
enum holds { HOLDS_NOTHING, HOLDS_CONSTANT, HOLDS_ADDRESS, HOLDS_GOT, HOLDS_TP };

struct known {
	enum holds holds;
	int64_t value; /* the constant, the address, the GOT word's address, or the distance from the thread pointer */
	uint64_t load; /* address of the instruction that loaded it */
};

struct reader {
	struct insn_scan *scan;
	const struct x86 *x86;
	x86_reg segment;
	int is_own;    /* the segment is the psABI's */
	uint64_t got;  /* 32 bits: what registers that hold the GOT's address hold; 0: not known */
	int is_pushed; /* the last instruction was a call of the next one */
	struct known reg[16];
};

static const x86_reg registers[16][5] = {
	{ X86_REG_RAX, X86_REG_EAX, X86_REG_AX, X86_REG_AL, X86_REG_AH },
	{ X86_REG_RCX, X86_REG_ECX, X86_REG_CX, X86_REG_CL, X86_REG_CH },
	{ X86_REG_RDX, X86_REG_EDX, X86_REG_DX, X86_REG_DL, X86_REG_DH },
	{ X86_REG_RBX, X86_REG_EBX, X86_REG_BX, X86_REG_BL, X86_REG_BH },
	{ X86_REG_RSP, X86_REG_ESP, X86_REG_SP, X86_REG_SPL },
	{ X86_REG_RBP, X86_REG_EBP, X86_REG_BP, X86_REG_BPL },
	{ X86_REG_RSI, X86_REG_ESI, X86_REG_SI, X86_REG_SIL },
	{ X86_REG_RDI, X86_REG_EDI, X86_REG_DI, X86_REG_DIL },
	{ X86_REG_R8, X86_REG_R8D, X86_REG_R8W, X86_REG_R8B },
	{ X86_REG_R9, X86_REG_R9D, X86_REG_R9W, X86_REG_R9B },
	{ X86_REG_R10, X86_REG_R10D, X86_REG_R10W, X86_REG_R10B },
	{ X86_REG_R11, X86_REG_R11D, X86_REG_R11W, X86_REG_R11B },
	{ X86_REG_R12, X86_REG_R12D, X86_REG_R12W, X86_REG_R12B },
	{ X86_REG_R13, X86_REG_R13D, X86_REG_R13W, X86_REG_R13B },
	{ X86_REG_R14, X86_REG_R14D, X86_REG_R14W, X86_REG_R14B },
	{ X86_REG_R15, X86_REG_R15D, X86_REG_R15W, X86_REG_R15B },
};

int x86_register_number(unsigned name)
{
	for (int i = 0; i < 16; i++)
		for (size_t width = 0; width < 5; width++)
			if (name != X86_REG_INVALID && registers[i][width] == name)
				return i;
	return -1;
}

unsigned x86_registers_written(csh handle, const cs_insn *insn)
{
	cs_regs read, written;
	uint8_t read_count, written_count;
	unsigned mask = 0;
	if (cs_regs_access(handle, insn, read, &read_count, written, &written_count))
		return 0;
	for (uint8_t i = 0; i < written_count; i++) {
		int number = x86_register_number(written[i]);
		if (number >= 0)
			mask |= 1u << number;
	}
	return mask;
}

/* The number of a register of the processor's whole width. */
static int wide_register(const struct reader *reader, const cs_x86_op *op)
{
	int number = op->type == X86_OP_REG ? x86_register_number(op->reg) : -1;
	return number >= 0 && registers[number][reader->x86->bits == 32] == op->reg ? number : -1;
}

/* Sums of offsets, and of addresses, wrap at the processor's width. */
static int64_t offset_sum(const struct reader *reader, int64_t a, int64_t b)
{
	uint64_t sum = (uint64_t)a + (uint64_t)b;
	return reader->x86->bits == 32 ? (int32_t)(uint32_t)sum : (int64_t)sum;
}

static int64_t address_sum(const struct reader *reader, int64_t a, int64_t b)
{
	uint64_t sum = (uint64_t)a + (uint64_t)b;
	return (int64_t)(reader->x86->bits == 32 ? (uint32_t)sum : sum);
}

/* ---- first reading: is it worth decoding? ------------------------------------------------- */

/* One-byte opcodes with a memory operand that compilers use on variables. */
static int takes_memory(unsigned char opcode)
{
	if (opcode < 0x40)
		return (opcode & 7) < 4;
	return opcode == 0x0f || opcode == 0x63 || opcode == 0x69 || opcode == 0x6b ||
	    (opcode >= 0x80 && opcode <= 0x8f) || opcode == 0xc0 || opcode == 0xc1 || opcode == 0xc4 ||
	    opcode == 0xc5 || opcode == 0xc6 || opcode == 0xc7 || (opcode >= 0xd0 && opcode <= 0xd3) ||
	    (opcode >= 0xd8 && opcode <= 0xdf) || opcode == 0xf6 || opcode == 0xf7 || opcode == 0xfe || opcode == 0xff;
}

/* Is it an operand without registers that lies above the psABI's thread pointer?  Such words are no variables
 * (insn.h), and tell nothing of one; the stack's canary is read in every other function of hardened C. */
static int is_above(const struct reader *reader, const unsigned char *code, size_t size)
{
	int is_64 = reader->x86->bits == 64, is_short = !is_64 && (code[0] & 0xfc) == 0xa0;
	size_t at = is_short ? 1 : is_64 ? 3 : 2;
	if (!reader->is_own || size < at + 4 || code[0] == 0x0f || code[0] == 0xc4 || code[0] == 0xc5)
		return 0;
	if (!is_short && ((code[1] & 0xc7) != (is_64 ? 0x04 : 0x05) || (is_64 && code[2] != 0x25)))
		return 0;
	return code[at + 3] < 0x80 && (code[at] || code[at + 1] || code[at + 2] || code[at + 3]);
}

/* Could the prefix at code[0] begin a TLS access?  Go reads and writes its slot with instructions of
 * the whole width only (cmd/internal/obj/x86/obj6.go), so on amd64 REX.W must follow there. */
static int may_access(const struct reader *reader, const unsigned char *code, size_t size)
{
	int is_64 = reader->x86->bits == 64, wide = 0;
	size_t i = 1;
	while (i < size && i < 4 && (code[i] == 0x66 || code[i] == 0x67 || code[i] == 0xf2 || code[i] == 0xf3))
		i++;
	if (is_64 && i < size && (code[i] & 0xf0) == 0x40)
		wide = code[i++] & 8;
	if (i + 1 >= size || (is_64 && reader->scan->is_go && !wide))
		return 0;
	if (is_above(reader, code + i, size - i))
		return 0;
	/* mov between %eax and an address without a ModRM byte, as assemblers shorten it. */
	if (!is_64 && (code[i] & 0xfc) == 0xa0)
		return 1;
	/* The byte after 0x0f, and the VEX forms, are left to the decoder. */
	return takes_memory(code[i]) && (code[i] == 0x0f || code[i] == 0xc4 || code[i] == 0xc5 || code[i + 1] < 0xc0);
}

static unsigned char prefix_of(const struct reader *reader) { return reader->segment == X86_REG_FS ? 0x64 : 0x65; }

/* Counts the possible accesses; *last is the offset of the last. */
static size_t find_hits(const struct reader *reader, const unsigned char *code, size_t size, size_t *last)
{
	size_t hits = 0;
	for (const unsigned char *at = code; (at = memchr(at, prefix_of(reader), size - (size_t)(at - code))); at++)
		if (may_access(reader, at, size - (size_t)(at - code))) {
			hits++;
			*last = (size_t)(at - code);
		}
	return hits;
}

int x86_open(struct insn_scan *scan, cs_mode mode)
{
	for (int i = 0; i < 2; i++) {
		csh handle;
		if (scan->engine[i])
			continue;
		if (cs_open(CS_ARCH_X86, mode, &handle) != CS_ERR_OK)
			return -1;
		cs_option(handle, CS_OPT_DETAIL, i ? CS_OPT_ON : CS_OPT_OFF);
		scan->engine[i] = (void *)handle;
	}
	return 0;
}

void x86_scan_end(struct insn_scan *scan)
{
	for (int i = 0; i < 2; i++) {
		csh handle = (csh)scan->engine[i];
		if (handle)
			cs_close(&handle);
		scan->engine[i] = NULL;
	}
}

/* Does an instruction of the function, as decoding from its start finds them, have the prefix? */
static int has_access(
    const struct reader *reader, uint64_t address, const unsigned char *code, size_t size, size_t last)
{
	csh handle = (csh)reader->scan->engine[0];
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
			found |= *byte == prefix_of(reader);
			if (*byte != 0x66 && *byte != 0x67 && *byte != 0xf0 && *byte != 0xf2 && *byte != 0xf3 &&
			    *byte != 0x2e && *byte != 0x3e)
				break;
		}
	}
	cs_free(insn, 1);
	return found;
}

/* ---- second reading: memory operands ------------------------------------------------------- */

static void note(struct reader *reader, enum access form, const struct known *base, const cs_insn *insn, int64_t value)
{
	insn_found(reader->scan, form, base ? base->load : insn->address, insn->address, value);
}

int x86_is_word(const cs_x86_op *op)
{
	return op->type == X86_OP_MEM && op->mem.segment == X86_REG_INVALID && op->mem.index == X86_REG_INVALID &&
	    (op->mem.base == X86_REG_RIP || op->mem.base == X86_REG_INVALID);
}

uint64_t x86_word(const cs_insn *insn, const cs_x86_op *op)
{
	return op->mem.base == X86_REG_RIP ? insn->address + insn->size + (uint64_t)op->mem.disp :
					     (uint64_t)op->mem.disp;
}

/* The address of the word that an operand reads; 0 where it is not known.  A register that was lost
 * sight of still held the GOT's address when an offset is there for the word. */
static int64_t word_address(const struct reader *reader, const cs_insn *insn, const cs_x86_op *op)
{
	if (x86_is_word(op))
		return address_sum(reader, (int64_t)x86_word(insn, op), 0);
	int base = op->type == X86_OP_MEM && op->mem.index == X86_REG_INVALID ? x86_register_number(op->mem.base) : -1;
	if (base < 0 || op->mem.segment != X86_REG_INVALID)
		return 0;
	if (reader->reg[base].holds == HOLDS_ADDRESS)
		return address_sum(reader, reader->reg[base].value, op->mem.disp);
	int64_t word = address_sum(reader, (int64_t)reader->got, op->mem.disp);
	return reader->got && reader->reg[base].holds == HOLDS_NOTHING && insn_is_tpoff(reader->scan, (uint64_t)word) ?
	    word :
	    0;
}

/* A word of the thread's area at a fixed offset. */
static void read_fixed(struct reader *reader, const cs_insn *insn, int64_t offset)
{
	/* On the psABI's segment non-negative offsets are the TCB: %fs:0 itself, %fs:0x28 the canary. */
	if (offset < 0) {
		note(reader, ACCESS_LE, NULL, insn, offset);
		return;
	}
	if (!reader->is_own && insn_fixed(reader->scan, offset) && reader->scan->is_go && offset > 0)
		note(reader, ACCESS_LE, NULL, insn, offset);
}

/* A memory operand with the segment: returns 1 when it is the thread pointer itself, %fs:0. */
static int read_segment(struct reader *reader, const cs_insn *insn, const x86_op_mem *mem)
{
	int base = x86_register_number(mem->base);
	int is_plain = mem->index == X86_REG_INVALID && reader->is_own;
	if (base < 0) {
		int64_t offset = (int32_t)mem->disp;
		read_fixed(reader, insn, offset);
		return offset == 0 && is_plain;
	}
	const struct known *known = &reader->reg[base];
	int64_t offset = offset_sum(reader, known->value, mem->disp);
	switch (known->holds) {
	case HOLDS_GOT:
		note(reader, ACCESS_IE, known, insn, known->value);
		break;
	case HOLDS_CONSTANT:
		if (offset < 0)
			note(reader, ACCESS_RELAXED, known, insn, offset);
		return offset == 0 && is_plain;
	default:
		note(reader, ACCESS_OTHER, known, insn, 0);
	}
	return 0;
}

/* A memory operand below a register that holds the thread pointer is a local-exec variable; one at
 * the address that the slot's word holds is the slot. */
static void read_plain(struct reader *reader, const cs_insn *insn, const x86_op_mem *mem)
{
	int base = x86_register_number(mem->base);
	if (base < 0)
		return;
	const struct known *known = &reader->reg[base];
	if (known->holds != HOLDS_TP)
		return;
	int64_t offset = offset_sum(reader, known->value, mem->disp);
	if (offset < 0)
		note(reader, ACCESS_LE, known, insn, offset);
}

/* ---- second reading: what registers hold --------------------------------------------------- */

/* What add and sub leave in their target. */
static struct known after_add(
    struct reader *reader, const cs_insn *insn, const struct known *old, const cs_x86_op *source, int from_tp)
{
	struct known next = *old;
	int64_t word = word_address(reader, insn, source);
	if (from_tp) {
		if (old->holds == HOLDS_GOT)
			note(reader, ACCESS_IE, old, insn, old->value);
		else if (old->holds == HOLDS_CONSTANT && old->value < 0)
			note(reader, ACCESS_RELAXED, old, insn, old->value);
		return (struct known){ 0 };
	}
	if (word && old->holds == HOLDS_TP) {
		note(reader, ACCESS_IE, old, insn, word);
		return (struct known){ 0 };
	}
	if (source->type != X86_OP_IMM || old->holds == HOLDS_NOTHING || old->holds == HOLDS_GOT)
		return (struct known){ 0 };
	int is_sub = insn->id == X86_INS_SUB;
	int64_t amount = is_sub ? (int64_t)-(uint64_t)source->imm : source->imm;
	next.value = old->holds == HOLDS_ADDRESS ? address_sum(reader, old->value, amount) :
						   offset_sum(reader, old->value, amount);
	/* mold's LD subtracts down to the start of the block; what is read above it is counted. */
	if (next.holds == HOLDS_TP && next.value < 0 && (!is_sub || reader->x86->sub_reaches)) {
		note(reader, ACCESS_LE, old, insn, next.value);
		return (struct known){ 0 };
	}
	return next;
}

static struct known after_lea(const struct reader *reader, const x86_op_mem *mem)
{
	struct known nothing = { 0 };
	int base = mem->index == X86_REG_INVALID ? x86_register_number(mem->base) : -1;
	if (base < 0 || reader->reg[base].holds == HOLDS_NOTHING || reader->reg[base].holds == HOLDS_GOT)
		return nothing;
	struct known next = reader->reg[base];
	next.value = next.holds == HOLDS_ADDRESS ? address_sum(reader, next.value, mem->disp) :
						   offset_sum(reader, next.value, mem->disp);
	/* Below the thread pointer it is the address of a variable, and counted as such. */
	return next.holds == HOLDS_TP && next.value < 0 ? nothing : next;
}

/* What the instruction leaves in its target register, which is of the whole width. */
static struct known after(
    struct reader *reader, const cs_insn *insn, const struct known *old, const cs_x86_op *source, int from_tp)
{
	struct known nothing = { 0 };
	if (insn->id == X86_INS_ADD || insn->id == X86_INS_SUB)
		return after_add(reader, insn, old, source, from_tp);
	if (insn->id == X86_INS_LEA && source->type == X86_OP_MEM)
		return after_lea(reader, &source->mem);
	if (insn->id != X86_INS_MOV && insn->id != X86_INS_MOVABS)
		return nothing;
	int from = wide_register(reader, source);
	int64_t word = word_address(reader, insn, source);
	if (from_tp)
		return (struct known){ HOLDS_TP, 0, insn->address };
	if (source->type == X86_OP_IMM)
		return (struct known){ HOLDS_CONSTANT, offset_sum(reader, source->imm, 0), insn->address };
	if (word)
		return (struct known){ HOLDS_GOT, word, insn->address };
	return from >= 0 ? reader->reg[from] : nothing;
}

/* The register into which a thunk moves its return address, `mov (%esp),%reg; ret`; -1 for another
 * function.  ELF files alone have them (cmd/link/internal/x86/asm.go gentext, GNU's -fpic). */
static int thunk_register(const struct reader *reader, const cs_x86_op *target)
{
	const struct elf_file *file = reader->scan->file;
	if (reader->x86->bits != 32 || !file || target->type != X86_OP_IMM)
		return -1;
	const unsigned char *code = elf_at(file, (uint32_t)target->imm, 4);
	if (!code || code[0] != 0x8b || (code[1] & 0xc7) != 0x04 || code[2] != 0x24 || code[3] != 0xc3)
		return -1;
	return code[1] >> 3 & 7;
}

static void read_call(struct reader *reader, const cs_insn *insn)
{
	const cs_x86_op *target = &insn->detail->x86.operands[0];
	uint64_t next = insn->address + insn->size;
	int thunk = thunk_register(reader, target);
	if (thunk >= 0) {
		reader->reg[thunk] = (struct known){ HOLDS_ADDRESS, (int64_t)next, insn->address };
		return;
	}
	reader->is_pushed = target->type == X86_OP_IMM && (uint64_t)target->imm == next;
	/* What the psABI has a C function keep.  Go's own compiler keeps nothing, but its assembly calls
	 * helpers that spare what the caller needs (runtime/asm_amd64.s: asmcgocall keeps TLS in CX across
	 * gosave_systemstack_switch). */
	for (int i = 0; i < 16; i++)
		if (!reader->scan->is_go && !(reader->x86->kept >> i & 1))
			reader->reg[i] = (struct known){ 0 };
}

/* What the code behind an instruction can no longer count on.  Behind a jump or return one comes from
 * elsewhere.  With the few registers of 32 bits a constant is then another one: glibc's wrappers return
 * -1 and go on behind with an offset in that register.  Go's assembly loads TLS for all branches at once. */
static void forget_written(struct reader *reader, csh handle, const cs_insn *insn)
{
	unsigned written = x86_registers_written(handle, insn);
	int is_end =
	    reader->x86->bits == 32 && !reader->scan->is_go && (insn->id == X86_INS_RET || insn->id == X86_INS_JMP);
	for (int i = 0; i < 16; i++)
		if (written & 1u << i || (is_end && reader->reg[i].holds == HOLDS_CONSTANT))
			reader->reg[i] = (struct known){ 0 };
}

static void read_insn(struct reader *reader, csh handle, const cs_insn *insn)
{
	const cs_x86 *x86 = &insn->detail->x86;
	int from_tp = 0, is_pushed = reader->is_pushed;
	reader->is_pushed = 0;
	for (uint8_t i = 0; i < x86->op_count; i++) {
		if (x86->operands[i].type != X86_OP_MEM)
			continue;
		if (x86->operands[i].mem.segment == reader->segment)
			from_tp |= read_segment(reader, insn, &x86->operands[i].mem);
		else
			read_plain(reader, insn, &x86->operands[i].mem);
	}
	if (insn->id == X86_INS_CALL) {
		read_call(reader, insn);
		return;
	}
	int target = x86->op_count == 2 ? wide_register(reader, &x86->operands[0]) : -1;
	struct known next = { 0 };
	if (insn->id == X86_INS_XOR && x86->operands[0].type == X86_OP_REG && x86->operands[1].type == X86_OP_REG &&
	    x86->operands[0].reg == x86->operands[1].reg && x86->operands[0].size >= 4) {
		target = x86_register_number(x86->operands[0].reg);
		next = (struct known){ HOLDS_CONSTANT, 0, insn->address };
	} else if (is_pushed && insn->id == X86_INS_POP) {
		target = wide_register(reader, &x86->operands[0]);
		next = (struct known){ target >= 0 ? HOLDS_ADDRESS : HOLDS_NOTHING, (int64_t)insn->address,
			insn->address };
	} else if (target >= 0)
		next = after(reader, insn, &reader->reg[target], &x86->operands[1], from_tp);
	forget_written(reader, handle, insn);
	if (next.holds)
		reader->reg[target] = next;
}

static void read_function(struct reader *reader, uint64_t address, const unsigned char *code, size_t size)
{
	csh handle = (csh)reader->scan->engine[1];
	cs_insn *insn = cs_malloc(handle);
	const uint8_t *at = code;
	while (size) {
		if (cs_disasm_iter(handle, &at, &size, &address, insn)) {
			read_insn(reader, handle, insn);
			continue;
		}
		at++, size--, address++;
	}
	cs_free(insn, 1);
}

/* DT_PLTGOT has it (i386 psABI section 5.2), where there is a PLT. */
uint64_t x86_got(const struct insn_scan *scan)
{
	uint64_t got = 0;
	const struct elf_section *section = scan->file ? elf_section_named(scan->file, ".got.plt") : NULL;
	if (scan->file && elf_dynamic(scan->file, DT_PLTGOT, &got))
		return got;
	return section ? section->header.sh_addr : 0;
}

void x86_scan(struct insn_scan *scan, const struct x86 *x86, uint64_t address, const unsigned char *code, size_t size)
{
	int segment = scan->segment ? scan->segment : x86->segment;
	/* Own only where nothing is said: Darwin's on 386 is %gs too, and no TCB. */
	struct reader reader = {
		.scan = scan, .x86 = x86, .segment = segment == 'f' ? X86_REG_FS : X86_REG_GS, .is_own = !scan->segment
	};
	size_t last = 0;
	if (x86->bits == 32)
		reader.got = x86_got(scan);
	if (scan->dtpmod_count || scan->tlsdesc_count)
		x86->count_calls(scan, address, code, size);
	if (!find_hits(&reader, code, size, &last))
		return;
	if (x86_open(scan, x86->mode)) {
		scan->decoded = 0;
		return;
	}
	if (has_access(&reader, address, code, size, last))
		read_function(&reader, address, code, size);
}
