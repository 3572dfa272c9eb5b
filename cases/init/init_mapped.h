/* init_mapped.h - what the module that holds Go, and those beside it, ask of who maps them (check init.mapped). */
#ifndef TLSMATRIX_CASES_INIT_MAPPED_H
#define TLSMATRIX_CASES_INIT_MAPPED_H

#include <stdint.h>

enum { INIT_MAPPED_MAX = 16 };

struct init_mapped {
	int count; /* PT_LOAD */
	struct init_mapped_range {
		uint64_t from, to;
		unsigned flags; /* PF_* */
	} load[INIT_MAPPED_MAX];
	uint64_t relro_from, relro_to; /* PT_GNU_RELRO; 0 and 0: none */
	int stack_executable;          /* some module of the process lacks PT_GNU_STACK, or says PF_X there */
};

/* Asks dl_iterate_phdr, and has the module be the one with this function in it.  0, or -1: it is not there. */
int init_mapped_ask(struct init_mapped *mapped);

/* For controls: the page of the address gets these permissions (PROT_*).  0 or -1. */
int init_mapped_protect(uint64_t address, int permissions);

/* An address on the calling thread's stack. */
uint64_t init_mapped_stack(void);

enum { INIT_MAPPED_READ = 4, INIT_MAPPED_WRITE = 2, INIT_MAPPED_EXEC = 1 }; /* PF_* */
enum { INIT_MAPPED_RW = 3, INIT_MAPPED_RWX = 7 };                           /* PROT_* */

#endif
