/* follow.h - what the registers hold while a function is read from its first instruction to its last,
 * for the processors that put thread pointer and offset together in general registers (loong64, mips, ppc64,
 * riscv64, s390x).  A scanner decodes; what a sum or an access means for TLS is decided here.
 *
 * Code is read in the order in which it stands; behind a branch that is always taken nothing is known.  C code
 * whose offset was not seen is passed over: such sums are what __tls_get_addr returned, or the fast path
 * of it in a PLT stub (ppc64 __tls_get_addr_opt).  In Go's code it counts as of unknown form.
 *
 * C's accesses are counted where the address of the variable is formed, or where one instruction
 * reaches it; Go's where the slot is read or written (insn.h: one instruction or two, S14). */
#ifndef TLSMATRIX_HARNESS_CODE_FOLLOW_H
#define TLSMATRIX_HARNESS_CODE_FOLLOW_H

#include "harness/code/insn.h"

enum follow_holds {
	HOLDS_NOTHING, /* that is known */
	HOLDS_CONSTANT,
	HOLDS_ADDRESS, /* in the file's image */
	HOLDS_WORD,    /* what was loaded from the address value */
	HOLDS_TP,      /* thread pointer + value, which is not yet a whole offset */
	HOLDS_VARIABLE /* address of a thread-local variable */
};

struct follow_known {
	enum follow_holds holds;
	enum access form; /* of a variable */
	int partial;      /* a constant of which the low half may still come */
	int single;       /* a constant that is a whole offset, whose sum with the thread pointer is LE */
	int64_t value;    /* constant, address, offset; as insn_found has it of a variable */
	uint64_t load;    /* the instruction that it begins with; 0: the register always holds it */
};

struct follow {
	struct insn_scan *scan;
	uint64_t start, end; /* of the function */
	enum access
	    constant_form; /* of a sum of thread pointer and constant; ACCESS_OTHER: none is known to be made so */
	uint32_t pinned;   /* bit n: register n is taken to hold the same everywhere */
	struct follow_known reg[32];
};

void follow_set(struct follow *follow, unsigned number, struct follow_known known);
void follow_forget(struct follow *follow, unsigned number);
/* A call: of the registers only those saved (bit n) keep what they hold, in C; none in Go's code. */
void follow_call(struct follow *follow, uint32_t saved);
/* What follows is reached from elsewhere, since the code before it branches away. */
void follow_break(struct follow *follow);

/* A register + a number.  whole: the last piece of an address or offset (addi after addis). */
struct follow_known follow_plus(struct follow *follow, struct follow_known a, int64_t amount, int whole, uint64_t at);
/* The sum of two registers. */
struct follow_known follow_sum(struct follow *follow, struct follow_known a, struct follow_known b, uint64_t at);
/* The word of the machine's size that an instruction loads from a register + a number. */
struct follow_known follow_word(struct follow *follow, struct follow_known base, int64_t offset, uint64_t at);
/* An instruction reads or writes memory at a register + a number. */
void follow_memory(struct follow *follow, struct follow_known base, int64_t offset, uint64_t at);

/* The number in the word at an address that no TPOFF relocation fills; 1 when the file has it. */
int follow_constant(const struct follow *follow, uint64_t address, int64_t *value);

static inline struct follow_known follow_number(enum follow_holds holds, int64_t value, int partial, uint64_t at)
{
	return (struct follow_known){ .holds = holds, .partial = partial, .value = value, .load = at };
}

/* An instruction of four bytes. */
static inline uint32_t follow_code(const unsigned char *code, int big_endian)
{
	uint32_t word = 0;
	for (int i = 0; i < 4; i++)
		word = word << 8 | code[big_endian ? i : 3 - i];
	return word;
}

/* The lowest bits of a value as a signed number. */
static inline int64_t follow_signed(uint64_t value, unsigned bits)
{
	uint64_t sign = 1ULL << (bits - 1);
	return (int64_t)(((value & (2 * sign - 1)) ^ sign) - sign);
}

/* ---- loong64 and riscv64 ------------------------------------------------------------------ */

/* Both have 0 in register 0, the thread pointer in a register that is never written, and the same few
 * instructions to make addresses and offsets; what they decode to is followed by one step. */
enum follow_op {
	FOLLOW_OTHER,      /* writes rd */
	FOLLOW_CONSTANT,   /* imm; the low half may still come */
	FOLLOW_PC,         /* imm from here; the low half may still come */
	FOLLOW_PAGE,       /* imm from the start of this page of 4096 bytes; the low half may still come */
	FOLLOW_NEAR,       /* imm from here, the whole address */
	FOLLOW_ADD_NUMBER, /* a + imm */
	FOLLOW_OR_NUMBER,  /* a | imm */
	FOLLOW_ADD,        /* a + b */
	FOLLOW_OR,         /* a | b */
	FOLLOW_LOAD,       /* memory at a + imm */
	FOLLOW_STORE,
	FOLLOW_LOAD_SUM, /* memory at a + b */
	FOLLOW_STORE_SUM,
	FOLLOW_CALL,
	FOLLOW_JUMP /* always taken */
};

struct follow_insn {
	enum follow_op op;
	unsigned rd, a, b; /* registers; rd is 0 where no general register is written */
	int64_t imm;
	int is_word; /* of FOLLOW_ADD_NUMBER and FOLLOW_LOAD: 64 bits wide, into a general register */
};

/* What is known before the first instruction of a function. */
struct follow follow_begin(struct insn_scan *scan, uint64_t address, size_t size, unsigned thread_pointer);
/* One instruction; saved as follow_call has it. */
void follow_step(struct follow *follow, const struct follow_insn *insn, uint32_t saved, uint64_t at);

#endif
