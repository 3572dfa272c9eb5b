/* follow.c - sums of thread pointer and offset, and what they tell of the TLS model. */
#include "harness/code/follow.h"

static int64_t add(int64_t a, int64_t b) { return (int64_t)((uint64_t)a + (uint64_t)b); }

static uint64_t earlier(uint64_t a, uint64_t b) { return !a ? b : !b || a < b ? a : b; }

void follow_set(struct follow *follow, unsigned number, struct follow_known known)
{
	if (!(follow->pinned >> number & 1))
		follow->reg[number] = known;
}

void follow_forget(struct follow *follow, unsigned number) { follow_set(follow, number, (struct follow_known){ 0 }); }

void follow_break(struct follow *follow)
{
	for (unsigned i = 0; i < 32; i++)
		follow_forget(follow, i);
}

void follow_call(struct follow *follow, uint32_t saved)
{
	for (unsigned i = 0; i < 32; i++)
		if (follow->scan->is_go || !(saved >> i & 1))
			follow_forget(follow, i);
}

/* The TCB's side of the thread pointer holds no variables (ELF TLS section 3). */
static int is_variable(const struct follow *follow, int64_t offset)
{
	const struct arch *arch = follow->scan->arch;
	return arch->variant == 2 ? offset < 0 : offset >= (int64_t)arch->tcb - (int64_t)arch->bias;
}

/* The address of a variable is formed.  C may do anything with it; Go reads or writes the slot. */
static struct follow_known formed(struct follow *follow, enum access form, int64_t value, uint64_t load, uint64_t at)
{
	if (follow->scan->is_go)
		return (struct follow_known){ .holds = HOLDS_VARIABLE, .form = form, .value = value, .load = load };
	if (form != ACCESS_OTHER)
		insn_found(follow->scan, form, load, at, value);
	return (struct follow_known){ 0 };
}

int follow_constant(const struct follow *follow, uint64_t address, int64_t *value)
{
	const struct elf_file *file = follow->scan->file;
	if (!file || insn_is_tpoff(follow->scan, address) || !elf_at(file, address, elf_word_size(file)))
		return 0;
	*value = (int64_t)elf_word(file, address);
	if (file->class == 32)
		*value = (int32_t)*value;
	return 1;
}

/* Does a linker's table of words hold the address?  Without sections that is not known. */
static int in_got(const struct elf_file *file, uint64_t address)
{
	const struct elf_section *got = elf_section_named(file, ".got");
	return !got || (address >= got->header.sh_addr && address - got->header.sh_addr < got->header.sh_size);
}

/* Thread pointer plus a word of memory.  Between the instructions, or in a program's constants, it is an offset
 * that did not fit into one (s390x): LE.  In the GOT it is IE, also where the linker filled it for good. */
static struct follow_known formed_of_word(
    struct follow *follow, const struct follow_known *word, uint64_t load, uint64_t at)
{
	const struct elf_file *file = follow->scan->file;
	uint64_t address = (uint64_t)word->value;
	int64_t offset;
	if (!file || !follow_constant(follow, address, &offset))
		return formed(follow, ACCESS_IE, word->value, load, at);
	if ((address >= follow->start && address < follow->end) || (elf_is_program(file) && !in_got(file, address))) {
		/* 0 is what is left of LD relaxed to LE: the variable's own offset comes with the next sum. */
		return is_variable(follow, offset) ? formed(follow, ACCESS_LE, offset, load, at) :
						     follow_number(HOLDS_TP, offset, 0, load);
	}
	return formed(
	    follow, follow->scan->is_go || elf_is_program(file) ? ACCESS_IE : ACCESS_OTHER, word->value, load, at);
}

