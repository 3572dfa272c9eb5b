/* initializer.c - the stack pointer along the paths of Go's initializer. */
#include "harness/code/initializer.h"
#include "harness/code/x86.h"
#include "harness/elf/arch.h"

#include <elf.h>
#include <string.h>

enum { RSP = 4, REGISTERS = 16, ALIGN = 16, UNKNOWN = -1, ENTRY = 8 };
/* The longest initializer has 60 instructions on three paths (go1.26.8). */
enum { PATHS_MAX = 64, SITES_MAX = 16, STEPS_MAX = 4096 };
/* %rbx, %rbp, %rsp and %r12 to %r15 survive a call (x86-64 psABI figure 3.4); on Windows %rdi and %rsi do too. */
static const unsigned kept = 0xf038;

/* What is known before an instruction: the stack pointer modulo 16, its copies, and the registers that hold a word of
 * the file. */
struct state {
	uint64_t address;
	int sp, copy[REGISTERS];
	unsigned words;
};

struct reader {
	struct initializer *found;
	struct bytes code;
	uint64_t start;
	csh handle;
	cs_insn *insn;
	struct state path[PATHS_MAX]; /* their first instructions; those before at are followed */
	size_t paths, at, steps;
	struct site {
		uint64_t address;
		int off, unknown;
	} site[SITES_MAX];
	size_t sites;
	int lost;
};

/* ---- the stack pointer -------------------------------------------------------------------- */

static int modulo(int64_t value) { return (int)((uint64_t)value % ALIGN); }

/* What the stack pointer is behind a MOV, LEA, ADD, SUB or AND whose result it is. */
static int computed(struct reader *reader, const struct state *state)
{
	const cs_insn *insn = reader->insn;
	const cs_x86_op *from = &insn->detail->x86.operands[1];
	int number = from->type == X86_OP_REG ? x86_register_number(from->reg) : -1;
	int is_number = from->type == X86_OP_IMM;
	if (insn->id == X86_INS_MOV && number >= 0)
		return state->copy[number];
	if (insn->id == X86_INS_AND && is_number && !modulo(from->imm)) {
		reader->found->mask = reader->found->mask ? reader->found->mask : insn->address + insn->size - 1;
		return 0;
	}
	if (state->sp == UNKNOWN)
		return UNKNOWN;
	if (insn->id == X86_INS_AND && is_number)
		return state->sp & modulo(from->imm);
	if (insn->id == X86_INS_SUB && is_number)
		return modulo(state->sp - from->imm);
	if (insn->id == X86_INS_ADD && is_number)
		return modulo(state->sp + from->imm);
	if (insn->id == X86_INS_LEA && from->mem.base == X86_REG_RSP && from->mem.index == X86_REG_INVALID)
		return modulo(state->sp + from->mem.disp);
	return UNKNOWN;
}

/* The bytes that an instruction takes off the stack pointer, or 0 where it is no push or pop. */
static int pushed(const cs_insn *insn)
{
	switch (insn->id) {
	case X86_INS_PUSHFQ:
		return 8;
	case X86_INS_POPFQ:
		return -8;
	case X86_INS_PUSH:
		return insn->detail->x86.operands[0].size == 2 ? 2 : 8;
	case X86_INS_POP:
		return insn->detail->x86.operands[0].reg == X86_REG_RSP ? 0 :
		    insn->detail->x86.operands[0].size == 2             ? -2 :
									  -8;
	default:
		return 0;
	}
}

static void step(struct reader *reader, struct state *state)
{
	const cs_insn *insn = reader->insn;
	const cs_x86 *x86 = &insn->detail->x86;
	unsigned written = x86_registers_written(reader->handle, insn);
	int size = pushed(insn),
	    to = x86->op_count && x86->operands[0].type == X86_OP_REG ? x86_register_number(x86->operands[0].reg) : -1;
	int is_whole = to >= 0 && x86->operands[0].size == 8 && x86->op_count == 2;
	int is_copy = insn->id == X86_INS_MOV && is_whole && x86->operands[1].type == X86_OP_REG;
	int is_word = insn->id == X86_INS_MOV && is_whole && x86_is_word(&x86->operands[1]);
	int copy = is_copy && x86->operands[1].reg == X86_REG_RSP ? state->sp : UNKNOWN;
	int sp = size ? (state->sp == UNKNOWN ? UNKNOWN : modulo(state->sp - size)) :
	    is_whole  ? computed(reader, state) :
			UNKNOWN;
	for (int i = 0; i < REGISTERS; i++)
		if (written >> i & 1 && i != RSP)
			state->copy[i] = i == to ? copy : UNKNOWN;
	state->words &= ~written;
	if (is_word)
		state->words |= 1u << to;
	if (size || written >> RSP & 1)
		state->sp = sp;
}

