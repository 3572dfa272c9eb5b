/* x86.h - TLS accesses in the code of x86 processors: one scanner for amd64 and 386, and the table of
 * what differs between them. */
#ifndef TLSMATRIX_HARNESS_CODE_X86_H
#define TLSMATRIX_HARNESS_CODE_X86_H

#include "harness/code/insn.h"

#include <capstone/capstone.h>

struct x86 {
	cs_mode mode;
	int bits;        /* 32 or 64 */
	char segment;    /* the psABI's, that holds the thread pointer: 'f' or 'g' */
	unsigned kept;   /* bit n: C functions return general register n unchanged */
	int sub_reaches; /* sub from the thread pointer leaves a variable's address, not the block's */
	/* Counts the calls of the dynamic models; NULL where there are none. */
	void (*count_calls)(struct insn_scan *scan, uint64_t address, const unsigned char *code, size_t size);
};

/* arch.h scan and scan_end. */
void x86_scan(struct insn_scan *scan, const struct x86 *x86, uint64_t address, const unsigned char *code, size_t size);
void x86_scan_end(struct insn_scan *scan);

/* Opens the scan's decoders, [0] without and [1] with operands, unless they are; -1: it cannot be. */
int x86_open(struct insn_scan *scan, cs_mode mode);

/* The number of a general register of any width, -1 for another. */
int x86_register_number(unsigned name);

/* The general registers that an instruction writes, a bit each by number. */
unsigned x86_registers_written(csh handle, const cs_insn *insn);

/* What _GLOBAL_OFFSET_TABLE_ is in an ELF file for 386, 0 where that is not known. */
uint64_t x86_got(const struct insn_scan *scan);

/* A memory operand that is a data word at an address in the instruction: relative to %rip, or absolute. */
int x86_is_word(const cs_x86_op *op);
uint64_t x86_word(const cs_insn *insn, const cs_x86_op *op);

#endif