struct follow_known follow_plus(struct follow *follow, struct follow_known a, int64_t amount, int whole, uint64_t at)
{
	struct follow_known sum = a;
	sum.value = add(a.value, amount);
	sum.load = a.load ? a.load : at;
	switch (a.holds) {
	case HOLDS_CONSTANT:
		sum.partial = !whole;
		sum.single = 0;
		return sum;
	case HOLDS_ADDRESS:
		if (whole)
			insn_dynamic(follow->scan, (uint64_t)sum.value);
		return sum;
	case HOLDS_TP:
		if (!whole)
			return sum;
		return is_variable(follow, sum.value) ? formed(follow, ACCESS_LE, sum.value, sum.load, at) :
							(struct follow_known){ 0 };
	case HOLDS_VARIABLE:
		/* Not where the offset said; of a word in memory the sum is not known. */
		sum.form = a.form == ACCESS_IE ? ACCESS_OTHER : a.form;
		return sum;
	case HOLDS_NOTHING:
	case HOLDS_WORD:
		break;
	}
	return (struct follow_known){ 0 };
}

struct follow_known follow_sum(struct follow *follow, struct follow_known a, struct follow_known b, uint64_t at)
{
	struct follow_known sum = {
		.partial = a.partial && b.partial, .value = add(a.value, b.value), .load = earlier(a.load, b.load)
	};
	int64_t constant;
	if (b.holds == HOLDS_TP || (b.holds == HOLDS_ADDRESS && a.holds != HOLDS_TP)) {
		struct follow_known other = a;
		a = b;
		b = other;
	}
	if (a.holds == HOLDS_CONSTANT && b.holds == HOLDS_CONSTANT) {
		sum.holds = HOLDS_CONSTANT;
	} else if (a.holds == HOLDS_ADDRESS && b.holds == HOLDS_CONSTANT) {
		sum.holds = HOLDS_ADDRESS;
	} else if (a.holds == HOLDS_ADDRESS && b.holds == HOLDS_WORD &&
	    follow_constant(follow, (uint64_t)b.value, &constant)) {
		sum.holds = HOLDS_ADDRESS;
		sum.value = add(a.value, constant);
	} else if (a.holds == HOLDS_TP && b.holds == HOLDS_CONSTANT && b.partial) {
		sum.holds = HOLDS_TP;
	} else if (a.holds == HOLDS_TP && b.holds == HOLDS_CONSTANT) {
		if (!is_variable(follow, sum.value))
			return (struct follow_known){ 0 };
		return formed(follow, b.single ? ACCESS_LE : follow->constant_form, sum.value, sum.load, at);
	} else if (a.holds == HOLDS_TP && b.holds == HOLDS_WORD) {
		return formed_of_word(follow, &b, sum.load, at);
	} else if (a.holds == HOLDS_TP && b.holds != HOLDS_TP) {
		return formed(follow, ACCESS_OTHER, 0, sum.load ? sum.load : at, at);
	} else {
		return (struct follow_known){ 0 };
	}
	return sum;
}

struct follow_known follow_word(struct follow *follow, struct follow_known base, int64_t offset, uint64_t at)
{
	(void)follow;
	if (base.holds != HOLDS_ADDRESS && base.holds != HOLDS_CONSTANT)
		return (struct follow_known){ 0 };
	return follow_number(HOLDS_WORD, add(base.value, offset), 0, base.load ? base.load : at);
}

void follow_memory(struct follow *follow, struct follow_known base, int64_t offset, uint64_t at)
{
	int64_t value = add(base.value, offset);
	if (base.holds == HOLDS_TP && is_variable(follow, value))
		insn_found(follow->scan, ACCESS_LE, base.load ? base.load : at, at, value);
	else if (base.holds == HOLDS_VARIABLE)
		insn_found(follow->scan, base.form, base.load, at, base.value);
}

/* ---- loong64 and riscv64 ------------------------------------------------------------------ */

struct follow follow_begin(struct insn_scan *scan, uint64_t address, size_t size, unsigned thread_pointer)
{
	struct follow follow = { .scan = scan,
		.start = address,
		.end = address + size,
		.constant_form = ACCESS_LE,
		.pinned = 1u | 1u << thread_pointer };
	follow.reg[0].holds = HOLDS_CONSTANT;
	follow.reg[thread_pointer].holds = HOLDS_TP;
	return follow;
}

