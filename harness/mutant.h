/* mutant.h - a file that is being changed, for the parts of mutate.h. */
#ifndef TLSMATRIX_HARNESS_MUTANT_H
#define TLSMATRIX_HARNESS_MUTANT_H

#include "harness/code/insn.h"
#include "harness/format/elf_tls.h"

enum { PATCHES_MAX = 2, PATCH_BYTES = 16 };

struct mutant {
	struct elf_file file;
	struct insn_scan scan;
	struct tls_facts tls;
	/* Collected first and written last, so that a mutation happens whole or not at all. */
	struct {
		uint64_t place;
		unsigned char bytes[PATCH_BYTES];
		size_t size;
	} patch[PATCHES_MAX];
	size_t patches;
	const char *missing; /* what the file lacks, where apply failed */
};

/* Says what the file lacks of which a mutation is made; returns -ENOENT. */
int mutant_lacks(struct mutant *mutant, const char *what);

/* Notes bytes, or the size low bytes of a value, to be written at a place of the file.  0 or -EINVAL. */
int mutant_put_bytes(struct mutant *mutant, uint64_t place, const unsigned char *bytes, size_t size);
int mutant_put(struct mutant *mutant, uint64_t place, uint64_t value, size_t size);

/* The mutations of instructions (mutate_code.c): 0 or -errno. */
int mutant_insn_le(struct mutant *mutant);
int mutant_insn_offset(struct mutant *mutant);
int mutant_syscall_gs(struct mutant *mutant);
int mutant_plt_clobber(struct mutant *mutant);
int mutant_plt_clobber_go(struct mutant *mutant);

#endif
