/* elf_tls.h - what an ELF file says about thread-local storage: the segment, the symbols, the
 * relocations, and where Go's slot is.  The essay on all of it stands in elf_tls.c. */
#ifndef TLSMATRIX_HARNESS_FORMAT_ELF_TLS_H
#define TLSMATRIX_HARNESS_FORMAT_ELF_TLS_H

#include "harness/code/pclntab.h"

#include <jansson.h>

struct tls_slot {
	const struct elf_symbol *symbol; /* NULL: the internal linker writes none */
	int placed;                      /* value is known: the slot's offset in the TLS segment */
	uint64_t value, size;
	int fixed;                     /* offset is known: the file is a program */
	int64_t offset;                /* from the thread pointer */
	const struct elf_reloc *reloc; /* the TPOFF relocation that denotes it, or NULL */
	const struct elf_reloc *named; /* the first dynamic relocation of any TLS kind that does */
	int external;                  /* reloc names a global symbol that another module may define */
};

struct tls_relocs {
	size_t tpoff, dtpmod, dtpoff, tlsdesc;
	size_t slot_tpoff, slot_dtp, slot_desc; /* of these, the ones that denote Go's slot */
	size_t foreign;                         /* TPOFF of a variable that another module defines */
};

struct tls_facts {
	const GElf_Phdr *segment; /* the first PT_TLS */
	size_t segments;
	struct tls_slot slot;
	struct tls_relocs relocs;
};

/* Distance from the thread pointer to the start of a program's TLS block (ELF TLS section 3). */
int64_t tls_block_offset(const struct arch *arch, const GElf_Phdr *segment);

/* Reads the facts; pointers in *facts go into file. */
void tls_read(const struct elf_file *file, const struct insn_scan *scan, struct tls_facts *facts);

/* The object "tls" of inspect.h; a new reference.  table is Go's, or empty. */
json_t *tls_json(const struct elf_file *file, const struct pclntab *table, const struct insn_scan *scan,
    const struct tls_facts *facts);

#endif