static struct follow_known step_address(struct follow *follow, const struct follow_insn *insn, uint64_t at)
{
	uint64_t address = (insn->op == FOLLOW_PAGE ? at & ~0xfffULL : at) + (uint64_t)insn->imm;
	if (insn->op == FOLLOW_NEAR)
		insn_dynamic(follow->scan, address);
	return follow_number(HOLDS_ADDRESS, (int64_t)address, insn->op != FOLLOW_NEAR, at);
}

static struct follow_known step_add_number(
    struct follow *follow, struct follow_known a, const struct follow_insn *insn, uint64_t at)
{
	/* A move, of the thread pointer as well; but 0 can also be the low half of an offset. */
	if (!insn->imm && insn->is_word && !a.load)
		return a;
	struct follow_known sum = insn->is_word || a.holds == HOLDS_CONSTANT ?
	    follow_plus(follow, a, insn->imm, 1, at) :
	    (struct follow_known){ 0 };
	if (!insn->is_word)
		sum.value = follow_signed((uint64_t)sum.value, 32);
	return sum;
}

static struct follow_known step_or_number(struct follow_known a, const struct follow_insn *insn, uint64_t at)
{
	if (a.holds != HOLDS_CONSTANT)
		return (struct follow_known){ 0 };
	return follow_number(HOLDS_CONSTANT, a.value | insn->imm, 0, a.load ? a.load : at);
}

/* ADD and OR; with register 0 they are moves. */
static struct follow_known step_combine(struct follow *follow, const struct follow_insn *insn, uint64_t at)
{
	if (!insn->a || !insn->b)
		return follow->reg[insn->a | insn->b];
	return insn->op == FOLLOW_ADD ? follow_sum(follow, follow->reg[insn->a], follow->reg[insn->b], at) :
					(struct follow_known){ 0 };
}

static struct follow_known step_load(
    struct follow *follow, struct follow_known a, const struct follow_insn *insn, uint64_t at)
{
	follow_memory(follow, a, insn->imm, at);
	if (!insn->is_word || a.holds != HOLDS_ADDRESS)
		return (struct follow_known){ 0 };
	follow->scan->tlsdesc += (size_t)insn_is_tlsdesc(follow->scan, (uint64_t)a.value + (uint64_t)insn->imm);
	return follow_word(follow, a, insn->imm, at);
}

static void step_memory_at_sum(struct follow *follow, const struct follow_insn *insn, uint64_t at)
{
	const struct follow_known a = follow->reg[insn->a], b = follow->reg[insn->b];
	if (a.holds == HOLDS_TP || b.holds == HOLDS_TP)
		follow_memory(follow, follow_sum(follow, a, b, at), 0, at);
}

void follow_step(struct follow *follow, const struct follow_insn *insn, uint32_t saved, uint64_t at)
{
	const struct follow_known a = follow->reg[insn->a];
	struct follow_known next = { 0 };
	switch (insn->op) {
	case FOLLOW_CONSTANT:
		next = follow_number(HOLDS_CONSTANT, insn->imm, 1, at);
		break;
	case FOLLOW_PC:
	case FOLLOW_PAGE:
	case FOLLOW_NEAR:
		next = step_address(follow, insn, at);
		break;
	case FOLLOW_ADD_NUMBER:
		next = step_add_number(follow, a, insn, at);
		break;
	case FOLLOW_OR_NUMBER:
		next = step_or_number(a, insn, at);
		break;
	case FOLLOW_ADD:
	case FOLLOW_OR:
		next = step_combine(follow, insn, at);
		break;
	case FOLLOW_LOAD:
		next = step_load(follow, a, insn, at);
		break;
	case FOLLOW_STORE:
		follow_memory(follow, a, insn->imm, at);
		break;
	case FOLLOW_LOAD_SUM:
	case FOLLOW_STORE_SUM:
		step_memory_at_sum(follow, insn, at);
		break;
	case FOLLOW_CALL:
		follow_call(follow, saved);
		break;
	case FOLLOW_JUMP:
		follow_break(follow);
		break;
	case FOLLOW_OTHER:
		break;
	}
	follow_set(follow, insn->rd, next);
}