/* ---- paths -------------------------------------------------------------------------------- */

static void branch(struct reader *reader, const struct state *state, uint64_t address)
{
	for (size_t i = 0; i < reader->paths; i++)
		if (reader->path[i].address == address && reader->path[i].sp == state->sp)
			return;
	if (reader->paths == PATHS_MAX || address - reader->start >= reader->code.size) {
		reader->lost = 1;
		return;
	}
	reader->path[reader->paths] = *state;
	reader->path[reader->paths++].address = address;
}

static void note(struct reader *reader, uint64_t address, int sp)
{
	size_t i = 0;
	while (i < reader->sites && reader->site[i].address != address)
		i++;
	if (i == SITES_MAX) {
		reader->lost = 1;
		return;
	}
	reader->sites += i == reader->sites;
	reader->site[i].address = address;
	reader->site[i].off |= sp != UNKNOWN && sp != 0;
	reader->site[i].unknown |= sp == UNKNOWN;
}

static void call(struct reader *reader, struct state *state)
{
	const cs_x86_op *op = &reader->insn->detail->x86.operands[0];
	int number = op->type == X86_OP_REG ? x86_register_number(op->reg) : -1;
	if (x86_is_word(op) || (number >= 0 && state->words >> number & 1))
		note(reader, reader->insn->address, state->sp);
	state->words = 0;
	for (int i = 0; i < REGISTERS; i++)
		if (!(kept >> i & 1))
			state->copy[i] = UNKNOWN;
}

/* To its end: a return, a jump, or an instruction that traps. */
static void follow(struct reader *reader, struct state state)
{
	uint64_t address = state.address, offset = address - reader->start;
	const uint8_t *code = reader->code.data + offset;
	size_t size = reader->code.size - offset;
	while (reader->steps++ < STEPS_MAX) {
		const cs_insn *insn = reader->insn;
		if (!cs_disasm_iter(reader->handle, &code, &size, &address, reader->insn))
			break;
		const cs_x86_op *op = &insn->detail->x86.operands[0];
		if (insn->id == X86_INS_UD2 || insn->id == X86_INS_INT3 ||
		    cs_insn_group(reader->handle, insn, CS_GRP_RET))
			return;
		if (cs_insn_group(reader->handle, insn, CS_GRP_CALL)) {
			call(reader, &state);
		} else if (cs_insn_group(reader->handle, insn, CS_GRP_JUMP)) {
			if (op->type != X86_OP_IMM)
				break;
			branch(reader, &state, (uint64_t)op->imm);
			if (insn->id == X86_INS_JMP)
				return;
		} else {
			step(reader, &state);
		}
	}
	reader->lost = 1;
}

/* ---- all of it ---------------------------------------------------------------------------- */

void initializer_read(
    const struct arch *arch, struct bytes code, uint64_t start, uint64_t entry, struct initializer *found)
{
	*found = (struct initializer){ 0 };
	struct reader reader = { .found = found, .code = code, .start = start };
	struct state state = { .sp = ENTRY };
	if (!arch || arch->machine != EM_X86_64 || cs_open(CS_ARCH_X86, CS_MODE_64, &reader.handle) != CS_ERR_OK)
		return;
	cs_option(reader.handle, CS_OPT_DETAIL, CS_OPT_ON);
	reader.insn = cs_malloc(reader.handle);
	for (int i = 0; i < REGISTERS; i++)
		state.copy[i] = UNKNOWN;
	branch(&reader, &state, entry);
	while (reader.at < reader.paths)
		follow(&reader, reader.path[reader.at++]);
	cs_free(reader.insn, 1);
	cs_close(&reader.handle);
	found->is_read = 1;
	found->calls = reader.sites;
	found->unknown = (size_t)reader.lost;
	for (size_t i = 0; i < reader.sites; i++) {
		found->off += (size_t)reader.site[i].off;
		found->unknown += (size_t)reader.site[i].unknown;
	}
}

void initializer_read_elf(const struct elf_file *file, uint64_t entry, struct initializer *found)
{
	const struct bytes all = { file->bytes, file->size, file->big_endian };
	*found = (struct initializer){ 0 };
	for (size_t i = 0; i < file->segment_count; i++) {
		const GElf_Phdr *load = &file->segment[i];
		struct bytes code = bytes_part(&all, load->p_offset, load->p_filesz);
		if (load->p_type == PT_LOAD && entry - load->p_vaddr < code.size) {
			initializer_read(file->arch, code, load->p_vaddr, entry, found);
			return;
		}
	}
}

json_t *initializer_json(const struct initializer *found)
{
	return found->is_read ? json_pack("{s:I,s:I,s:I}", "count", (json_int_t)found->calls, "off",
				    (json_int_t)found->off, "unknown", (json_int_t)found->unknown) :
				json_null();
}
